"""Reverse: undo a transaction by a new one that names it; an award also in part."""

import copy
from collections import Counter
from datetime import date

from ledger.core.account import BUCKETED, PROGRAMME, BalanceKey, has_floor
from ledger.core.award import last_good_day
from ledger.core.balance import NEVER, Balance, claw_back
from ledger.core.book import Book, Decision, Needs, Prior, Source
from ledger.core.cash import refuse_short_till
from ledger.core.command import Reverse
from ledger.core.counter import CounterKey, refunded_pieces, refunded_points, reversals
from ledger.core.refusal import Reason, Refused
from ledger.core.remainder import caps_back, part_of, whole_of
from ledger.core.transaction import About, Entry, OpenItem, PostedEntry
from ledger.core.void import release_day

IN_PART = ("award", "bonus")
"""What may be taken back in part: what was earned, point by point."""

REVERSIBLE = (
    "award",
    "bonus",
    "rerate",
    "reset",
    "redeem",
    "late_sale",
    "receive",
    "donate",
    "deduct",
    "transfer",
    "adjust",
    "open",
    "count",
    "write_off",
    "move",
    "return",
    "stock_take",
    "settle",
    "split",
)

SOLD = ("redeem", "late_sale")


def needs(reverse: Reverse, prior: Prior) -> Needs:
    """The purses the original touched, the debt a claw-back may leave, and the count of reversals so far."""
    source = prior.sources.get(reverse.transaction)
    if source is None or source.is_refused:
        return Needs()
    touched = [BalanceKey(entry.owner, entry.purse, entry.unit) for entry in source.entries]
    limited = [key for key in touched if has_floor(key.owner, key.purse)]
    if not touched and source.about.owner is not None:
        # A ban moved nothing, and yet it is somebody's.
        limited = [BalanceKey(source.about.owner, "main", unit) for unit in prior.scheme.policy.units[:1]]
    under_notice = any(key.purse == "pending" for key in limited)
    mains = [key._replace(purse="main") for key in limited if key.purse in {"main", "pending", "debt"}]
    debts = [key._replace(purse="debt") for key in mains]
    counters = [reversals(reverse.transaction), *(key for key, _ in source.counts)]
    counters += _refunds(source)
    return Needs(
        balances=tuple(dict.fromkeys([*limited, *mains, *debts])),
        counters=tuple(dict.fromkeys(counters)),
        open_items=(reverse.transaction,) if under_notice else (),
    )


def decide(reverse: Reverse, book: Book) -> Decision:
    """Refuses in this order: find, kind, reversed or refunded before, more than is left, goods no longer there,
    an account that was closed.
    """
    source = book.source(reverse.transaction, *REVERSIBLE)
    if reverse.amount is not None and source.kind not in IN_PART:
        raise Refused(Reason.WRONG_KIND, transaction=source.transaction, kind=source.kind, expected=list(IN_PART))
    if source.about.settlement is not None:
        raise Refused(Reason.NOT_REVERSIBLE, transaction=source.transaction, kind=source.kind)
    item = book.open_items.get(reverse.transaction)
    whole = whole_of(source)
    before = book.used[reversals(source.transaction)]
    _refuse_undone(source, book, item, before >= whole)
    amount = whole - before if reverse.amount is None else reverse.amount
    if amount > whole - before:
        raise Refused(Reason.MORE_THAN_THERE_WAS, transaction=source.transaction, required=amount, left=whole - before)
    _refuse_missing_goods(source, book)
    _refuse_closed(source, book)
    # Nothing is refused below this line.
    standing = _where_it_stands(source, item, book)
    entries = undo_entries(standing if amount == whole else part_of(standing, before, amount), book)
    return Decision(
        kind="reverse",
        entries=tuple(entries),
        about=About(
            owner=source.about.owner,
            outlet=source.about.outlet if source.kind in SOLD else None,
            reverses=source.transaction,
            note=reverse.note,
        ),
        counts=((reversals(source.transaction), amount), *caps_back(source, before, amount)),
        may_move_nothing=not source.entries,
        ends=source.transaction if item is not None and item.ended_by is None and before + amount == whole else None,
    )


