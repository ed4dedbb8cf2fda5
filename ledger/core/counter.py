"""Counters: how often, or how much, a limit has been used by one subject in one period."""

from datetime import date

from msgspec import Struct

PROGRAMME = "programme"


class CounterKey(Struct, frozen=True, order=True):
    """Names one stored row. Ordered, so that everyone locks counters in the same order."""

    counter: str
    subject: str
    period: str


def reversals(transaction: str) -> CounterKey:
    """How much of a transaction has been reversed: points of an award, otherwise one for the whole."""
    return CounterKey("reversals", transaction, "ever")


def reratings(transaction: str) -> CounterKey:
    """How often an award has been put right after a correction of its rulebook."""
    return CounterKey("reratings", transaction, "ever")


def graced(owner: str, unit: str, day: date) -> CounterKey:
    """How much of a bucket is there by grace, which is given once."""
    return CounterKey(f"grace/{unit}", owner, day.isoformat())


def refunded_points(transaction: str) -> CounterKey:
    """How many points of a sale have been given back."""
    return CounterKey("refunds/points", transaction, "ever")


def refunded_pieces(transaction: str, item: str) -> CounterKey:
    """How many pieces of an item of a sale have come back."""
    return CounterKey(f"refunds/pieces:{item}", transaction, "ever")
