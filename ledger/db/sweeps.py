"""What is due: open items past their day and buckets past their last good day, in pages by key."""

from datetime import date

import asyncpg
import msgspec

from ledger.core.command import SpendUnit
from ledger.db.statements import load_statements

_SQL = load_statements("sweeps")


class DueItem(msgspec.Struct, frozen=True):
    """A hold or an award under notice whose day has come."""

    journal_id: str
    kind: str


async def due_items(
    connection: asyncpg.Connection, programme: str, today: date, after: str, limit: int
) -> list[DueItem]:
    """Still open and due, by transaction id."""
    rows = await connection.fetch(_SQL["due_items"], programme, today, after, limit)
    return [DueItem(row["journal_id"], row["kind"]) for row in rows]


async def lapsed_balances(
    connection: asyncpg.Connection, programme: str, today: date, after: tuple[str, str], limit: int
) -> list[tuple[str, SpendUnit]]:
    """Owner and unit of each main purse whose nearest bucket has lapsed."""
    rows = await connection.fetch(_SQL["lapsed_balances"], programme, today, *after, limit)
    return [(row["owner"], row["unit"]) for row in rows]
