"""The second wall: by raw SQL under the service's login no table shows or takes anything of another programme.

Tables are found in the catalogue, so that a new one cannot be forgotten.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import msgspec
import pytest
import pytest_asyncio

from ledger.db.embedded import EmbeddedDatabase
from ledger.db.service_role import connect
from tests.busy_village import own_database
from tests.village import Database, open_village

# What belongs to no programme, or is looked up before anybody knows to which one: found by an unguessable key only.
OUTSIDE = {
    "api_key", "guess", "node", "schema_migration", "session", "staff", "staff_erasure",
    "staff_person", "staff_role",
}  # fmt: skip

MALFORMED = (
    None, "", ",", "other", "other,other", "Village", " village", "village ", "{village}", '"village"', "'village'",
    "village;other", "%", "village\n", "village' OR '1'='1", "village\u200b", "\\village", "x" * 10_000,
)  # fmt: skip

DENIED = asyncpg.InsufficientPrivilegeError


class Table(msgspec.Struct, frozen=True):
    name: str
    writable: tuple[str, ...]
    insertable: tuple[str, ...]
    may_delete: bool
    is_view: bool


class Wall(msgspec.Struct):
    database: Database
    tables: list[Table]
    rows: dict[str, str]


TABLES = """
SELECT
    c.relname AS name, c.relkind = 'v' AS is_view,
    ARRAY(
        SELECT a.attname::text FROM pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            AND has_column_privilege('ledger_service', c.oid, a.attnum, 'UPDATE')
        ORDER BY a.attnum
    ) AS writable,
    ARRAY(
        SELECT a.attname::text FROM pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
            AND has_column_privilege('ledger_service', c.oid, a.attnum, 'INSERT')
        ORDER BY a.attnum
    ) AS insertable,
    has_table_privilege('ledger_service', c.oid, 'DELETE') AS may_delete
FROM pg_class AS c
WHERE
    c.relnamespace = 'ledger'::regnamespace AND c.relkind IN ('r', 'p', 'v')
    AND has_table_privilege('ledger_service', c.oid, 'SELECT') AND NOT c.relname = ANY($1::text [])
