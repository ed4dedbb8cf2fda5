"""Void: a hold is released, because somebody says so or because its day has passed."""

from datetime import date

from ledger.core.account import BalanceKey, has_floor
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Void
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
    for entry in hold.entries:
        bucketed = entry.purse == "main"
        day = release_day(entry.expires_on, book) if bucketed else entry.expires_on
        entries.append(Entry(entry.owner, entry.purse, entry.unit, -entry.amount, day))
    about = About(
        owner=hold.about.owner, outlet=hold.about.outlet, merchant=hold.about.merchant, follows=hold.transaction
    )
    return Decision(kind=void.reason, entries=tuple(entries), about=about, ends=hold.transaction)


def held_needs(transaction: str, prior: Prior) -> Needs:
    """The purses a hold moved between, and the hold itself."""
    hold = prior.sources.get(transaction)
    if hold is None:
        return Needs()
    touched = (BalanceKey(entry.owner, entry.purse, entry.unit) for entry in hold.entries)
    limited = dict.fromkeys(key for key in touched if has_floor(key.owner, key.purse))
    return Needs(balances=tuple(limited), open_items=(transaction,))


def release_day(expires_on: date, book: Book) -> date:
    """What comes back goes to its old bucket; a lapsed one gets the programme's grace, counted from today."""
    return expires_on if expires_on >= book.today else book.scheme.grace_until(book.today)
