"""Adjust: a signed correction by hand, with its reason and, above the programme's limit, a second person."""

from ledger.core.account import ISSUED_BY_HAND, PROGRAMME, BalanceKey
from ledger.core.award import credit, last_good_day
from ledger.core.balance import take
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Adjust
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import About, Entry


def needs(adjust: Adjust, prior: Prior) -> Needs:
    return Needs(
        balances=(BalanceKey(adjust.owner, "main", adjust.unit),),
        companions=(BalanceKey(adjust.owner, "debt", adjust.unit),),
    )


def decide(adjust: Adjust, book: Book) -> Decision:
    """Refuses in this order: find the purse, nothing to do, second approver, too little."""
    purse = book.balance(BalanceKey(adjust.owner, "main", adjust.unit))
    if adjust.amount == 0:
        raise Refused(Reason.NOTHING_TO_POST, amount=0)
    limit = book.scheme.adjust_limit
    if abs(adjust.amount) > limit and adjust.approved_by in (None, book.principal):
        raise Refused(Reason.SECOND_APPROVER_NEEDED, amount=adjust.amount, limit=limit)
    available = purse.spendable(book.today)
    if -adjust.amount > available:
        raise Refused(
            Reason.INSUFFICIENT_POINTS,
            required=-adjust.amount,
            available=available,
            missing=-adjust.amount - available,
        )
    # Nothing is refused below this line.
    entries = [Entry(PROGRAMME, ISSUED_BY_HAND, adjust.unit, -adjust.amount)]
    if adjust.amount > 0:
        day = last_good_day(book, None, None, adjust.unit, book.today)
        entries += credit(adjust.owner, adjust.unit, adjust.amount, day, book)
    else:
        taken = take(purse, -adjust.amount, today=book.today)
        entries += [Entry(adjust.owner, "main", adjust.unit, -part, day) for day, part in taken]
    about = About(owner=adjust.owner, approved_by=adjust.approved_by, note=adjust.note)
    return Decision(kind="adjust", entries=tuple(entries), about=about)
