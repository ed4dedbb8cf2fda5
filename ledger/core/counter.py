"""Counters: how often, or how much, a limit has been used by one subject in one period."""

from msgspec import Struct

PROGRAMME = "programme"


class CounterKey(Struct, frozen=True, order=True):
    """Names one stored row. Ordered, so that everyone locks counters in the same order."""

    counter: str
    subject: str
    period: str
