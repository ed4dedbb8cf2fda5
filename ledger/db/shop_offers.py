"""What shops propose to give for points, and what was decided about it."""

from collections.abc import Sequence
from datetime import date, datetime

import asyncpg
import msgspec

from ledger.core.item import OfferKind
from ledger.core.title import Title
from ledger.db.statements import load_statements

_SQL = load_statements("shop_offers")


class Proposal(msgspec.Struct, frozen=True):
    """An offer with its price and first day; it counts once another person has approved it."""

    id: str
    merchant: str
    offer: str
    title: Title
    kind: OfferKind
    points: int
    effective_from: date
    proposed_by: str
    proposed_at: datetime | None = None
    state: str = "proposed"
    decided_by: str | None = None
    decided_at: datetime | None = None


async def insert_proposal(connection: asyncpg.Connection, programme: str, new: Proposal) -> None:
    """Does nothing if it is there: the same call again."""
    await connection.execute(
        _SQL["insert_offer"], programme, new.id, new.merchant, new.offer, new.title.zh, new.title.en, new.kind,
        new.points, new.effective_from, new.proposed_by,
    )  # fmt: skip


async def find_proposal(connection: asyncpg.Connection, programme: str, merchant: str, id: str) -> Proposal | None:
    rows = await connection.fetch(_SQL["read_offers"], programme, merchant, id, "", 1)
    return _proposal(rows[0]) if rows else None


async def list_proposals(
    connection: asyncpg.Connection, programme: str, merchant: str, *, after: str, limit: int
) -> Sequence[Proposal]:
    """By id, one page."""
    rows = await connection.fetch(_SQL["read_offers"], programme, merchant, None, after, limit)
    return [_proposal(row) for row in rows]


async def lock_proposal(connection: asyncpg.Connection, programme: str, merchant: str, id: str) -> Proposal | None:
    row = await connection.fetchrow(_SQL["lock_offer"], programme, merchant, id)
    return None if row is None else _proposal(row)


async def decide_proposal(
    connection: asyncpg.Connection, programme: str, id: str, state: str, *, from_: date, by: str
) -> None:
    await connection.execute(_SQL["decide_offer"], programme, id, state, from_, by)


def _proposal(row: asyncpg.Record) -> Proposal:
    told = dict(row)
    title = Title(told.pop("title_zh"), told.pop("title_en"))
    return Proposal(**{**told, "title": title, "kind": OfferKind(told["kind"])})
