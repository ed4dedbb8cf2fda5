"""Cash in a till: it cannot give back more than it holds."""

from ledger.core.account import BalanceKey
from ledger.core.book import Book
from ledger.core.refusal import Reason, Refused


def till_of(outlet: str) -> BalanceKey:
    """All the cash of an outlet, whichever of its drawers it lies in."""
    return BalanceKey(outlet, "till", "cash")


def refuse_short_till(outlet: str, fen: int, book: Book) -> None:
    left = book.balance(till_of(outlet)).total
    if fen > left:
        raise Refused(Reason.TILL_SHORT, outlet=outlet, required=fen, left=left)
