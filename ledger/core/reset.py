"""Reset: brings a unit to its base; what is above it expires, what is below or owed is issued by hand."""

from ledger.core.account import ISSUED_BY_HAND, PROGRAMME, BalanceKey
from ledger.core.award import last_good_day
from ledger.core.balance import take
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Reset
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import About, Entry


def needs(reset: Reset, prior: Prior) -> Needs:
    return Needs(
        balances=(BalanceKey(reset.owner, "main", reset.unit),),
        companions=(BalanceKey(reset.owner, "debt", reset.unit),),
    )


def decide(reset: Reset, book: Book) -> Decision:
    """Refuses in this order: find the purse, the unit stands at its base already. Debt is forgiven with it.

    What has lapsed is gone already and left to the sweep.
    """
    purse = book.balance(BalanceKey(reset.owner, "main", reset.unit))
    debt = book.balances.get(BalanceKey(reset.owner, "debt", reset.unit))
    entries = []
    if debt is not None and debt.total:
        entries.append(Entry(reset.owner, "debt", reset.unit, -debt.total))
        entries.append(Entry(PROGRAMME, ISSUED_BY_HAND, reset.unit, debt.total))
    there = purse.spendable(book.today)
    kept = reset.base + min(reset.carry, max(0, there - reset.base))
    difference = kept - there
    if difference > 0:
        day = last_good_day(book, None, None, reset.unit, book.today)
        entries.append(Entry(PROGRAMME, ISSUED_BY_HAND, reset.unit, -difference))
        entries.append(Entry(reset.owner, "main", reset.unit, difference, day))
    if difference < 0:
        taken = take(purse, -difference, today=book.today)
        entries += [Entry(reset.owner, "main", reset.unit, -part, day) for day, part in taken]
        entries.append(Entry(PROGRAMME, "expired", reset.unit, -difference))
    if not entries:
        raise Refused(Reason.NOTHING_TO_POST, owner=reset.owner, base=reset.base)
    # Nothing is refused below this line.
    return Decision(kind="reset", entries=tuple(entries), about=About(owner=reset.owner, note=reset.note))
