"""Ids made in Python: a type prefix, then 42 bits of milliseconds and 48 random bits in Crockford's base 32."""

import hashlib
import secrets
import time
from collections.abc import Iterator

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]
_EPOCH_MS = 1_577_836_800_000  # 2020-01-01T00:00:00Z; 42 bits reach to the year 2159
_RANDOM_BITS = 48

_last = 0


def _numbers() -> Iterator[int]:
    """Random bits by the page: asking the system for each few of them costs a call."""
    size = _RANDOM_BITS // 8
    while True:
        page = secrets.token_bytes(512 * size)
        for start in range(0, len(page), size):
            yield int.from_bytes(page[start : start + size])


_random = _numbers()


def new_id(prefix: str) -> str:
    """`txn_06ek3v9q2m8zt1c7pa`: sorts by time, and within a process never runs backwards."""
    global _last  # noqa: PLW0603 - the one counter that keeps ids of a millisecond in order
    number = (time.time_ns() // 1_000_000 - _EPOCH_MS) << _RANDOM_BITS | next(_random)
    if number <= _last:
        number = _last + 1
    _last = number
    return f"{prefix}_{_base32(number)}"


def derived_id(prefix: str, *parts: str) -> str:
    """The same parts make the same id, so that a repeated request finds what the first one made."""
    digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=12).digest()
    return f"{prefix}_{_base32(int.from_bytes(digest) >> 6)}"


def _base32(number: int) -> str:
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(80, -1, -10)])
