"""The token of a session, as a key's but with other letters in front; only a hash of its secret is stored."""

import hashlib
import hmac
import re
import secrets

from ledger.db.sessions import Session

SESSION_TOKEN = "ps_"
_TOKEN = re.compile(r"ps_([0-9a-z]{18})_([0-9a-f]{40})")
_SECRET_BYTES = 20


def new_token(session: str) -> tuple[str, bytes]:
    """With the hash that is stored. The secret is 160 random bits, so a slow hash would protect nothing."""
    secret = secrets.token_hex(_SECRET_BYTES)
    return f"{SESSION_TOKEN}{session.removeprefix('ses_')}_{secret}", hash_secret(secret)


def split_session_token(token: str) -> tuple[str, str] | None:
    """The session's id and its secret; None for what cannot be a token."""
    match = _TOKEN.fullmatch(token)
    return None if match is None else (f"ses_{match[1]}", match[2])


def is_session_of(session: Session, secret: str) -> bool:
    """Also by the secret before the newest one, for the moment that it is still taken."""
    given = hash_secret(secret)
    is_newest = hmac.compare_digest(session.secret_hash, given)
    return is_newest or (session.earlier_hash is not None and hmac.compare_digest(session.earlier_hash, given))


def hash_secret(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
