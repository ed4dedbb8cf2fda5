"""Corrections by hand that are too large for one person, as asked for, and what became of them."""

from collections.abc import Sequence
from datetime import date, datetime

import asyncpg
import msgspec

from ledger.core.command import Adjust
from ledger.db.statements import load_statements

_SQL = load_statements("adjustments")
_command_decoder = msgspec.json.Decoder(Adjust)


class Asked(msgspec.Struct, frozen=True):
    """What was asked for never changes; it is decided once, by somebody else."""

    id: str
    command: Adjust
    effective_on: date | None
    asked_by: str
    asked_at: datetime
    state: str
    decided_by: str | None
    decided_at: datetime | None
    journal_id: str | None


async def insert_adjustment(
    connection: asyncpg.Connection, programme: str, id: str, command: Adjust, *, effective_on: date | None, by: str
) -> None:
    """Does nothing if it is there: the same question asked again."""
    asked = msgspec.json.encode(command).decode()
    await connection.execute(_SQL["insert_adjustment"], programme, id, asked, effective_on, by)


async def find_adjustment(connection: asyncpg.Connection, programme: str, id: str) -> Asked | None:
    rows = await connection.fetch(_SQL["read_adjustments"], programme, id, "", 1)
    return _asked(rows[0]) if rows else None


async def waiting_adjustments(
    connection: asyncpg.Connection, programme: str, *, after: str, limit: int
) -> Sequence[Asked]:
    """Oldest first, one page."""
    rows = await connection.fetch(_SQL["read_adjustments"], programme, None, after, limit)
    return [_asked(row) for row in rows]


async def lock_adjustment(connection: asyncpg.Connection, programme: str, id: str) -> Asked | None:
    """Whoever else wants to decide it waits for the end of this database transaction."""
    row = await connection.fetchrow(_SQL["lock_adjustment"], programme, id)
    return None if row is None else _asked(row)


async def decide_adjustment(
    connection: asyncpg.Connection, programme: str, id: str, state: str, *, by: str, journal_id: str | None
) -> None:
    """In the database transaction that posts it, if it is posted."""
    await connection.execute(_SQL["decide_adjustment"], programme, id, state, by, journal_id)


def _asked(row: asyncpg.Record) -> Asked:
    return Asked(
        id=row["id"],
        command=_command_decoder.decode(row["command"]),
        effective_on=row["effective_on"],
        asked_by=row["asked_by"],
        asked_at=row["asked_at"],
        state=row["state"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        journal_id=row["journal_id"],
    )
