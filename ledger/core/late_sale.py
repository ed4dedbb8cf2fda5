"""Late sale: goods handed over while a counter was offline. A fact is never refused; what is missing is shown."""

from datetime import date

from ledger.core.account import POINTS, PROGRAMME, BalanceKey
from ledger.core.balance import take
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import LateSale
from ledger.core.period import business_day
from ledger.core.sale import sold_goods, taker
from ledger.core.transaction import About, Entry, SoldLine


def needs(sale: LateSale, prior: Prior) -> Needs:
    goods = dict.fromkeys(
        BalanceKey(outlet, "stock", unit)
        for outlet, unit, _ in sold_goods(sale.outlet, (SoldLine(line.item, line.quantity, 0) for line in sale.lines))
    )
    payer = (BalanceKey(sale.owner, "main", POINTS), BalanceKey(sale.owner, "debt", POINTS))
    return Needs(balances=(*payer, *goods))


def decide(sale: LateSale, book: Book) -> Decision:
    """Only goods that the catalogue never knew are refused, for they have no unit to be counted in."""
    day = min(business_day(sale.happened_at, book.scheme.policy.time_zone), book.today)
    sold = _at_the_price_shown(sale, book, day)
    # Nothing is refused below this line.
    points = sum(line.points for line in sold)
    paid = _paid(sale, points, day, book)
    missing = points + sum(entry.amount for entry in paid if entry.purse == "main")
    entries = paid
    if points:
        entries.append(Entry(*taker(sale.merchant), POINTS, points))
    entries += _goods(sale, sold, book)
    about = About(
        owner=sale.owner,
        outlet=sale.outlet,
        merchant=sale.merchant,
        lines=sold,
        terminal=sale.terminal,
        sequence=sale.sequence,
        shortfall=missing,
    )
    return Decision(kind="late_sale", entries=tuple(entries), about=about, happened_on=day)


def _at_the_price_shown(sale: LateSale, book: Book, day: date) -> tuple[SoldLine, ...]:
    """The label that the resident saw counts; without one, the price of that day."""
    sold = []
    for line in sale.lines:
        if sale.outlet is not None:
            book.scheme.must_have_item(line.item)
        price = line.label_points
        if price is None and sale.outlet is not None:
            price = book.scheme.item_price(line.item, day).points
        elif price is None:
            price = book.scheme.offer_price(sale.merchant or "", line.item, day).points
        sold.append(SoldLine(line.item, line.quantity, (price or 0) * line.quantity, offer=sale.outlet is None))
    return tuple(sold)


def _paid(sale: LateSale, points: int, day: date, book: Book) -> list[Entry]:
    """Buckets that were good on the day of the sale pay; the rest is owed, or borne by the programme if nobody can."""
    purse = book.balances.get(BalanceKey(sale.owner, "main", POINTS))
    there = 0 if purse is None else min(points, purse.spendable(day))
    entries = []
    if purse is not None:
        entries = [Entry(sale.owner, "main", POINTS, -part, bucket) for bucket, part in take(purse, there, today=day)]
    if points > there:
        debtor = (PROGRAMME, "offline_shortfall") if purse is None else (sale.owner, "debt")
        entries.append(Entry(*debtor, POINTS, there - points))
    return entries


def _goods(sale: LateSale, sold: tuple[SoldLine, ...], book: Book) -> list[Entry]:
    """Goods that the books did not have were there all the same: the difference is found, then sold."""
    entries = []
    for outlet, unit, quantity in sold_goods(sale.outlet, sold):
        shelf = book.balance(BalanceKey(outlet, "stock", unit))
        if quantity > shelf.total:
            entries.append(Entry(PROGRAMME, "counted", unit, shelf.total - quantity))
            entries.append(Entry(outlet, "stock", unit, quantity - shelf.total))
        entries.append(Entry(outlet, "stock", unit, -quantity))
        entries.append(Entry(PROGRAMME, "redeemed", unit, quantity))
    return entries
