"""Void: a hold is released with what it used of limits, because somebody says so or because its day has passed."""

from collections import Counter
from datetime import date

from ledger.core.account import BalanceKey, has_floor
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Void
from ledger.core.counter import CounterKey
from ledger.core.grace import grace_keys, release
from ledger.core.limits_back import limits_back, limits_used
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import About, Entry


def needs(void: Void, prior: Prior) -> Needs:
    return held_needs(void.transaction, prior)


def decide(void: Void, book: Book) -> Decision:
    """Refuses in this order: find the hold, ended before, a timeout before its day."""
    hold = book.source(void.transaction, "hold")
    item = book.open_item(void.transaction)
    if void.reason == "timeout" and book.today < item.due_on:
        raise Refused(Reason.NOT_DUE, due_on=item.due_on.isoformat(), today=book.today.isoformat())
    # Nothing is refused below this line.
    entries = []
    counts: Counter[CounterKey] = Counter(dict(limits_back(hold)))
    for entry in hold.entries:
        if entry.purse == "main":
            entries += release(entry, -entry.amount, book, counts)
        else:
            entries.append(Entry(entry.owner, entry.purse, entry.unit, -entry.amount, entry.expires_on))
    about = About(
        owner=hold.about.owner, outlet=hold.about.outlet, merchant=hold.about.merchant, follows=hold.transaction
    )
    return Decision(
        kind=void.reason, entries=tuple(entries), about=about, counts=tuple(counts.items()), ends=hold.transaction
    )


def held_needs(transaction: str, prior: Prior) -> Needs:
    """The purses a hold moved between, what counts its limits and its grace, and the hold itself."""
    hold = prior.sources.get(transaction)
    if hold is None:
        return Needs()
    touched = (BalanceKey(entry.owner, entry.purse, entry.unit) for entry in hold.entries)
    limited = dict.fromkeys(key for key in touched if has_floor(key.owner, key.purse))
    buckets = (entry for entry in hold.entries if entry.purse == "held")
    keys = (*limits_used(transaction, prior), *grace_keys(buckets, prior))
    return Needs(balances=tuple(limited), counters=keys, open_items=(transaction,), depends_on_day=True)


def release_day(expires_on: date, book: Book) -> date:
    """What comes back goes to its old bucket; a lapsed one gets the programme's grace, counted from today."""
    return expires_on if expires_on >= book.today else book.scheme.grace_until(book.today)
