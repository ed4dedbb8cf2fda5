"""The ledger's side of a reconciliation: goods at outlets, merchants' claims, the fund's money."""

from datetime import date

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("reconciliations")


class Booked(msgspec.Struct, frozen=True):
    """One line as the ledger has it; what does not apply is empty."""

    amount: int
    day: date | None = None
    transaction: str = ""
    merchant: str = ""
    owner: str = ""
    outlet: str = ""
    item: str = ""


async def list_goods(
    connection: asyncpg.Connection, programme: str, through: date, outlet: str | None, limit: int
) -> list[Booked]:
    """Pieces of each item at each outlet at the end of a business day."""
    rows = await connection.fetch(_SQL["list_goods"], programme, through, outlet, limit)
    return [Booked(row["amount"], outlet=row["owner"], item=row["unit"]) for row in rows]


async def list_claims(
    connection: asyncpg.Connection, programme: str, first: date, last: date, merchant: str | None, limit: int
) -> list[Booked]:
    """Sales and refunds at merchants, each by the day on which it happened."""
    rows = await connection.fetch(_SQL["list_claims"], programme, first, last, merchant, limit)
    return [Booked(**row) for row in rows]


async def list_money(
    connection: asyncpg.Connection, programme: str, first: date, last: date, merchant: str | None, limit: int
) -> list[Booked]:
    """Payments out of the programme's fund are below zero."""
    rows = await connection.fetch(_SQL["list_money"], programme, first, last, merchant, limit)
    return [Booked(**row) for row in rows]
