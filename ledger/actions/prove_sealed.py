"""Proofs out of a log: that a line stands in it, and that a newer log begins with an older one."""

import asyncpg
import msgspec

from ledger.core.leaf import commitments_of, leaf_of
from ledger.core.log_kind import LogKind
from ledger.core.merkle import consistency_plan, fill_in, inclusion_plan, tiles_of
from ledger.core.refusal import Reason, Refused
from ledger.db.seals import find_checkpoint, find_leaf, find_salts, load_sealed_lines, load_tiles


class Inclusion(msgspec.Struct, frozen=True):
    """Enough to check one line against a checkpoint with nothing but SHA-256."""

    position: int
    leaf: bytes
    hashes: list[bytes]
    checkpoint: str


class Consistency(msgspec.Struct, frozen=True):
    """That the log of the older checkpoint is the beginning of the newer one's."""

    older: str
    newer: str
    hashes: list[bytes]


async def prove_inclusion(
    connection: asyncpg.Connection, programme: str, id: str, kind: LogKind = LogKind.JOURNAL
) -> Inclusion:
    """Refuses a line that is unknown or still waits to be sealed."""
    latest = await find_checkpoint(connection, programme, kind=kind)
    position = await find_leaf(connection, programme, id, kind)
    if latest is None or position is None:
        named = "transaction" if kind is LogKind.JOURNAL else "event"
        raise Refused(Reason.NOT_FOUND, **{named: id})
    plan = inclusion_plan(position, latest.size)
    hashes = fill_in(plan, await load_tiles(connection, programme, tiles_of(plan), kind))
    line = (await load_sealed_lines(connection, programme, [id], kind))[id]
    leaf = leaf_of(line, commitments_of(line, await find_salts(connection, programme, position, kind)))
    return Inclusion(position, leaf, hashes, latest.note)


async def prove_consistency(
    connection: asyncpg.Connection,
    programme: str,
    older: int,
    newer: int | None = None,
    kind: LogKind = LogKind.JOURNAL,
) -> Consistency:
    """Between the sizes of two checkpoints; without a newer one, the latest."""
    first = await find_checkpoint(connection, programme, older, kind)
    second = await find_checkpoint(connection, programme, newer, kind)
    if first is None or second is None or first.size > second.size:
        raise Refused(Reason.NOT_FOUND, older=older, newer=newer or 0)
    plan = consistency_plan(first.size, second.size)
    tiles = await load_tiles(connection, programme, tiles_of(plan), kind)
    return Consistency(first.note, second.note, fill_in(plan, tiles))
