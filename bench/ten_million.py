"""A county's years as if they had been posted: ten million entries or lines that keep every promise.

The rows are those that posting would have written, made here because posting them takes an hour on two cores:
drawn and summed set by set inside PostgreSQL (`year.sql`), then copied into empty tables, and indexed at the end.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import msgspec

from bench.seed import seed
from bench.workload import (
    AWARD_POINTS_MAX,
    AWARD_SHARE,
    COUNTY,
    PRINCIPAL,
    REDEEM_POINTS_MAX,
    REDEEM_SHARE,
    RULEBOOK,
    SHOPS,
    Size,
    local_today,
)
from ledger.core.rulebook import digest
from ledger.db.service_role import connect, prepare_database

# Journal lines by set; a transaction of W moves 2.7 entries in the middle.
SETS = {"entries_10m": 3_704_000, "lines_10m": 10_000_000}
SQL_FILE = Path(__file__).with_name("year.sql")
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAYS_MAX = 320
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)  # of ids
MILLISECOND = timedelta(milliseconds=1)
CHUNKS_WAITING = 16

BUILDING = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    "maintenance_work_mem": "768MB",
    "max_parallel_maintenance_workers": "0",
    "max_parallel_workers_per_gather": "1",
    "work_mem": "512MB",
    "hash_mem_multiplier": "1",
}
"""How a server may run while nothing in it is of value yet; whoever breaks off begins anew."""


class Table(msgspec.Struct, frozen=True):
    """What is copied into a table of the ledger, by which statement, and what of the opening stays in it."""

    name: str
    columns: tuple[str, ...]
    statement: str
    kept: str = "TRUE"


TABLES = (
    Table(
        "journal",
        (
            "programme", "id", "kind", "principal", "recorded_at", "effective_on", "happened_on", "entry_count",
            "about", "trace", "counts", "facts",
        ),
        "read_journal",
    ),
    Table(
        "entry",
        (
            "programme", "owner", "purse", "unit", "account_version", "journal_id", "line", "expires_on", "amount",
            "balance_after",
        ),
        "read_entries",
    ),
    Table("idempotency_key", ("programme", "principal", "key", "fingerprint", "journal_id"), "read_keys"),
    Table("outbox", ("programme", "journal_id"), "read_outbox"),  # nothing is sealed: that would take hours
    Table("receipt", ("programme", "outlet", "number", "journal_id"), "read_receipts"),
    Table("receipt_series", ("programme", "outlet", "last_number"), "read_receipt_series"),
    Table("counter", ("programme", "counter", "subject", "period", "used"), "read_counters"),
    Table(
        "balance",
        (
            "programme", "owner", "purse", "unit", "total", "account_version", "floor_amount", "bucket_days",
            "bucket_amounts",
        ),
        "read_balances",
        "(owner, purse, unit) NOT IN (SELECT owner, purse, unit FROM year.account)",
    ),
)  # fmt: skip


class Index(msgspec.Struct, frozen=True):
    """An index of a table, and the constraint that it carries."""

    table: str
    name: str
    definition: str
    constraint: str | None
    is_primary: bool


async def fill(url: str, password_file: Path, lines: int, *, size: Size = COUNTY) -> None:
    """So many lines of journal. Needs an administrator's URL: the guards are for those who post."""
    service = await connect(await prepare_database(url, password_file))
    await seed(service, size)
    await service.close()
    async with AsyncExitStack() as stack:
        readers = [await _administrator(url, stack) for _ in range(2)]
        await _draw(readers[0], lines, size)
        indexes = await _take_indexes_away(readers[0])
        for table in TABLES:
            began = time.monotonic()
            await _copy(readers[0], readers[1], table)
            _tell(f"{table.name} is copied", began)
        began = time.monotonic()
        await readers[0].execute(_statements()["leave"])
        await _make_indexes(readers, indexes)
        _tell("indexes are made", began)
        await readers[0].execute("RESET session_replication_role")
        await readers[0].execute("VACUUM (ANALYZE)")


