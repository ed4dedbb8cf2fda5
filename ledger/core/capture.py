"""Capture: a hold becomes a redemption, whole or in part; what is left over is released with it."""

from collections import Counter

from ledger.core.account import POINTS, PROGRAMME, item_unit
from ledger.core.book import Book, Decision, Needs, Prior, Source
from ledger.core.command import Capture
from ledger.core.counter import CounterKey
from ledger.core.grace import release
from ledger.core.limits_back import limits_back
from ledger.core.refusal import Reason, Refused
from ledger.core.sale import quantities, taker
from ledger.core.transaction import About, Entry, PostedEntry, SoldLine
from ledger.core.void import held_needs


def needs(capture: Capture, prior: Prior) -> Needs:
    return held_needs(capture.transaction, prior)


def decide(capture: Capture, book: Book) -> Decision:
    """Refuses in this order: find the hold, ended before, the shop's state, more than was held."""
    hold = book.source(capture.transaction, "hold")
    book.open_item(capture.transaction)
    book.scheme.require_active(hold.about.merchant)
    taken = _taken_lines(capture, hold)
    # Nothing is refused below this line.
    counts: Counter[CounterKey] = Counter(dict(limits_back(hold, taken)))
    entries = [*_points(hold, sum(line.points for line in taken), book, counts), *_goods(hold, taken)]
    about = About(
        owner=hold.about.owner,
        outlet=hold.about.outlet,
        merchant=hold.about.merchant,
        lines=taken,
        follows=hold.transaction,
    )
    return Decision(
        kind="capture", entries=tuple(entries), about=about, counts=tuple(counts.items()), ends=hold.transaction
    )


def _taken_lines(capture: Capture, hold: Source) -> tuple[SoldLine, ...]:
    if not capture.lines:
        return hold.about.lines
    held = quantities(hold.about.lines)
    prices = {line.item: line.points // line.quantity for line in hold.about.lines}
    offer = hold.about.merchant is not None
    taken = [
        SoldLine(line.item, line.quantity, prices.get(line.item, 0) * line.quantity, offer) for line in capture.lines
    ]
    for item, quantity in quantities(taken).items():
        if quantity > held.get(item, 0):
            raise Refused(Reason.MORE_THAN_THERE_WAS, item=item, required=quantity, left=held.get(item, 0))
    return tuple(taken)


def _points(hold: Source, points: int, book: Book, counts: Counter[CounterKey]) -> list[Entry]:
    """Buckets pay nearest expiry first, as they were held; the rest goes back to `main`."""
    entries = []
    missing = points
    for held in held_buckets(hold):
        part = min(held.amount, missing)
        missing -= part
        entries.append(Entry(held.owner, "held", held.unit, -held.amount, held.expires_on))
        if part:
            entries.append(Entry(*taker(hold.about.merchant), held.unit, part))
        if held.amount > part:
            entries += release(held, held.amount - part, book, counts)
    return entries


def _goods(hold: Source, taken: tuple[SoldLine, ...]) -> list[Entry]:
    if hold.about.outlet is None:
        return []
    entries = []
    captured = quantities(taken)
    for item, quantity in quantities(hold.about.lines).items():
        sold = captured.get(item, 0)
        entries.append(Entry(hold.about.outlet, "reserved", item_unit(item), -quantity))
        if sold:
            entries.append(Entry(PROGRAMME, "redeemed", item_unit(item), sold))
        if quantity > sold:
            entries.append(Entry(hold.about.outlet, "stock", item_unit(item), quantity - sold))
    return entries


def held_buckets(hold: Source) -> list[PostedEntry]:
    """What the hold put aside; earned points pay first, for gift points may not be spent without them."""
    held = [entry for entry in hold.entries if entry.purse == "held"]
    return sorted(held, key=lambda entry: entry.unit != POINTS)
