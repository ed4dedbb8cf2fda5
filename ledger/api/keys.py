"""Keys for terminals, shops' devices and other systems, for their administrators."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response

from ledger.actions.manage_keys import (
    OVERLAP_HOURS_MAX,
    MadeKey,
    find_reached_key,
    make_key,
    rotate_key,
    withdraw_key,
)
from ledger.actions.reach import Wanted
from ledger.api.staff import administrator
from ledger.core.title import Slug, Text
from ledger.db.keys import KeyView, list_keys
from ledger.hall.access import Role
from ledger.hall.answer import answer
from ledger.hall.call import Call, IdempotencyKey, Limit

Id = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{1,64}$(?!\\n)")]
Days = Annotated[int, msgspec.Meta(ge=1, le=1_830)]


class NewKeyAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A cashier's key is for an outlet, a shop's for the shop, a resident's for a household or a member."""

    title: Text
    role: Role
    node: Id | None = None
    programme: Slug | None = None
    owner: Id | None = None
    days: Days | None = None


class Rotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """For so many hours both keys work, so that a device can be told its new one."""

    overlap_hours: Annotated[int, msgspec.Meta(ge=0, le=OVERLAP_HOURS_MAX)] = 24
    days: Days | None = None


class KeyTold(msgspec.Struct, frozen=True):
    """A key without its secret."""

    key: str
    title: str | None
    role: str
    principal: str
    node: str
    programme: str | None
    owner: str | None
    replaces: str | None
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


class KeyHandedOver(msgspec.Struct, frozen=True):
    """The token is told to this call alone, as often as it is sent again."""

    token: str
    key: KeyTold


class KeyList(msgspec.Struct, frozen=True):
    """By id; `next_cursor` asks for those after these. Last use is known to some twenty seconds."""

    keys: tuple[KeyTold, ...]
    next_cursor: str | None


@get("/v1/keys")
async def keys(
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^[a-z0-9_]{0,40}$")] = "",
) -> Response[KeyList]:
    """Those of the caller's node and below it, also those that are no longer in force."""
    by = administrator(call)
    async with call.desk.connection() as connection:
        found = await list_keys(connection, by.node, programme=by.programme, after=cursor, limit=limit + 1)
    page = tuple(_told(key) for key in found[:limit])
    return answer(KeyList(page, page[-1].key if len(found) > limit else None))


@post("/v1/keys")
async def add_key(
    data: JSONBody[NewKeyAsked], key: IdempotencyKey, call: NamedDependency[Call]
) -> Response[KeyHandedOver]:
    """Within what the caller administers."""
    wanted = Wanted(data.role, data.node, data.programme, data.owner)
    async with call.desk.connection() as connection:
        made = await make_key(
            connection, call.desk.slow_hash, administrator(call), wanted, title=data.title, days=data.days,
            idempotency_key=key,
        )  # fmt: skip
    return _handed_over(made)


@get("/v1/keys/{key:str}")
async def one_key(key: FromPath[str], call: NamedDependency[Call]) -> Response[KeyTold]:
    """One of them."""
    async with call.desk.connection() as connection:
        return answer(_told(await find_reached_key(connection, administrator(call), key)))


@post("/v1/keys/{old:str}/rotate")
async def rotate(
    old: FromPath[str], data: JSONBody[Rotation], key: IdempotencyKey, call: NamedDependency[Call]
) -> Response[KeyHandedOver]:
    """A new key in place of the old one, for the same principal."""
    async with call.desk.connection() as connection:
        made = await rotate_key(
            connection, call.desk.slow_hash, administrator(call), old, overlap_hours=data.overlap_hours,
            days=data.days, idempotency_key=key,
        )  # fmt: skip
    call.desk.forget_key(old)
    return _handed_over(made)


@post("/v1/keys/{key:str}/revoke", status_code=200)
async def revoke(key: FromPath[str], call: NamedDependency[Call]) -> Response[KeyTold]:
    """It stops working within two seconds, everywhere."""
    async with call.desk.connection() as connection:
        withdrawn = await withdraw_key(connection, administrator(call), key)
    call.desk.forget_key(key)
    return answer(_told(withdrawn))


def _handed_over(made: MadeKey) -> Response[KeyHandedOver]:
    done = answer(KeyHandedOver(made.token, _told(made.key)), status=201, is_replayed=not made.is_new)
    done.headers["Cache-Control"] = "no-store"
    return done


def _told(key: KeyView) -> KeyTold:
    return KeyTold(
        key.id, key.title, key.role, key.principal, key.node, key.programme, key.owner, key.replaces, key.created_at,
        key.expires_at, key.used_at, key.revoked_at,
    )  # fmt: skip
