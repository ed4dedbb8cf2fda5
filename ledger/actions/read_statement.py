"""A merchant's statement as it is printed: its sums, its lines, and the checkpoint sealed by then."""

import asyncpg
from msgspec import Struct

from ledger.core.refusal import Reason, Refused
from ledger.db.seals import SealedSize, find_checkpoint
from ledger.db.settlements import KeptLine, Settlement, find_settlement, read_lines


class Statement(Struct, frozen=True):
    """`lines` are as many as were asked for; the sums are always those of all lines."""

    settlement: Settlement
    lines: tuple[KeptLine, ...]
    checkpoint: SealedSize | None


async def read_statement(
    connection: asyncpg.Connection, programme: str, id: str, *, after: int = 0, limit: int
) -> Statement:
    """Refuses what is not there."""
    found = await find_settlement(connection, programme, id)
    if found is None:
        raise Refused(Reason.NOT_FOUND, settlement=id)
    lines = await read_lines(connection, programme, id, after=after, limit=limit)
    size = found.checkpoint_size
    checkpoint = None if size is None else await find_checkpoint(connection, programme, size)
    return Statement(found, tuple(lines), checkpoint)
