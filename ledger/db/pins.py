"""PINs of cards, as slow hashes only."""

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("pins")


class StoredPin(msgspec.Struct, frozen=True):
    """`pepper` names the pepper that the digest was made with, so that a lost one is noticed."""

    digest: str
    pepper: str


async def upsert_pin(connection: asyncpg.Connection, programme: str, card: str, pin: StoredPin, *, by: str) -> None:
    await connection.execute(_SQL["upsert_pin"], programme, card, pin.digest, pin.pepper, by)


async def find_pin(connection: asyncpg.Connection, programme: str, card: str) -> StoredPin | None:
    row = await connection.fetchrow(_SQL["find_pin"], programme, card)
    return None if row is None else StoredPin(**row)


async def delete_pin(connection: asyncpg.Connection, programme: str, card: str) -> None:
    """For a card that is given back or replaced."""
    await connection.execute(_SQL["delete_pin"], programme, card)
