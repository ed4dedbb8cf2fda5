"""Deduct: a penalty by a rule; what is missing is let go or owed, as the rule says."""

from ledger.core.account import PROGRAMME, BalanceKey
from ledger.core.balance import take
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Deduct
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import About, Entry


def needs(deduct: Deduct, prior: Prior) -> Needs:
    purses = ("main", "debt") if deduct.shortage == "debt" else ("main",)
    return Needs(balances=tuple(BalanceKey(deduct.owner, purse, deduct.unit) for purse in purses))


def decide(deduct: Deduct, book: Book) -> Decision:
    """Refuses in this order: find the purse, nothing there to take."""
    purse = book.balance(BalanceKey(deduct.owner, "main", deduct.unit))
    there = min(deduct.amount, purse.spendable(book.today))
    owed = deduct.amount - there if deduct.shortage == "debt" else 0
    if there + owed == 0:
        raise Refused(Reason.NOTHING_TO_POST, required=deduct.amount, available=0)
    # Nothing is refused below this line.
    entries = [
        Entry(deduct.owner, "main", deduct.unit, -part, day) for day, part in take(purse, there, today=book.today)
    ]
    if owed:
        entries.append(Entry(deduct.owner, "debt", deduct.unit, -owed))
    entries.append(Entry(PROGRAMME, "clawed_back", deduct.unit, there + owed))
    about = About(owner=deduct.owner, rule=deduct.rule, note=deduct.note)
    return Decision(kind="deduct", entries=tuple(entries), about=about)