def undo_entries(entries: tuple[PostedEntry, ...], book: Book) -> list[Entry]:
    """The counter-entries, last first: debits go back to their buckets, credits are taken from theirs or owed."""
    undone: list[Entry] = []
    purses: dict[BalanceKey, Balance] = {}
    for entry in reversed(entries):
        key = BalanceKey(entry.owner, entry.purse, entry.unit)
        if entry.purse == "debt" and entry.amount < 0:
            undone += _forgive(key, purses.setdefault(key, copy.deepcopy(book.balance(key))), -entry.amount, book)
        elif entry.purse not in BUCKETED or entry.owner == PROGRAMME:
            undone.append(Entry(*key, -entry.amount))
        elif entry.amount < 0:
            undone.append(Entry(*key, -entry.amount, release_day(entry.expires_on, book)))
        else:
            # A copy, so that a second entry on the same purse does not take the same points again.
            purse = purses.setdefault(key, copy.deepcopy(book.balance(key)))
            undone += _take_back(key, purse, entry.amount, entry.expires_on)
    return undone


def _refuse_undone(source: Source, book: Book, item: OpenItem | None, is_reversed: bool) -> None:
    refunded = any(book.used[key] for key in _refunds(source))
    cancelled = item is not None and item.ended_kind not in {None, "activate"}
    if is_reversed or refunded or cancelled:
        raise Refused(Reason.ALREADY_REVERSED, transaction=source.transaction)


def _refunds(source: Source) -> list[CounterKey]:
    """Whatever of a sale has come back, also goods that cost nothing."""
    if source.kind != "redeem":
        return []
    items = dict.fromkeys(line.item for line in source.about.lines)
    pieces = (refunded_pieces(source.transaction, item) for item in items)
    return [refunded_points(source.transaction), *pieces]


def _refuse_missing_goods(source: Source, book: Book) -> None:
    arrived: Counter[BalanceKey] = Counter()
    for entry in source.entries:
        if entry.purse == "stock":
            arrived[BalanceKey(entry.owner, "stock", entry.unit)] += entry.amount
        if entry.purse == "till" and entry.amount > 0:
            refuse_short_till(entry.owner, entry.amount, book)
    for shelf, pieces in arrived.items():
        left = book.balance(shelf).total
        if left < pieces:
            raise Refused(Reason.OUT_OF_STOCK, item=shelf.unit.removeprefix("item:"), required=pieces, left=left)


def _refuse_closed(source: Source, book: Book) -> None:
    """What moved nothing would give back to limits that have gone elsewhere; all else is told by its entries."""
    for unit in book.scheme.policy.units[:1] if not source.entries and source.about.owner else ():
        book.balance(BalanceKey(source.about.owner or "", "main", unit))


def _where_it_stands(source: Source, item: OpenItem | None, book: Book) -> tuple[PostedEntry, ...]:
    """An award whose notice is over has moved on to `main`, into the bucket fixed on that day."""
    if item is None or item.ended_on is None:
        return source.entries
    moved = []
    for entry in source.entries:
        if entry.purse == "pending":
            day = last_good_day(book, source.about.rulebook, source.about.rule, entry.unit, item.ended_on)
            moved.append(PostedEntry(entry.owner, "main", entry.unit, entry.amount, day, 0, 0))
        else:
            moved.append(entry)
    return tuple(moved)


def _forgive(key: BalanceKey, debt: Balance, amount: int, book: Book) -> list[Entry]:
    """A debt that is undone is forgiven as far as it still stands; what was repaid meanwhile comes back as points."""
    standing = min(amount, -debt.total)
    entries = []
    if standing:
        debt.change(standing, NEVER, has_buckets=False)
        entries.append(Entry(*key, standing))
    if amount > standing:
        day = last_good_day(book, None, None, key.unit, book.today)
        entries.append(Entry(key.owner, "main", key.unit, amount - standing, day))
    return entries


def _take_back(key: BalanceKey, purse: Balance, amount: int, own_day: date) -> list[Entry]:
    taken, owed = claw_back(purse, amount, own_day=own_day)
    for day, part in taken:
        purse.change(-part, day, has_buckets=True)
    entries = [Entry(*key, -part, day) for day, part in taken]
    if owed:
        entries.append(Entry(key.owner, "debt", key.unit, -owed))
    return entries
