"""Reverse: undo a whole transaction by a new one that names it."""

import copy
from datetime import date

from ledger.core.account import BUCKETED, PROGRAMME, BalanceKey, has_floor
from ledger.core.balance import NEVER, Balance, claw_back
from ledger.core.book import Book, Decision, Needs, Source
from ledger.core.command import Reverse
from ledger.core.counter import CounterKey
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import About, Entry, PostedEntry

REVERSIBLE = frozenset({"award", "redeem", "receive"})


def needs(reverse: Reverse, source: Source | None) -> Needs:
    """The purses the original touched, the debt a claw-back may leave, and the count of reversals so far."""
    if source is None or source.is_refused:
        return Needs()
    touched = [BalanceKey(entry.owner, entry.purse, entry.unit) for entry in source.entries]
    limited = [key for key in touched if has_floor(key.owner, key.purse)]
    debts = [key._replace(purse="debt") for key in limited if key.purse == "main"]
    counters = (_reversals(reverse.transaction), *(key for key, _ in source.counts))
    return Needs(balances=tuple(dict.fromkeys([*limited, *debts])), counters=tuple(dict.fromkeys(counters)))


def decide(reverse: Reverse, book: Book) -> Decision:
    """Refuses in this order: find, kind, reversed before, goods that are no longer there."""
    source = book.sources.get(reverse.transaction)
    if source is None:
        raise Refused(Reason.NOT_FOUND, transaction=reverse.transaction)
    if source.is_refused or source.kind not in REVERSIBLE:
        raise Refused(Reason.NOT_REVERSIBLE, transaction=reverse.transaction, kind=source.kind)
    if book.used[_reversals(reverse.transaction)]:
        raise Refused(Reason.ALREADY_REVERSED, transaction=reverse.transaction)
    _refuse_missing_goods(source, book)
    # Nothing is refused below this line.
    entries = undo_entries(source.entries, book)
    counts = [(key, -used) for key, used in source.counts]
    return Decision(
        kind="reverse",
        entries=tuple(entries),
        about=About(owner=source.about.owner, reverses=source.transaction, note=reverse.note),
        counts=((_reversals(reverse.transaction), 1), *counts),
    )


def _reversals(transaction: str) -> CounterKey:
    return CounterKey("reversals", transaction, "ever")


def _refuse_missing_goods(source: Source, book: Book) -> None:
    for entry in source.entries:
        if entry.purse == "stock" and entry.amount > 0:
            left = book.balance(BalanceKey(entry.owner, "stock", entry.unit)).total
            if left < entry.amount:
                raise Refused(
                    Reason.OUT_OF_STOCK, item=entry.unit.removeprefix("item:"), required=entry.amount, left=left
                )


def undo_entries(entries: tuple[PostedEntry, ...], book: Book) -> list[Entry]:
    """The counter-entries, debits first given back to their buckets, credits taken back from theirs or owed."""
    undone: list[Entry] = []
    purses: dict[BalanceKey, Balance] = {}
    for entry in entries:
        key = BalanceKey(entry.owner, entry.purse, entry.unit)
        if entry.purse not in BUCKETED or entry.owner == PROGRAMME:
            undone.append(Entry(*key, -entry.amount))
        elif entry.amount < 0:
            undone.append(Entry(*key, -entry.amount, _restored_day(entry.expires_on, book)))
        else:
            # A copy, so that a second entry on the same purse does not take the same points again.
            purse = purses.setdefault(key, copy.deepcopy(book.balance(key)))
            undone += _take_back(key, purse, entry.amount, entry.expires_on)
    return undone


def _take_back(key: BalanceKey, purse: Balance, amount: int, own_day: date) -> list[Entry]:
    taken, owed = claw_back(purse, amount, own_day=own_day)
    for day, part in taken:
        purse.change(-part, day, has_buckets=True)
    entries = [Entry(*key, -part, day) for day, part in taken]
    if owed:
        entries.append(Entry(key.owner, "debt", key.unit, -owed))
    return entries


def _restored_day(expires_on: date, book: Book) -> date:
    """What comes back goes to its old bucket; a lapsed one gets the programme's grace, counted from today."""
    if expires_on >= book.today or expires_on == NEVER:
        return expires_on
    return book.scheme.grace_until(book.today)
