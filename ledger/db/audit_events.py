"""Who did what from which device, as it was answered: written once, read by auditors."""

from collections.abc import Mapping
from datetime import datetime

import asyncpg
import msgspec

from ledger.db.identity import new_id
from ledger.db.journal import show_programmes
from ledger.db.statements import load_statements

_SQL = load_statements("audit_events")

NO_PROGRAMME = "-"
"""No name of a programme: people who work here, keys and sessions belong to none."""


class NewEvent(msgspec.Struct, frozen=True):
    """`node` is the caller's own, `key` a key's or session's id, `address` blinded, `about` the ids in the path."""

    programme: str
    node: str | None
    principal: str | None
    key: str | None
    address: str
    verb: str
    about: Mapping[str, str]
    status: int
    code: str | None


class Event(msgspec.Struct, frozen=True):
    """As an auditor sees it; an emptied reason is the empty text."""

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


async def insert_event(connection: asyncpg.Connection, new: NewEvent, reason: str | None) -> None:
    """In a database transaction of its own: what it tells of has ended."""
    id = new_id("aud")
    async with connection.transaction():
        await show_programmes(connection, [new.programme])
        await connection.execute(
            _SQL["insert_event"], new.programme, id, new.node, new.principal, new.key, new.address, new.verb,
            msgspec.json.encode(new.about).decode(), new.status, new.code,
        )  # fmt: skip
        if reason is not None:
            await connection.execute(_SQL["insert_reason"], new.programme, id, reason)


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
