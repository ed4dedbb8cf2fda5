"""Hours that were awarded, by person: the same hour counts once anywhere in a programme."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("hours")


class Hours(msgspec.Struct, frozen=True):
    """From when to when somebody served."""

    person: str
    started_at: datetime
    ended_at: datetime


async def lock_persons(connection: asyncpg.Connection, programme: str, persons: Sequence[str]) -> None:
    """To the end of the database transaction nobody else counts an hour of theirs."""
    await connection.fetch(_SQL["lock_persons"], programme, sorted(set(persons)))


async def find_counted(connection: asyncpg.Connection, programme: str, hours: Sequence[Hours]) -> list[Hours]:
    """Those of their hours that were counted before and overlap these."""
    rows = await connection.fetch(
        _SQL["find_counted"],
        programme,
        [one.person for one in hours],
        [one.started_at for one in hours],
        [one.ended_at for one in hours],
    )
    return [Hours(**row) for row in rows]


async def insert_hours(connection: asyncpg.Connection, programme: str, counted: Sequence[tuple[Hours, str]]) -> None:
    """Each with the transaction that awarded it; after `find_counted` under the persons' lock."""
    if counted:
        await connection.execute(
            _SQL["insert_hours"],
            programme,
            [one.person for one, _ in counted],
            [one.started_at for one, _ in counted],
            [one.ended_at for one, _ in counted],
            [journal_id for _, journal_id in counted],
        )
