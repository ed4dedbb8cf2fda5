"""Shops as members of the alliance: the state each is in, how it came to it, and whom to speak to."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("merchants")


class Enrolled(msgspec.Struct, frozen=True):
    """One shop in one programme."""

    merchant: str
    state: str
    applied_by: str
    applied_at: datetime


class Step(msgspec.Struct, frozen=True):
    """Who brought a shop into which state, when and why."""

    state: str
    done_by: str
    done_at: datetime
    note: str | None


class Contact(msgspec.Struct, frozen=True):
    """A person, hence kept apart."""

    name: str
    phone: str | None


async def enrol_missing(
    connection: asyncpg.Connection, programme: str, merchants: Sequence[str], state: str, *, by: str
) -> None:
    """Those enrolled already stay as they are."""
    rows = await connection.fetch(_SQL["insert_merchants"], programme, list(merchants), state, by)
    await connection.execute(_SQL["insert_steps"], programme, [row["merchant"] for row in rows], state, by, None)


async def find_enrolled(connection: asyncpg.Connection, programme: str, merchant: str) -> Enrolled | None:
    row = await connection.fetchrow(_SQL["find_merchant"], programme, merchant)
    return None if row is None else Enrolled(**row)


async def lock_enrolled(connection: asyncpg.Connection, programme: str, merchant: str) -> Enrolled | None:
    """One decision about a shop at a time: its state, and the statements drawn of its claims."""
    row = await connection.fetchrow(_SQL["lock_merchant"], programme, merchant)
    return None if row is None else Enrolled(**row)


async def set_state(
    connection: asyncpg.Connection, programme: str, merchant: str, state: str, *, by: str, note: str | None
) -> None:
    await connection.execute(_SQL["set_state"], programme, merchant, state)
    await connection.execute(_SQL["insert_steps"], programme, [merchant], state, by, note)


async def list_steps(connection: asyncpg.Connection, programme: str, merchant: str) -> tuple[Step, ...]:
    """The latest first."""
    return tuple(Step(**row) for row in await connection.fetch(_SQL["list_steps"], programme, merchant))


async def put_contact(connection: asyncpg.Connection, programme: str, merchant: str, contact: Contact | None) -> None:
    """None forgets the person."""
    if contact is None:
        await connection.execute(_SQL["drop_contact"], programme, merchant)
    else:
        await connection.execute(_SQL["put_contact"], programme, merchant, contact.name, contact.phone)


async def erase_contact(connection: asyncpg.Connection, programme: str, merchant: str) -> bool:
    """The person and what was written; false where nothing was left of that."""
    return bool(await connection.fetchval(_SQL["erase_contact"], programme, merchant))


async def find_contact(connection: asyncpg.Connection, programme: str, merchant: str) -> Contact | None:
    row = await connection.fetchrow(_SQL["find_contact"], programme, merchant)
    return None if row is None else Contact(**row)
