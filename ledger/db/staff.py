"""People who work here: user names, passwords as slow hashes only, and the roles they hold."""

from collections.abc import Sequence

import asyncpg
import msgspec

from ledger.db.statements import load_statements

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
    roles: tuple[StaffRole, ...] = ()


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


async def erase_name(connection: asyncpg.Connection, staff: str) -> None:
    await connection.execute(_SQL["delete_name"], staff)


async def _with_roles(connection: asyncpg.Connection, rows: Sequence[asyncpg.Record]) -> list[Staff]:
    roles: dict[str, list[StaffRole]] = {row["id"]: [] for row in rows}
    for role in await connection.fetch(_SQL["list_roles"], list(roles)):
        staff, *values = role.values()
        roles[staff].append(StaffRole(*values))
    return [Staff(**row, roles=tuple(roles[row["id"]])) for row in rows]
