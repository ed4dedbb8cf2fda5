"""Keys for terminals, shops' devices and other systems: made, rotated with an overlap, withdrawn."""

from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec

from ledger.actions.reach import Administrator, Wanted, is_within, place_role
from ledger.actions.slow_hash import SlowHash
from ledger.core.refusal import Reason, Refused
from ledger.db.identity import derived_id
from ledger.db.keys import KeyView, NewKey, add_key, load_key, revoke_key, shorten_key

OVERLAP_HOURS_MAX = 168
_SECRET_DIGITS = 40


class MadeKey(msgspec.Struct, frozen=True):
    """The token is told here and never again, except to the same call sent again."""

    key: KeyView
    token: str
    is_new: bool


async def make_key(
    connection: asyncpg.Connection,
    slow: SlowHash,
    by: Administrator,
    wanted: Wanted,
    *,
    title: str,
    days: int | None,
    idempotency_key: str,
) -> MadeKey:
    """The secret is made of the call's own key under the pepper, so that a lost answer can be asked for again."""
    id = derived_id("key", by.principal, idempotency_key)
    role = await place_role(connection, by, wanted, id=id)
    principal = derived_id("trm" if wanted.role == "cashier" else "sys", id)
    new = NewKey(
        id,
        _secret(slow, by, idempotency_key),
        role.role,
        principal,
        role.node,
        role.programme,
        role.owner,
        None if days is None else datetime.now(UTC) + timedelta(days=days),
        title,
        by.principal,
    )
    return await _add(connection, new, idempotency_key)


async def rotate_key(
    connection: asyncpg.Connection,
    slow: SlowHash,
    by: Administrator,
    id: str,
    *,
    overlap_hours: int,
    days: int | None,
    idempotency_key: str,
) -> MadeKey:
    """The new key acts as the same principal: what the old one has sent may be sent again with the new one."""
    old = await find_reached_key(connection, by, id)
    new_id = derived_id("key", by.principal, idempotency_key)
    if old.revoked_at is not None and await load_key(connection, new_id) is None:
        raise Refused(Reason.NOT_FOUND, key=id)
    new = NewKey(
        new_id,
        _secret(slow, by, idempotency_key),
        old.role,
        old.principal,
        old.node,
        old.programme,
        old.owner,
        None if days is None else datetime.now(UTC) + timedelta(days=days),
        old.title,
        by.principal,
        old.id,
    )
    async with connection.transaction():
        made = await _add(connection, new, idempotency_key)
        if made.is_new:
            await shorten_key(connection, old.id, overlap_hours * 3_600)
    return made


async def withdraw_key(connection: asyncpg.Connection, by: Administrator, id: str) -> KeyView:
    """From now on, and in every process within two seconds."""
    await find_reached_key(connection, by, id)
    await revoke_key(connection, id)
    return await find_reached_key(connection, by, id)


async def find_reached_key(connection: asyncpg.Connection, by: Administrator, id: str) -> KeyView:
    key = await load_key(connection, id)
    if key is None or not await is_within(connection, by, node=key.node, programme=key.programme):
        raise Refused(Reason.NOT_FOUND, key=id)
    return key


async def _add(connection: asyncpg.Connection, new: NewKey, idempotency_key: str) -> MadeKey:
    is_new = await add_key(connection, new)
    kept = await load_key(connection, new.id)
    assert kept is not None, "what could not be inserted is there"
    asked = (new.role, new.node, new.programme, new.owner, new.title, new.replaces)
    if asked != (kept.role, kept.node, kept.programme, kept.owner, kept.title, kept.replaces):
        raise Refused(Reason.IDEMPOTENCY_KEY_REUSED, key=idempotency_key)
    return MadeKey(kept, new.token, is_new)


def _secret(slow: SlowHash, by: Administrator, idempotency_key: str) -> str:
    return slow.blind(f"key\0{by.principal}\0{idempotency_key}")[:_SECRET_DIGITS]
