"""Redeem: points and goods change hands in one transaction, at a counter or at a merchant's."""

from ledger.core.account import POINTS, PROGRAMME, BalanceKey
from ledger.core.balance import take
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Redeem
from ledger.core.sale import refuse_sale, sale_needs, sold_goods, taker
from ledger.core.transaction import About, Entry


def needs(redeem: Redeem, prior: Prior) -> Needs:
    return sale_needs(redeem, "main")


def decide(redeem: Redeem, book: Book) -> Decision:
    """Refuses in this order: find the lines and the accounts, label, points, stock."""
    sold, points = refuse_sale(redeem, book)
    # Nothing is refused below this line.
    purse = book.balance(BalanceKey(redeem.owner, "main", POINTS))
    entries = [Entry(redeem.owner, "main", POINTS, -part, day) for day, part in take(purse, points, today=book.today)]
    if points:
        entries.append(Entry(*taker(redeem.merchant), POINTS, points))
    for outlet, unit, quantity in sold_goods(redeem.outlet, sold):
        entries.append(Entry(outlet, "stock", unit, -quantity))
        entries.append(Entry(PROGRAMME, "redeemed", unit, quantity))
    about = About(owner=redeem.owner, outlet=redeem.outlet, merchant=redeem.merchant, lines=sold)
    return Decision(kind="redeem", entries=tuple(entries), about=about)
