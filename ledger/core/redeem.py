"""Redeem: points and goods change hands in one transaction, at a counter or at a merchant's."""

from ledger.core.account import PROGRAMME
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Redeem
from ledger.core.refusal import Reason, Refused
from ledger.core.sale import about_sale, refuse_sale, sale_needs, sold_goods, taker
from ledger.core.tender import paying_entries
from ledger.core.transaction import Entry


def needs(redeem: Redeem, prior: Prior) -> Needs:
    return sale_needs(redeem, prior, "main")


def decide(redeem: Redeem, book: Book) -> Decision:
    """Refuses in this order: find the lines and the accounts, label, day, limits, points, stock."""
    sold, tender = refuse_sale(redeem, book)
    entries = paying_entries(redeem, tender, book, taker(redeem.merchant))
    for outlet, unit, quantity in sold_goods(redeem.outlet, sold):
        entries.append(Entry(outlet, "stock", unit, -quantity))
        entries.append(Entry(PROGRAMME, "redeemed", unit, quantity))
    if not entries:
        raise Refused(Reason.NOTHING_TO_POST)
    # Nothing is refused below this line.
    about = about_sale(redeem, sold, tender.fen)
    return Decision(kind="redeem", entries=tuple(entries), about=about, counts=tender.counts)
