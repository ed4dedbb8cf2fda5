"""What somebody with the service's own login could try by raw SQL: all of it refused, or nothing shown."""

from collections.abc import AsyncIterator, Sequence

import asyncpg
import msgspec
import pytest
import pytest_asyncio

from ledger.db.embedded import EmbeddedDatabase
from ledger.db.journal import show_programmes
from ledger.db.service_role import connect
from tests.busy_village import own_database
from tests.village import Village, gift, open_village, receive

HISTORY = ("journal", "entry", "idempotency_key", "publication", "closed_period")
DENIED = asyncpg.InsufficientPrivilegeError


class Line(msgspec.Struct, frozen=True):
    """A journal line as somebody might write it."""

    programme: str = "village"
    id: str = "txn_raw"
    day: str = "2026-10-14"
    entry_count: int = 2


class Leg(msgspec.Struct, frozen=True):
    """An entry as somebody might write it: `off` lies about the balance, `skips` leaves versions out."""

    owner: str
    purse: str
    amount: int
    line: int
    programme: str = "village"
    unit: str = "points"
    journal: str = "txn_raw"
    off: int = 0
    skips: int = 0


LINE = Line()
ISSUED = Leg("programme", "issued:clean", -5, 0)
EARNED = Leg("hh_1", "main", 5, 1)
AWARD = (ISSUED, EARNED)
change = msgspec.structs.replace


@pytest_asyncio.fixture(scope="module")
async def guarded(server: EmbeddedDatabase, template: str) -> AsyncIterator[Village]:
    async with (
        own_database(server, template, "guarded") as database,
        open_village(database) as village,
        open_village(database, "other"),
    ):
        await village.post(("earn", gift()), ("earn more", gift()), ("stock", receive()))
        yield village


@pytest_asyncio.fixture
async def raw(guarded: Village) -> AsyncIterator[asyncpg.Connection]:
    """The service's login in a database transaction that sees the village; all it does is undone."""
    connection = await connect(guarded.database.url)
    transaction = connection.transaction()
    await transaction.start()
    await show_programmes(connection, ["village"])
    yield connection
    await transaction.rollback()
    await connection.close()


async def insert(raw: asyncpg.Connection, legs: Sequence[Leg], journals: Sequence[Line] = (LINE,)) -> None:
    """Journal lines, entries and balances in one statement; versions and balances go on from what is there."""
    await raw.execute(INSERT, msgspec.json.encode(journals).decode(), msgspec.json.encode(legs).decode())


INSERT = """
WITH line AS (
    INSERT INTO journal (programme, id, kind, principal, recorded_at, effective_on, entry_count, about)
    SELECT w.programme, w.id, 'award', 'x', now(), w.day, w.entry_count, '{}'
    FROM json_to_recordset($1::json) AS w (programme text, id text, day date, entry_count integer)
),
written AS (
    INSERT INTO entry
    (programme, owner, purse, unit, account_version, journal_id, line, expires_on, amount, balance_after)
    SELECT
        w.programme, w.owner, w.purse, w.unit, coalesce(b.account_version, 0) + 1 + w.skips, w.journal, w.line,
        '9999-01-01', w.amount, coalesce(b.total, 0) + w.amount + w.off
    FROM json_to_recordset($2::json) AS w (
        programme text, owner text, purse text, unit text, journal text, line integer, amount bigint, off bigint,
        skips integer
    )
    LEFT JOIN balance AS b
        ON b.programme = w.programme AND b.owner = w.owner AND b.purse = w.purse AND b.unit = w.unit
    RETURNING programme, owner, purse, unit, account_version, balance_after
)
UPDATE balance AS b SET total = w.balance_after, account_version = w.account_version,
    bucket_days = CASE WHEN b.purse = 'main' THEN '{9999-01-01}'::date [] ELSE '{}' END,
    bucket_amounts = CASE WHEN b.purse = 'main' THEN ARRAY[w.balance_after] ELSE '{}' END
FROM written AS w
WHERE b.programme = w.programme AND b.owner = w.owner AND b.purse = w.purse AND b.unit = w.unit
"""


async def refused_promise(raw: asyncpg.Connection, legs: Sequence[Leg], journals: Sequence[Line] = (LINE,)) -> str:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await insert(raw, legs, journals)
    return refused.value.constraint_name or ""


async def broken_promise(raw: asyncpg.Connection, sql: str) -> str | None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await raw.execute(sql)
    return refused.value.constraint_name


async def test_a_whole_transaction_passes(raw: asyncpg.Connection) -> None:
    await insert(raw, AWARD)


@pytest.mark.parametrize("table", HISTORY)
@pytest.mark.parametrize("verb", ["UPDATE {} SET programme = programme", "DELETE FROM {}", "TRUNCATE {}"])
async def test_history_is_not_the_services_to_change(verb: str, table: str, raw: asyncpg.Connection) -> None:
    with pytest.raises(DENIED):
        await raw.execute(verb.format(table))


