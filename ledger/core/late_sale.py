"""Late sale: goods handed over while a counter was offline. A fact is never refused; what is missing is shown."""

from datetime import date

from ledger.core.account import POINTS, PROGRAMME, BalanceKey
from ledger.core.balance import take
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.cash import till_of
from ledger.core.command import LateSale
from ledger.core.counter import CounterKey
from ledger.core.period import Span, business_day, period_key
from ledger.core.refusal import Reason, Refused
from ledger.core.sale import sold_goods, taker
from ledger.core.scheme import Scheme
from ledger.core.transaction import About, Entry, SoldLine


def needs(sale: LateSale, prior: Prior) -> Needs:
    goods = dict.fromkeys(
        BalanceKey(outlet, "stock", unit)
        for outlet, unit, _ in sold_goods(sale.outlet, (SoldLine(line.item, line.quantity, 0) for line in sale.lines))
    )
    payer = (BalanceKey(sale.owner, "main", POINTS), BalanceKey(sale.owner, "debt", POINTS))
    till = () if sale.outlet is None or not sale.cash_fen else (till_of(sale.outlet),)
    bound = () if sale.day_max is None else (_sold_on(sale, _day(sale, prior.scheme, prior.today)),)
    shop = () if sale.merchant is None else (BalanceKey(sale.merchant, "main", POINTS),)
    return Needs(balances=tuple(dict.fromkeys((*payer, *shop, *till, *goods))), counters=bound)


def decide(sale: LateSale, book: Book) -> Decision:
    """Refuses what cannot be written down (goods that the catalogue never knew, a shop without an account) and what is
    beyond a bound.

    The terminal's bound is what the programme has promised to stand for; more is for a person to accept.
    """
    day = _day(sale, book.scheme, book.today)
    sold = _at_the_price_shown(sale, book, day)
    _refuse_strange_shop(sale, book)
    points = sum(line.points for line in sold)
    _refuse_beyond(sale, points, day, book)
    # Nothing is refused below this line.
    paid = _paid(sale, points, day, book)
    missing = points + sum(entry.amount for entry in paid if entry.purse == "main")
    entries = paid
    if points:
        entries.append(Entry(*taker(sale.merchant), POINTS, points))
    entries += _goods(sale, sold, book)
    if sale.cash_fen and sale.outlet is not None:
        entries.append(Entry(PROGRAMME, "cash_outside", "cash", -sale.cash_fen))
        entries.append(Entry(sale.outlet, "till", "cash", sale.cash_fen))
    about = About(
        owner=sale.owner,
        outlet=sale.outlet,
        merchant=sale.merchant,
        lines=sold,
        terminal=sale.terminal,
        sequence=sale.sequence,
        shortfall=missing,
        fen=sale.cash_fen if sale.outlet is not None else 0,
    )
    counts = () if sale.day_max is None or not points else ((_sold_on(sale, day), points),)
    return Decision(
        kind="late_sale",
        entries=tuple(entries),
        about=about,
        happened_on=day,
        counts=counts,
        may_move_nothing=True,
    )


def _refuse_strange_shop(sale: LateSale, book: Book) -> None:
    if sale.merchant is not None and BalanceKey(sale.merchant, "main", POINTS) not in book.balances:
        raise Refused(Reason.NOT_FOUND, owner=sale.merchant)


def _day(sale: LateSale, scheme: Scheme, today: date) -> date:
    return min(business_day(sale.happened_at, scheme.policy.time_zone), today)


def _sold_on(sale: LateSale, day: date) -> CounterKey:
    """Points that a terminal sold offline on one day."""
    return CounterKey("late/points", sale.terminal, period_key(Span.DAY, day))


def _refuse_beyond(sale: LateSale, points: int, day: date, book: Book) -> None:
    if sale.sale_max is not None and points > sale.sale_max:
        raise Refused(Reason.BEYOND_BOUND, bound="sale", required=points, limit=sale.sale_max, used=0)
    used = 0 if sale.day_max is None else book.used[_sold_on(sale, day)]
    if sale.day_max is not None and used + points > sale.day_max:
        raise Refused(Reason.BEYOND_BOUND, bound="day", required=points, limit=sale.day_max, used=used)


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
