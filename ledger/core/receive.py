"""Receive: goods come into an outlet's stock, bought or donated."""

from ledger.core.account import PROGRAMME, BalanceKey, item_unit
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Receive
from ledger.core.leave_stock import refuse_second_piece
from ledger.core.transaction import About, Entry


def needs(receive: Receive, prior: Prior) -> Needs:
    return Needs(balances=(BalanceKey(receive.outlet, "stock", item_unit(receive.item)),))


def decide(receive: Receive, book: Book) -> Decision:
    """Refuses in this order: find the item, find the outlet, a second piece of what exists once."""
    item = book.scheme.must_have_item(receive.item)
    unit = item_unit(receive.item)
    shelf = book.balance(BalanceKey(receive.outlet, "stock", unit))
    refuse_second_piece(item, receive.quantity, shelf)
    # Nothing is refused below this line.
    entries = [
        Entry(receive.outlet, "stock", unit, receive.quantity),
        Entry(PROGRAMME, receive.source, unit, -receive.quantity),
    ]
    if receive.cost_fen:
        entries.append(Entry(PROGRAMME, "fund", "cash", -receive.cost_fen))
        entries.append(Entry(PROGRAMME, "supplier", "cash", receive.cost_fen))
    return Decision(kind="receive", entries=tuple(entries), about=About(outlet=receive.outlet, note=receive.note))
