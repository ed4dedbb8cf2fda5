"""Objections to awards under public notice, and the day until which they hold an award back."""

from collections.abc import Sequence
from datetime import date, datetime

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("objections")


class Objection(msgspec.Struct, frozen=True):
    """What somebody has against an award, and what became of it; `due_on` is when the notice would have ended."""

    id: str
    journal_id: str
    note: str
    raised_by: str
    raised_at: datetime
    due_on: date
    state: str
    decided_by: str | None
    decided_at: datetime | None
    decision_note: str | None
    cancelled_by: str | None


class Notice(msgspec.Struct, frozen=True):
    """An award under notice: from which day on it may be activated, and what has ended it."""

    due_on: date
    ended_by: str | None


async def lock_notice(connection: asyncpg.Connection, programme: str, journal_id: str) -> Notice | None:
    row = await connection.fetchrow(_SQL["lock_notice"], programme, journal_id)
    return None if row is None else Notice(row["due_on"], row["ended_by"])


async def hold_notice(connection: asyncpg.Connection, programme: str, journal_id: str) -> None:
    """The notice has no end any more, so neither a sweep nor a call activates the award."""
    await connection.execute(_SQL["hold_notice"], programme, journal_id)


async def release_notice(connection: asyncpg.Connection, programme: str, journal_id: str, due_on: date) -> None:
    """It ends as it would have, unless another objection is open."""
    await connection.execute(_SQL["release_notice"], programme, journal_id, due_on)


async def first_due_day(connection: asyncpg.Connection, programme: str, journal_id: str) -> date | None:
    """When the notice would have ended before anybody objected."""
    day: date | None = await connection.fetchval(_SQL["first_due_day"], programme, journal_id)
    return day


async def insert_objection(
    connection: asyncpg.Connection, programme: str, id: str, journal_id: str, *, note: str, by: str, due_on: date
) -> None:
    await connection.execute(_SQL["insert_objection"], programme, id, journal_id, note, by, due_on)


async def find_objection(connection: asyncpg.Connection, programme: str, id: str) -> Objection | None:
    rows = await connection.fetch(_SQL["read_objections"], programme, id, None, "", 1)
    return Objection(**rows[0]) if rows else None


async def list_objections(
    connection: asyncpg.Connection, programme: str, state: str | None, *, after: str, limit: int
) -> Sequence[Objection]:
    """One page, by id."""
    rows = await connection.fetch(_SQL["read_objections"], programme, None, state, after, limit)
    return [Objection(**row) for row in rows]


async def lock_objection(connection: asyncpg.Connection, programme: str, id: str) -> Objection | None:
    row = await connection.fetchrow(_SQL["lock_objection"], programme, id)
    return None if row is None else Objection(**row)


async def decide_objection(
    connection: asyncpg.Connection,
    programme: str,
    id: str,
    state: str,
    *,
    by: str,
    note: str | None,
    cancelled_by: str | None = None,
) -> None:
    await connection.execute(_SQL["decide_objection"], programme, id, state, by, note, cancelled_by)
