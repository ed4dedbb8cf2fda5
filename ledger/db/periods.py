"""Closed books: the last closed day of a programme, and the lock that closing takes alone."""

from datetime import date, datetime

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("periods")


async def stop_posting(connection: asyncpg.Connection, programme: str) -> None:
    """Waits for database transactions that post, and holds new ones until this one ends."""
    await connection.execute(_SQL["stop_posting"], programme)


async def read_clock(connection: asyncpg.Connection) -> datetime:
    """The ledger's own clock, by which business days are told."""
    now: datetime = await connection.fetchval(_SQL["read_clock"])
    return now


async def closed_through(connection: asyncpg.Connection, programme: str) -> date | None:
    """The last closed day; none if the books were never closed."""
    day: date | None = await connection.fetchval(_SQL["closed_through"], programme)
    return day


class ClosedPeriod(msgspec.Struct, frozen=True):
    """The books up to and including a day, who closed them and when."""

    closed_through: date
    closed_by: str
    closed_at: datetime


async def list_closed(
    connection: asyncpg.Connection, programme: str, *, before: date, limit: int
) -> list[ClosedPeriod]:
    """Latest first, one page."""
    rows = await connection.fetch(_SQL["list_closed"], programme, before, limit)
    return [ClosedPeriod(row["closed_through"], row["closed_by"], row["closed_at"]) for row in rows]


async def insert_closed(
    connection: asyncpg.Connection, programme: str, through: date, by: str, *, at: datetime
) -> None:
    """Only ever inserted: books are not opened again, they are corrected in the open period."""
    await connection.execute(_SQL["insert_closed"], programme, through, by, at)
