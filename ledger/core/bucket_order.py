"""Replays the buckets of one purse, to tell whether ordinary debits took the nearest day first."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

ORDINARY = frozenset({"redeem", "hold", "transfer", "deduct", "adjust"})
"""Kinds that must take in order; reversals, claw-backs and resets take their own bucket first."""


def took_nearest(days: Sequence[int], amounts: Sequence[int]) -> bool:
    """Whether every debit of a purse, of whatever kind, took the nearest bucket there was. Most purses pass; what does
    not may still be in order, and is told by `Buckets`. Whether the bucket had lapsed is not looked at."""
    left: dict[int, int] = {}
    for day, amount in zip(days, amounts, strict=True):
        if amount < 0 and day != min(left, default=None):
            return False
        rest = left.get(day, 0) + amount
        if rest:
            left[day] = rest
        else:
            left.pop(day, None)
    return True


class Move(Struct, frozen=True):
    """One entry on a purse with buckets, with the kind and the business day of its transaction."""

    transaction: str
    kind: str
    posted_on: date
    expires_on: date
    amount: int


class Buckets:
    """The buckets of one purse as its entries leave them; entries come in the order of their versions."""

    def __init__(self) -> None:
        self._amounts: dict[date, int] = {}

    def take_in(self, move: Move) -> bool:
        """Whether the entry may stand: a debit leaves no nearer bucket that is still good, and takes no lapsed one."""
        in_order = True
        if move.amount < 0 and move.kind in ORDINARY:
            nearer = (day for day in self._amounts if move.posted_on <= day < move.expires_on)
            in_order = move.expires_on >= move.posted_on and not any(nearer)
        left = self._amounts.pop(move.expires_on, 0) + move.amount
        if left:
            self._amounts[move.expires_on] = left
        return in_order
