"""Who may spend for somebody else, within which limits, and until when: each appointment as it was made."""

from datetime import datetime

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("appointments")


class Appointment(msgspec.Struct, frozen=True):
    """A helper in office or a former one; limits in points."""

    id: str
    owner: str
    member: str
    per_day: int | None
    per_spend: int | None
    ends_at: datetime | None
    appointed_by: str
    appointed_at: datetime | None = None
    ended_by: str | None = None
    ended_at: datetime | None = None


async def insert_appointment(connection: asyncpg.Connection, programme: str, made: Appointment) -> None:
    await connection.execute(
        _SQL["insert_helper"], programme, made.id, made.owner, made.member, made.per_day, made.per_spend,
        made.ends_at, made.appointed_by,
    )  # fmt: skip


async def find_appointment(connection: asyncpg.Connection, programme: str, id: str) -> Appointment | None:
    rows = await connection.fetch(_SQL["read_helpers"], programme, id, None, "", 1)
    return Appointment(*rows[0].values()) if rows else None


async def appointments_of(
    connection: asyncpg.Connection, programme: str, owner: str, *, after: str, limit: int
) -> list[Appointment]:
    """Oldest first, former ones included."""
    rows = await connection.fetch(_SQL["read_helpers"], programme, None, owner, after, limit)
    return [Appointment(*row.values()) for row in rows]


async def find_in_office(connection: asyncpg.Connection, programme: str, owner: str, member: str) -> str | None:
    """The appointment by which the member may spend for the owner now."""
    id: str | None = await connection.fetchval(_SQL["find_in_office"], programme, owner, member)
    return id


async def lock_owner(connection: asyncpg.Connection, programme: str, owner: str) -> None:
    """Whoever else changes who belongs to the owner, or may act for it, waits."""
    await connection.execute(_SQL["lock_owner"], programme, owner)


async def end_appointments(
    connection: asyncpg.Connection, programme: str, owner: str, member: str | None, *, by: str
) -> None:
    """Of one member or of all; cards of theirs are refused from now on."""
    await connection.execute(_SQL["end_helpers"], programme, owner, member, by)
