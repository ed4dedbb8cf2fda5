"""Reads the whole ledger out in one moment, a handful of transactions at a time."""

from collections.abc import AsyncIterator
from datetime import date, datetime
from itertools import groupby
from typing import Annotated

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("export")
_ROWS_AT_ONCE = 1_000


class Unit(msgspec.Struct, frozen=True):
    programme: str
    unit: str
    scale: int


class Holding(msgspec.Struct, frozen=True):
    """A balance as it is kept, not as the entries add up: an importing program compares the two."""

    programme: str
    owner: str
    purse: str
    unit: str
    total: int


class Leg(msgspec.Struct, frozen=True):
    line: int
    owner: str
    purse: str
    unit: str
    amount: int
    expires_on: Annotated[date, msgspec.Meta(extra_json_schema={"nullable": True})]  # null in answers: never
    account_version: int
    balance_after: int


class Posted(msgspec.Struct, frozen=True):
    """A transaction with its entries and what names other things."""

    programme: str
    id: str
    kind: str
    principal: str
    recorded_at: datetime
    effective_on: date
    happened_on: date | None
    rule: str | None
    activity: str | None
    reverses: str | None
    follows: str | None
    legs: tuple[Leg, ...]


async def list_units(connection: asyncpg.Connection, programme: str | None) -> list[Unit]:
    """`None` means all programmes, here and below."""
    return [Unit(**row) for row in await connection.fetch(_SQL["list_units"], programme)]


async def read_days(connection: asyncpg.Connection, programme: str | None) -> tuple[date, date] | None:
    """First and last business day on which anything was posted."""
    row = await connection.fetchrow(_SQL["list_days"], programme)
    return None if row is None or row["first_day"] is None else (row["first_day"], row["last_day"])


async def list_holdings(connection: asyncpg.Connection, programme: str | None) -> AsyncIterator[Holding]:
    async for row in connection.cursor(_SQL["list_balances"], programme, prefetch=_ROWS_AT_ONCE):
        yield Holding(**row)


async def list_posted(connection: asyncpg.Connection, programme: str | None) -> AsyncIterator[Posted]:
    """By programme and id, which is the order in which they were made."""
    cursor = await connection.cursor(_SQL["list_posted"], programme)
    while rows := await cursor.fetch(_ROWS_AT_ONCE):
        for slug, some in groupby(rows, lambda row: str(row["programme"])):
            part = list(some)
            legs = await load_legs(connection, slug, [row["id"] for row in part])
            for row in part:
                yield Posted(**row, legs=tuple(legs[row["id"]]))


async def load_legs(connection: asyncpg.Connection, programme: str, ids: list[str]) -> dict[str, list[Leg]]:
    """Entries by transaction, in the order of their lines."""
    legs: dict[str, list[Leg]] = {id: [] for id in ids}
    for row in await connection.fetch(_SQL["load_legs"], programme, ids):
        values = dict(row)
        legs[values.pop("journal_id")].append(Leg(**values))
    return legs
