"""Other systems that report events, and the events that were accepted from them."""

from datetime import datetime

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("event_sources")


class EventSource(msgspec.Struct, frozen=True):
    """Each version has a secret of its own; none is stored."""

    source: str
    version: int
    declared_at: datetime
    withdrawn_at: datetime | None


class Accepted(msgspec.Struct, frozen=True):
    """What was answered to an event, and what the event was."""

    fingerprint: str
    answer: str


async def declare_source(
    connection: asyncpg.Connection, programme: str, source: str, *, by: str, is_new_secret: bool
) -> EventSource:
    row = await connection.fetchrow(_SQL["declare_source"], programme, source, by, is_new_secret)
    assert row is not None, "an insert or update without a condition answers its row"
    return EventSource(**row)


async def withdraw_source(connection: asyncpg.Connection, programme: str, source: str) -> EventSource | None:
    row = await connection.fetchrow(_SQL["withdraw_source"], programme, source)
    return None if row is None else EventSource(**row)


async def find_source(connection: asyncpg.Connection, programme: str, source: str) -> EventSource | None:
    row = await connection.fetchrow(_SQL["find_source"], programme, source)
    return None if row is None else EventSource(**row)


async def lock_source(connection: asyncpg.Connection, programme: str, source: str) -> EventSource | None:
    row = await connection.fetchrow(_SQL["lock_source"], programme, source)
    return None if row is None else EventSource(**row)


async def list_sources(connection: asyncpg.Connection, programme: str) -> list[EventSource]:
    """All; there are few."""
    return [EventSource(**row) for row in await connection.fetch(_SQL["list_sources"], programme)]


async def find_event(connection: asyncpg.Connection, programme: str, source: str, event: str) -> Accepted | None:
    row = await connection.fetchrow(_SQL["find_event"], programme, source, event)
    return None if row is None else Accepted(row["fingerprint"], row["answer"])


async def insert_event(
    connection: asyncpg.Connection, programme: str, source: str, event: str, accepted: Accepted
) -> None:
    await connection.execute(_SQL["insert_event"], programme, source, event, accepted.fingerprint, accepted.answer)
