"""Keys of people's devices and other systems: opaque tokens of which only a hash is stored."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from ledger.db.identity import new_id
from ledger.db.statements import load_statements

_SQL = load_statements("keys")
_TOKEN = re.compile(r"pl_([0-9a-z]{18})_([0-9A-Za-z]{40})")
_SECRET_BYTES = 20


class ApiKey(msgspec.Struct, frozen=True):
    """A key in force, as stored."""

    id: str
    secret_hash: bytes
    role: str
    principal: str
    node: str
    programme: str | None
    owner: str | None


class NewKey(msgspec.Struct, frozen=True):
    """A key that is to be; `replaces` names the one that it takes over from."""

    id: str
    secret: str
    role: str
    principal: str
    node: str
    programme: str | None = None
    owner: str | None = None
    expires_at: datetime | None = None
    title: str | None = None
    made_by: str | None = None
    replaces: str | None = None

    @property
    def token(self) -> str:
        """Can never be shown again."""
        return f"pl_{self.id.removeprefix('key_')}_{self.secret}"


class KeyView(msgspec.Struct, frozen=True):
    """A key as those see it who administer keys."""

    id: str
    title: str | None
    role: str
    principal: str
    node: str
    programme: str | None
    owner: str | None
    made_by: str | None
    replaces: str | None
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


async def insert_key(
    connection: asyncpg.Connection,
    *,
    role: str,
    principal: str,
    node: str,
    programme: str | None = None,
    owner: str | None = None,
    expires_at: datetime | None = None,
) -> str:
    """The token, which can never be shown again."""
    id, secret = new_id("key"), secrets.token_hex(_SECRET_BYTES)
    key = NewKey(id, secret, role, principal, node, programme, owner, expires_at)
    await add_key(connection, key)
    return key.token


async def add_key(connection: asyncpg.Connection, key: NewKey) -> bool:
    """Whether it is new: the same id again is the same key."""
    inserted = await connection.fetchval(
        _SQL["insert_key"], key.id, _hash(key.secret), key.role, key.principal, key.node, key.programme, key.owner,
        key.expires_at, key.title, key.made_by, key.replaces,
    )  # fmt: skip
    return inserted is not None


async def load_key(connection: asyncpg.Connection, id: str) -> KeyView | None:
    """Also one that is no longer in force."""
    row = await connection.fetchrow(_SQL["load_key"], id)
    return None if row is None else KeyView(*row.values())


async def list_keys(
    connection: asyncpg.Connection, node: str, *, programme: str | None, after: str, limit: int
) -> list[KeyView]:
    """Those of a node and below it, by id."""
    rows = await connection.fetch(_SQL["list_keys"], node, programme, after, limit)
    return [KeyView(*row.values()) for row in rows]


async def shorten_key(connection: asyncpg.Connection, id: str, seconds: float) -> None:
    """It ends after so many seconds, or when it would have ended anyway."""
    await connection.execute(_SQL["shorten_key"], id, seconds)


async def mark_keys_used(connection: asyncpg.Connection, ids: Sequence[str]) -> None:
    await connection.execute(_SQL["mark_used"], list(ids))


async def find_key(connection: asyncpg.Connection, id: str) -> ApiKey | None:
    """Unless it has been revoked or has expired."""
    row = await connection.fetchrow(_SQL["find_key"], id)
    return None if row is None else ApiKey(*row.values())


async def revoke_key(connection: asyncpg.Connection, id: str) -> None:
    """From now on; processes that have just looked it up notice within two seconds."""
    await connection.execute(_SQL["revoke_key"], id)


def split_token(token: str) -> tuple[str, str] | None:
    """The key's id and its secret; None for what cannot be a token."""
    match = _TOKEN.fullmatch(token)
    return None if match is None else (f"key_{match[1]}", match[2])


def is_secret_of(key: ApiKey, secret: str) -> bool:
    """Takes the same time whatever differs."""
    return hmac.compare_digest(key.secret_hash, _hash(secret))


def _hash(secret: str) -> bytes:
    # The secret is 160 random bits, so a slow hash would protect nothing.
    return hashlib.sha256(secret.encode()).digest()
