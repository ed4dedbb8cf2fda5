"""Redeem: points and goods change hands in one transaction, at a counter or at a merchant's."""

from collections import Counter

from ledger.core.account import POINTS, PROGRAMME, BalanceKey, item_unit
from ledger.core.balance import AMOUNT_MAX, take
from ledger.core.book import Book, Decision, Needs
from ledger.core.command import Redeem
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.core.transaction import About, Entry, SoldLine


def needs(redeem: Redeem, scheme: Scheme) -> Needs:
    goods = () if redeem.outlet is None else tuple(_stock(redeem.outlet, line.item) for line in redeem.lines)
    return Needs(balances=(_purse(redeem), *dict.fromkeys(goods)))


def decide(redeem: Redeem, book: Book) -> Decision:
    """Refuses in this order: find the lines and the accounts, label, points, stock."""
    sold = price_lines(redeem, book)
    purse = book.balance(_purse(redeem))
    points = sum(line.points for line in sold)
    if points > AMOUNT_MAX:
        raise Refused(Reason.AMOUNT_TOO_LARGE, required=points, limit=AMOUNT_MAX)
    available = purse.spendable(book.today)
    if points > available:
        raise Refused(Reason.INSUFFICIENT_POINTS, required=points, available=available, missing=points - available)
    quantities = Counter[str]()
    for line in redeem.lines if redeem.outlet is not None else ():
        quantities[line.item] += line.quantity
    for item, quantity in quantities.items():
        left = book.balance(_stock(redeem.outlet or "", item)).total
        if quantity > left:
            raise Refused(Reason.OUT_OF_STOCK, item=item, required=quantity, left=left)
    # Nothing is refused below this line.
    entries = [Entry(redeem.owner, "main", POINTS, -part, day) for day, part in take(purse, points, today=book.today)]
    if points:
        taker = (PROGRAMME, "redeemed") if redeem.merchant is None else (redeem.merchant, "claims")
        entries.append(Entry(*taker, POINTS, points))
    for item, quantity in quantities.items():
        entries.append(Entry(redeem.outlet or "", "stock", item_unit(item), -quantity))
        entries.append(Entry(PROGRAMME, "redeemed", item_unit(item), quantity))
    about = About(owner=redeem.owner, outlet=redeem.outlet, merchant=redeem.merchant, lines=sold)
    return Decision(kind="redeem", entries=tuple(entries), about=about)


def price_lines(redeem: Redeem, book: Book) -> tuple[SoldLine, ...]:
    """Each line at the price of this moment; a label that shows another price is refused with both."""
    sold = []
    for line in redeem.lines:
        if redeem.outlet is not None:
            price = book.scheme.item_points(line.item, book.today)
        else:
            price = book.scheme.offer_points(redeem.merchant or "", line.item, book.today)
        if line.label_points is not None and line.label_points != price:
            raise Refused(Reason.LABEL_CHANGED, item=line.item, label=line.label_points, price=price)
        sold.append(SoldLine(line.item, line.quantity, price * line.quantity, offer=redeem.outlet is None))
    return tuple(sold)


def _purse(redeem: Redeem) -> BalanceKey:
    return BalanceKey(redeem.owner, "main", POINTS)


def _stock(outlet: str, item: str) -> BalanceKey:
    return BalanceKey(outlet, "stock", item_unit(item))
