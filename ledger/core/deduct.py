"""Deduct: a penalty by a rule; what is missing is let go or owed, as the rule says."""

from ledger.core.account import BalanceKey
from ledger.core.award import penalty
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Deduct
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import About


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
    entries = penalty(deduct.owner, deduct.unit, deduct.amount, deduct.shortage, book)
    about = About(owner=deduct.owner, rule=deduct.rule, note=deduct.note)
    return Decision(kind="deduct", entries=tuple(entries), about=about)
