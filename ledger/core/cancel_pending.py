"""Cancel pending: an award under notice goes back to its issuer, and its caps are given back."""

from ledger.core.account import BalanceKey
from ledger.core.activate import NOTICED
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import CancelPending
from ledger.core.counter import reversals
from ledger.core.remainder import caps_back, pending_left, whole_of
from ledger.core.transaction import About, Entry


def needs(cancel: CancelPending, prior: Prior) -> Needs:
    award = prior.sources.get(cancel.transaction)
    if award is None:
        return Needs()
    pending = (BalanceKey(entry.owner, "pending", entry.unit) for entry in award.entries if entry.purse == "pending")
    return Needs(
        balances=tuple(dict.fromkeys(pending)),
        counters=(reversals(cancel.transaction), *(key for key, _ in award.counts)),
        open_items=(cancel.transaction,),
    )


def decide(cancel: CancelPending, book: Book) -> Decision:
    """Refuses in this order: find the award, ended before."""
    award = book.source(cancel.transaction, *NOTICED)
    book.open_item(cancel.transaction)
    # Nothing is refused below this line. The goods of a donation stay where they are.
    before = book.used[reversals(award.transaction)]
    left = pending_left(award, before)
    return Decision(
        kind="cancel_pending",
        entries=tuple(Entry(entry.owner, entry.purse, entry.unit, -entry.amount) for entry in left),
        about=About(owner=award.about.owner, follows=award.transaction, note=cancel.note),
        counts=caps_back(award, before, whole_of(award) - before),
        ends=award.transaction,
    )
