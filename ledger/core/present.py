"""A card at the counter: refused when it is no longer good, and limited in what it pays without a PIN."""

from collections.abc import Iterator
from datetime import date

from ledger.core.book import Book
from ledger.core.card import CardPolicy, Proof, Shown, lowest, require_active
from ledger.core.command import Hold, Redeem
from ledger.core.counter import CounterKey
from ledger.core.period import Span, period_key, resets_on
from ledger.core.refusal import Reason, Refused

Sale = Redeem | Hold


def refuse_card(sale: Sale, book: Book) -> None:
    """As it stands under the lock: a card that was blocked a moment ago pays nothing any more."""
    if sale.shown is None:
        return
    standing = book.cards.get(sale.shown.card)
    if standing is None:
        raise Refused(Reason.CARD_UNKNOWN)
    require_active(standing.state, sale.shown.card, None, is_helper_gone=standing.is_helper_gone)


def card_keys(sale: Sale, policy: CardPolicy, day: date) -> tuple[CounterKey, ...]:
    """The counters of what was spent without a PIN, and of a helper."""
    return tuple(dict.fromkeys(key for key, _ in _limits(sale, policy, day)))


def card_counts(sale: Sale, points: int, book: Book) -> tuple[tuple[CounterKey, int], ...]:
    """What a sale uses up; refuses in this order: a number alone, a helper's limits, more than the card alone pays."""
    shown, policy = sale.shown, book.scheme.policy.cards
    if shown is None:
        return ()
    if shown.proof is Proof.NUMBER:
        raise Refused(Reason.PIN_NEEDED, required=points, limit=0, used=0)
    if shown.helper is not None:
        at_once = lowest(policy.helper_per_spend, shown.helper.per_spend)
        if at_once is not None and points > at_once:
            raise Refused(Reason.LIMIT_REACHED, counter="helper/spend", limit=at_once, used=0, resets_on=None)
    counts = []
    for key, limit in _limits(sale, policy, book.limits_on):
        used = book.used[key]
        if used + points > limit:
            _refuse_over(key, limit, used, points, book)
        counts.append((key, points))
    return tuple(counts) if points else ()


def is_limited(sale: object) -> bool:
    """Whether its counters must be those of the business day for certain."""
    return isinstance(sale, Sale) and sale.shown is not None


def _refuse_over(key: CounterKey, limit: int, used: int, points: int, book: Book) -> None:
    if key.counter.startswith("card"):
        raise Refused(Reason.PIN_NEEDED, required=points, limit=limit, used=used)
    resets = resets_on(Span.DAY, book.limits_on)
    told = None if resets is None else resets.isoformat()
    raise Refused(Reason.LIMIT_REACHED, counter=key.counter, limit=limit, used=used, resets_on=told)


def _limits(sale: Sale, policy: CardPolicy, day: date) -> Iterator[tuple[CounterKey, int]]:
    """By the account, not by the card: a second card of the same household is no second allowance."""
    shown, today = sale.shown, period_key(Span.DAY, day)
    if shown is None:
        return
    if shown.helper is not None:
        yield from _helper_limit(shown, policy, today)
    if shown.proof is Proof.CARD:
        if policy.by_card_alone_per_day is not None:
            yield CounterKey("card/points", sale.owner, today), policy.by_card_alone_per_day
        if policy.by_card_alone_per_merchant is not None and sale.merchant is not None:
            counter = f"card/points/{sale.merchant}"
            yield CounterKey(counter, sale.owner, today), policy.by_card_alone_per_merchant


def _helper_limit(shown: Shown, policy: CardPolicy, today: str) -> Iterator[tuple[CounterKey, int]]:
    assert shown.helper is not None, "asked of a helper's card"
    a_day = lowest(policy.helper_per_day, shown.helper.per_day)
    if a_day is not None:
        yield CounterKey("helper/points", shown.helper.id, today), a_day
