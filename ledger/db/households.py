"""Households: who belongs to them, and how they divided and merged."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from ledger.core.household import Unit
from ledger.db.statements import load_statements

_SQL = load_statements("households")


class Change(msgspec.Struct, frozen=True):
    """`members` went from `household` to `other`; of a merge or a division the transaction is named."""

    id: str
    kind: str
    household: str | None
    other: str | None
    members: tuple[str, ...]
    journal_id: str | None
    changed_by: str
    changed_at: datetime | None = None


class Resident(msgspec.Struct, frozen=True):
    """A member as the list of a household shows it."""

    id: str
    traits: str
    name: str | None


async def lock_households(connection: asyncpg.Connection, programme: str, ids: Sequence[str]) -> dict[str, str]:
    """The kind of each that is there; whoever else changes them waits."""
    rows = await connection.fetch(_SQL["lock_households"], programme, list(ids))
    return {row["id"]: row["kind"] for row in rows}


async def members_of(
    connection: asyncpg.Connection, programme: str, household: str, *, after: str = "", limit: int = 10_000
) -> list[Resident]:
    """By id, one page."""
    rows = await connection.fetch(_SQL["members_of"], programme, household, after, limit)
    return [Resident(*row.values()) for row in rows]


async def counters_of(connection: asyncpg.Connection, programme: str, subject: str) -> tuple[tuple[str, str], ...]:
    """What it has used of any limit in any period, without a lock."""
    rows = await connection.fetch(_SQL["counters_of"], programme, subject)
    return tuple((row["counter"], row["period"]) for row in rows)


async def units_of(connection: asyncpg.Connection, programme: str, household: str) -> tuple[Unit, ...]:
    """Every unit that it has ever held something of, without a lock."""
    return tuple(row["unit"] for row in await connection.fetch(_SQL["units_of"], programme, household))


async def is_empty(connection: asyncpg.Connection, programme: str, household: str) -> bool:
    return bool(await connection.fetchval(_SQL["is_empty"], programme, household))


async def move_members(
    connection: asyncpg.Connection, programme: str, members: Sequence[str], household: str | None
) -> None:
    await connection.execute(_SQL["move_members"], programme, list(members), household)


async def close_accounts(connection: asyncpg.Connection, programme: str, owner: str) -> None:
    """Every purse of an owner; what was posted can be read for ever."""
    await connection.execute(_SQL["close_accounts"], programme, owner)


async def insert_change(connection: asyncpg.Connection, programme: str, change: Change) -> None:
    await connection.execute(
        _SQL["insert_change"], programme, change.id, change.kind, change.household, change.other,
        list(change.members), change.journal_id, change.changed_by,
    )  # fmt: skip


async def find_change(connection: asyncpg.Connection, programme: str, id: str) -> Change | None:
    row = await connection.fetchrow(_SQL["find_change"], programme, id)
    return None if row is None else msgspec.convert(dict(row), Change)


async def changes_of(
    connection: asyncpg.Connection, programme: str, household: str, *, after: str, limit: int
) -> list[Change]:
    """Of those that left it and those that joined it, oldest first."""
    rows = await connection.fetch(_SQL["changes_of"], programme, household, after, limit)
    return [msgspec.convert(dict(row), Change) for row in rows]


async def merged_into(connection: asyncpg.Connection, programme: str, household: str) -> str | None:
    """Where all that it had went, if it is no more."""
    other: str | None = await connection.fetchval(_SQL["merged_into"], programme, household)
    return other
