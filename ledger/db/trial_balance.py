"""The trial balance of a period and the way down from it: heading, account, entry, and where the entry came from."""

from datetime import date, datetime

import asyncpg
import msgspec

from ledger.core.account import OWNER_PREFIX, PROGRAMME
from ledger.db.export import Leg, load_legs
from ledger.db.statements import load_statements

_SQL = load_statements("trial_balance")
PAGE_MAX = 1_000

SIDES = {PROGRAMME: PROGRAMME, **{prefix: kind for kind, prefix in OWNER_PREFIX.items()}}
_PREFIXES = {side: prefix for prefix, side in SIDES.items()}


class Span(msgspec.Struct, frozen=True):
    """A period of business days of one programme, both ends counted."""

    programme: str
    first_day: date
    last_day: date


class Heading(msgspec.Struct, frozen=True):
    """One purse of one side in one unit. `came` and `went` are the period's, both without a sign."""

    side: str
    purse: str
    unit: str
    accounts: int
    opening: int
    came: int
    went: int
    closing: int


class AccountLine(msgspec.Struct, frozen=True):
    """One owner below a heading."""

    owner: str
    opening: int
    came: int
    went: int
    closing: int


class EntryLine(msgspec.Struct, frozen=True):
    """One entry below an account, with the names by which to go on."""

    account_version: int
    journal_id: str
    kind: str
    effective_on: date
    happened_on: date | None
    recorded_at: datetime
    expires_on: date
    amount: int
    balance_after: int
    rule: str | None
    activity: str | None


class Origin(msgspec.Struct, frozen=True):
    """Where an entry came from: its transaction, the activity as recorded, and the rule as it was published."""

    id: str
    kind: str
    principal: str
    recorded_at: datetime
    effective_on: date
    happened_on: date | None
    about: msgspec.Raw
    trace: msgspec.Raw | None
    refusal: msgspec.Raw | None
    activity: str | None
    activity_facts: msgspec.Raw | None
    rulebook: str | None
    rule: msgspec.Raw | None
    legs: tuple[Leg, ...]


_JSON = ("about", "trace", "refusal", "activity_facts", "rule")


async def list_headings(connection: asyncpg.Connection, span: Span) -> list[Heading]:
    """Opening, period and closing by unit, side and purse; in each unit the openings and closings add to zero."""
    rows = await connection.fetch(_SQL["list_headings"], span.programme, span.first_day, span.last_day)
    return [Heading(**{**row, "side": SIDES.get(row["side"], row["side"])}) for row in rows]


async def list_accounts(
    connection: asyncpg.Connection,
    span: Span,
    side: str,
    purse: str,
    unit: str,
    *,
    after: str = "",
    limit: int = PAGE_MAX,
) -> list[AccountLine]:
    """The owners below a heading, by id, a page at a time."""
    rows = await connection.fetch(
        _SQL["list_accounts"], span.programme, span.first_day, span.last_day, _PREFIXES.get(side, side), purse, unit,
        after, limit,
    )  # fmt: skip
    return [AccountLine(**row) for row in rows]


async def list_entries(
    connection: asyncpg.Connection,
    span: Span,
    owner: str,
    purse: str,
    unit: str,
    *,
    after: int = 0,
    limit: int = PAGE_MAX,
) -> list[EntryLine]:
    """The entries of an account within the period, oldest first, a page at a time."""
    rows = await connection.fetch(
        _SQL["list_entries"], span.programme, span.first_day, span.last_day, owner, purse, unit, after, limit
    )
    return [EntryLine(**row) for row in rows]


async def find_origin(connection: asyncpg.Connection, programme: str, transaction: str) -> Origin | None:
    """The end of the way down: activity and rule line, word for word as they were when it was posted."""
    row = await connection.fetchrow(_SQL["find_origin"], programme, transaction)
    if row is None:
        return None
    legs = (await load_legs(connection, programme, [transaction]))[transaction]
    raw = {name: None if row[name] is None else msgspec.Raw(row[name].encode()) for name in _JSON}
    return Origin(**{**row, **raw}, legs=tuple(legs))
