"""The append itself refuses what no verb decides: it stands in for the guards, which leave it alone."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime

import asyncpg
import pytest
import pytest_asyncio

from ledger.core.account import BalanceKey
from ledger.core.balance import NEVER, Balance
from ledger.core.transaction import About
from ledger.db.embedded import EmbeddedDatabase
from ledger.db.journal import append, lock, show_programmes
from ledger.db.journal_row import Account, Append, Claim, EntryRow, JournalRow
from ledger.db.service_role import connect
from tests.busy_village import own_database
from tests.village import Village, gift, open_village

MAIN = BalanceKey("hh_1", "main", "points")
ISSUER = BalanceKey("programme", "issued:clean", "points")


@pytest_asyncio.fixture(scope="module")
async def appended(server: EmbeddedDatabase, template: str) -> AsyncIterator[Village]:
    async with (
        own_database(server, template, "appended") as database,
        open_village(database) as village,
        open_village(database, "other") as other,
    ):
        await village.post(("earn", gift()))
        await other.post(("earn", gift()))
        yield village


@pytest_asyncio.fixture
async def raw(appended: Village) -> AsyncIterator[asyncpg.Connection]:
    """The service's login in a database transaction that sees the village; all it does is undone."""
    connection = await connect(appended.database.url)
    transaction = connection.transaction()
    await transaction.start()
    await show_programmes(connection, ["village"])
    yield connection
    await transaction.rollback()
    await connection.close()


def line(*, programme: str = "village", entries: int = 2, day: date = date(2026, 10, 14)) -> JournalRow:
    return JournalRow(
        programme, "txn_raw", "award", "x", day, None, entries, About(), None, None, None, None, None
    )  # fmt: skip


def award(earner: Account, *, points: int = 5, issued: int = 5, journal: int = 1) -> list[EntryRow]:
    issuer = Account("village", ISSUER, Balance(0, 0, [], []), False)
    return [EntryRow(issuer, journal, -issued, NEVER, 0, 0), EntryRow(earner, journal, points, NEVER, 0, 0)]


async def locked(raw: asyncpg.Connection, *, points: int = 5, programme: str = "village") -> Account:
    """The main purse of the first household, its buckets as they would be after `points` more."""
    await show_programmes(raw, [programme])
    place = await raw.fetchval(
        "SELECT ctid::text FROM balance WHERE programme = $1 AND owner = $2 AND purse = $3 AND unit = $4",
        programme, *MAIN,
    )  # fmt: skip
    await show_programmes(raw, ["village"])
    return Account("village", MAIN, Balance(0, 0, [NEVER], [100 + points], place=place), True)


async def write(raw: asyncpg.Connection, entries: Sequence[EntryRow], journal: JournalRow) -> None:
    accounts = list({id(row.account): row.account for row in entries}.values())
    await append(raw, Append(datetime.now(UTC), [journal], list(entries), accounts))


async def broken_promise(raw: asyncpg.Connection, entries: Sequence[EntryRow], journal: JournalRow) -> str | None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        await write(raw, entries, journal)
    return refused.value.constraint_name


async def test_what_is_whole_is_written(raw: asyncpg.Connection) -> None:
    entries = award(await locked(raw))
    await write(raw, entries, line())
    assert (entries[1].account.total_before, entries[1].account.version_before) == (100, 1)
    written = await raw.fetch(
        "SELECT owner, line, account_version, amount, balance_after FROM entry WHERE journal_id = $1 ORDER BY line",
        "txn_raw",
    )
    assert [tuple(row) for row in written] == [("programme", 0, 2, -5, -105), ("hh_1", 1, 2, 5, 105)]


async def test_entries_add_to_zero(raw: asyncpg.Connection) -> None:
    assert await broken_promise(raw, award(await locked(raw), issued=6), line()) == "entries_add_to_zero"


@pytest.mark.parametrize("entries", [0, 3])
async def test_a_line_has_the_entries_that_it_promises(entries: int, raw: asyncpg.Connection) -> None:
    found = await broken_promise(raw, award(await locked(raw)), line(entries=entries))
    assert found == "entries_arrive_with_their_journal_line"


async def test_entries_belong_to_a_line_of_the_same_call(raw: asyncpg.Connection) -> None:
    found = await broken_promise(raw, award(await locked(raw), journal=2), line())
    assert found == "entries_arrive_with_their_journal_line"


async def test_nobody_moves_the_balance_of_another_programme(raw: asyncpg.Connection) -> None:
    foreign = await locked(raw, programme="other")
    assert await broken_promise(raw, award(foreign), line()) == "entries_arrive_with_their_journal_line"


async def test_a_programme_that_was_not_locked_is_not_written_to(raw: asyncpg.Connection) -> None:
    assert await broken_promise(raw, [], line(programme="other", entries=0)) == "programmes_are_locked_first"


async def test_a_balance_that_is_not_there_is_not_moved(raw: asyncpg.Connection) -> None:
    nowhere = Account("village", MAIN, Balance(0, 0, [], [], place="(9999,1)"), True)
    assert await broken_promise(raw, award(nowhere), line()) == "balance_moves_with_its_entries"


async def test_buckets_add_to_what_the_entries_made_of_the_total(raw: asyncpg.Connection) -> None:
    assert await broken_promise(raw, award(await locked(raw, points=6)), line()) == "buckets_add_to_total"


async def test_no_purse_falls_below_its_floor(raw: asyncpg.Connection) -> None:
    entries = award(await locked(raw, points=-101), points=-101, issued=-101)
    assert await broken_promise(raw, entries, line()) in {"account_not_below_floor", "buckets_add_to_total"}


async def test_a_closed_day_takes_no_line(raw: asyncpg.Connection) -> None:
    await raw.execute(
        "INSERT INTO closed_period (programme, closed_through, closed_by) VALUES ('village', '2026-09-30', 'x')"
    )
    found = await broken_promise(raw, award(await locked(raw)), line(day=date(2026, 9, 30)))
    assert found == "closed_books_stay_closed"


async def test_a_value_cannot_hold_the_mark_between_values(raw: asyncpg.Connection) -> None:
    with pytest.raises(ValueError, match="control character"):
        await lock(raw, {"village": 1}, [Claim("village", "x", "a\x1fb", "f", "txn_raw")], {}, [], [], [])
