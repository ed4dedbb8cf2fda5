"""The Merkle tree of a log: RFC 6962 hashing, kept as tiles of 256 hashes (C2SP tlog-tiles), and its proofs."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

HASH_BYTES = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
EMPTY_ROOT = hashlib.sha256(b"").digest()


class Node(NamedTuple):
    """The root of the complete subtree over the leaves `place << height` and the 2^height - 1 after it."""

    height: int
    place: int


class Tile(NamedTuple):
    """Names 256 neighbouring nodes of one height; `level` counts in steps of eight."""

    level: int
    place: int


Tiles = Mapping[Tile, bytes]
"""Tiles by name; the one at the right edge of a level may be shorter than the others."""

Plan = tuple[tuple[Node, ...], ...]
"""What a proof consists of: each hash is folded from complete subtrees, left to right."""


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def grow(size: int, edge: Tiles, leaves: Sequence[bytes]) -> dict[Tile, bytes]:
    """Every tile that changes when leaf hashes are added to a log of `size`; `edge` holds its `edge_tiles`."""
    changed: dict[Tile, bytes] = {}
    level, begin, new = 0, size, list(leaves)
    while new:
        above: list[bytes] = []
        for place, some in _by_tile(begin, new):
            tile = Tile(level, place)
            before = b"" if begin <= place * TILE_WIDTH else edge[tile]
            changed[tile] = before + b"".join(some)
            if len(changed[tile]) == TILE_WIDTH * HASH_BYTES:
                above.append(fold_tile(changed[tile]))
        level, begin, new = level + 1, begin >> TILE_HEIGHT, above
    return changed


def edge_tiles(size: int) -> list[Tile]:
    """The unfinished tile of each level, which the next leaf goes into."""
    tiles = []
    level, width = 0, size
    while width:
        if width % TILE_WIDTH:
            tiles.append(Tile(level, width >> TILE_HEIGHT))
        level, width = level + 1, width >> TILE_HEIGHT
    return tiles


def root_plan(size: int) -> Plan:
    """The root of the first `size` leaves as a plan of one hash."""
    return (tuple(_cover(0, size)),) if size else ()


def inclusion_plan(position: int, size: int) -> Plan:
    """The audit path of RFC 6962 from a leaf to the root of the first `size` leaves, nearest first."""
    assert 0 <= position < size, "only what is in the log has a proof"
    steps: list[tuple[Node, ...]] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _largest_power_below(end - begin)
        if position < middle:
            steps.append(tuple(_cover(middle, end)))
            end = middle
        else:
            steps.append(tuple(_cover(begin, middle)))
            begin = middle
    return tuple(reversed(steps))


def consistency_plan(older: int, newer: int) -> Plan:
    """The proof of RFC 6962 that the first `older` leaves are unchanged in the log of `newer`."""
    assert 0 < older <= newer, "a log only grows"
    return tuple(_consistency(older, 0, newer, is_whole=True)) if older < newer else ()


def tiles_of(plan: Plan) -> set[Tile]:
    """What must be read to fill the plan in."""
    return {Tile(node.height // TILE_HEIGHT, _tile_place(node)) for step in plan for node in step}


def fill_in(plan: Plan, tiles: Tiles) -> list[bytes]:
    """The hashes of a plan, each computed within one tile and folded."""
    return [_fold_right([_read_node(node, tiles) for node in step]) for step in plan]


def root_of(size: int, tiles: Tiles) -> bytes:
    return fill_in(root_plan(size), tiles)[0] if size else EMPTY_ROOT


def is_included(leaf: bytes, position: int, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """RFC 9162, 2.1.3.2; `leaf` is the leaf's hash."""
    if not 0 <= position < size:
        return False
    place, last, found = position, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(step, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, step)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(older: int, older_root: bytes, newer: int, newer_root: bytes, proof: Sequence[bytes]) -> bool:
    """RFC 9162, 2.1.4.2."""
    if older == newer:
        return older_root == newer_root and not proof
    if not 0 < older < newer or not proof:
        return False
    path = list(proof) if older & (older - 1) else [older_root, *proof]
    place, last = older - 1, newer - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, step)
        place, last = place >> 1, last >> 1
    return last == 0 and first == older_root and second == newer_root


def fold_tile(hashes: bytes) -> bytes:
    """The root of a full tile, which stands in the tile above it."""
    return _fold_complete([hashes[place : place + HASH_BYTES] for place in range(0, len(hashes), HASH_BYTES)])


def _by_tile(begin: int, hashes: list[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    done = 0
    while done < len(hashes):
        place = (begin + done) >> TILE_HEIGHT
        room = (place + 1) * TILE_WIDTH - (begin + done)
        yield place, hashes[done : done + room]
        done += room


def _fold_complete(hashes: list[bytes]) -> bytes:
    """The root over a power of two of neighbours."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[place], hashes[place + 1]) for place in range(0, len(hashes), 2)]
    return hashes[0]


def _fold_right(hashes: list[bytes]) -> bytes:
    found = hashes[-1]
    for left in reversed(hashes[:-1]):
        found = node_hash(left, found)
    return found


def _read_node(node: Node, tiles: Tiles) -> bytes:
    depth = node.height % TILE_HEIGHT
    hashes = tiles[Tile(node.height // TILE_HEIGHT, _tile_place(node))]
    first = (node.place << depth) % TILE_WIDTH
    part = hashes[first * HASH_BYTES : (first + (1 << depth)) * HASH_BYTES]
    assert len(part) == HASH_BYTES << depth, "a tile is shorter than the size of its log says"
    return fold_tile(part)


def _tile_place(node: Node) -> int:
    return (node.place << node.height % TILE_HEIGHT) >> TILE_HEIGHT


def _cover(begin: int, end: int) -> Iterator[Node]:
    """The complete subtrees over leaves `begin` to `end`, left to right, as RFC 6962 splits them."""
    while begin < end:
        height = (end - begin).bit_length() - 1
        if begin:
            height = min(height, (begin & -begin).bit_length() - 1)
        yield Node(height, begin >> height)
        begin += 1 << height


def _consistency(older: int, begin: int, end: int, *, is_whole: bool) -> Iterator[tuple[Node, ...]]:
    """SUBPROOF of RFC 6962 over the leaves `begin` to `end`; `older` counts from `begin`."""
    if older == end - begin:
        if not is_whole:
            yield tuple(_cover(begin, end))
        return
    half = _largest_power_below(end - begin)
    if older <= half:
        yield from _consistency(older, begin, begin + half, is_whole=is_whole)
        yield tuple(_cover(begin + half, end))
    else:
        yield from _consistency(older - half, begin + half, end, is_whole=False)
        yield tuple(_cover(begin, begin + half))


def _largest_power_below(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1
