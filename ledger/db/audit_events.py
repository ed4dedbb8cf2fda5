"""Who did what from which device, as it was answered: written once, read by auditors."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("audit_events")

NO_PROGRAMME = "-"
"""No name of a programme: people who work here, keys and sessions belong to none."""


BEGUN = 102
"""The status of what was written down before it was done; an answer follows as an event of its own."""


class NewEvent(msgspec.Struct, frozen=True):
    """`node` is the caller's own, `key` a key's or session's id, `address` blinded, `about` the ids in the path."""

    programme: str
    node: str | None
    principal: str | None
    key: str | None
    address: str
    verb: str
    about: Mapping[str, str]
    status: int = BEGUN
    code: str | None = None
    reason: str | None = None


class EventAnswer(msgspec.Struct, frozen=True):
    """How what was begun was answered; `answers` is the event."""

    programme: str
    answers: str
    status: int
    code: str | None


class Event(msgspec.Struct, frozen=True):
    """As an auditor sees it. An emptied reason is the empty text; 102 is what was begun and has no answer."""

    event: str
    happened_at: datetime
    principal: str | None
    key: str | None
    address: str
    verb: str
    about: Mapping[str, str]
    status: int
    code: str | None
    reason: str | None


_about_decoder = msgspec.json.Decoder(dict[str, str])


async def write_events(connection: asyncpg.Connection, events: Sequence[NewEvent | EventAnswer]) -> list[str | None]:
    """All of them in one statement, which is one database transaction where none is open; their ids in order."""
    ids: list[str | None] = await connection.fetchval(_SQL["write_events"], msgspec.json.encode(events).decode())
    return ids


async def find_event_node(connection: asyncpg.Connection, programme: str, event: str) -> str | None:
    """The node of whoever did it; None for what is not there, or whose it was nobody knows."""
    node: str | None = await connection.fetchval(_SQL["find_event_node"], programme, event)
    return node


async def list_events(
    connection: asyncpg.Connection,
    programme: str,
    *,
    principal: str | None,
    verb: str | None,
    begins_at: datetime | None,
    ends_at: datetime | None,
    before: str,
    limit: int,
    below: str | None = None,
) -> list[Event]:
    """Newest first; `below` is the node whose subtree's callers are asked for."""
    rows = await connection.fetch(
        _SQL["list_events"], programme, principal, verb, begins_at, ends_at, before, limit, below
    )
    return [
        Event(
            event=row["id"],
            happened_at=row["happened_at"],
            principal=row["principal"],
            key=row["key"],
            address=row["address"],
            verb=row["verb"],
            about=_about_decoder.decode(row["about"]),
            status=row["status"],
            code=row["code"],
            reason=row["reason"],
        )
        for row in rows
    ]
