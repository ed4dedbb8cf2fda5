"""The logs: what waits to be sealed, the leaves in their order, the tree as tiles, and the checkpoints."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import asyncpg
import msgspec

from ledger.core.audit_leaf import AuditLine
from ledger.core.leaf import Line, SealedEntry, SealedLine
from ledger.core.log_kind import LogKind
from ledger.core.merkle import Tile
from ledger.db.export import load_legs
from ledger.db.statements import load_statements

_SQL = load_statements("seals")
_BY_KIND = {LogKind.JOURNAL: load_statements("seals"), LogKind.AUDIT: load_statements("audit_seals")}


class SealedSize(msgspec.Struct, frozen=True):
    """A checkpoint as kept: the note is what is printed."""

    size: int
    root: bytes
    note: str
    sealed_at: datetime


async def list_waiting(connection: asyncpg.Connection) -> list[tuple[str, LogKind]]:
    """Logs with lines that are not sealed yet, journals first; only the sealer may ask about all."""
    return [
        (row["programme"], kind) for kind in LogKind for row in await connection.fetch(_BY_KIND[kind]["list_waiting"])
    ]


async def take_turn(connection: asyncpg.Connection, programme: str, kind: LogKind) -> bool:
    """Whether nobody else seals this log just now; held to the end of the database transaction."""
    return bool(await connection.fetchval(_BY_KIND[kind]["take_turn"], programme))


async def take_waiting(connection: asyncpg.Connection, programme: str, limit: int, kind: LogKind) -> list[SealedLine]:
    """Takes lines off the outbox, in the order in which they get their places."""
    ids = [row["id"] for row in await connection.fetch(_BY_KIND[kind]["take_waiting"], programme, limit)]
    lines = await load_sealed_lines(connection, programme, ids, kind)
    return [lines[id] for id in ids]


async def load_sealed_lines(
    connection: asyncpg.Connection, programme: str, ids: list[str], kind: LogKind
) -> Mapping[str, SealedLine]:
    """Whatever the log is of, by id."""
    if kind is LogKind.AUDIT:
        return await load_audit_lines(connection, programme, ids)
    return await load_lines(connection, programme, ids)


async def load_audit_lines(connection: asyncpg.Connection, programme: str, ids: list[str]) -> dict[str, AuditLine]:
    """Events with their reasons, by id."""
    rows = await connection.fetch(_BY_KIND[LogKind.AUDIT]["load_lines"], programme, ids)
    return {row["id"]: AuditLine(**row) for row in rows}


async def load_lines(connection: asyncpg.Connection, programme: str, ids: list[str]) -> dict[str, Line]:
    """Journal lines with their entries, by id."""
    legs = await load_legs(connection, programme, ids)
    lines = {}
    for row in await connection.fetch(_SQL["load_lines"], programme, ids):
        entries = tuple(
            SealedEntry(
                leg.line, leg.owner, leg.purse, leg.unit, leg.account_version, leg.expires_on, leg.amount,
                leg.balance_after,
            )
            for leg in legs[row["id"]]
        )  # fmt: skip
        lines[row["id"]] = Line(**row, entries=entries)
    return lines


async def append_leaves(
    connection: asyncpg.Connection,
    programme: str,
    size: int,
    ids: Sequence[str],
    salts: Sequence[dict[str, str]],
    kind: LogKind,
) -> None:
    """The next places of the order, and the salts of what they commit to."""
    await connection.execute(_BY_KIND[kind]["insert_leaves"], programme, size, list(ids))
    encoded = [msgspec.json.encode(each).decode() for each in salts]
    await connection.execute(_BY_KIND[kind]["insert_salts"], programme, size, encoded)


async def find_salts(connection: asyncpg.Connection, programme: str, position: int, kind: LogKind) -> dict[str, str]:
    """By the name of the private part, in hex."""
    found = await connection.fetchval(_BY_KIND[kind]["find_salts"], programme, position)
    salts: dict[str, str] = {} if found is None else msgspec.json.decode(found)
    return salts


async def load_tiles(
    connection: asyncpg.Connection, programme: str, tiles: Iterable[Tile], kind: LogKind
) -> dict[Tile, bytes]:
    wanted = sorted(tiles)
    rows = await connection.fetch(
        _BY_KIND[kind]["load_tiles"], programme, [tile.level for tile in wanted], [tile.place for tile in wanted]
    )
    return {Tile(row["level"], row["place"]): row["digests"] for row in rows}


async def write_tiles(
    connection: asyncpg.Connection, programme: str, tiles: Mapping[Tile, bytes], kind: LogKind
) -> None:
    await connection.execute(
        _BY_KIND[kind]["upsert_tiles"],
        programme,
        [tile.level for tile in tiles],
        [tile.place for tile in tiles],
        list(tiles.values()),
    )


async def read_clock(connection: asyncpg.Connection) -> datetime:
    now: datetime = await connection.fetchval(_SQL["read_clock"])
    return now


async def insert_checkpoint(connection: asyncpg.Connection, programme: str, sealed: SealedSize, kind: LogKind) -> None:
    await connection.execute(
        _BY_KIND[kind]["insert_checkpoint"], programme, sealed.size, sealed.root, sealed.note, sealed.sealed_at
    )


async def find_checkpoint(
    connection: asyncpg.Connection, programme: str, size: int | None = None, kind: LogKind = LogKind.JOURNAL
) -> SealedSize | None:
    """The latest one, or that of a size."""
    row = await connection.fetchrow(_BY_KIND[kind]["latest_checkpoint"], programme, size)
    return None if row is None else SealedSize(**row)


async def find_leaf(connection: asyncpg.Connection, programme: str, id: str, kind: LogKind) -> int | None:
    """The place of a line in the order; none while it waits."""
    position: int | None = await connection.fetchval(_BY_KIND[kind]["find_leaf"], programme, id)
    return position
