"""Transfer: points move between two owners and keep their days."""

from ledger.core.account import BalanceKey
from ledger.core.balance import take
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Transfer
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import About, Entry


def needs(transfer: Transfer, prior: Prior) -> Needs:
    return Needs(
        balances=tuple(
            dict.fromkeys(BalanceKey(owner, "main", transfer.unit) for owner in (transfer.owner, transfer.to))
        ),
        companions=(BalanceKey(transfer.to, "debt", transfer.unit),),
    )


def decide(transfer: Transfer, book: Book) -> Decision:
    """Refuses in this order: find both purses, the same purse twice, too little."""
    purse = book.balance(BalanceKey(transfer.owner, "main", transfer.unit))
    book.balance(BalanceKey(transfer.to, "main", transfer.unit))
    if transfer.owner == transfer.to:
        raise Refused(Reason.NOTHING_TO_POST, owner=transfer.owner)
    available = purse.spendable(book.today)
    if transfer.amount > available:
        raise Refused(
            Reason.INSUFFICIENT_POINTS,
            required=transfer.amount,
            available=available,
            missing=transfer.amount - available,
        )
    # Nothing is refused below this line.
    entries = []
    debt = book.balances.get(BalanceKey(transfer.to, "debt", transfer.unit))
    owed = 0 if debt is None else -debt.total
    for day, part in take(purse, transfer.amount, today=book.today):
        entries.append(Entry(transfer.owner, "main", transfer.unit, -part, day))
        repaid = min(owed, part)
        owed -= repaid
        if repaid:
            entries.append(Entry(transfer.to, "debt", transfer.unit, repaid))
        if part > repaid:
            entries.append(Entry(transfer.to, "main", transfer.unit, part - repaid, day))
    return Decision(kind="transfer", entries=tuple(entries), about=About(owner=transfer.owner, note=transfer.note))
