"""Receipts by their numbers."""

from datetime import date, datetime

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("receipts")


class NumberedLine(msgspec.Struct, frozen=True):
    """A number of an outlet, and what stands behind it."""

    number: int
    transaction: str
    shift: str | None
    kind: str
    recorded_at: datetime


async def find_numbered(connection: asyncpg.Connection, programme: str, outlet: str, number: int) -> str | None:
    """The transaction that a number of the outlet stands for."""
    transaction: str | None = await connection.fetchval(_SQL["find_numbered"], programme, outlet, number)
    return transaction


async def list_receipts(
    connection: asyncpg.Connection, programme: str, outlet: str, *, before: int, shift: str | None, limit: int
) -> list[NumberedLine]:
    """Newest first."""
    rows = await connection.fetch(_SQL["list_receipts"], programme, outlet, before, shift, limit)
    return [NumberedLine(*row.values()) for row in rows]


async def next_to_lapse(
    connection: asyncpg.Connection, programme: str, owner: str, *, version: int, on: date
) -> tuple[date, int] | None:
    """Of the owner's points as they stood at a version of the account; None if nothing of them ever lapses."""
    row = await connection.fetchrow(_SQL["next_to_lapse"], programme, owner, version, on)
    return None if row is None else (row["expires_on"], row["amount"])
