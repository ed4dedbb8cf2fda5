"""Somebody who works here: all that is kept, handed out; and forgotten, while what was done stays in the books."""

import asyncpg

from ledger.actions.manage_staff import load_staff
from ledger.actions.reach import Administrator, require_reach
from ledger.db import staff as register
from ledger.db.journal import show_programmes
from ledger.db.nodes import list_programmes_below
from ledger.db.staff import Staff, StaffKept, read_staff_kept

PROGRAMMES_MAX = 1_000


async def forget_staff(connection: asyncpg.Connection, by: Administrator, id: str) -> tuple[Staff, bool]:
    """Whether it is new. Only where all roles are within what the administrator reaches."""
    staff = await load_staff(connection, by, id)
    await require_reach(connection, by, staff.roles)
    async with connection.transaction():
        is_new = await register.erase(connection, staff.id, by=by.principal)
    return await load_staff(connection, by, id), is_new


async def read_staff(connection: asyncpg.Connection, staff: Staff) -> StaffKept:
    """In one view, in which the programmes of the person's roles are open."""
    named = {role.programme for role in staff.roles if role.programme is not None}
    for node in {staff.node, *(role.node for role in staff.roles if role.programme is None)}:
        named |= set(await list_programmes_below(connection, node, only=None, after="", limit=PROGRAMMES_MAX))
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await show_programmes(connection, sorted(named))
        return await read_staff_kept(connection, staff.id)
