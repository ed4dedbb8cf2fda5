"""Spending policies: how much of what a household owns it may spend now, and out of which unit."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.cap import Cap, counter_name, limit_of
from ledger.core.counter import CounterKey
from ledger.core.effect import REDEEMING, ban_key
from ledger.core.period import Span, period_key, resets_on
from ledger.core.refusal import Reason, Refused
from ledger.core.title import Note, Slug

Amount = Annotated[int, Meta(ge=0, le=1_000_000_000)]


class GiftRatio(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How many gift points one earned point sets free; classes of households may have a ratio of their own."""

    per_earned: Annotated[int, Meta(ge=0, le=100)] = 1
    by_class: Annotated[dict[Slug, Annotated[int, Meta(ge=0, le=100)]], Meta(max_length=20)] = {}


class CashPart(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Part of a price may be paid in money: so many fen stand for one point, down to a least number of points."""

    fen_per_point: Annotated[int, Meta(ge=1, le=1_000_000)]
    least_points: Amount = 0


class Spending(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the programme keeps back. Everything left out keeps nothing back."""

    base: Amount = 0
    suspended_below: Amount = 0
    least_balance: Amount = 0
    least_spent: Amount = 0
    limits: Annotated[tuple[Cap, ...], Meta(max_length=10)] = ()
    gift: GiftRatio | None = None
    cash: CashPart | None = None
    goods: bool = True
    refunds: bool = True
    assumption: Note | None = None

    def __post_init__(self) -> None:
        if any(cap.per is Span.CAMPAIGN or limit_of(cap)[0] not in ("times", "points") for cap in self.limits):
            raise ValueError(
                "消费限制只用 times 或 points，按日历周期 / spending is limited in times or points a period"
            )


class Payment(Struct, frozen=True):
    """What is taken of each unit for one redemption."""

    points: int
    gift: int = 0
    fen: int = 0


class Spendable(Struct, frozen=True):
    """The most that can be paid now. `missing` is what keeps a suspended or short account from spending."""

    points: int
    gift: int
    suspended: bool = False
    missing: int = 0


def spendable(spending: Spending, points: int, gift: int = 0, household_class: str | None = None) -> Spendable:
    """Earned points above the base, and as many gift points as they set free."""
    if points < spending.suspended_below:
        return Spendable(0, 0, suspended=True, missing=spending.suspended_below - points)
    if points < spending.least_balance:
        return Spendable(0, 0, missing=spending.least_balance - points)
    free = max(0, points - spending.base)
    if spending.gift is None:
        return Spendable(free, 0)
    return Spendable(free, min(gift, free * _ratio(spending.gift, household_class)))


def payment(
    spending: Spending, price: int, balances: Mapping[str, int], household_class: str | None = None, cash_fen: int = 0
) -> Payment:
    """How a price is paid; refuses in this order: suspended, least amounts, cash, balance.

    Gift points go first, as far as the ratio lets them, because they can be spent in no other way.
    """
    points, gift = balances.get("points", 0), balances.get("gift", 0)
    able = spendable(spending, points, gift, household_class)
    if able.suspended:
        raise Refused(
            Reason.RIGHTS_SUSPENDED, available=points, required=spending.suspended_below, missing=able.missing
        )
    if able.missing:
        raise Refused(
            Reason.INSUFFICIENT_POINTS, required=spending.least_balance, available=points, missing=able.missing
        )
    if price < spending.least_spent:
        raise Refused(Reason.BELOW_LEAST, required=spending.least_spent, amount=price)
    left = price - _points_for_cash(spending, price, cash_fen)
    ratio = 0 if spending.gift is None else _ratio(spending.gift, household_class)
    from_gift = min(able.gift, left * ratio // (ratio + 1))
    if left - from_gift > able.points:
        available = able.points + able.gift
        raise Refused(Reason.INSUFFICIENT_POINTS, required=left, available=available, missing=left - available)
    return Payment(left - from_gift, from_gift, cash_fen)


def spending_keys(spending: Spending, owner: str, day: date) -> tuple[CounterKey, ...]:
    """The rows to lock before a redemption: a ban on redeeming, then each limit in the order of the file."""
    limits = (CounterKey(_limit_name(cap), owner, period_key(cap.per, day)) for cap in spending.limits)
    return (ban_key(REDEEMING, owner, day), *limits)


def spending_charges(
    spending: Spending, owner: str, day: date, points: int, used: Mapping[CounterKey, int]
) -> tuple[tuple[CounterKey, int], ...]:
    """What a redemption charges to its limits; refuses in this order: ban, then each limit."""
    ban, *keys = spending_keys(spending, owner, day)
    if used.get(ban, 0):
        raise Refused(Reason.RIGHTS_SUSPENDED, owner=owner, month=ban.period)
    charges = []
    for cap, key in zip(spending.limits, keys, strict=True):
        word, limit = limit_of(cap)
        number = 1 if word == "times" else points
        before = used.get(key, 0)
        if before + number > limit:
            again = resets_on(cap.per, day)
            resets = None if again is None else again.isoformat()
            raise Refused(Reason.LIMIT_REACHED, counter=key.counter, limit=limit, used=before, resets_on=resets)
        charges.append((key, number))
    return tuple(charges)


def _limit_name(cap: Cap) -> str:
    return counter_name("redeem", cap)


def _ratio(gift: GiftRatio, household_class: str | None) -> int:
    return gift.by_class.get(household_class or "", gift.per_earned)


def _points_for_cash(spending: Spending, price: int, cash_fen: int) -> int:
    if not cash_fen:
        return 0
    most = 0 if spending.cash is None else max(0, price - spending.cash.least_points)
    each = 1 if spending.cash is None else spending.cash.fen_per_point
    if cash_fen % each or cash_fen // each > most:
        raise Refused(Reason.CASH_NOT_ACCEPTED, fen=cash_fen, most=most * each)
    return cash_fen // each
