"""Batches that want the same rows in every possible order queue behind each other and never deadlock."""

import asyncio
import itertools
from collections.abc import Sequence

import asyncpg

from ledger.core.command import Command, Deduct
from ledger.core.transaction import Outcome
from ledger.db.service_role import connect
from tests.village import HOUSEHOLDS, Village, gift, haircut

ROUNDS = 25
HOLD_LIMITED = "SELECT 1 FROM balance WHERE programme = $1 AND purse = 'main' ORDER BY owner FOR UPDATE"
HOLD_UNLIMITED = "SELECT 1 FROM balance WHERE programme = $1 AND (owner = 'programme' OR purse = 'claims') FOR UPDATE"
HOLD_KEYS = """INSERT INTO idempotency_key (programme, principal, key, fingerprint, journal_id)
SELECT $1, 'system:test', format('turn %s %s', t, n), '', format('held %s %s', t, n)
FROM generate_series(0, 24) AS t, generate_series(0, 2) AS n ON CONFLICT DO NOTHING"""
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

Batch = list[tuple[str, Command]]


async def all_wait(admin: asyncpg.Connection, batches: Sequence[asyncio.Task[list[Outcome]]]) -> None:
    """Held back until each batch waits for the first row it wants: the moment in which orders would clash."""
    while await admin.fetchval(WAITING) < len(batches):
        assert not any(batch.done() for batch in batches)
        await asyncio.sleep(0.005)


async def clash(village: Village, hold: str, turns: Sequence[Sequence[Batch]]) -> list[Outcome]:
    """Each turn's batches are let go at the same moment, again and again."""
    connections = [await connect(village.database.url) for _ in turns[0]]
    admin = await connect(village.database.admin_url)
    told: list[Outcome] = []
    try:
        for turn in turns:
            async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
                held = admin.transaction()
                await held.start()
                await admin.execute(hold.replace("$1", f"'{village.slug}'"))
                batches = [
                    tasks.create_task(village.post(*batch, connection=connection))
                    for batch, connection in zip(turn, connections, strict=True)
                ]
                await all_wait(admin, batches)
                await held.rollback()
            told += [outcome for batch in batches for outcome in batch.result()]
    finally:
        for connection in (*connections, admin):
            connection.terminate()
    return told


async def test_purses_in_any_order(village: Village) -> None:
    await village.post(*((f"begin {owner}", gift(owner)) for owner in HOUSEHOLDS))
    turns: list[list[Batch]] = [
        [
            [(f"{turn}.{number}.{owner}", gift(owner)) for owner in order]
            for number, order in enumerate(itertools.permutations(HOUSEHOLDS))
        ]
        for turn in range(ROUNDS)
    ]
    told = await clash(village, HOLD_LIMITED, turns)
    assert all(outcome.receipt is not None for outcome in told)


async def test_purses_of_the_programme_in_any_order(village: Village) -> None:
    """Each household does the same three things, and begins with another one."""
    for owner in HOUSEHOLDS:
        await village.post(*((f"begin {owner}{n}", gift(owner)) for n in range(30)), (f"cut {owner}", haircut(owner)))
        await village.post((f"fine {owner}", Deduct(owner, 1, "debt", "x")))
    turns = []
    for turn in range(ROUNDS):
        batches = []
        for number, owner in enumerate(HOUSEHOLDS):
            things: list[Command] = [gift(owner), haircut(owner), Deduct(owner, 1, "debt", "x")]
            order = things[number:] + things[:number]
            batches.append([(f"{turn}.{number}.{place}", command) for place, command in enumerate(order)])
        turns.append(batches)
    told = await clash(village, HOLD_UNLIMITED, turns)
    assert all(outcome.receipt is not None for outcome in told)


async def test_keys_in_any_order(village: Village) -> None:
    """Batches of retries: the same keys, each batch in another order."""
    turns: list[list[Batch]] = [
        [
            [(f"turn {turn} {number}", gift(HOUSEHOLDS[number])) for number in order]
            for order in itertools.permutations(range(3))
        ]
        for turn in range(ROUNDS)
    ]
    told = await clash(village, HOLD_KEYS, turns)
    assert len({outcome.transaction for outcome in told}) == 3 * ROUNDS
    assert await village.total("hh_1") == 100 * ROUNDS
