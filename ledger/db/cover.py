"""What is owed in points and what stands behind it: balances, goods on the shelves, the fund, budgets used."""

from collections.abc import Sequence
from datetime import date

import asyncpg

from ledger.db.statements import load_statements

_SQL = load_statements("cover")


async def points_outstanding(connection: asyncpg.Connection, programme: str) -> tuple[int, int]:
    """What is held, and what shops may claim."""
    row = await connection.fetchrow(_SQL["points_outstanding"], programme)
    assert row is not None, "an aggregate has one row"
    return row["outstanding"], row["claims"]


async def pieces_in_stock(connection: asyncpg.Connection, programme: str) -> dict[str, int]:
    """By item, over all outlets."""
    return {row["item"]: row["pieces"] for row in await connection.fetch(_SQL["pieces_in_stock"], programme)}


async def fund_fen(connection: asyncpg.Connection, programme: str) -> int:
    fen: int = await connection.fetchval(_SQL["fund_fen"], programme)
    return fen


async def issued_by_rules(
    connection: asyncpg.Connection, programme: str, rules: Sequence[str], first: date, last: date
) -> int:
    """Points that these rules gave between two business days."""
    points: int = await connection.fetchval(_SQL["issued_by_rules"], programme, list(rules), first, last)
    return points


async def budgets_used(
    connection: asyncpg.Connection, programme: str, counters: Sequence[str], periods: Sequence[str]
) -> dict[str, int]:
    rows = await connection.fetch(_SQL["budgets_used"], programme, list(counters), list(periods))
    return {row["counter"]: row["used"] for row in rows}
