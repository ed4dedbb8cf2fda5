"""Divide: a household becomes two; the new one takes some points with their days and has used what the old one has."""

from ledger.core import transfer
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Transfer
from ledger.core.counter import CounterKey
from ledger.core.household import Divide
from ledger.core.transaction import About, Entry


def needs(divide: Divide, prior: Prior) -> Needs:
    parts = [transfer.needs(part, prior) for part in _parts(divide)]
    counters = tuple(
        CounterKey(counter, subject, period)
        for counter, period in divide.counters
        for subject in (divide.owner, divide.to)
    )
    return Needs(
        balances=tuple(key for part in parts for key in part.balances),
        companions=tuple(key for part in parts for key in part.companions),
        counters=counters,
    )


def decide(divide: Divide, book: Book) -> Decision:
    """Refuses as a transfer does, unit by unit. Limits are copied, so that nobody has them twice by dividing."""
    entries: list[Entry] = []
    for part in _parts(divide):
        entries += transfer.decide(part, book).entries
    counts = []
    for counter, period in divide.counters:
        used = book.used.get(CounterKey(counter, divide.owner, period), 0)
        if used:
            counts.append((CounterKey(counter, divide.to, period), used))
    return Decision(
        kind="divide",
        entries=tuple(entries),
        about=About(owner=divide.owner, to=divide.to, note=divide.note),
        counts=tuple(counts),
        may_move_nothing=True,
    )


def _parts(divide: Divide) -> list[Transfer]:
    return [
        Transfer(divide.owner, divide.to, amount, divide.note, unit)
        for unit, amount in sorted(divide.amounts.items())
        if amount
    ]
