"""Donate: a gift goes into stock and its giver gets the points, in one transaction."""

import msgspec

from ledger.core import award
from ledger.core.account import PROGRAMME, BalanceKey, item_unit
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Donate
from ledger.core.leave_stock import refuse_second_piece
from ledger.core.transaction import Entry


def needs(donate: Donate, prior: Prior) -> Needs:
    earned = award.needs(donate.award, prior)
    shelf = BalanceKey(donate.outlet, "stock", item_unit(donate.item))
    return msgspec.structs.replace(earned, balances=(*earned.balances, shelf))


def decide(donate: Donate, book: Book) -> Decision:
    """Refuses in this order: find the item, a rule not in force, find the outlet, a second piece, then as an award."""
    item = book.scheme.must_have_item(donate.item)
    award.needs(donate.award, Prior(book.scheme, {}, book.today))  # out of force, it had not even the shelf locked
    unit = item_unit(donate.item)
    refuse_second_piece(item, donate.quantity, book.balance(BalanceKey(donate.outlet, "stock", unit)))
    earned = award.decide(donate.award, book)
    # Nothing is refused below this line.
    goods = (
        Entry(PROGRAMME, "donated", unit, -donate.quantity),
        Entry(donate.outlet, "stock", unit, donate.quantity),
    )
    about = msgspec.structs.replace(earned.about, outlet=donate.outlet)
    return msgspec.structs.replace(earned, kind="donate", entries=(*earned.entries, *goods), about=about)
