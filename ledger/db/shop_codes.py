"""Codes that shops show for some minutes: what is to be paid, and who confirmed it."""

from datetime import datetime

import asyncpg
import msgspec

from ledger.core.command import Line
from ledger.db.statements import load_statements

_SQL = load_statements("shop_codes")
_lines_decoder = msgspec.json.Decoder(tuple[Line, ...])


class ShopCode(msgspec.Struct, frozen=True):
    """The lines carry the price that was shown; another one is refused when it is confirmed."""

    code: str
    merchant: str
    lines: tuple[Line, ...]
    shown_by: str
    lapses_at: datetime
    is_lapsed: bool
    owner: str | None
    journal_id: str | None


async def insert_code(
    connection: asyncpg.Connection, programme: str, code: str, id: str, merchant: str, lines: tuple[Line, ...], *,
    by: str, seconds: int,
) -> None:  # fmt: skip
    """Does nothing if the same call has shown one before."""
    body = msgspec.json.encode(lines).decode()
    await connection.execute(_SQL["insert_code"], programme, code, id, merchant, body, by, float(seconds))


async def find_shown(connection: asyncpg.Connection, programme: str, id: str) -> ShopCode | None:
    """By the call that showed it."""
    row = await connection.fetchrow(_SQL["find_shown"], programme, id)
    return None if row is None else _code(row)


async def find_code(connection: asyncpg.Connection, programme: str, code: str) -> ShopCode | None:
    row = await connection.fetchrow(_SQL["find_code"], programme, code)
    return None if row is None else _code(row)


async def lock_code(connection: asyncpg.Connection, programme: str, code: str) -> ShopCode | None:
    """Locked first, read afterwards: it is confirmed once."""
    if await connection.fetchval(_SQL["lock_code"], programme, code) is None:
        return None
    return await find_code(connection, programme, code)


async def confirm_code(
    connection: asyncpg.Connection, programme: str, code: str, owner: str, *, journal_id: str
) -> None:
    """In the database transaction that posts it."""
    await connection.execute(_SQL["confirm_code"], programme, code, owner, journal_id)


def _code(row: asyncpg.Record) -> ShopCode:
    return ShopCode(**{**row, "lines": _lines_decoder.decode(row["lines"])})
