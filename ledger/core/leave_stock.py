"""What verbs about a shelf share: it must hold what leaves it, and a single piece comes in once."""

from ledger.core.account import BalanceKey, item_unit
from ledger.core.balance import Balance
from ledger.core.book import Book
from ledger.core.item import Item
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


def refuse_second_piece(item: Item, quantity: int, shelf: Balance) -> None:
    """A piece that exists once has come in before if anything ever moved on its shelf."""
    if item.single and (quantity > 1 or shelf.version > 0):
        raise Refused(Reason.SINGLE_PIECE, item=item.id)
