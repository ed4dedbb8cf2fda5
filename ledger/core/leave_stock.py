"""What write-off, move and return share: goods leave a shelf that must hold them."""

from ledger.core.account import BalanceKey, item_unit
from ledger.core.book import Book
from ledger.core.refusal import Reason, Refused


def shelf(outlet: str, item: str) -> BalanceKey:
    """The stock of one item at one outlet."""
    return BalanceKey(outlet, "stock", item_unit(item))


def refuse_missing(outlet: str, item: str, quantity: int, book: Book) -> None:
    """Refuses in this order: find the item, find the outlet, too few there."""
    book.scheme.must_have_item(item)
    left = book.balance(shelf(outlet, item)).total
    if quantity > left:
        raise Refused(Reason.OUT_OF_STOCK, item=item, required=quantity, left=left)
