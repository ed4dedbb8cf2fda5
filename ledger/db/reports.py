"""What a programme issued and what became of it, added up by area, month, category, outlet, shop and item."""

from collections.abc import Sequence
from typing import TypeVar

import asyncpg
from msgspec import Struct

from ledger.db.statements import load_statements
from ledger.db.trial_balance import Span

_SQL = load_statements("reports")


class AreaRow(Struct, frozen=True):
    """`area` is - for account holders without one. `outstanding` is what is held, less what is owed, at the end."""

    area: str
    opening: int
    issued: int
    redeemed: int
    at_shops: int
    expired: int
    outstanding: int


class MonthRow(Struct, frozen=True):
    """`change` is what account holders have more, or less, at the end of the month."""

    month: str
    issued: int
    redeemed: int
    at_shops: int
    expired: int
    change: int


class CategoryRow(Struct, frozen=True):
    """`issued` is what was given less what was taken back by reversals."""

    category: str
    given: int
    taken_back: int
    issued: int
    times: int


class OutletRow(Struct, frozen=True):
    """`redeemed` is what was taken less what was given back."""

    outlet: str
    taken: int
    given_back: int
    redeemed: int
    pieces: int
    sales: int


class MerchantRow(Struct, frozen=True):
    """Claims at the beginning, what moved them, claims at the end; `outstanding` is what the shop earned and holds."""

    merchant: str
    opening_claims: int
    captured: int
    refunded: int
    settled: int
    commission: int
    claims: int
    outstanding: int


class ItemRow(Struct, frozen=True):
    """Goods of outlets (`merchant` is empty) and offers of shops, what came back taken off."""

    merchant: str
    item: str
    pieces: int
    points: int


Row = TypeVar("Row", bound=Struct)


async def by_area(connection: asyncpg.Connection, span: Span, *, after: str, limit: int) -> Sequence[AreaRow]:
    return await _rows(connection, _SQL["by_area"], AreaRow, span, after, limit)


async def by_month(connection: asyncpg.Connection, span: Span, *, after: str, limit: int) -> Sequence[MonthRow]:
    return await _rows(connection, _SQL["by_month"], MonthRow, span, after, limit)


async def by_category(connection: asyncpg.Connection, span: Span, *, after: str, limit: int) -> Sequence[CategoryRow]:
    return await _rows(connection, _SQL["by_category"], CategoryRow, span, after, limit)


async def by_outlet(connection: asyncpg.Connection, span: Span, *, after: str, limit: int) -> Sequence[OutletRow]:
    return await _rows(connection, _SQL["by_outlet"], OutletRow, span, after, limit)


async def by_merchant(connection: asyncpg.Connection, span: Span, *, after: str, limit: int) -> Sequence[MerchantRow]:
    return await _rows(connection, _SQL["by_merchant"], MerchantRow, span, after, limit)


async def by_item(connection: asyncpg.Connection, span: Span, *, after: str, limit: int) -> Sequence[ItemRow]:
    """The most taken first; `after` is pieces/merchant/item of the last one seen."""
    pieces, merchant, item = after.split("/") if after else (None, None, None)
    rows = await connection.fetch(
        _SQL["by_item"], span.programme, span.first_day, span.last_day, None if pieces is None else int(pieces),
        merchant, item, limit,
    )  # fmt: skip
    return [ItemRow(**row) for row in rows]


async def _rows(
    connection: asyncpg.Connection, statement: str, row: type[Row], span: Span, after: str, limit: int
) -> list[Row]:
    found = await connection.fetch(statement, span.programme, span.first_day, span.last_day, after, limit)
    return [row(**one) for one in found]
