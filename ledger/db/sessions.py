"""Sessions of people who have signed in: opaque tokens of which only hashes are stored."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("sessions")


class NewSession(msgspec.Struct, frozen=True):
    """Of staff in a role, or of a resident by a card."""

    id: str
    secret_hash: bytes
    device: str
    idle_seconds: int
    seconds_max: int
    staff: str | None = None
    staff_role: str | None = None
    node: str | None = None
    programme: str | None = None
    owner: str | None = None
    card: str | None = None


class Session(msgspec.Struct, frozen=True):
    """One in force, with what its role reaches; the earlier secret works for a moment after a renewal."""

    id: str
    secret_hash: bytes
    earlier_hash: bytes | None
    role: str
    principal: str
    node: str
    programme: str | None
    owner: str | None
    area: str | None
    staff: str | None
    card: str | None
    age_seconds: float


class SessionView(msgspec.Struct, frozen=True):
    """As its owner sees it in a list."""

    id: str
    device: str
    began_at: datetime
    used_at: datetime
    expires_at: datetime
    staff_role: str | None
    card: str | None


async def insert_session(connection: asyncpg.Connection, new: NewSession) -> None:
    await connection.execute(
        _SQL["insert_session"], new.id, new.secret_hash, new.staff, new.staff_role, new.node, new.programme, new.owner,
        new.card, new.device, new.idle_seconds, new.seconds_max,
    )  # fmt: skip


async def find_session(connection: asyncpg.Connection, id: str) -> Session | None:
    row = await connection.fetchrow(_SQL["find_session"], id)
    return None if row is None else Session(*row.values())


async def renew_session(
    connection: asyncpg.Connection, id: str, *, old: bytes, new: bytes, overlap_seconds: int, role: str | None = None
) -> bool:
    """Whether this was the newest secret; requests on their way with it are still taken during the overlap."""
    renewed = await connection.fetchval(_SQL["renew_session"], id, old, new, overlap_seconds, role)
    return renewed is not None


async def list_sessions(connection: asyncpg.Connection, principal: str, programme: str | None) -> list[SessionView]:
    """Somebody's sessions in force, newest first."""
    rows = await connection.fetch(_SQL["list_sessions"], principal, programme)
    return [SessionView(*row.values()) for row in rows]


async def end_sessions(
    connection: asyncpg.Connection,
    principal: str,
    programme: str | None,
    *,
    only: str | None = None,
    but: str | None = None,
) -> list[str]:
    """Those of somebody: one, all but one, or all. Processes that have just looked one up notice within two seconds."""
    return [row["id"] for row in await connection.fetch(_SQL["end_sessions"], principal, programme, only, but)]


async def end_sessions_of_card(connection: asyncpg.Connection, programme: str, card: str) -> None:
    """When the card is blocked or replaced."""
    await connection.execute(_SQL["end_sessions_of_card"], programme, card)


async def mark_sessions_used(connection: asyncpg.Connection, ids: Sequence[str]) -> None:
    await connection.execute(_SQL["mark_used"], list(ids))


async def delete_old_sessions(connection: asyncpg.Connection, days: int) -> None:
    await connection.execute(_SQL["delete_old_sessions"], days)
