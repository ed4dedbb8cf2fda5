"""Balances now, as of an instant, and as of a business day."""

from datetime import date, datetime

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("balances")


class StoredBalance(msgspec.Struct, frozen=True):
    """One account in one unit; `version` is 0 where nothing has happened, or where a day cuts across versions."""

    owner: str
    purse: str
    unit: str
    total: int
    version: int
    days: tuple[date, ...] = ()
    amounts: tuple[int, ...] = ()
    scale: int = 0


async def balances_now(connection: asyncpg.Connection, programme: str, owner: str) -> list[StoredBalance]:
    """All purses and units of an owner, with their buckets."""
    rows = await connection.fetch(_SQL["balances_now"], programme, owner)
    return [
        StoredBalance(
            owner,
            row["purse"],
            row["unit"],
            row["total"],
            row["account_version"],
            tuple(row["bucket_days"]),
            tuple(row["bucket_amounts"]),
        )
        for row in rows
    ]


async def balances_at(
    connection: asyncpg.Connection, programme: str, owner: str, instant: datetime
) -> list[StoredBalance]:
    """As the ledger stood at an instant: the last entry recorded by then."""
    rows = await connection.fetch(_SQL["balances_at"], programme, owner, instant)
    return [
        StoredBalance(owner, row["purse"], row["unit"], row["total"], row["account_version"], scale=row["scale"])
        for row in rows
    ]


async def balances_on(connection: asyncpg.Connection, programme: str, owner: str, day: date) -> list[StoredBalance]:
    """As the books say at the end of a business day: late facts count on the day they were booked to."""
    rows = await connection.fetch(_SQL["balances_on"], programme, owner, day)
    return [StoredBalance(owner, row["purse"], row["unit"], row["total"], 0, scale=row["scale"]) for row in rows]
