"""Refund: goods come back whole or in part, points return to the buckets they came from, never more than was paid."""

from datetime import date

from ledger.core.account import POINTS, PROGRAMME, BalanceKey, item_unit
from ledger.core.book import Book, Decision, Needs, Prior, Source
from ledger.core.cash import refuse_short_till
from ledger.core.command import Refund, RefundLine
from ledger.core.counter import CounterKey, refunded_pieces, refunded_points, reversals
from ledger.core.period import shifted
from ledger.core.refusal import Reason, Refused
from ledger.core.sale import quantities, taker
from ledger.core.transaction import About, Entry, SoldLine
from ledger.core.void import release_day

REFUNDABLE = ("redeem", "capture")
SPENT_UNITS = (POINTS, "gift")


def needs(refund: Refund, prior: Prior) -> Needs:
    sale = prior.sources.get(refund.transaction)
    if sale is None or sale.kind not in REFUNDABLE:
        return Needs()
    items = quantities(sale.about.lines)
    outlet = sale.about.outlet
    goods = () if outlet is None else tuple(BalanceKey(outlet, "stock", item_unit(item)) for item in items)
    counted = tuple(refunded_pieces(refund.transaction, item) for item in items)
    paid = dict.fromkeys(entry.unit for entry in sale.entries if entry.unit in SPENT_UNITS)
    purses = tuple(BalanceKey(sale.about.owner or "", "main", unit) for unit in paid)
    till = () if outlet is None or not sale.about.fen else (BalanceKey(outlet, "till", "cash"),)
    return Needs(
        balances=(*purses, *till, *goods),
        counters=(refunded_points(refund.transaction), reversals(refund.transaction), *counted),
    )


def decide(refund: Refund, book: Book) -> Decision:
    """Refuses in this order: find the sale, reversed before, a shop's window is over, more than was sold, too little
    cash in the till.
    """
    sale = book.source(refund.transaction, *REFUNDABLE)
    if book.used[reversals(refund.transaction)]:
        raise Refused(Reason.ALREADY_REVERSED, transaction=refund.transaction)
    _refuse_late(sale, book)
    lines = _lines(refund, sale, book)
    returned = _returned(lines, sale)
    points = sum(line.points for line in returned)
    fen = _fen_back(sale, points, book)
    if fen and sale.about.outlet is not None:
        refuse_short_till(sale.about.outlet, fen, book)
    # Nothing is refused below this line.
    counts: dict[CounterKey, int] = {refunded_points(sale.transaction): points} if points else {}
    for item, quantity in quantities(returned).items():
        counts[refunded_pieces(sale.transaction, item)] = quantity
    about = About(
        owner=sale.about.owner,
        outlet=sale.about.outlet,
        merchant=sale.about.merchant,
        lines=returned,
        follows=sale.transaction,
        note=refund.note,
    )
    entries = (*_money_back(sale, points, book), *_goods_back(lines, sale.about.outlet))
    return Decision(kind="refund", entries=entries, about=about, counts=tuple(counts.items()))


def _refuse_late(sale: Source, book: Book) -> None:
    """A shop takes back what it sold for as many days as the programme says."""
    days = book.scheme.policy.alliance.refund_days
    if sale.about.merchant is None or days is None:
        return
    last = shifted(sale.effective_on, days)
    if book.today > last:
        raise Refused(
            Reason.REFUND_WINDOW_OVER,
            days=days,
            sold_on=sale.effective_on.isoformat(),
            last_day=last.isoformat(),
            today=book.today.isoformat(),
        )


def _lines(refund: Refund, sale: Source, book: Book) -> tuple[RefundLine, ...]:
    sold = quantities(sale.about.lines)
    left = {item: quantity - book.used[refunded_pieces(sale.transaction, item)] for item, quantity in sold.items()}
    lines = refund.lines or tuple(RefundLine(item, rest, refund.goods) for item, rest in left.items() if rest)
    if not lines:
        raise Refused(Reason.MORE_THAN_THERE_WAS, transaction=sale.transaction, left=0)
    for line in lines:
        rest = left.get(line.item, 0)
        if line.quantity > rest:
            raise Refused(Reason.MORE_THAN_THERE_WAS, item=line.item, required=line.quantity, left=rest)
        left[line.item] = rest - line.quantity
    return lines


def _returned(lines: tuple[RefundLine, ...], sale: Source) -> tuple[SoldLine, ...]:
    """At the price that was paid, whatever the label says today."""
    prices = {line.item: line.points // line.quantity for line in sale.about.lines}
    offer = sale.about.merchant is not None
    return tuple(SoldLine(line.item, line.quantity, prices[line.item] * line.quantity, offer) for line in lines)


def _money_back(sale: Source, points: int, book: Book) -> list[Entry]:
    """Points and cash in the proportion in which they paid, counted on what has come back in all, so nothing is lost.

    Buckets get back what they paid, the one taken last first; what earlier refunds gave back is passed over.
    """
    price = sum(line.points for line in sale.about.lines)
    buckets = _paid_buckets(sale)
    paid = sum(amount for _, _, amount in buckets)
    before = book.used[refunded_points(sale.transaction)]
    passed, after = (paid * part // max(price, 1) for part in (before, before + points))
    entries = _buckets_back(sale, buckets, passed, after - passed, book)
    fen = _fen_back(sale, points, book)
    if fen and sale.about.outlet is not None:
        entries.append(Entry(sale.about.outlet, "till", "cash", -fen))
        entries.append(Entry(PROGRAMME, "cash_outside", "cash", fen))
    return entries


def _fen_back(sale: Source, points: int, book: Book) -> int:
    price = max(sum(line.points for line in sale.about.lines), 1)
    before = book.used[refunded_points(sale.transaction)]
    return sale.about.fen * (before + points) // price - sale.about.fen * before // price


def _buckets_back(
    sale: Source, buckets: list[tuple[str, date, int]], passed: int, missing: int, book: Book
) -> list[Entry]:
    entries = []
    for unit, day, paid in reversed(buckets):
        left = paid - min(paid, passed)
        passed -= paid - left
        part = min(left, missing)
        missing -= part
        if part:
            entries.append(Entry(*taker(sale.about.merchant), unit, -part))
            entries.append(Entry(sale.about.owner or "", "main", unit, part, release_day(day, book)))
    assert missing == 0, "no more comes back than was paid"
    return entries


def _goods_back(lines: tuple[RefundLine, ...], outlet: str | None) -> list[Entry]:
    if outlet is None:
        return []
    entries = []
    for line in lines:
        owner, purse = (outlet, "stock") if line.goods == "restock" else (PROGRAMME, "written_off")
        entries.append(Entry(PROGRAMME, "redeemed", item_unit(line.item), -line.quantity))
        entries.append(Entry(owner, purse, item_unit(line.item), line.quantity))
    return entries


def _paid_buckets(sale: Source) -> list[tuple[str, date, int]]:
    """Units, days and amounts that paid, in the order in which they were taken."""
    spent = [entry for entry in sale.entries if entry.unit in SPENT_UNITS]
    if sale.kind == "redeem":
        return [(entry.unit, entry.expires_on, -entry.amount) for entry in spent if entry.purse == "main"]
    # A capture empties each held bucket and then says how much of it was taken.
    paid = []
    day = date.min
    for entry in spent:
        if entry.purse == "held":
            day = entry.expires_on
        elif entry.purse != "main":
            paid.append((entry.unit, day, entry.amount))
    return paid
