"""What is personal and has been kept for long: found page by page, and taken away."""

from collections.abc import Sequence

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("retention")


class Family(msgspec.Struct, frozen=True):
    """A household after whoever lives in it, or one person alone; quiet when nothing of any of them is alive."""

    root: str
    owners: list[str]
    is_quiet: bool


async def list_families(
    connection: asyncpg.Connection, programme: str, months: int, *, after: str = "", only: str | None = None
) -> list[Family]:
    """One page by id; no page is the end."""
    rows = await connection.fetch(_SQL["list_families"], programme, months, after, only)
    return [Family(**row) for row in rows]


async def list_left_shops(connection: asyncpg.Connection, programme: str, months: int, limit: int) -> list[str]:
    """Shops that left so long ago and still have somebody to speak to."""
    return [row["merchant"] for row in await connection.fetch(_SQL["list_left_shops"], programme, months, limit)]


async def list_old_evidence(connection: asyncpg.Connection, programme: str, months: int, limit: int) -> list[str]:
    return [row["id"] for row in await connection.fetch(_SQL["list_old_evidence"], programme, months, limit)]


async def remove_evidence(connection: asyncpg.Connection, programme: str, ids: Sequence[str]) -> None:
    """The rows; the files go afterwards."""
    await connection.execute(_SQL["remove_evidence"], programme, list(ids))


async def list_old_reasons(connection: asyncpg.Connection, programme: str, months: int, limit: int) -> list[str]:
    return [row["event"] for row in await connection.fetch(_SQL["list_old_reasons"], programme, months, limit)]


async def empty_reasons(connection: asyncpg.Connection, programme: str, events: Sequence[str]) -> None:
    await connection.execute(_SQL["empty_reasons"], programme, list(events))
