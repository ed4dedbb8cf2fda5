"""People who work here: user names, passwords as slow hashes only, and the roles they hold."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from ledger.db.statements import load_statements

SECTION_MAX = 1_000

_SQL = load_statements("staff")


class StaffRole(msgspec.Struct, frozen=True, omit_defaults=True):
    """What somebody may do and how far: a node's subtree, perhaps one programme, one outlet or shop, one area."""

    id: str
    role: str
    node: str
    programme: str | None = None
    owner: str | None = None
    area: str | None = None


class Staff(msgspec.Struct, frozen=True):
    """`node` is where they are administered; `digest` is there only where one is looked up by itself."""

    id: str
    user_name: str
    node: str
    digest: str | None
    pepper: str
    is_blocked: bool
    added_by: str
    name: str | None
    is_erased: bool = False
    roles: tuple[StaffRole, ...] = ()


class RoleKept(msgspec.Struct, frozen=True):
    """One role, in force or ended."""

    id: str
    role: str
    node: str
    programme: str | None
    owner: str | None
    area: str | None
    granted_by: str
    granted_at: datetime
    ended_by: str | None
    ended_at: datetime | None


class SessionKept(msgspec.Struct, frozen=True):
    """On which device somebody was signed in, and when."""

    id: str
    device: str
    began_at: datetime
    used_at: datetime
    ended_at: datetime | None


class DeclarationKept(msgspec.Struct, frozen=True):
    """As a reviewer of a programme: which member somebody is, and whose kin."""

    programme: str
    member: str | None
    capacities: list[str]
    kin: list[str]
    declared_by: str
    declared_at: datetime


class StaffKept(msgspec.Struct, frozen=True):
    """What is kept beside name and user name, newest first, of each at most a thousand."""

    added_at: datetime
    password_set_at: datetime
    erased_by: str | None
    erased_at: datetime | None
    roles: tuple[RoleKept, ...]
    sessions: tuple[SessionKept, ...]
    declarations: tuple[DeclarationKept, ...]


async def insert_staff(connection: asyncpg.Connection, staff: Staff) -> bool:
    """Whether it is new: a user name is given once."""
    inserted = await connection.fetchval(
        _SQL["insert_staff"], staff.id, staff.user_name, staff.node, staff.digest, staff.pepper, staff.added_by
    )
    if inserted is not None and staff.name is not None:
        await connection.execute(_SQL["upsert_name"], staff.id, staff.name)
    return inserted is not None


async def find_staff(
    connection: asyncpg.Connection, *, id: str | None = None, user_name: str | None = None
) -> Staff | None:
    """With the roles that are in force."""
    row = await connection.fetchrow(_SQL["find_staff"], id, user_name)
    return None if row is None else (await _with_roles(connection, [row]))[0]


async def list_staff(
    connection: asyncpg.Connection, node: str, *, programme: str | None, after: str, limit: int
) -> list[Staff]:
    """Those administered at a node or below it, by id; perhaps only those with a role in one programme."""
    return await _with_roles(connection, await connection.fetch(_SQL["list_staff"], node, after, limit, programme))


async def set_password(connection: asyncpg.Connection, staff: str, digest: str, pepper: str) -> None:
    await connection.execute(_SQL["set_password"], staff, digest, pepper)


async def set_blocked(connection: asyncpg.Connection, staff: str, is_blocked: bool) -> None:
    await connection.execute(_SQL["set_blocked"], staff, is_blocked)


async def insert_role(connection: asyncpg.Connection, staff: str, role: StaffRole, *, by: str) -> None:
    """The same id again is the same grant."""
    await connection.execute(
        _SQL["insert_role"], role.id, staff, role.role, role.node, role.programme, role.owner, role.area, by
    )


async def end_role(connection: asyncpg.Connection, staff: str, role: str, *, by: str) -> None:
    await connection.execute(_SQL["end_role"], staff, role, by)


async def erase(connection: asyncpg.Connection, staff: str, *, by: str) -> bool:
    """False for somebody who was forgotten before."""
    return bool(await connection.fetchval(_SQL["erase_staff"], staff, by))


async def read_staff_kept(connection: asyncpg.Connection, staff: str) -> StaffKept:
    """Declarations only of programmes that the caller has opened."""
    row = await connection.fetchrow(_SQL["find_staff_kept"], staff)
    assert row is not None, "somebody who is there"
    roles = await connection.fetch(_SQL["list_all_roles"], staff, SECTION_MAX)
    sessions = await connection.fetch(_SQL["list_own_sessions"], staff, SECTION_MAX)
    declared = await connection.fetch(_SQL["list_declarations"], staff, SECTION_MAX)
    return StaffKept(
        **row,
        roles=tuple(RoleKept(**role) for role in roles),
        sessions=tuple(SessionKept(**session) for session in sessions),
        declarations=tuple(DeclarationKept(**one) for one in declared),
    )


async def _with_roles(connection: asyncpg.Connection, rows: Sequence[asyncpg.Record]) -> list[Staff]:
    roles: dict[str, list[StaffRole]] = {row["id"]: [] for row in rows}
    for role in await connection.fetch(_SQL["list_roles"], list(roles)):
        staff, *values = role.values()
        roles[staff].append(StaffRole(*values))
    return [Staff(**row, roles=tuple(roles[row["id"]])) for row in rows]
