"""All that is kept about one person, and its end: what can be forgotten is, what must balance stays."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import asyncpg
import msgspec

from ledger.core.mask import mask_number
from ledger.db.statements import load_statements

SECTION_MAX = 1000

_SQL = load_statements("persons")


class Erasure(msgspec.Struct, frozen=True):
    """What is left of a person: that there was one, and who had it forgotten."""

    owner: str
    erased_by: str
    erased_at: datetime


class CardKept(msgspec.Struct, frozen=True):
    """A card, its number masked: whoever knows it is half signed in."""

    card: str
    owner: str
    carrier: str
    state: str
    number: str | None
    issued_at: datetime
    blocked_at: datetime | None
    blocked_for: str | None


class ActivityKept(msgspec.Struct, frozen=True):
    """A claim with all its facts."""

    activity: str
    rule: str
    state: str
    recorded_by: str
    recorded_at: datetime
    facts: dict[str, Any]


class EvidenceKept(msgspec.Struct, frozen=True):
    """What is known of a file."""

    evidence: str
    activity: str
    media_type: str
    sent_at: datetime
    taken_at: str | None
    latitude: float | None
    longitude: float | None
    removed_at: datetime | None


class LineKept(msgspec.Struct, frozen=True):
    """One change of one purse."""

    transaction: str
    kind: str
    purse: str
    unit: str
    amount: int
    balance: int
    recorded_at: datetime
    effective_on: date
    note: str | None


class SignUpKept(msgspec.Struct, frozen=True):
    """One call for helpers that was answered."""

    list: str
    signed_at: datetime | None
    withdrawn_at: datetime | None
    came_at: datetime | None
    left_at: datetime | None
    outcome: str | None


class MoveKept(msgspec.Struct, frozen=True):
    """From one household to another."""

    change: str
    kind: str
    household: str | None
    other: str | None
    changed_at: datetime


class Kept(msgspec.Struct, frozen=True):
    """Newest first, of each at most a thousand; `cut` names those of which there are more."""

    cards: tuple[CardKept, ...]
    activities: tuple[ActivityKept, ...]
    evidence: tuple[EvidenceKept, ...]
    lines: tuple[LineKept, ...]
    sign_ups: tuple[SignUpKept, ...]
    moves: tuple[MoveKept, ...]
    cut: tuple[str, ...]


async def lock_balances(connection: asyncpg.Connection, programme: str, owner: str) -> list[tuple[str, int]]:
    """Purse and total of each, which nobody changes until the database transaction ends."""
    rows = await connection.fetch(_SQL["lock_balances"], programme, owner)
    return [(row["purse"], row["total"]) for row in rows]


async def find_erasure(connection: asyncpg.Connection, programme: str, owner: str) -> Erasure | None:
    row = await connection.fetchrow(_SQL["find_erasure"], programme, owner)
    return None if row is None else Erasure(**row)


async def erase(connection: asyncpg.Connection, programme: str, owner: str, *, by: str) -> bool:
    """False for somebody who was erased before."""
    return bool(await connection.fetchval(_SQL["erase_person"], programme, owner, by))


async def list_removed(connection: asyncpg.Connection, programme: str) -> list[tuple[str, str, bool]]:
    """Id and hash of evidence whose file has still to go, and whether another programme shows the same file."""
    rows = await connection.fetch(_SQL["list_removed"], programme)
    return [(row["id"], row["sha256"], row["is_shared"]) for row in rows]


async def mark_gone(connection: asyncpg.Connection, programme: str, ids: Sequence[str]) -> None:
    await connection.execute(_SQL["mark_gone"], programme, list(ids))


async def read_kept(connection: asyncpg.Connection, programme: str, owner: str) -> Kept:
    """Section by section in one snapshot, which the caller has opened."""
    statements = {
        "cards": (_SQL["cards_of"], CardKept),
        "activities": (_SQL["activities_of"], ActivityKept),
        "evidence": (_SQL["evidence_of"], EvidenceKept),
        "lines": (_SQL["lines_of"], LineKept),
        "sign_ups": (_SQL["sign_ups_of"], SignUpKept),
        "moves": (_SQL["moves_of"], MoveKept),
    }
    found: dict[str, Any] = {}
    cut = []
    for name, (statement, shape) in statements.items():
        rows = [dict(row) for row in await connection.fetch(statement, programme, owner, SECTION_MAX + 1)]
        for row in rows if name == "activities" else ():
            row["facts"] = msgspec.json.decode(row["facts"])
        for row in rows if name == "cards" else ():
            row["number"] = None if row["number"] is None else mask_number(row["number"])
        found[name] = tuple(msgspec.convert(row, shape) for row in rows[:SECTION_MAX])
        if len(rows) > SECTION_MAX:
            cut.append(name)
    return Kept(**found, cut=tuple(cut))
