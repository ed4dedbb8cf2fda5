"""Late sale: goods handed over while a counter was offline. A fact is never refused; what is missing is shown."""

from datetime import date

import msgspec

from ledger.core.account import POINTS, PROGRAMME, BalanceKey
from ledger.core.balance import take
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.cash import till_of
from ledger.core.command import LateSale
from ledger.core.offline_bound import bound_keys, pays, refuse_beyond
from ledger.core.period import business_day
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
    bound = bound_keys(sale, prior.scheme.policy.cards, _day(sale, prior.scheme, prior.today))
    shop = () if sale.merchant is None else (BalanceKey(sale.merchant, "main", POINTS),)
    balances = tuple(dict.fromkeys((*payer, *shop, *till, *goods)))
    return Needs(balances=balances, counters=bound, depends_on_day=bool(bound))


def decide(sale: LateSale, book: Book) -> Decision:
    """Refuses what cannot be written down (goods that the catalogue never knew, a shop without an account) and what is
    beyond a bound.

    The bounds are what the programme has promised to stand for; more is for a person to accept.
    """
    day = _day(sale, book.scheme, book.today)
    sold = _at_the_price_shown(sale, book, day)
    _refuse_strange_shop(sale, book)
    points = sum(line.points for line in sold)
    counts = refuse_beyond(sale, points, day, book)
    # Nothing is refused below this line.
    paid = _paid(sale, points, day, book)
    missing = points + sum(entry.amount for entry in paid if entry.purse == "main")
    entries = paid
    if points:
        entries.append(Entry(*taker(sale.merchant), POINTS, points))
    entries += _goods(sale, sold, book)
    if _fen(sale) and sale.outlet is not None:
        entries.append(Entry(PROGRAMME, "cash_outside", "cash", -sale.cash_fen))
        entries.append(Entry(sale.outlet, "till", "cash", sale.cash_fen))
    return Decision(
        kind="late_sale",
        entries=tuple(entries),
        about=msgspec.structs.replace(about_late(sale), lines=sold, shortfall=missing, fen=_fen(sale)),
        happened_on=day,
        counts=counts,
        may_move_nothing=True,
    )


def about_late(sale: LateSale) -> About:
    """Whose sale it is, where and under which number, by which card and who acted; also of one that was refused."""
    shown = sale.shown
    return About(
        owner=sale.owner or None,
        outlet=sale.outlet,
        merchant=sale.merchant,
        terminal=sale.terminal,
        sequence=sale.sequence,
        card=None if shown is None else shown.card or None,
        acted_by=None if shown is None else shown.acted_by,
        proof=None if shown is None else shown.proof.value,
        approved_by=sale.approved_by,
    )


def _fen(sale: LateSale) -> int:
    """A shop's till is its own affair."""
    return sale.cash_fen if sale.outlet is not None else 0


def _refuse_strange_shop(sale: LateSale, book: Book) -> None:
    if sale.merchant is not None and BalanceKey(sale.merchant, "main", POINTS) not in book.balances:
        raise Refused(Reason.NOT_FOUND, owner=sale.merchant)


def _day(sale: LateSale, scheme: Scheme, today: date) -> date:
    return min(business_day(sale.happened_at, scheme.policy.time_zone), today)


def _at_the_price_shown(sale: LateSale, book: Book, day: date) -> tuple[SoldLine, ...]:
    """The label that the resident saw counts; without one, the price of that day."""
    sold = []
    for line in sale.lines:
        price = line.label_points
        if sale.outlet is not None and (price is None or line.item not in book.scheme.price_steps):
            price = book.scheme.price_then(line.item, day).points
        elif price is None:
            price = book.scheme.offer_price(sale.merchant or "", line.item, day).points
        sold.append(SoldLine(line.item, line.quantity, (price or 0) * line.quantity, offer=sale.outlet is None))
    return tuple(sold)


def _paid(sale: LateSale, points: int, day: date, book: Book) -> list[Entry]:
    """Buckets that were good on the day of the sale pay; the rest is owed, or borne by the programme if nobody can."""
    purse = book.balances.get(BalanceKey(sale.owner, "main", POINTS)) if pays(sale, book) else None
    if purse is not None and purse.is_closed:
        purse = None  # it has merged at this very moment: the programme bears it
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
