"""What redeem, hold, capture and refund share: prices of the moment, stock keys, quantities by item."""

from collections.abc import Iterable, Iterator

from ledger.core.account import POINTS, PROGRAMME, BalanceKey, item_unit
from ledger.core.book import Book, Needs, Prior
from ledger.core.command import Line
from ledger.core.item import Price
from ledger.core.present import refuse_card
from ledger.core.programme import LabelPolicy
from ledger.core.refusal import Reason, Refused
from ledger.core.tender import Sale, Tender, limit_keys, payer_keys, refuse_tender
from ledger.core.transaction import About, SoldLine


def sale_needs(sale: Sale, prior: Prior, *purses: str) -> Needs:
    """The payer's `purses` and the stock of each item; a merchant's goods are its own affair."""
    payer = payer_keys(sale, prior.scheme, *purses)
    counters = limit_keys(sale, prior.scheme, prior.today)
    if sale.outlet is None:
        return Needs(balances=payer, counters=counters)
    shelves = ("stock",) if len(purses) == 1 else ("stock", "reserved")
    goods = [BalanceKey(sale.outlet, shelf, item_unit(line.item)) for line in sale.lines for shelf in shelves]
    return Needs(balances=(*payer, *dict.fromkeys(goods)), counters=counters)


def refuse_sale(sale: Sale, book: Book) -> tuple[tuple[SoldLine, ...], Tender]:
    """Priced lines and what pays for them, or a refusal: card, find lines and accounts, label, shop, tender,
    stock."""
    refuse_card(sale, book)
    sold = price_lines(sale, book)
    book.balance(BalanceKey(sale.owner, "main", POINTS))
    for outlet, unit, _ in sold_goods(sale.outlet, sold):
        book.balance(BalanceKey(outlet, "stock", unit))
    book.scheme.require_active(sale.merchant)
    tender = refuse_tender(sale, sold, book)
    for outlet, unit, quantity in sold_goods(sale.outlet, sold):
        left = book.balance(BalanceKey(outlet, "stock", unit)).total
        if quantity > left:
            raise Refused(Reason.OUT_OF_STOCK, item=unit.removeprefix("item:"), required=quantity, left=left)
    return sold, tender


def price_lines(sale: Sale, book: Book) -> tuple[SoldLine, ...]:
    """Each line at the price of this moment, or at that of its label where the programme honours old labels."""
    sold = []
    for line in sale.lines:
        if sale.outlet is not None:
            price = book.scheme.item_price(line.item, book.today)
            prices = book.scheme.items[line.item].prices
        else:
            price = book.scheme.offer_price(sale.merchant or "", line.item, book.today)
            prices = book.scheme.offers[sale.merchant or "", line.item].prices
        if not _is_on_label(line, price):
            price = _price_of_label(line, price, prices, book)
        quantity = line.quantity
        sold.append(SoldLine(line.item, quantity, price.points * quantity, sale.outlet is None, price.cash * quantity))
    return tuple(sold)


def _is_on_label(line: Line, price: Price) -> bool:
    """A label that was not read agrees with everything."""
    return line.label_points in (None, price.points) and line.label in (None, price.label)


def _price_of_label(line: Line, price: Price, prices: tuple[Price, ...], book: Book) -> Price:
    """Only a price that once held can be honoured, never one that somebody made up."""
    past = [one for one in prices if one.from_ <= book.today and _is_on_label(line, one)]
    if past and book.scheme.policy.labels is LabelPolicy.HONOUR:
        return past[-1]
    if past and line.label is not None:
        raise Refused(
            Reason.LABEL_CHANGED,
            item=line.item,
            shown=line.label,
            label=past[-1].points,
            revision=price.label,
            price=price.points,
        )
    raise Refused(
        Reason.LABEL_CHANGED, item=line.item, label=line.label_points, revision=price.label, price=price.points
    )


def about_sale(sale: Sale, sold: tuple[SoldLine, ...], fen: int = 0) -> About:
    """Who paid whom for what, by which card, and who acted."""
    shown = sale.shown
    return About(
        owner=sale.owner,
        outlet=sale.outlet,
        merchant=sale.merchant,
        lines=sold,
        fen=fen,
        card=None if shown is None else shown.card,
        acted_by=None if shown is None else shown.acted_by,
        proof=None if shown is None else shown.proof.value,
    )


def sold_goods(outlet: str | None, lines: Iterable[SoldLine]) -> Iterator[tuple[str, str, int]]:
    """Outlet, unit and pieces of what leaves a shelf; a merchant's offers leave none."""
    if outlet is not None:
        for item, quantity in quantities(lines).items():
            yield outlet, item_unit(item), quantity


def quantities(lines: Iterable[SoldLine]) -> dict[str, int]:
    """Pieces by item, for an item may stand on several lines."""
    pieces: dict[str, int] = {}
    for line in lines:
        pieces[line.item] = pieces.get(line.item, 0) + line.quantity
    return pieces


def taker(merchant: str | None) -> tuple[str, str]:
    """Who takes the points: the programme redeems them, or the merchant claims them."""
    return (PROGRAMME, "redeemed") if merchant is None else (merchant, "claims")
