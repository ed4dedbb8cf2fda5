"""How far an administrator reaches, and that nobody hands out more than he has."""

from collections.abc import Iterable

import asyncpg
import msgspec

from ledger.core.refusal import Reason, Refused
from ledger.db.journal import show_programmes
from ledger.db.nodes import find_node_and_above, find_programme_nodes
from ledger.db.owners import find_owners
from ledger.db.staff import StaffRole

_OWNED = {"cashier": ("out_",), "merchant": ("mer_",), "resident": ("hh_", "mbr_")}
_IN_AREAS = frozenset({"operator", "reviewer"})


class Administrator(msgspec.Struct, frozen=True):
    """Somebody with the role at a node, perhaps for one programme only."""

    principal: str
    node: str
    programme: str | None = None


class Wanted(msgspec.Struct, frozen=True):
    """A role as it is asked for: on a node, on a programme, at an outlet or shop, or for an area."""

    role: str
    node: str | None = None
    programme: str | None = None
    owner: str | None = None
    area: str | None = None


async def place_role(connection: asyncpg.Connection, by: Administrator, wanted: Wanted, *, id: str) -> StaffRole:
    """Refuses what is not there for this administrator, and roles narrowed to what they are not for."""
    node = await _place(connection, by, node=wanted.node, programme=wanted.programme)
    prefixes = _OWNED.get(wanted.role)
    if (wanted.owner is not None) != (prefixes is not None):
        raise Refused(Reason.ROLE_MISPLACED, role=wanted.role)
    if wanted.owner is not None:
        if wanted.programme is None or not wanted.owner.startswith(prefixes or ()):
            raise Refused(Reason.ROLE_MISPLACED, role=wanted.role)
        async with connection.transaction(readonly=True):
            await show_programmes(connection, [wanted.programme])
            if not await find_owners(connection, wanted.programme, [wanted.owner]):
                raise Refused(Reason.NOT_FOUND, owner=wanted.owner)
    if wanted.area is not None and (wanted.programme is None or wanted.role not in _IN_AREAS):
        raise Refused(Reason.ROLE_MISPLACED, role=wanted.role)
    return StaffRole(id, wanted.role, node, wanted.programme, wanted.owner, wanted.area)


async def require_reach(connection: asyncpg.Connection, by: Administrator, roles: Iterable[StaffRole]) -> None:
    """Whoever may set somebody's password may become him: never somebody who reaches further than oneself."""
    for role in roles:
        if not await is_within(connection, by, node=role.node, programme=role.programme):
            raise Refused(Reason.OUT_OF_REACH, role=role.role)


async def is_within(connection: asyncpg.Connection, by: Administrator, *, node: str, programme: str | None) -> bool:
    if by.programme is not None and by.programme != programme:
        return False
    return by.node in await find_node_and_above(connection, node)


async def _place(connection: asyncpg.Connection, by: Administrator, *, node: str | None, programme: str | None) -> str:
    """The node of a role: the programme's own where it is for one, else the node named, else the administrator's."""
    if programme is not None:
        nodes = await find_programme_nodes(connection, programme)
        if by.node not in nodes or by.programme not in (None, programme) or node not in (None, nodes[0]):
            raise Refused(Reason.NOT_FOUND, programme=programme)
        return nodes[0]
    where = node or by.node
    if not await is_within(connection, by, node=where, programme=None):
        raise Refused(Reason.NOT_FOUND, node=where)
    return where
