"""Return: goods go back to their supplier."""

from ledger.core.account import PROGRAMME, item_unit
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Return
from ledger.core.leave_stock import refuse_missing, shelf
from ledger.core.transaction import About, Entry


def needs(returned: Return, prior: Prior) -> Needs:
    return Needs(balances=(shelf(returned.outlet, returned.item),))


def decide(returned: Return, book: Book) -> Decision:
    """Refuses in this order: find the item, find the outlet, too few there."""
    refuse_missing(returned.outlet, returned.item, returned.quantity, book)
    # Nothing is refused below this line.
    entries = (
        Entry(returned.outlet, "stock", item_unit(returned.item), -returned.quantity),
        Entry(PROGRAMME, "supplier", item_unit(returned.item), returned.quantity),
    )
    return Decision(kind="return", entries=entries, about=About(outlet=returned.outlet, note=returned.note))
