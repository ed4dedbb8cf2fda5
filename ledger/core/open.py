"""Open: a balance brought over from the books before this ledger."""

from ledger.core.account import PROGRAMME, BalanceKey
from ledger.core.award import last_good_day
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Open
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import About, Entry


def needs(opening: Open, prior: Prior) -> Needs:
    return Needs(balances=(BalanceKey(opening.owner, "main", opening.unit),))


def decide(opening: Open, book: Book) -> Decision:
    """Refuses in this order: find the purse, a day that has passed."""
    book.balance(BalanceKey(opening.owner, "main", opening.unit))
    day = opening.expires_on or last_good_day(book, None, None, opening.unit, book.today)
    if day < book.today:
        raise Refused(Reason.NOT_DUE, expires_on=day.isoformat(), today=book.today.isoformat())
    # Nothing is refused below this line.
    entries = (
        Entry(PROGRAMME, "opening", opening.unit, -opening.amount),
        Entry(opening.owner, "main", opening.unit, opening.amount, day),
    )
    return Decision(kind="open", entries=entries, about=About(owner=opening.owner, note=opening.note))
