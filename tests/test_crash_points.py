"""Q7: the line to the database breaks before or after any message, the caller comes again: exactly once."""

import itertools
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from ledger.core.command import Command, Request
from ledger.core.transaction import Outcome
from ledger.db.service_role import connect
from ledger.lanes import LOST, Lanes
from ledger.posting import post
from tests.cutting import Line, When, open_line
from tests.village import Village, gift, haircut, receive, redeem

BEFORE_AND_AFTER: tuple[When, ...] = ("before", "after")
COMMANDS: dict[str, Command] = {"posted": gift("hh_2"), "refused": haircut("hh_3"), "sold": redeem("hh_1")}


async def outcome_of_an_insistent_caller(village: Village, url: str, request: Request) -> tuple[Outcome, int]:
    """Posts over a new connection after each loss; the number of attempts tells whether there was one."""
    for attempt in itertools.count(1):
        connection = await connect(url)
        try:
            async with connection.transaction():
                [outcome] = await post(connection, [request], village.shelf)
            return outcome, attempt
        except (*LOST, asyncpg.InterfaceError):
            continue
        finally:
            connection.terminate()
    raise AssertionError


async def count(village: Village, key: str) -> tuple[int, int]:
    """How many keys and how many journal lines stand for the request."""
    [row] = await village.rows(
        "SELECT count(DISTINCT k.journal_id) AS keys, count(j.id) AS lines FROM idempotency_key AS k"
        " LEFT JOIN journal AS j ON j.programme = k.programme AND j.id = k.journal_id WHERE k.key = $1",
        key,
    )
    return row["keys"], row["lines"]


async def cut_at_every_message(village: Village, line: Line, url: str, name: str) -> int:
    """Moves the cut on until a call comes through unharmed."""
    points = 0
    for message in itertools.count():
        losses = 0
        for when in BEFORE_AND_AFTER:
            key = f"{name} {message} {when}"
            line.cut_at(message, when)
            request = Request(village.slug, "system:test", key, COMMANDS[name])
            outcome, attempts = await outcome_of_an_insistent_caller(village, url, request)
            assert (outcome.refusal is None) == (name != "refused")
            assert await count(village, key) == (1, 1), key
            losses += attempts > 1
            points += attempts > 1
        if not losses:
            return points
    raise AssertionError


@pytest.mark.parametrize(
    "name", ["sold", pytest.param("posted", marks=pytest.mark.soak), pytest.param("refused", marks=pytest.mark.soak)]
)
async def test_a_call_cut_at_any_message_happens_once(
    name: str, village: Village, open_folder: Path, record_property: Callable[[str, object], None]
) -> None:
    await village.post(*((f"earn{n}", gift()) for n in range(30)), ("stock", receive(99)))
    async with open_line(village.database.url, open_folder) as (line, url):
        points = await cut_at_every_message(village, line, url, name)
    assert points >= 16
    lines = await village.rows("SELECT kind, count(*) FROM journal WHERE principal = 'system:test' GROUP BY kind")
    assert sum(row["count"] for row in lines) == 31 + points + 2
    record_property("Q7", f"{points} points of a call that is {name}: each exactly once")


@pytest.mark.parametrize("when", BEFORE_AND_AFTER)
async def test_lanes_find_out_what_became_of_a_cut_commit(
    when: When, village: Village, open_folder: Path, record_property: Callable[[str, object], None]
) -> None:
    rounds = 15
    async with open_line(village.database.url, open_folder) as (line, url):
        lanes = Lanes(url, village.shelf, lanes=1)
        await lanes.start()
        for number in range(rounds):
            line.cut_commit(when)
            outcome = await lanes.post(Request(village.slug, "system:test", f"cut {number}", gift()))
            assert outcome.receipt is not None
            assert outcome.is_replayed == (when == "after")
            assert await count(village, f"cut {number}") == (1, 1)
        await lanes.stop()
    assert line.commits == 2 * rounds
    assert await village.total("hh_1") == 100 * rounds
    record_property("Q7", f"{rounds} commits of a lane cut {when}: each exactly once")
