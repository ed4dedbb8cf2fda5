"""Merge: everything a household has goes to another one, with its days, and so does what it has used of limits."""

from datetime import date

from ledger.core.account import PROGRAMME, BalanceKey
from ledger.core.balance import Balance
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.counter import CounterKey
from ledger.core.household import Merge
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.core.transaction import About, Entry


def needs(merge: Merge, prior: Prior) -> Needs:
    """Also the purses that must be empty, so that nobody fills them meanwhile."""
    units = _units(merge, prior.scheme)
    leaving = [BalanceKey(merge.owner, purse, unit) for unit in units for purse in ("main", "pending", "held", "debt")]
    taking = [BalanceKey(merge.to, purse, unit) for unit in units for purse in ("main", "debt")]
    return Needs(balances=(*leaving, *taking), counters=moved_counters(merge))


def decide(merge: Merge, book: Book) -> Decision:
    """Refuses in this order: find both, the same twice, awards under notice or reservations that have not ended."""
    units = _units(merge, book.scheme)
    for unit in units:
        book.balance(BalanceKey(merge.owner, "main", unit))
        book.balance(BalanceKey(merge.to, "main", unit))
    if merge.owner == merge.to:
        raise Refused(Reason.NOTHING_TO_POST, owner=merge.owner)
    pending, held = (
        sum(book.balance(BalanceKey(merge.owner, purse, unit)).total for unit in units) for purse in ("pending", "held")
    )
    if pending or held:
        raise Refused(Reason.STILL_OPEN, owner=merge.owner, pending=pending, held=held)
    # Nothing is refused below this line.
    entries: list[Entry] = []
    for unit in units:
        entries += _moved(merge, unit, book)
    counts: list[tuple[CounterKey, int]] = []
    for counter, period in merge.counters:
        used = book.used.get(CounterKey(counter, merge.owner, period), 0)
        if used:
            counts.append((CounterKey(counter, merge.owner, period), -used))
            counts.append((CounterKey(counter, merge.to, period), used))
    return Decision(
        kind="merge",
        entries=tuple(entries),
        about=About(owner=merge.owner, to=merge.to, note=merge.note),
        counts=tuple(counts),
        may_move_nothing=True,
    )


def _units(merge: Merge, scheme: Scheme) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*(unit.value for unit in scheme.policy.units), *merge.units]))


def moved_counters(merge: Merge) -> tuple[CounterKey, ...]:
    """Of both households: what one has used counts for the other from now on."""
    return tuple(
        CounterKey(counter, subject, period)
        for counter, period in merge.counters
        for subject in (merge.owner, merge.to)
    )


def _moved(merge: Merge, unit: str, book: Book) -> list[Entry]:
    """Lapsed buckets expire, debts are repaid on the way, what is then still owed is owed by the other."""
    purse = book.balance(BalanceKey(merge.owner, "main", unit))
    entries: list[Entry] = []
    owed = {owner: -_debt(owner, unit, book).total for owner in (merge.owner, merge.to)}
    for day, amount in zip(purse.days, purse.amounts, strict=True):
        entries.append(Entry(merge.owner, "main", unit, -amount, day))
        entries += _spread(merge, unit, day, amount, owed, book.today)
    if owed[merge.owner]:
        entries.append(Entry(merge.owner, "debt", unit, owed[merge.owner]))
        entries.append(Entry(merge.to, "debt", unit, -owed[merge.owner]))
    return entries


def _spread(merge: Merge, unit: str, day: date, amount: int, owed: dict[str, int], today: date) -> list[Entry]:
    if day < today:
        return [Entry(PROGRAMME, "expired", unit, amount)]
    entries = []
    for owner in (merge.owner, merge.to):
        repaid = min(owed[owner], amount)
        if repaid:
            owed[owner] -= repaid
            amount -= repaid
            entries.append(Entry(owner, "debt", unit, repaid))
    if amount:
        entries.append(Entry(merge.to, "main", unit, amount, day))
    return entries


def _debt(owner: str, unit: str, book: Book) -> Balance:
    return book.balance(BalanceKey(owner, "debt", unit))
