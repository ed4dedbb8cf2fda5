"""What owners have: balances of many at once, and the lines of one account."""

from collections.abc import Sequence
from datetime import date, datetime

import asyncpg
import msgspec

from ledger.core.counter import CounterKey
from ledger.core.transaction import About
from ledger.db.statements import load_statements

WAITING_MAX = 50

_SQL = load_statements("accounts")


class StoredBalance(msgspec.Struct, frozen=True, array_like=True):
    """One purse in one unit as it stands, lapsed buckets included until the sweep has run."""

    purse: str
    unit: str
    scale: int
    total: int
    account_version: int
    bucket_days: list[date]
    bucket_amounts: list[int]
    is_closed: bool


class Holdings(msgspec.Struct, frozen=True, array_like=True):
    """All balances of one owner, and the award under notice that becomes active next."""

    is_known: bool
    balances: list[StoredBalance] | None
    activates_on: date | None
    activates_amount: int | None


class Line(msgspec.Struct, frozen=True):
    """One entry of an account with the transaction that it belongs to."""

    account_version: int
    journal_id: str
    amount: int
    balance_after: int
    expires_on: date
    kind: str
    recorded_at: datetime
    effective_on: date
    happened_on: date | None
    about: About


class WaitingPoints(msgspec.Struct, frozen=True):
    """Points that an award under notice or a reservation keeps from being spent until a day."""

    journal_id: str
    kind: str
    due_on: date
    amount: int
    about: About


class ItemStock(msgspec.Struct, frozen=True):
    """How much of an item is on an outlet's shelves, and how much more is reserved."""

    unit: str
    stock: int
    reserved: int
    account_version: int


_holdings_decoder = msgspec.json.Decoder(list[Holdings])
_about_decoder = msgspec.json.Decoder(About)


async def read_balances(connection: asyncpg.Connection, wanted: Sequence[tuple[str, str]]) -> list[Holdings]:
    """For (programme, owner) pairs, in their order; one round trip, and no database transaction needed around it."""
    answer = await connection.fetchval(
        _SQL["read_balances"], [programme for programme, _ in wanted], [owner for _, owner in wanted]
    )
    return _holdings_decoder.decode(answer)


async def read_counters(
    connection: asyncpg.Connection, programme: str, keys: Sequence[CounterKey]
) -> dict[CounterKey, int]:
    """What these limits have used, without a lock; a limit that nobody has used is 0."""
    used = dict.fromkeys(keys, 0)
    if keys:
        rows = await connection.fetch(
            _SQL["read_counters"],
            programme,
            [key.counter for key in keys],
            [key.subject for key in keys],
            [key.period for key in keys],
        )
        used |= {CounterKey(row["counter"], row["subject"], row["period"]): row["used"] for row in rows}
    return used


async def read_lines(
    connection: asyncpg.Connection, programme: str, account: tuple[str, str, str], *, before: int, limit: int
) -> list[Line]:
    """Of (owner, purse, unit), newest first, below a version."""
    rows = await connection.fetch(_SQL["read_lines"], programme, *account, before, limit)
    return [_line(row) for row in rows]


async def read_waiting(connection: asyncpg.Connection, programme: str, owner: str) -> list[WaitingPoints]:
    """What has not ended, nearest day first."""
    rows = await connection.fetch(_SQL["read_waiting"], programme, owner, WAITING_MAX)
    return [
        WaitingPoints(row["journal_id"], row["kind"], row["due_on"], row["amount"], _about_decoder.decode(row["about"]))
        for row in rows
    ]


async def read_stock(
    connection: asyncpg.Connection, programme: str, outlet: str, *, after: str, limit: int
) -> list[ItemStock]:
    """By item, one page."""
    rows = await connection.fetch(_SQL["read_stock"], programme, outlet, after, limit)
    return [
        ItemStock(row["unit"], int(row["stock"] or 0), int(row["reserved"] or 0), row["account_version"] or 0)
        for row in rows
    ]


def _line(row: asyncpg.Record) -> Line:
    return Line(
        account_version=row["account_version"],
        journal_id=row["journal_id"],
        amount=row["amount"],
        balance_after=row["balance_after"],
        expires_on=row["expires_on"],
        kind=row["kind"],
        recorded_at=row["recorded_at"],
        effective_on=row["effective_on"],
        happened_on=row["happened_on"],
        about=_about_decoder.decode(row["about"]),
    )
