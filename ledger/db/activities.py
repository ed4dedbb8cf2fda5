"""Activities as recorded, and the transaction that awarded them."""

from datetime import datetime

import asyncpg
import msgspec

from ledger.core.activity import Facts
from ledger.db.statements import load_statements

_SQL = load_statements("activities")

_facts_decoder = msgspec.json.Decoder(Facts)


class Activity(msgspec.Struct, frozen=True):
    """Something that somebody did, as it was reported; its facts never change.

    A round is one way through review: what comes back completed, or on appeal, begins another.
    """

    id: str
    rule: str
    recipient: str
    facts: Facts
    recorded_by: str
    recorded_at: datetime
    state: str
    journal_id: str | None
    round: int = 1
    started_at: datetime | None = None
    ended_at: datetime | None = None


async def insert_activity(
    connection: asyncpg.Connection,
    programme: str,
    *,
    id: str,
    rule: str,
    recipient: str,
    facts: Facts,
    by: str,
    hours: tuple[datetime, datetime] | None = None,
) -> bool:
    """False if an activity of that id is there already."""
    told = msgspec.json.encode(facts).decode()
    first, last = hours or (None, None)
    done = await connection.execute(_SQL["insert_activity"], programme, id, rule, recipient, told, by, first, last)
    return done == "INSERT 0 1"


async def find_activity(connection: asyncpg.Connection, programme: str, id: str) -> Activity | None:
    return _activity(await connection.fetchrow(_SQL["find_activity"], programme, id))


async def lock_activity(connection: asyncpg.Connection, programme: str, id: str) -> Activity | None:
    """Whoever else wants to award it waits for the end of this database transaction."""
    return _activity(await connection.fetchrow(_SQL["lock_activity"], programme, id))


async def mark_awarded(connection: asyncpg.Connection, programme: str, id: str, journal_id: str) -> None:
    """In the database transaction that posts the award."""
    await connection.execute(_SQL["mark_awarded"], programme, id, journal_id)


async def move_activity(connection: asyncpg.Connection, programme: str, id: str, state: str, round: int) -> None:
    """In the database transaction that writes the step down."""
    await connection.execute(_SQL["move_activity"], programme, id, state, round)


async def list_activities(
    connection: asyncpg.Connection, programme: str, state: str, *, after: str, limit: int, area: str | None = None
) -> list[Activity]:
    """One page of those in a state, perhaps of an area; a reversal at another door does not change the list."""
    rows = await connection.fetch(_SQL["list_activities"], programme, state, after, limit, area)
    return [activity for row in rows if (activity := _activity(row)) is not None]


def _activity(row: asyncpg.Record | None) -> Activity | None:
    if row is None:
        return None
    return Activity(
        id=row["id"],
        rule=row["rule"],
        recipient=row["recipient"],
        facts=_facts_decoder.decode(row["facts"]),
        recorded_by=row["recorded_by"],
        recorded_at=row["recorded_at"],
        state=row["state"],
        journal_id=row["journal_id"],
        round=row["round"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
    )
