"""Keys of people's devices and other systems: opaque tokens of which only a hash is stored."""

import hashlib
import hmac
import re
import secrets
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
    await connection.execute(_SQL["insert_key"], id, _hash(secret), role, principal, node, programme, owner, expires_at)
    return f"pl_{id.removeprefix('key_')}_{secret}"


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
