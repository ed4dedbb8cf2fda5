"""What may be sold without a network: by a terminal, to an account, and by a helper; more is for a person to accept."""

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from ledger.core.book import Book
from ledger.core.card import CardPolicy, Proof, lowest, require_was_active
from ledger.core.command import LateSale
from ledger.core.counter import CounterKey
from ledger.core.period import Span, period_key
from ledger.core.refusal import Reason, Refused

ACCEPTABLE = frozenset({
    Reason.BEYOND_BOUND, Reason.CARD_UNKNOWN, Reason.CARD_BLOCKED, Reason.CARD_REPLACED, Reason.CARD_PENDING,
    Reason.HELPER_ENDED,
})  # fmt: skip
"""Refusals behind which goods were handed over all the same: whoever answers for the programme may accept them."""


class Bound(Struct, frozen=True):
    """The most at once and a day in points, of which each may be none, and what counts the day's."""

    name: str
    counter: CounterKey
    at_once: int | None
    a_day: int | None


def bound_keys(sale: LateSale, policy: CardPolicy, day: date) -> tuple[CounterKey, ...]:
    """The counters to lock: of those bounds that have a day's limit."""
    return tuple(bound.counter for bound in _bounds(sale, policy, day) if bound.a_day is not None)


def refuse_beyond(sale: LateSale, points: int, day: date, book: Book) -> tuple[tuple[CounterKey, int], ...]:
    """What the sale uses up; refuses in this order: the card as it was then, a number alone, each bound at once and a
    day. Nothing is refused that somebody has accepted.
    """
    if sale.approved_by is not None:
        return ()
    if sale.shown is not None:
        require_was_active(sale.shown.card, book.cards.get(sale.shown.card), sale.happened_at)
        if sale.shown.proof is Proof.NUMBER:
            raise Refused(Reason.BEYOND_BOUND, bound="number_alone", required=points, limit=0, used=0)
    counts = []
    for bound in _bounds(sale, book.scheme.policy.cards, day):
        if bound.at_once is not None and points > bound.at_once:
            raise Refused(Reason.BEYOND_BOUND, bound=bound.name, required=points, limit=bound.at_once, used=0)
        if bound.a_day is None:
            continue
        used = book.used[bound.counter]
        if used + points > bound.a_day:
            name = bound.name.replace("sale", "day")
            raise Refused(Reason.BEYOND_BOUND, bound=name, required=points, limit=bound.a_day, used=used)
        counts.append((bound.counter, points))
    return tuple(counts) if points else ()


def pays(sale: LateSale, book: Book) -> bool:
    """Not with a card that was blocked, replaced or not yet handed out: what it bought is the programme's loss."""
    if sale.shown is None:
        return True
    try:
        require_was_active(sale.shown.card, book.cards.get(sale.shown.card), sale.happened_at)
    except Refused:
        return False
    return True


def _bounds(sale: LateSale, policy: CardPolicy, day: date) -> Iterator[Bound]:
    """By the account, not by the card: neither a second card nor a sale that names no card is a second allowance."""
    if sale.approved_by is not None:
        return
    today = period_key(Span.DAY, day)
    yield Bound("sale", CounterKey("late/points", sale.terminal, today), sale.sale_max, sale.day_max)
    account = CounterKey("late/account", sale.owner, today)
    yield Bound("card_sale", account, policy.offline_per_sale, policy.offline_per_day)
    helper = None if sale.shown is None else sale.shown.helper
    if helper is not None:
        at_once = lowest(policy.helper_per_spend, helper.per_spend)
        a_day = lowest(policy.helper_per_day, helper.per_day)
        yield Bound("helper_sale", CounterKey("late/helper", helper.id, today), at_once, a_day)
