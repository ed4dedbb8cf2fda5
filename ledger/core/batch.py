"""Batches: what a period's evaluation gives to many at once, under one name so that it happens once."""

from msgspec import Struct

from ledger.core.trace import Kept, Placed


class BatchLine(Struct, frozen=True, omit_defaults=True):
    """One owner's part of a batch; negative where something is taken back."""

    owner: str
    unit: str
    amount: int
    why: Placed | Kept | None = None


def batch_name(kind: str, of: str, period: str) -> str:
    """The same evaluation of the same period has the same name, which is its idempotency key."""
    return f"{kind}:{of}:{period}"
