"""A dividend paid out: everybody's fen by points, all of them together the pool."""

from collections.abc import Mapping

from ledger.core.batch import BatchLine
from ledger.core.split import largest_remainder


def payout_lines(pool_fen: int, points: Mapping[str, int]) -> tuple[BatchLine, ...]:
    """Owners in the order of their ids, which decides where remainders are equal; who has no points has no part."""
    owners = sorted(owner for owner in points if points[owner] > 0)
    if not owners:
        return ()
    shares = largest_remainder(pool_fen, [points[owner] for owner in owners])
    return tuple(BatchLine(owner, "cash", fen) for owner, fen in zip(owners, shares, strict=True) if fen)
