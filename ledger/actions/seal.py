"""Seal what was posted: give each line its place in the log of its programme and sign how far the log goes."""

import asyncio
import secrets

import asyncpg

from ledger.actions.seal_key import SealKey
from ledger.core.leaf import SALT_BYTES, SealedLine, commitments_of, leaf_of, private_parts
from ledger.core.log_kind import LogKind
from ledger.core.merkle import edge_tiles, grow, leaf_hash, root_of, root_plan, tiles_of
from ledger.core.note import Checkpoint, origin_of, unsigned_text
from ledger.db.journal import show_programmes
from ledger.db.seals import (
    SealedSize,
    append_leaves,
    find_checkpoint,
    insert_checkpoint,
    list_waiting,
    load_tiles,
    read_clock,
    take_turn,
    take_waiting,
    write_tiles,
)

BATCH_MAX = 1_000


async def seal_waiting(connection: asyncpg.Connection, key: SealKey, *, batches_max: int = 1_000_000) -> int:
    """Seals until nothing waits that nobody else is sealing; the number of lines sealed."""
    sealed = 0
    for _ in range(batches_max):
        batch = 0
        for programme, kind in await list_waiting(connection):
            batch += await seal_batch(connection, programme, key, kind=kind)
            await asyncio.sleep(0)
        sealed += batch
        if not batch:
            break
    return sealed


async def seal_batch(
    connection: asyncpg.Connection,
    programme: str,
    key: SealKey,
    *,
    lines_max: int | None = None,
    kind: LogKind = LogKind.JOURNAL,
) -> int:
    """One database transaction: killed at any point, it has sealed all of a batch or nothing of it."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        if not await take_turn(connection, programme, kind):
            return 0
        lines = await take_waiting(connection, programme, lines_max or BATCH_MAX, kind)
        if not lines:
            return 0
        latest = await find_checkpoint(connection, programme, kind=kind)
        size = 0 if latest is None else latest.size
        if latest is not None:
            key.must_have_signed(programme, latest.note, kind)
        salts = [{name: secrets.token_hex(SALT_BYTES) for name in private_parts(line)} for line in lines]
        await append_leaves(connection, programme, size, [line.id for line in lines], salts, kind)
        await _grow_tree(connection, programme, size, lines, salts, kind)
        await _sign(connection, programme, size, size + len(lines), key, kind)
    return len(lines)


async def _grow_tree(
    connection: asyncpg.Connection,
    programme: str,
    size: int,
    lines: list[SealedLine],
    salts: list[dict[str, str]],
    kind: LogKind,
) -> None:
    edge = await load_tiles(connection, programme, edge_tiles(size), kind)
    hashes = [leaf_hash(leaf_of(line, commitments_of(line, salt))) for line, salt in zip(lines, salts, strict=True)]
    await write_tiles(connection, programme, grow(size, edge, hashes), kind)


async def _sign(
    connection: asyncpg.Connection, programme: str, earlier: int, size: int, key: SealKey, kind: LogKind
) -> None:
    root = root_of(size, await load_tiles(connection, programme, tiles_of(root_plan(size)), kind))
    sealed_at = await read_clock(connection)
    text = unsigned_text(Checkpoint(origin_of(programme, kind), size, root, sealed_at, earlier))
    note = key.sign(programme, text, kind)
    await insert_checkpoint(connection, programme, SealedSize(size, root, note, sealed_at), kind)
