"""The terms of the merchant alliance: settlement cycle, hold window, refunds, commission; and offers by shops."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.item import Offer, OfferKind, Price
from ledger.core.period import Span, first_day, last_day, shifted
from ledger.core.ratio import Ratio, fraction
from ledger.core.title import Note, Title

ACTIVE = "active"
"""The one state in which a shop takes points."""


class Commission(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename={"from_": "from"}):
    """The share of a shop's points that the programme keeps from a day on."""

    from_: date
    share: Ratio
    assumption: Note | None = None

    def __post_init__(self) -> None:
        if fraction(self.share) > 1:
            raise ValueError("佣金不能超过全部 / a commission is at most all of it")


class Alliance(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How shops are paid. Left out: by the month, at once, without commission, and refunds have no end."""

    cycle: Span = Span.MONTH
    hold_days: Annotated[int, Meta(ge=0, le=365)] = 0
    refund_days: Annotated[int, Meta(ge=0, le=3650)] | None = None
    code_seconds: Annotated[int, Meta(ge=30, le=3600)] = 180
    commissions: Annotated[tuple[Commission, ...], Meta(max_length=200)] = ()
    assumption: Note | None = None

    def __post_init__(self) -> None:
        if self.cycle in (Span.EVER, Span.CAMPAIGN):
            raise ValueError(
                "结算周期为日、周、月、季、半年或年 / a cycle is a day, week, month, quarter, half or year"
            )
        days = [commission.from_ for commission in self.commissions]
        if days != sorted(set(days)):
            raise ValueError("佣金须按日期先后排列 / commissions stand in the order of their days")


class ApprovedOffer(Struct, frozen=True):
    """A price that a shop proposed and another person approved, with its first day."""

    merchant: str
    offer: str
    title: Title
    kind: OfferKind
    points: int
    from_: date


def commission_on(terms: Alliance, day: date) -> Fraction:
    """The share in force on a day; none before the first one."""
    shares = [commission.share for commission in terms.commissions if commission.from_ <= day]
    return fraction(shares[-1]) if shares else Fraction(0)


def due_through(terms: Alliance, today: date) -> date:
    """The last day of the latest cycle that is over and whose hold window has passed."""
    return first_day(terms.cycle, shifted(today, -terms.hold_days)) - timedelta(days=1)


def next_due_on(terms: Alliance, today: date) -> date:
    """The first day on which the cycle that is still running, or held, can be settled."""
    running = last_day(terms.cycle, due_through(terms, today) + timedelta(days=1))
    return shifted(running, 1 + terms.hold_days)


def with_approved(
    published: dict[tuple[str, str], Offer], approved: Sequence[ApprovedOffer]
) -> dict[tuple[str, str], Offer]:
    """Offers of the catalogue, and the prices that were approved since; on the same day the approval counts."""
    offers = dict(published)
    for one in approved:
        key = (one.merchant, one.offer)
        before = offers.get(key)
        prices = {} if before is None else {price.from_: price for price in before.prices}
        prices[one.from_] = Price(label=1, from_=one.from_, points=one.points)
        offers[key] = Offer(id=one.offer, title=one.title, kind=one.kind, prices=_labelled(prices))
    return offers


def _labelled(prices: dict[date, Price]) -> tuple[Price, ...]:
    """In the order of their days, each label higher than the one before."""
    labelled: list[Price] = []
    for day in sorted(prices):
        label = max(prices[day].label, labelled[-1].label + 1 if labelled else 1)
        labelled.append(Price(label=label, from_=day, points=prices[day].points, cash=prices[day].cash))
    return tuple(labelled)
