"""What a hold had used of limits and gives back when it is released, whole or in part."""

from collections.abc import Iterable
from typing import Literal

from ledger.core.book import Prior, Source
from ledger.core.counter import CounterKey
from ledger.core.transaction import SoldLine


def limits_used(transaction: str, prior: Prior) -> tuple[CounterKey, ...]:
    """The counters of the spending limits, of the items' and of the card's, as the hold has charged them."""
    hold = prior.sources.get(transaction)
    return () if hold is None else tuple(key for key, _ in hold.counts)


def limits_back(hold: Source, taken: Iterable[SoldLine] = ()) -> tuple[tuple[CounterKey, int], ...]:
    """What was not taken is given back; a hold of which something was taken was a redemption."""
    lines = tuple(taken)
    released = ((key, charged - _used_by(key, charged, lines)) for key, charged in hold.counts)
    return tuple((key, -back) for key, back in released if back > 0)


def _used_by(key: CounterKey, charged: int, taken: tuple[SoldLine, ...]) -> int:
    """By the name of the counter: pieces or points of one item, or the redemption and its points."""
    item = _item_of(key)
    lines = [line for line in taken if item in (None, line.item)]
    if _word_of(key) == "points":
        return min(charged, sum(line.points for line in lines))
    if item is None:
        return charged if lines else 0
    return min(charged, sum(line.quantity for line in lines))


def _item_of(key: CounterKey) -> str | None:
    scope = key.counter.split("/")[0]
    return scope.removeprefix("item:") if scope.startswith("item:") else None


def _word_of(key: CounterKey) -> Literal["times", "points"]:
    return "times" if key.counter.endswith("/times") else "points"
