"""Donations as their transactions tell them: what came in, from whom, how it was graded and by whom."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("donations")
_choices_decoder = msgspec.json.Decoder(Mapping[str, str])
_PREFIX, _JOURNAL = "don_", "txn_"


class Donation(msgspec.Struct, frozen=True):
    """A piece with its provenance; `grades` are the choices that the inspection made."""

    id: str
    transaction: str
    outlet: str
    item: str
    quantity: int
    donor: str
    rule: str
    grades: Mapping[str, str]
    note: str | None
    inspected_by: str
    received_at: datetime
    happened_on: date | None
    is_undone: bool


async def find_donation(connection: asyncpg.Connection, programme: str, id: str) -> Donation | None:
    """By `don_…`, which is the id of its transaction with other first letters."""
    if not id.startswith(_PREFIX):
        return None
    journal_id = _JOURNAL + id.removeprefix(_PREFIX)
    rows = await connection.fetch(_SQL["read_donations"], programme, journal_id, None, "", 1)
    return _donation(rows[0]) if rows else None


async def find_pieces(connection: asyncpg.Connection, programme: str, ids: Sequence[str]) -> dict[str, str]:
    """The items that were given by these donations, as far as there are such."""
    wanted = [_JOURNAL + id.removeprefix(_PREFIX) for id in ids]
    return {row["id"]: row["item"] for row in await connection.fetch(_SQL["find_pieces"], programme, wanted)}


async def list_donations(
    connection: asyncpg.Connection, programme: str, item: str | None, *, after: str, limit: int
) -> Sequence[Donation]:
    """One page, in the order in which they were received; `after` is the id of the last one seen."""
    seen = after.replace(_PREFIX, _JOURNAL, 1)
    rows = await connection.fetch(_SQL["read_donations"], programme, None, item, seen, limit)
    return [_donation(row) for row in rows]


def _donation(row: asyncpg.Record) -> Donation:
    return Donation(
        id=row["id"],
        transaction=row["journal_id"],
        outlet=row["outlet"],
        item=row["item"],
        quantity=row["quantity"],
        donor=row["donor"],
        rule=row["rule"],
        grades=_choices_decoder.decode(row["choices"]),
        note=row["note"],
        inspected_by=row["inspected_by"],
        received_at=row["received_at"],
        happened_on=row["happened_on"],
        is_undone=row["is_undone"],
    )
