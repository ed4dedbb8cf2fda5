"""Move: goods go from one outlet to another."""

from ledger.core.account import item_unit
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Move
from ledger.core.leave_stock import refuse_missing, shelf
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import About, Entry


def needs(move: Move, prior: Prior) -> Needs:
    return Needs(balances=tuple(dict.fromkeys((shelf(move.outlet, move.item), shelf(move.to, move.item)))))


def decide(move: Move, book: Book) -> Decision:
    """Refuses in this order: find the item, find both outlets, the same one twice, too few there."""
    book.scheme.must_have_item(move.item)
    book.balance(shelf(move.to, move.item))
    if move.outlet == move.to:
        raise Refused(Reason.NOTHING_TO_POST, outlet=move.outlet)
    refuse_missing(move.outlet, move.item, move.quantity, book)
    # Nothing is refused below this line.
    unit = item_unit(move.item)
    entries = (Entry(move.outlet, "stock", unit, -move.quantity), Entry(move.to, "stock", unit, move.quantity))
    return Decision(kind="move", entries=entries, about=About(outlet=move.outlet, note=f"to {move.to}"))
