"""Activities as recorded, and the transaction that awarded them."""

from datetime import datetime

import asyncpg
import msgspec

from ledger.core.activity import Facts
from ledger.db.statements import load_statements

_SQL = load_statements("activities")

_facts_decoder = msgspec.json.Decoder(Facts)


class Activity(msgspec.Struct, frozen=True):
    """Something that somebody did, as it was reported; its facts never change."""

    id: str
    rule: str
    recipient: str
    facts: Facts
    recorded_by: str
    recorded_at: datetime
    state: str
    journal_id: str | None


async def insert_activity(
    connection: asyncpg.Connection, programme: str, *, id: str, rule: str, recipient: str, facts: Facts, by: str
) -> bool:
    """False if an activity of that id is there already."""
    told = msgspec.json.encode(facts).decode()
    done = await connection.execute(_SQL["insert_activity"], programme, id, rule, recipient, told, by)
    return done == "INSERT 0 1"


async def find_activity(connection: asyncpg.Connection, programme: str, id: str) -> Activity | None:
    return _activity(await connection.fetchrow(_SQL["find_activity"], programme, id))


async def lock_activity(connection: asyncpg.Connection, programme: str, id: str) -> Activity | None:
    """Whoever else wants to award it waits for the end of this database transaction."""
    return _activity(await connection.fetchrow(_SQL["lock_activity"], programme, id))


async def mark_awarded(connection: asyncpg.Connection, programme: str, id: str, journal_id: str) -> None:
    """In the database transaction that posts the award."""
    await connection.execute(_SQL["mark_awarded"], programme, id, journal_id)


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
    )
