"""Walks the tiles of a log from the leaves up, to tell which of them are not what the tiles below them say."""

from ledger.core.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    TILE_HEIGHT,
    TILE_WIDTH,
    Tile,
    fold_tile,
    root_of,
    root_plan,
    tiles_of,
)


class TileWalk:
    """Takes every tile once, level by level from 0, each level from left to right; keeps one level in memory."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._edge_names = tiles_of(root_plan(size))
        self._edge: dict[Tile, bytes] = {}
        self._expected = [Tile(0, 0)] if size else []
        self._below: list[bytes] = []
        self._folded: list[bytes] = []

    def take(self, tile: Tile, hashes: bytes) -> bool:
        """Whether the tile is the next one, has the length that the log gives it, and holds what is below it."""
        if [tile] != self._expected:
            return False
        width = self._size >> TILE_HEIGHT * tile.level
        count = min(TILE_WIDTH, width - tile.place * TILE_WIDTH)
        if len(hashes) != count * HASH_BYTES:
            return False
        begin = tile.place * TILE_WIDTH
        is_right = tile.level == 0 or hashes == b"".join(self._below[begin : begin + count])
        if count == TILE_WIDTH:
            self._folded.append(fold_tile(hashes))
        if tile in self._edge_names:
            self._edge[tile] = hashes
        self._go_on(tile, width)
        return is_right

    def is_complete(self) -> bool:
        """Whether no tile is missing."""
        return not self._expected

    def root(self) -> bytes:
        assert self.is_complete(), "the root is known at the end of the walk"
        return root_of(self._size, self._edge) if self._size else EMPTY_ROOT

    def _go_on(self, tile: Tile, width: int) -> None:
        if (tile.place + 1) * TILE_WIDTH < width:
            self._expected = [Tile(tile.level, tile.place + 1)]
            return
        self._below, self._folded = self._folded, []
        self._expected = [Tile(tile.level + 1, 0)] if width >> TILE_HEIGHT else []
