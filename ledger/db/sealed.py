"""Reads a log out whole: checkpoints, lines in their order with their salts, what is not sealed yet, balances."""

from collections.abc import AsyncIterator
from datetime import date

import asyncpg
import msgspec

from ledger.core.leaf import Line
from ledger.db.seals import load_lines
from ledger.db.statements import load_statements

_SQL = load_statements("sealed")
_ROWS_AT_ONCE = 1_000


class KeptCheckpoint(msgspec.Struct, frozen=True):
    """Every column of it, so that a change of any is seen."""

    size: int
    root: bytes
    note: str
    sealed_at: str


class KeptBalance(msgspec.Struct, frozen=True):
    owner: str
    purse: str
    unit: str
    total: int
    account_version: int
    floor_amount: int | None
    bucket_days: list[date]
    bucket_amounts: list[int]


async def list_logs(connection: asyncpg.Connection, programme: str | None) -> list[str]:
    """One log a programme; `None` means all."""
    return [row["programme"] for row in await connection.fetch(_SQL["list_logs"], programme)]


async def list_checkpoints(connection: asyncpg.Connection, programme: str) -> AsyncIterator[KeptCheckpoint]:
    async for row in connection.cursor(_SQL["list_checkpoints"], programme, prefetch=_ROWS_AT_ONCE):
        yield KeptCheckpoint(**row)


async def list_sealed(
    connection: asyncpg.Connection, programme: str
) -> AsyncIterator[tuple[int, Line | None, str | None]]:
    """Position, line and salts; a line that the journal has no more is `None`."""
    cursor = await connection.cursor(_SQL["list_leaves"], programme)
    while rows := await cursor.fetch(_ROWS_AT_ONCE):
        lines = await load_lines(connection, programme, [row["journal_id"] for row in rows])
        for row in rows:
            yield row["position"], lines.get(row["journal_id"]), row["salts"]


async def list_unsealed(connection: asyncpg.Connection, programme: str) -> AsyncIterator[Line]:
    cursor = await connection.cursor(_SQL["list_unsealed"], programme)
    while rows := await cursor.fetch(_ROWS_AT_ONCE):
        lines = await load_lines(connection, programme, [row["id"] for row in rows])
        for row in rows:
            yield lines[row["id"]]


async def list_kept_balances(connection: asyncpg.Connection, programme: str) -> AsyncIterator[KeptBalance]:
    async for row in connection.cursor(_SQL["list_kept_balances"], programme, prefetch=_ROWS_AT_ONCE):
        yield KeptBalance(**row)
