"""Voucher series and their vouchers; of the check letters only hashes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("vouchers")


class Series(msgspec.Struct, frozen=True):
    """So many vouchers of so many points each; it is handed out once it is active."""

    id: str
    name: str
    points: int
    count: int
    valid_until: date | None
    printings: int
    issued_by: str
    issued_at: datetime | None = None
    activated_at: datetime | None = None


class Voucher(msgspec.Struct, frozen=True):
    """One of a series."""

    number: int
    check_hash: bytes | None
    state: str
    owner: str | None
    journal_id: str | None
    ended_at: datetime | None
    ended_for: str | None


class Reconciled(msgspec.Struct, frozen=True):
    """Vouchers by state, and what the ledger has posted for them."""

    redeemed: int
    void: int
    outstanding: int
    transactions: int
    posted_points: int


async def insert_series(connection: asyncpg.Connection, programme: str, series: Series) -> None:
    """With its vouchers; does nothing if it is there. A name that another has violates `voucher_series_name_once`."""
    inserted = await connection.fetchval(
        _SQL["insert_series"], programme, series.id, series.name, series.points, series.count, series.valid_until,
        series.issued_by,
    )  # fmt: skip
    if inserted is not None:
        await connection.execute(_SQL["insert_vouchers"], programme, series.id, series.count)


async def find_series(connection: asyncpg.Connection, programme: str, id: str) -> Series | None:
    rows = await connection.fetch(_SQL["read_series"], programme, id, None, "", 1)
    return Series(*rows[0].values()) if rows else None


async def find_series_by_name(connection: asyncpg.Connection, programme: str, name: str) -> Series | None:
    rows = await connection.fetch(_SQL["read_series"], programme, None, name, "", 1)
    return Series(*rows[0].values()) if rows else None


async def list_series(connection: asyncpg.Connection, programme: str, *, after: str, limit: int) -> list[Series]:
    """Oldest first, one page."""
    rows = await connection.fetch(_SQL["read_series"], programme, None, None, after, limit)
    return [Series(*row.values()) for row in rows]


async def lock_series(connection: asyncpg.Connection, programme: str, id: str) -> Series | None:
    """As it is once nobody else prints or activates it."""
    await connection.execute(_SQL["lock_series"], programme, id)
    return await find_series(connection, programme, id)


async def print_vouchers(
    connection: asyncpg.Connection, programme: str, series: str, hashes: Mapping[int, bytes]
) -> None:
    """What was printed of the series before is worth nothing from now on."""
    await connection.execute(_SQL["print_vouchers"], programme, series, list(hashes), list(hashes.values()))
    await connection.execute(_SQL["count_printing"], programme, series)


async def activate_series(connection: asyncpg.Connection, programme: str, series: str, *, by: str) -> None:
    await connection.execute(_SQL["activate_series"], programme, series, by)


async def lock_vouchers(
    connection: asyncpg.Connection, programme: str, series: str, numbers: Sequence[int]
) -> dict[int, Voucher]:
    rows = await connection.fetch(_SQL["lock_vouchers"], programme, series, list(numbers))
    return {row["number"]: Voucher(*row.values()) for row in rows}


async def read_vouchers(
    connection: asyncpg.Connection, programme: str, series: str, *, after: int, state: str | None, limit: int
) -> list[Voucher]:
    """By number, one page."""
    rows = await connection.fetch(_SQL["read_vouchers"], programme, series, after, state, limit)
    return [Voucher(*row.values()) for row in rows]


async def mark_redeemed(
    connection: asyncpg.Connection, programme: str, series: str, number: int, *, owner: str, journal_id: str, by: str
) -> None:
    """In the database transaction that posts its points."""
    await connection.execute(_SQL["mark_redeemed"], programme, series, number, owner, journal_id, by)


async def void_vouchers(
    connection: asyncpg.Connection, programme: str, series: str, numbers: Sequence[int], *, by: str, why: str
) -> None:
    await connection.execute(_SQL["void_vouchers"], programme, series, list(numbers), by, why)


async def reconcile_series(connection: asyncpg.Connection, programme: str, series: str) -> Reconciled:
    [row] = await connection.fetch(_SQL["reconcile_series"], programme, series)
    return Reconciled(*row.values())