ORDER BY c.relname
"""
# One row of each, whatever it means: constraints are let go of here, for only the wall is looked at.
COLUMNS = """
SELECT a.attname AS name, a.atttypid::regtype::text AS kind FROM pg_attribute AS a
WHERE a.attrelid = ('ledger.' || $1)::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY a.attnum
"""
VALUES: dict[str, Any] = {
    "text": "x", "bigint": 1, "integer": 1, "boolean": False, "date": "2026-01-01", "json": {}, "jsonb": {},
    "timestamp with time zone": "2026-01-01T00:00:00Z", "bytea": "\\x00", "text[]": [], "date[]": [], "bigint[]": [],
    "double precision": 0, "smallint": 1, "numeric": 1, "integer[]": [],
}  # fmt: skip


@pytest_asyncio.fixture(scope="module")
async def wall(server: EmbeddedDatabase, template: str) -> AsyncIterator[Wall]:
    async with own_database(server, template, "walls") as database, open_village(database, "other"):
        admin = await connect(database.admin_url)
        tables = [
            Table(**{**row, "writable": tuple(row["writable"]), "insertable": tuple(row["insertable"])})
            for row in await admin.fetch(TABLES, [*OUTSIDE])
        ]
        rows = {table.name: await _plant(admin, table.name) for table in tables if not table.is_view}
        await admin.close()
        yield Wall(database, tables, rows)


async def _plant(admin: asyncpg.Connection, table: str) -> str:
    """As JSON, one row of `village`."""
    for row in await admin.fetch(
        "SELECT conname FROM pg_constraint WHERE conrelid = ('ledger.' || $1)::regclass AND contype = 'c'", table
    ):
        await admin.execute(f"ALTER TABLE ledger.{table} DROP CONSTRAINT {row['conname']} CASCADE")
    columns = await admin.fetch(COLUMNS, table)
    planted = json.dumps({one["name"]: VALUES[one["kind"]] for one in columns} | {"programme": "village"})
    await admin.execute("SET session_replication_role = replica")
    await admin.execute(INSERT.format(table=table, columns=", ".join(one["name"] for one in columns)), planted)
    await admin.execute("SET session_replication_role = origin")
    return planted


INSERT = """INSERT INTO ledger.{table} ({columns})
SELECT {columns} FROM json_populate_record(NULL::ledger.{table}, $1::json)"""


async def _service(wall: Wall, programmes: str | None) -> asyncpg.Connection:
    connection = await connect(wall.database.url)
    if programmes is not None:
        await connection.execute("SELECT set_config('ledger.programmes', $1, FALSE)", programmes)
    return connection


async def _all(wall: Wall) -> dict[str, str]:
    admin = await connect(wall.database.admin_url)
    told = {
        table.name: await admin.fetchval(
            f"SELECT coalesce(string_agg(md5(t::text), ',' ORDER BY md5(t::text)), '') FROM ledger.{table.name} AS t"
        )
        for table in wall.tables
    }
    await admin.close()
    return told


async def test_every_table_of_a_tenant_has_its_wall(wall: Wall) -> None:
    admin = await connect(wall.database.admin_url)
    bare = await admin.fetch(
        "SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind IN ('r', 'p')"
        " AND NOT (c.relrowsecurity AND EXISTS (SELECT FROM pg_policy AS p WHERE p.polrelid = c.oid))"
    )
    assert {row["relname"] for row in bare} == OUTSIDE, "a table without a wall belongs to OUTSIDE, with a reason"
    open_views = await admin.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'ledger'::regnamespace AND relkind = 'v'"
        " AND NOT coalesce(reloptions @> ARRAY['security_invoker=true'], FALSE)"
    )
    assert open_views == [], "a view looks with its owner's eyes unless it says otherwise"
    await admin.close()
    assert len(wall.tables) > 40, "the catalogue was not read"


async def test_the_wall_opens_to_its_own(wall: Wall) -> None:
    """Else what follows would prove nothing."""
    connection = await _service(wall, "village")
    for table in wall.tables:
        if not table.is_view:
            seen = await connection.fetch(f"SELECT programme FROM {table.name}")
            assert [row["programme"] for row in seen] == ["village"], table.name
    await connection.close()


@pytest.mark.parametrize("programmes", MALFORMED)
async def test_nothing_is_read(programmes: str | None, wall: Wall) -> None:
    assert await _shown(wall, programmes) == set()


@pytest.mark.parametrize("programmes", [None, "", "other", "{village}", "village "])
async def test_nothing_is_written(programmes: str | None, wall: Wall) -> None:
    before = await _all(wall)
    assert await _taken(wall, programmes) == set()
    assert await _all(wall) == before


async def test_a_hole_in_the_wall_is_seen(wall: Wall) -> None:
    admin = await connect(wall.database.admin_url)
    await admin.execute("ALTER TABLE ledger.person DISABLE ROW LEVEL SECURITY")
    assert await _shown(wall, "other") == {"person"} == await _taken(wall, None)
    await admin.execute("ALTER TABLE ledger.person ENABLE ROW LEVEL SECURITY")
    await admin.close()


async def _shown(wall: Wall, programmes: str | None) -> set[str]:
    """Tables that show a row of the village."""
    connection = await _service(wall, programmes)
    found = {
        table.name
        for table in wall.tables
        if any(row["programme"] == "village" for row in await connection.fetch(f"SELECT programme FROM {table.name}"))
    }
    await connection.close()
    return found


async def _taken(wall: Wall, programmes: str | None) -> set[str]:
    """Tables that take a row of the village, let one be changed, or would but for another promise."""
    connection = await _service(wall, programmes)
    found, tried = set(), 0
    for table in wall.tables:
        for statement, values in _writes(wall, table):
            tried += 1
            transaction = connection.transaction()
            await transaction.start()
            try:
                if not (await connection.execute(statement, *values)).endswith(" 0"):
                    found.add(table.name)
            except DENIED:
                pass
            except asyncpg.IntegrityConstraintViolationError:
                if statement.startswith("INSERT"):
                    found.add(table.name)
            finally:
                await transaction.rollback()
    await connection.close()
    assert tried > 150
    return found


def _writes(wall: Wall, table: Table) -> list[tuple[str, tuple[Any, ...]]]:
    found: list[tuple[str, tuple[Any, ...]]] = []
    if table.insertable and not table.is_view:
        names = ", ".join(table.insertable)
        found.append((INSERT.format(table=table.name, columns=names), (wall.rows[table.name],)))
    found += [
        (f"UPDATE {table.name} SET {column} = {column} WHERE programme = 'village'", ()) for column in table.writable
    ]
    found += [(f"DELETE FROM {table.name} WHERE programme = 'village'", ())] if table.may_delete else []
    return found


async def test_what_runs_with_the_owners_eyes_is_known(wall: Wall) -> None:
    """A function that looks past the wall asks for itself; each is named here, and is asked for another's things."""
    admin = await connect(wall.database.admin_url)
    rows = await admin.fetch(
        "SELECT p.proname FROM pg_proc AS p WHERE p.pronamespace = 'ledger'::regnamespace AND p.prosecdef"
        " AND has_function_privilege('ledger_service', p.oid, 'EXECUTE') ORDER BY 1"
    )
    await admin.close()
    assert [row["proname"] for row in rows] == KNOWN


KNOWN = [
    "append_decided",  # refuses programmes that are not opened
    "erase_contact",  # refuses a programme that is not opened
    "erase_person",  # refuses a programme that is not opened
    "erase_staff",  # people who work here belong to no programme
    "guard_closing",  # fired by closing an account, and cannot be called
    "inspections_at_work",  # which sheets a job has to go on with: names of programmes and ids
    "is_shown_elsewhere",  # yes or no, to who knows the hash of a picture
    "lock_needs",  # as append_decided, whose half it is
    "lock_purses",  # refuses a programme that is not opened
    "lock_terminals",  # answers of programmes that are opened
    "programmes_below",  # names of programmes below a node
]


ASKED = (
    "SELECT erase_person('village', 'hh_1', 'somebody')",
    "SELECT erase_contact('village', 'mer_barber')",
    "SELECT * FROM lock_purses('village', 'hh_1')",
)


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("opened", [None, "", "other"])
async def test_what_runs_with_the_owners_eyes_refuses_where_nothing_was_opened(
    wall: Wall, asked: str, opened: str | None
) -> None:
    """Also in a session that has never opened anything, where the setting is not empty but absent."""
    connection = await connect(wall.database.url)
    try:
        if opened is not None:
            await connection.execute("SELECT set_config('ledger.programmes', $1, FALSE)", opened)
        with pytest.raises(DENIED):
            await connection.execute(asked)
    finally:
        await connection.close()
