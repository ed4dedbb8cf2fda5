"""Price lists and rulebooks that wait for a second signature, as asked for, and what became of them."""

from collections.abc import Mapping
from datetime import datetime

import asyncpg
import msgspec

from ledger.core.refusal import Number
from ledger.db.statements import load_statements

_SQL = load_statements("asked_publications")
_numbers_decoder = msgspec.json.Decoder(dict[str, Number])


class AskedPublication(msgspec.Struct, frozen=True):
    """`body` is the document's canonical JSON; `numbers` say why one signature is not enough."""

    id: str
    kind: str
    digest: str
    body: str
    numbers: dict[str, Number]
    asked_by: str
    asked_at: datetime
    state: str
    decided_by: str | None
    decided_at: datetime | None
    version: str | None


async def insert_asked(
    connection: asyncpg.Connection, programme: str, id: str, kind: str, digest: str, body: str,
    numbers: Mapping[str, Number], *, by: str,
) -> None:  # fmt: skip
    told = msgspec.json.encode(numbers).decode()
    await connection.execute(_SQL["insert_asked"], programme, id, kind, digest, body, told, by)


async def find_waiting(connection: asyncpg.Connection, programme: str, kind: str, digest: str) -> str | None:
    """The very same document, asked for before."""
    id: str | None = await connection.fetchval(_SQL["find_waiting"], programme, kind, digest)
    return id


async def find_asked(connection: asyncpg.Connection, programme: str, id: str) -> AskedPublication | None:
    rows = await connection.fetch(_SQL["read_asked"], programme, id, "", 1)
    return _asked(rows[0]) if rows else None


async def list_asked(
    connection: asyncpg.Connection, programme: str, *, after: str, limit: int
) -> list[AskedPublication]:
    """Those that wait, oldest first, one page."""
    return [_asked(row) for row in await connection.fetch(_SQL["read_asked"], programme, None, after, limit)]


async def lock_asked(connection: asyncpg.Connection, programme: str, id: str) -> AskedPublication | None:
    """Locked first, read afterwards."""
    if await connection.fetchval(_SQL["lock_asked"], programme, id) is None:
        return None
    return await find_asked(connection, programme, id)


async def decide_asked(
    connection: asyncpg.Connection, programme: str, id: str, state: str, *, by: str, version: str | None
) -> None:
    await connection.execute(_SQL["decide_asked"], programme, id, state, by, version)


def _asked(row: asyncpg.Record) -> AskedPublication:
    return AskedPublication(**{**row, "numbers": _numbers_decoder.decode(row["numbers"])})
