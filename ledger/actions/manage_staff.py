"""People who work here: added once, given roles and taken from them, blocked, and given a new password."""

import asyncpg
import msgspec

from ledger.actions.reach import Administrator, Wanted, is_within, place_role, require_reach
from ledger.actions.sign_in import digest_password, give_password, is_password
from ledger.actions.slow_hash import SlowHash
from ledger.core.refusal import Reason, Refused
from ledger.db.identity import derived_id, new_id
from ledger.db.sessions import end_sessions
from ledger.db.staff import Staff, end_role, find_staff, insert_role, insert_staff, set_blocked


class Newcomer(msgspec.Struct, frozen=True):
    """Under a user name that nobody else has, with a first password and perhaps a first role."""

    user_name: str
    password: str
    name: str | None = None
    node: str | None = None
    role: Wanted | None = None


async def add_staff(
    connection: asyncpg.Connection, slow: SlowHash, by: Administrator, new: Newcomer
) -> tuple[Staff, bool]:
    """The person and whether it is new; the very same again, with the same password, answers the same person."""
    id = new_id("usr")  # says nothing of the user name, so that whoever is forgotten is
    node = (await place_role(connection, by, Wanted("auditor", node=new.node), id="")).node if new.node else by.node
    role = None
    if new.role is not None:
        role = await place_role(connection, by, new.role, id=derived_id("rol", id, "first"))
    digest = await digest_password(slow, id, new.user_name, new.password)
    staff = Staff(id, new.user_name, node, digest, slow.pepper_name, False, by.principal, new.name)
    async with connection.transaction():
        is_new = await insert_staff(connection, staff)
        if is_new and role is not None:
            await insert_role(connection, id, role, by=by.principal)
        kept = await find_staff(connection, user_name=new.user_name)
    assert kept is not None, "what could not be inserted is there"
    if not is_new and not await _is_same(slow, kept, new, node, by):
        raise Refused(Reason.USER_NAME_TAKEN, user_name=new.user_name)
    return kept, is_new


async def load_staff(connection: asyncpg.Connection, by: Administrator, id: str) -> Staff:
    """Not found where the administrator does not reach; out of reach where roles go further than he does."""
    staff = await find_staff(connection, id=id)
    if staff is None or not await _administers(connection, by, staff):
        raise Refused(Reason.NOT_FOUND, person=id)
    return staff


async def grant_role(connection: asyncpg.Connection, by: Administrator, id: str, wanted: Wanted, *, key: str) -> Staff:
    """Under the caller's key: sent twice it is granted once."""
    staff = await _load_present(connection, by, id)
    role = await place_role(connection, by, wanted, id=derived_id("rol", by.principal, key))
    async with connection.transaction():
        await insert_role(connection, staff.id, role, by=by.principal)
    return await load_staff(connection, by, id)


async def withdraw_role(connection: asyncpg.Connection, by: Administrator, id: str, role: str) -> Staff:
    """Sessions in it end within two seconds; taken away twice is taken away."""
    staff = await _load_present(connection, by, id)
    await require_reach(connection, by, [each for each in staff.roles if each.id == role])
    await end_role(connection, staff.id, role, by=by.principal)
    return await load_staff(connection, by, id)


async def block_staff(connection: asyncpg.Connection, by: Administrator, id: str, *, is_blocked: bool) -> Staff:
    """Blocking ends all sessions; what the person has done stays as it is."""
    staff = await _load_present(connection, by, id)
    await require_reach(connection, by, staff.roles)
    async with connection.transaction():
        await set_blocked(connection, staff.id, is_blocked)
        if is_blocked:
            await end_sessions(connection, staff.id, None)
    return await load_staff(connection, by, id)


async def reset_password(
    connection: asyncpg.Connection, slow: SlowHash, by: Administrator, id: str, password: str
) -> Staff:
    """For somebody who has forgotten his own; ends all his sessions."""
    staff = await _load_present(connection, by, id)
    await require_reach(connection, by, staff.roles)
    await give_password(connection, slow, staff, password)
    return staff


async def _load_present(connection: asyncpg.Connection, by: Administrator, id: str) -> Staff:
    """Nothing is done to somebody who was forgotten."""
    staff = await load_staff(connection, by, id)
    if staff.is_erased:
        raise Refused(Reason.NOT_FOUND, person=id)
    return staff


async def _administers(connection: asyncpg.Connection, by: Administrator, staff: Staff) -> bool:
    """Where the administrator is bound to a programme: those whose roles are all in it."""
    if by.programme is not None and not any(role.programme == by.programme for role in staff.roles):
        return staff.added_by == by.principal
    return await is_within(connection, msgspec.structs.replace(by, programme=None), node=staff.node, programme=None)


async def _is_same(slow: SlowHash, kept: Staff, new: Newcomer, node: str, by: Administrator) -> bool:
    same = (kept.node, kept.name, kept.added_by) == (node, new.name, by.principal)
    return same and await is_password(slow, kept, new.password)
