"""What a transaction leaves on disk: tables, their indexes, and the write-ahead log."""

from typing import Self

import asyncpg
import msgspec

TABLES = ("journal", "entry", "balance", "idempotency_key", "counter", "outbox")


class Footprint(msgspec.Struct, frozen=True):
    """Bytes by table and by index, and the lines of the journal, at one moment."""

    tables: dict[str, int]
    indexes: dict[str, int]
    lines: int

    @classmethod
    async def read(cls, connection: asyncpg.Connection) -> Self:
        tables = await connection.fetch(
            "SELECT c.relname AS name, pg_table_size(c.oid) AS bytes FROM pg_class AS c"
            " WHERE c.relnamespace = 'ledger'::regnamespace AND c.relname = ANY($1) ORDER BY 1",
            TABLES,
        )
        indexes = await connection.fetch(
            "SELECT i.indexrelid::regclass::text AS name, pg_relation_size(i.indexrelid) AS bytes"
            " FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid"
            " WHERE c.relnamespace = 'ledger'::regnamespace AND c.relname = ANY($1) ORDER BY 1",
            TABLES,
        )
        lines = await connection.fetchval("SELECT count(*) FROM ledger.journal")
        return cls({row["name"]: row["bytes"] for row in tables}, {row["name"]: row["bytes"] for row in indexes}, lines)


class Growth(msgspec.Struct, frozen=True):
    """Bytes a transaction, between two moments."""

    transactions: int
    tables: dict[str, float]
    indexes: dict[str, float]

    @property
    def table_bytes(self) -> float:
        return sum(self.tables.values())

    @property
    def index_bytes(self) -> float:
        return sum(self.indexes.values())


def growth(before: Footprint, after: Footprint) -> Growth:
    """A table that did not grow costs nothing: its rows were updated in place."""
    transactions = after.lines - before.lines
    assert transactions > 0, "nothing was posted in between"

    def each(old: dict[str, int], new: dict[str, int]) -> dict[str, float]:
        return {name: round((new[name] - old.get(name, 0)) / transactions, 1) for name in new}

    return Growth(transactions, each(before.tables, after.tables), each(before.indexes, after.indexes))


async def wal_place(connection: asyncpg.Connection) -> int:
    """Bytes of log that the server has ever written."""
    return int(await connection.fetchval("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"))
