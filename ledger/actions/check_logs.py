"""Walks the logs from the leaves up: no place left out, every tile what is below it, the root as it was signed."""

from collections.abc import Iterator

import asyncpg

from ledger.core.log_kind import LogKind
from ledger.core.merkle import EMPTY_ROOT
from ledger.core.tile_walk import TileWalk
from ledger.db.check import Finding, LogSize, list_tiles, measure_logs

_EXAMPLES_MAX = 5


_LINES = {LogKind.JOURNAL: "I20", LogKind.AUDIT: "audit"}


async def check_logs(connection: asyncpg.Connection, kind: LogKind) -> Finding:
    """The part of a log's promise that no query can tell."""
    sizes = {size.programme: size for size in await measure_logs(connection, kind)}
    broken = [f"{size.programme} {fault}" for size in sizes.values() for fault in _gaps(size)]
    walks = {size.programme: TileWalk(size.size) for size in sizes.values()}
    async for programme, tile, hashes in list_tiles(connection, kind):
        walk = walks.get(programme)
        if walk is None or not walk.take(tile, hashes):
            broken.append(f"{programme} tile {tile.level} {tile.place}")
    for programme, walk in walks.items():
        if not walk.is_complete():
            broken.append(f"{programme} tiles are missing")
        elif walk.root() != (sizes[programme].root or EMPTY_ROOT):
            broken.append(f"{programme} the tree is not what the checkpoint at {sizes[programme].size} says")
    return Finding(_LINES[kind], len(broken), tuple(broken[:_EXAMPLES_MAX]))


def _gaps(size: LogSize) -> Iterator[str]:
    if size.leaves != size.places:
        yield f"{size.leaves} leaves take {size.places} places"
    if size.leaves != size.size:
        yield f"{size.leaves} leaves, the last checkpoint says {size.size}"