@pytest.mark.parametrize("table", HISTORY)
@pytest.mark.parametrize("verb", ["UPDATE {} SET programme = programme", "DELETE FROM {}", "TRUNCATE {}"])
async def test_history_does_not_change_for_its_owner_either(verb: str, table: str, guarded: Village) -> None:
    admin = await connect(guarded.database.admin_url)
    await admin.execute("SET ROLE ledger_owner")
    assert await broken_promise(admin, verb.format(table)) == "history_never_changes"
    await admin.close()


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE entry DISABLE TRIGGER ALL",
        "ALTER TABLE balance DROP CONSTRAINT account_not_below_floor",
        "ALTER TABLE journal DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE entry OWNER TO CURRENT_USER",
        "DROP TRIGGER entries_are_whole ON entry",
        "DROP POLICY own_programmes ON entry",
        "CREATE OR REPLACE FUNCTION ledger.guard_entries() RETURNS trigger LANGUAGE sql AS 'SELECT NULL'",
        "CREATE TABLE ledger.mine (id text)",
        "SET session_replication_role = replica",
        "SET ROLE ledger_owner",
        "SET ROLE ledger_sealer",
        "DELETE FROM balance",
        "TRUNCATE balance",
        "DELETE FROM outbox",
        "DELETE FROM open_item",
        "UPDATE balance SET floor_amount = -1000",
        "UPDATE account SET floor_amount = NULL",
        "UPDATE owner SET id = 'hh_9'",
        "INSERT INTO schema_migration (number, name, digest) VALUES (99, 'x', 'x')",
        "COPY entry TO PROGRAM 'cat'",
        "INSERT INTO entry SELECT * FROM entry ON CONFLICT ON CONSTRAINT entry_version_once DO UPDATE SET amount = 1",
    ],
)
async def test_the_service_may_not_loosen_its_guards(sql: str, raw: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        await raw.execute(sql)
    assert isinstance(refused.value, DENIED)


WRONG = {
    "more than was issued": ((ISSUED, change(EARNED, amount=6)), (LINE,), "entries_add_to_zero"),
    "one unit pays for another": (
        (Leg("programme", "fund", -5, 0), Leg("programme", "fund", 5, 1, unit="cash")),
        (LINE,),
        "entries_add_to_zero",
    ),
    "two programmes": (
        (ISSUED, change(EARNED, programme="other")),
        (LINE, change(LINE, programme="other")),
        "entries_add_to_zero",
    ),
    "no journal line": (AWARD, (), "entries_arrive_with_their_journal_line"),
    "fewer than the line promises": (AWARD, (change(LINE, entry_count=4),), "journal_line_has_its_entries"),
    "a line without its entries": ((), (LINE,), "journal_line_has_its_entries"),
    "a line number left out": ((ISSUED, change(EARNED, line=2)), (LINE,), "journal_line_has_its_entries"),
    "a line number twice": (
        (*AWARD, Leg("hh_2", "main", 5, 3), Leg("programme", "fund", -5, 3)),
        (change(LINE, entry_count=4),),
        "entries_arrive_with_their_journal_line",
    ),
    "a balance made up": ((ISSUED, change(EARNED, off=1_000)), (LINE,), "balance_moves_with_its_entries"),
    "a version left out": ((ISSUED, change(EARNED, skips=1)), (LINE,), "balance_moves_with_its_entries"),
    "a version twice": ((ISSUED, change(EARNED, skips=-1)), (LINE,), "entry_version_once"),
    "no balance at all": ((ISSUED, change(EARNED, owner="hh_2")), (LINE,), "balance_moves_with_its_entries"),
    "below the floor": (
        (Leg("out_shop", "stock", -11, 0, unit="item:tissue"), Leg("programme", "redeemed", 11, 1, unit="item:tissue")),
        (LINE,),
        "account_not_below_floor",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_what_is_not_whole_is_refused(wrong: str, raw: asyncpg.Connection) -> None:
    await show_programmes(raw, ["village", "other"])
    legs, journals, promise = WRONG[wrong]
    found = await refused_promise(raw, legs, journals)
    # The order in which the triggers of one statement speak is the database's own affair.
    same = {"entries_arrive_with_their_journal_line", "journal_line_has_its_entries"}
    assert found == promise or {found, promise} == same


async def test_nothing_joins_an_old_transaction(guarded: Village, raw: asyncpg.Connection) -> None:
    old = (await guarded.rows("SELECT id FROM journal WHERE kind = 'award'"))[0]["id"]
    for first_line in (0, 2):
        legs = [change(leg, journal=old, line=leg.line + first_line) for leg in AWARD]
        savepoint = raw.transaction()
        await savepoint.start()
        found = await refused_promise(raw, legs, ())
        await savepoint.rollback()
        assert found == "entries_arrive_with_their_journal_line"


@pytest.mark.parametrize("first_line", [0, 2])
async def test_a_second_statement_adds_nothing(first_line: int, raw: asyncpg.Connection) -> None:
    await insert(raw, AWARD)
    legs = [change(leg, line=leg.line + first_line) for leg in AWARD]
    assert await refused_promise(raw, legs, ()) == "entries_arrive_with_their_journal_line"


@pytest.mark.parametrize(
    "values",
    [
        "total = total + 1, bucket_amounts[1] = bucket_amounts[1] + 1",
        "total = 0, bucket_days = '{}', bucket_amounts = '{}'",
        "bucket_days[1] = '2030-01-01'",
        "account_version = account_version + 1",
        "account_version = account_version + 1, total = total + 1, bucket_amounts[1] = bucket_amounts[1] + 1",
        "account_version = 1, total = 100, bucket_amounts[1] = 100",
        "bucket_amounts[1] = bucket_amounts[1] + 1",
    ],
)
async def test_a_balance_changes_only_with_an_entry(values: str, raw: asyncpg.Connection) -> None:
    sql = f"UPDATE balance SET {values} WHERE owner = 'hh_1' AND purse = 'main' AND unit = 'points'"
    assert await broken_promise(raw, sql) in {
        "balance_moves_with_its_entries",
        "balance_is_its_last_entry",
        "buckets_add_to_total",
    }


async def test_a_table_of_ones_own_does_not_stand_in_for_the_journal(raw: asyncpg.Connection) -> None:
    """Temporary tables come first on everybody's path, also on that of a guard that does not fix its own."""
    await raw.execute("CREATE TEMPORARY TABLE journal (programme text, id text, entry_count integer)")
    await raw.execute("INSERT INTO pg_temp.journal VALUES ('village', 'txn_raw', 2)")
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await raw.execute(
            """INSERT INTO entry
            (programme, owner, purse, unit, account_version, journal_id, line, expires_on, amount, balance_after)
            VALUES ('village', 'programme', 'fund', 'points', 1, 'txn_raw', 0, '9999-01-01', -5, -5),
                ('village', 'programme', 'fund', 'points', 2, 'txn_raw', 1, '9999-01-01', 5, 0)"""
        )
    assert refused.value.constraint_name == "entries_arrive_with_their_journal_line"


async def test_a_closed_day_takes_no_new_line(raw: asyncpg.Connection) -> None:
    await raw.execute(
        "INSERT INTO closed_period (programme, closed_through, closed_by) VALUES ('village', '2026-09-30', 'x')"
    )
    await insert(raw, AWARD)
    late = change(LINE, id="txn_late", day="2026-09-30", entry_count=0)
    assert await refused_promise(raw, (), (late,)) == "closed_books_stay_closed"


async def test_an_end_stays_the_end(raw: asyncpg.Connection) -> None:
    await raw.execute(
        "INSERT INTO open_item VALUES ('village', 'txn_x', 'hold', '2026-09-30', 'txn_y', 'void', '2026-09-14')"
    )
    sql = "UPDATE open_item SET ended_by = NULL, ended_kind = NULL, ended_on = NULL"
    assert await broken_promise(raw, sql) == "open_item_ends_once"


@pytest.mark.parametrize(
    "setting", [None, "", ",", "*", "%", "{village}", "village;", "VILLAGE", "' OR true --", "\\", "{"]
)
async def test_without_a_right_setting_nothing_is_seen(setting: str | None, guarded: Village) -> None:
    connection = await connect(guarded.database.url)
    tables = await connection.fetch(
        "SELECT c.relname FROM pg_class AS c WHERE c.relrowsecurity AND c.relnamespace = 'ledger'::regnamespace"
    )
    assert len(tables) >= 15
    async with connection.transaction():
        if setting is not None:
            await connection.execute("SELECT set_config('ledger.programmes', $1, TRUE)", setting)
        seen = {row["relname"]: await connection.fetchval(f"SELECT count(*) FROM {row['relname']}") for row in tables}
    await connection.close()
    assert not any(seen.values())


async def test_every_table_with_a_programme_is_behind_row_security(guarded: Village) -> None:
    open_tables = await guarded.rows(
        """SELECT c.relname FROM pg_class AS c
        INNER JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'programme'
        WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relrowsecurity"""
    )
    read_before_anyone_is_known = {"api_key", "session", "staff_role"}
    assert {row["relname"] for row in open_tables} == read_before_anyone_is_known


async def test_nothing_is_written_for_a_programme_that_is_not_shown(raw: asyncpg.Connection) -> None:
    with pytest.raises(DENIED, match="row-level security"):
        await insert(raw, (), (change(LINE, programme="other", entry_count=0),))


async def test_a_setting_does_not_outlive_its_database_transaction(guarded: Village) -> None:
    connection = await connect(guarded.database.url)
    async with connection.transaction():
        await show_programmes(connection, ["village"])
        assert await connection.fetchval("SELECT count(*) FROM programme") == 1
    assert await connection.fetchval("SELECT count(*) FROM programme") == 0
    await connection.close()
