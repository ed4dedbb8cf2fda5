"""Receive: goods come into an outlet's stock, bought or donated."""

from ledger.core.account import PROGRAMME, BalanceKey, item_unit
from ledger.core.book import Book, Decision, Needs
from ledger.core.command import Receive
from ledger.core.scheme import Scheme
from ledger.core.transaction import About, Entry


def needs(receive: Receive, scheme: Scheme) -> Needs:
    return Needs(balances=(_stock(receive),))


def decide(receive: Receive, book: Book) -> Decision:
    book.scheme.must_have_item(receive.item)
    book.balance(_stock(receive))
    # Nothing is refused below this line.
    unit = item_unit(receive.item)
    entries = (
        Entry(receive.outlet, "stock", unit, receive.quantity),
        Entry(PROGRAMME, receive.source, unit, -receive.quantity),
    )
    return Decision(kind="receive", entries=entries, about=About(outlet=receive.outlet, note=receive.note))


def _stock(receive: Receive) -> BalanceKey:
    return BalanceKey(receive.outlet, "stock", item_unit(receive.item))
