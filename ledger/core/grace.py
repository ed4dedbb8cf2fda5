"""Grace: what a hold releases after its last good day is good for a while longer, once."""

from collections import Counter
from collections.abc import Iterable

from ledger.core.account import PROGRAMME
from ledger.core.book import Book, Prior
from ledger.core.counter import CounterKey, graced
from ledger.core.transaction import Entry, PostedEntry


def grace_keys(held: Iterable[PostedEntry], prior: Prior) -> tuple[CounterKey, ...]:
    """What has to be counted where something has lapsed by the day that the lock will confirm."""
    end = prior.scheme.grace_until(prior.today)
    lapsed = [entry for entry in held if entry.expires_on < prior.today]
    days = [(entry, day) for entry in lapsed for day in (entry.expires_on, end)]
    return tuple(dict.fromkeys(graced(entry.owner, entry.unit, day) for entry, day in days))


def release(entry: PostedEntry, amount: int, book: Book, counts: Counter[CounterKey]) -> list[Entry]:
    """Where `amount` of a held bucket goes: back into it, into a later one, or away if it has had its grace before.

    How many points of a bucket are there by grace is counted; of such a bucket those are the first to go.
    """
    if entry.expires_on >= book.today:
        return [Entry(entry.owner, "main", entry.unit, amount, entry.expires_on)]
    before = graced(entry.owner, entry.unit, entry.expires_on)
    had_it = min(amount, max(0, book.used[before] + counts[before]))
    entries = []
    if had_it:
        counts[before] -= had_it
        entries.append(Entry(PROGRAMME, "expired", entry.unit, had_it))
    if amount > had_it:
        day = book.scheme.grace_until(book.today)
        counts[graced(entry.owner, entry.unit, day)] += amount - had_it
        entries.append(Entry(entry.owner, "main", entry.unit, amount - had_it, day))
    return entries