def _statements() -> dict[str, str]:
    parts = re.split(r"^-- name: (\w+)\n", SQL_FILE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


async def _administrator(url: str, stack: AsyncExitStack) -> asyncpg.Connection:
    admin = await connect(url)
    stack.push_async_callback(admin.close)
    await admin.execute("SET session_replication_role = replica; SET search_path = ledger; SET timezone = 'UTC'")
    return admin


async def _draw(admin: asyncpg.Connection, lines: int, size: Size) -> None:
    """All that happened, as numbers."""
    sql = _statements()
    await admin.execute(sql["make_room"])
    await admin.execute(sql["make_plan"])
    [slug] = size.slugs
    days = min(DAYS_MAX, (local_today() - BEGIN.date()).days - 1)
    award_percent, redeem_percent = round(100 * AWARD_SHARE), round(100 * REDEEM_SHARE)
    await admin.execute(
        sql["fill_plan"],
        slug, PRINCIPAL, digest(RULEBOOK), lines, (BEGIN - EPOCH) // MILLISECOND,
        timedelta(days=days) / MILLISECOND / lines, size.households,
        size.outlets, SHOPS, award_percent, redeem_percent, AWARD_POINTS_MAX, REDEEM_POINTS_MAX,
    )  # fmt: skip
    for name in (
        "weigh_plan",
        "make_triples",
        "draw_lines",
        "name_lines",
        "make_accounts",
        "take_from_buckets",
        "write_legs",
    ):
        began = time.monotonic()
        await admin.execute(sql[name])
        _tell(name, began)


async def _take_indexes_away(admin: asyncpg.Connection) -> list[Index]:
    rows = await admin.fetch(
        "SELECT c.relname AS table, i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition,"
        " k.conname AS constraint, i.indisprimary AS is_primary FROM pg_index AS i"
        " JOIN pg_class AS c ON c.oid = i.indrelid AND c.relnamespace = 'ledger'::regnamespace"
        " LEFT JOIN pg_constraint AS k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u')"
        " WHERE c.relname = ANY($1) ORDER BY array_position($1, c.relname::text) <> 2, 1, 2",
        [table.name for table in TABLES],
    )
    indexes = [Index(**row) for row in rows]
    for index in indexes:
        if index.constraint:
            await admin.execute(f"ALTER TABLE {index.table} DROP CONSTRAINT {index.constraint}")
        else:
            await admin.execute(f"DROP INDEX {index.name}")
    return indexes


async def _make_indexes(connections: Sequence[asyncpg.Connection], indexes: Sequence[Index]) -> None:
    """One at a time on each connection: a core each."""
    waiting = list(reversed(indexes))

    async def work(connection: asyncpg.Connection) -> None:
        while waiting:
            await connection.execute(waiting.pop().definition)

    await asyncio.gather(*(work(connection) for connection in connections))
    for index in indexes:
        if index.constraint:
            kind = "PRIMARY KEY" if index.is_primary else "UNIQUE"
            await connections[0].execute(
                f"ALTER TABLE {index.table} ADD CONSTRAINT {index.constraint} {kind} USING INDEX {index.name}"
            )


async def _copy(reader: asyncpg.Connection, writer: asyncpg.Connection, table: Table) -> None:
    """Read on one connection and written on another, a core each; into a table emptied in the same transaction, where
    rows need neither log nor freezing later."""
    kept = f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE {table.kept}"
    await writer.execute(f"CREATE UNLOGGED TABLE year.kept AS {kept}")
    async with writer.transaction():
        await writer.execute(f"TRUNCATE {table.name}")
        for query in (f"SELECT {', '.join(table.columns)} FROM year.kept", _statements()[table.statement]):
            await _pipe(reader, query, writer, table)
        await writer.execute("DROP TABLE year.kept")


async def _pipe(reader: asyncpg.Connection, query: str, writer: asyncpg.Connection, table: Table) -> None:
    chunks: asyncio.Queue[bytes] = asyncio.Queue(CHUNKS_WAITING)

    async def read() -> None:
        await reader.copy_from_query(query.rstrip().rstrip(";"), output=chunks.put, format="binary")
        await chunks.put(b"")

    async def written() -> AsyncIterator[bytes]:
        while chunk := await chunks.get():
            yield chunk

    async with asyncio.TaskGroup() as group:
        group.create_task(read())
        group.create_task(
            writer.copy_to_table(table.name, columns=table.columns, source=written(), format="binary", freeze=True)
        )


def _tell(what: str, began: float) -> None:
    print(f"  {what}: {time.monotonic() - began:.0f} s", flush=True)
