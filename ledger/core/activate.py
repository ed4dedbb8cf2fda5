"""Activate: the notice is over, pending points become spendable; their last good day is fixed now."""

from ledger.core.account import BalanceKey
from ledger.core.award import credit, last_good_day
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Activate
from ledger.core.counter import reversals
from ledger.core.refusal import Reason, Refused
from ledger.core.remainder import pending_left
from ledger.core.transaction import About, Entry

NOTICED = ("award", "donate")


def needs(activate: Activate, prior: Prior) -> Needs:
    award = prior.sources.get(activate.transaction)
    if award is None:
        return Needs()
    pending = [entry for entry in award.entries if entry.purse == "pending"]
    keys = [BalanceKey(entry.owner, purse, entry.unit) for entry in pending for purse in ("pending", "main")]
    debts = tuple(BalanceKey(entry.owner, "debt", entry.unit) for entry in pending)
    return Needs(
        balances=tuple(dict.fromkeys(keys)),
        companions=debts,
        counters=(reversals(activate.transaction),),
        open_items=(activate.transaction,),
    )


def decide(activate: Activate, book: Book) -> Decision:
    """Refuses in this order: find the award, ended before, a notice that still runs."""
    award = book.source(activate.transaction, *NOTICED)
    item = book.open_item(activate.transaction)
    if book.today < item.due_on:
        raise Refused(Reason.NOT_DUE, due_on=item.due_on.isoformat(), today=book.today.isoformat())
    # Nothing is refused below this line.
    entries = []
    for entry in pending_left(award, book.used[reversals(award.transaction)]):
        if entry.purse == "pending":
            day = last_good_day(book, award.about.rulebook, award.about.rule, entry.unit, book.today)
            entries.append(Entry(entry.owner, "pending", entry.unit, -entry.amount))
            entries += credit(entry.owner, entry.unit, entry.amount, day, book)
    about = About(
        owner=award.about.owner, rule=award.about.rule, rulebook=award.about.rulebook, follows=award.transaction
    )
    return Decision(kind="activate", entries=tuple(entries), about=about, ends=award.transaction)
