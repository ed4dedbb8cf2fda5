"""The tree against the published vectors and a plain recursive one; every proof proves, and nothing else does."""

import hashlib
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    Tile,
    consistency_plan,
    edge_tiles,
    fill_in,
    grow,
    inclusion_plan,
    is_consistent,
    is_included,
    leaf_hash,
    node_hash,
    root_of,
    tiles_of,
)
from ledger.core.tile_walk import TileWalk

# The leaves and roots that implementations of Certificate Transparency test with.
VECTOR = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


@cache
def leaf(number: int) -> bytes:
    return leaf_hash(str(number).encode())


@cache
def plain_root(begin: int, end: int) -> bytes:
    """As RFC 6962 writes it down."""
    if end - begin == 1:
        return leaf(begin)
    half = 1
    while half * 2 < end - begin:
        half *= 2
    return node_hash(plain_root(begin, begin + half), plain_root(begin + half, end))


def log_of(*steps: int) -> dict[Tile, bytes]:
    """A log that grew in these steps."""
    tiles: dict[Tile, bytes] = {}
    size = 0
    for step in steps:
        edge = {tile: tiles[tile] for tile in edge_tiles(size)}
        tiles |= grow(size, edge, [leaf(number) for number in range(size, size + step)])
        size += step
    return tiles


def test_the_published_roots() -> None:
    for size, root in ROOTS.items():
        tiles = grow(0, {}, [leaf_hash(bytes.fromhex(text)) for text in VECTOR[:size]])
        assert root_of(size, tiles).hex() == root
    assert root_of(0, {}) == EMPTY_ROOT == hashlib.sha256().digest()


@given(st.lists(st.integers(1, 700), min_size=1, max_size=6))
def test_however_it_grew_the_root_is_the_same(steps: list[int]) -> None:
    size = sum(steps)
    tiles = log_of(*steps)
    assert tiles == log_of(size)
    assert root_of(size, tiles) == plain_root(0, size)
    assert walked(size, tiles) == (True, plain_root(0, size))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 65_536, 65_537, 66_000])
def test_edges(size: int) -> None:
    tiles = log_of(size)
    root = root_of(size, tiles)
    for position in {0, 1 % size, size // 2, size - 1}:
        plan = inclusion_plan(position, size)
        proof = fill_in(plan, {tile: tiles[tile] for tile in tiles_of(plan)})
        assert is_included(leaf(position), position, size, root, proof)
    for older in {1, (size + 1) // 2, size - 1, size} - {0}:
        plan = consistency_plan(older, size)
        proof = fill_in(plan, {tile: tiles[tile] for tile in tiles_of(plan)})
        assert is_consistent(older, plain_root(0, older), size, root, proof)


@given(st.data())
def test_an_inclusion_proof_proves_one_leaf_at_one_place(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 900))
    position = data.draw(st.integers(0, size - 1))
    tiles = log_of(size)
    root, proof = root_of(size, tiles), fill_in(inclusion_plan(position, size), tiles)
    assert is_included(leaf(position), position, size, root, proof)
    assert not is_included(leaf(size), position, size, root, proof)
    assert not is_included(leaf(position), position, size, leaf(0) if size > 1 else leaf(1), proof)
    other = data.draw(st.integers(0, size + 1).filter(lambda place: place != position))
    assert not is_included(leaf(position), other, size, root, proof)
    assert not is_included(leaf(position), position, size, root, [*proof, leaf(0)])
    for place in range(len(proof)):
        changed = [*proof[:place], leaf(size + 1), *proof[place + 1 :]]
        assert not is_included(leaf(position), position, size, root, changed)
        assert not is_included(leaf(position), position, size, root, proof[:place] + proof[place + 1 :])


@given(st.data())
def test_a_consistency_proof_proves_one_history(data: st.DataObject) -> None:
    newer = data.draw(st.integers(1, 900))
    older = data.draw(st.integers(1, newer))
    tiles = log_of(newer)
    roots = plain_root(0, older), plain_root(0, newer)
    proof = fill_in(consistency_plan(older, newer), tiles)
    assert is_consistent(older, roots[0], newer, roots[1], proof)
    assert not is_consistent(older, leaf(newer), newer, roots[1], proof)
    assert not is_consistent(older, roots[0], newer, leaf(newer), proof)
    assert not is_consistent(older, roots[0], newer, roots[1], [*proof, leaf(0)])
    for place in range(len(proof)):
        changed = [*proof[:place], leaf(newer + 1), *proof[place + 1 :]]
        assert not is_consistent(older, roots[0], newer, roots[1], changed)


@given(st.data())
def test_a_changed_tile_is_a_fault_or_changes_the_root(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 1_500))
    tiles = log_of(size)
    tile = data.draw(st.sampled_from(sorted(tiles)))
    place = data.draw(st.integers(0, len(tiles[tile]) - 1))
    changed = bytearray(tiles[tile])
    changed[place] ^= data.draw(st.integers(1, 255))
    broken = {**tiles, tile: bytes(changed)}
    assert walked(size, broken) != (True, root_of(size, tiles))


@given(st.data())
def test_a_tile_missing_or_cut_is_noticed(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 1_500))
    tiles = log_of(size)
    tile = data.draw(st.sampled_from(sorted(tiles)))
    assert not walked(size, {**tiles, tile: tiles[tile][:-HASH_BYTES]})[0]
    assert not walked(size, {name: hashes for name, hashes in tiles.items() if name != tile})[0]
    assert not walked(size + 1, tiles)[0] and not walked(size - 1, tiles)[0]


def walked(size: int, tiles: dict[Tile, bytes]) -> tuple[bool, bytes | None]:
    """Whether every tile was as it should be, and the root."""
    walk = TileWalk(size)
    is_right = [walk.take(tile, hashes) for tile, hashes in sorted(tiles.items())]
    return all(is_right) and walk.is_complete(), walk.root() if walk.is_complete() else None
