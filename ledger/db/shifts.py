"""Shifts at counters: open, then closed for good by one document."""

from datetime import datetime

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("shifts")


class Shift(msgspec.Struct, frozen=True):
    """`opened_in` and `closed_in` are the transactions that did it; `document` is what closed it, as JSON."""

    id: str
    terminal: str
    outlet: str
    served_by: str
    float_fen: int
    opened_by: str
    opened_at: datetime
    opened_in: str
    closed_by: str | None = None
    closed_at: datetime | None = None
    closed_in: str | None = None
    document: str | None = None


class KindTotal(msgspec.Struct, frozen=True):
    """All receipts of one kind: what they took in points, gift points and cash; less than nothing was given back."""

    kind: str
    receipts: int
    points: int
    gift: int
    fen: int


class GoodsTotal(msgspec.Struct, frozen=True):
    """Pieces of one item that went over the counter, and those that came back."""

    item: str
    sold: int
    returned: int


class Totals(msgspec.Struct, frozen=True):
    """What the receipts of a shift add up to."""

    kinds: tuple[KindTotal, ...]
    goods: tuple[GoodsTotal, ...]
    receipts: int
    first_number: int | None
    last_number: int | None

    @property
    def fen(self) -> int:
        return sum(kind.fen for kind in self.kinds)


async def insert_shift(connection: asyncpg.Connection, programme: str, shift: Shift) -> None:
    """Does nothing if it is there; a second open one on the same terminal violates `shift_open_once`."""
    await connection.execute(
        _SQL["insert_shift"],
        programme,
        shift.id,
        shift.terminal,
        shift.outlet,
        shift.served_by,
        shift.float_fen,
        shift.opened_by,
        shift.opened_at,
        shift.opened_in,
    )


async def find_shift(connection: asyncpg.Connection, programme: str, id: str) -> Shift | None:
    row = await connection.fetchrow(_SQL["find_shift"], programme, id)
    return None if row is None else Shift(*row.values())


async def find_open_shift(connection: asyncpg.Connection, programme: str, terminal: str) -> str | None:
    id: str | None = await connection.fetchval(_SQL["find_open_shift"], programme, terminal)
    return id


async def list_shifts(
    connection: asyncpg.Connection, programme: str, outlet: str, *, before: str, limit: int
) -> list[Shift]:
    """Newest first."""
    rows = await connection.fetch(_SQL["list_shifts"], programme, outlet, before, limit)
    return [Shift(*row.values()) for row in rows]


async def close_shift(
    connection: asyncpg.Connection, programme: str, id: str, *, by: str, at: datetime, journal_id: str, document: str
) -> None:
    await connection.execute(_SQL["close_shift"], programme, id, by, at, journal_id, document)


async def read_totals(connection: asyncpg.Connection, programme: str, id: str) -> Totals:
    """Exact if nobody can post at the terminal meanwhile; otherwise as of this moment."""
    kinds = await connection.fetch(_SQL["sum_kinds"], programme, id)
    goods = await connection.fetch(_SQL["sum_goods"], programme, id)
    span = await connection.fetchrow(_SQL["read_span"], programme, id)
    assert span is not None, "an aggregate answers one row"
    return Totals(
        tuple(KindTotal(*row.values()) for row in kinds),
        tuple(GoodsTotal(*row.values()) for row in goods),
        span["receipts"],
        span["first_number"],
        span["last_number"],
    )
