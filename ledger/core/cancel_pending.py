"""Cancel pending: an award under notice goes back to its issuer, and its caps are given back."""

from ledger.core.account import BalanceKey
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import CancelPending
from ledger.core.transaction import About, Entry


def needs(cancel: CancelPending, prior: Prior) -> Needs:
    award = prior.sources.get(cancel.transaction)
    if award is None:
        return Needs()
    pending = (BalanceKey(entry.owner, "pending", entry.unit) for entry in award.entries if entry.purse == "pending")
    return Needs(
        balances=tuple(dict.fromkeys(pending)),
        counters=tuple(key for key, _ in award.counts),
        open_items=(cancel.transaction,),
    )


def decide(cancel: CancelPending, book: Book) -> Decision:
    """Refuses in this order: find the award, ended before."""
    award = book.source(cancel.transaction, "award")
    book.open_item(cancel.transaction)
    # Nothing is refused below this line.
    return Decision(
        kind="cancel_pending",
        entries=tuple(Entry(entry.owner, entry.purse, entry.unit, -entry.amount) for entry in award.entries),
        about=About(owner=award.about.owner, follows=award.transaction, note=cancel.note),
        counts=tuple((key, -used) for key, used in award.counts),
        ends=award.transaction,
    )
