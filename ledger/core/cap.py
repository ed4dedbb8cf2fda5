"""Limits: how often, or how much, one subject may earn in one period."""

import enum
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.activity import Facts
from ledger.core.counter import PROGRAMME, CounterKey
from ledger.core.period import Span, period_key
from ledger.core.refusal import Reason, Refused
from ledger.core.title import Slug

Times = Annotated[int, Meta(ge=1, le=1_000_000)]
Limit = Annotated[int, Meta(ge=1, le=1_000_000_000)]


class Subject(enum.StrEnum):
    """Whose use is counted. A `record` is one slip or hour, which so counts once anywhere."""

    RECIPIENT = "recipient"
    PERSON = "person"
    HOUSEHOLD = "household"
    MERCHANT = "merchant"
    AREA = "area"
    PROGRAMME = "programme"
    RECORD = "record"


class Over(enum.StrEnum):
    """What becomes of an amount that does not fit: cut off, refused as a whole, or given to the donation pool."""

    CUT = "cut"
    REFUSE = "refuse"
    POOL = "pool"


class Cap(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """At most so many `times`, or so much of one unit, in one period."""

    per: Span
    times: Times | None = None
    points: Limit | None = None
    gift: Limit | None = None
    score: Limit | None = None
    minutes: Limit | None = None
    of: Subject = Subject.RECIPIENT
    over: Over = Over.CUT

    def __post_init__(self) -> None:
        if sum(limit is not None for limit in (self.times, self.points, self.gift, self.score, self.minutes)) != 1:
            raise ValueError(
                "一个上限只写一种：times、points、gift、score 或 minutes / "
                "a limit has one of `times`, `points`, `gift`, `score`, `minutes`"
            )
        if self.over is Over.POOL and self.minutes is None:
            raise ValueError("只有服务时长可以转入公益池 / only service minutes overflow to the pool")


class Budget(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the whole programme may issue in a period: no more points than its fund can back."""

    per: Span
    points: Limit
    category: Slug | None = None
    over: Over = Over.REFUSE


UNIT_OF_LIMIT = {"points": "points", "gift": "gift", "score": "score", "minutes": "service_minutes"}


def limit_of(cap: Cap) -> tuple[str, int]:
    """The word of the limit and its number: ("times", 4) or ("points", 100)."""
    for word in ("times", "points", "gift", "score", "minutes"):
        number: int | None = getattr(cap, word)
        if number is not None:
            return word, number
    raise AssertionError("a limit has a number")


def counter_name(scope: str, cap: Cap) -> str:
    """What the stored row is called: `hazard-snapshot/month/times`, with the subject when it is not the recipient."""
    of = "" if cap.of is Subject.RECIPIENT else f"/{cap.of}"
    return f"{scope}/{cap.per}/{limit_of(cap)[0]}{of}"


def counter_key(name: str, cap: Cap, facts: Facts, recipient: str, campaign: str | None) -> CounterKey:
    """The row that this activity uses up; a campaign is its own period."""
    if cap.per is Span.CAMPAIGN:
        assert campaign is not None, "a limit per campaign stands in a rule of a campaign"
        return CounterKey(name, _subject(cap.of, facts, recipient), campaign)
    return CounterKey(name, _subject(cap.of, facts, recipient), period_key(cap.per, facts.happened_on))


def _subject(of: Subject, facts: Facts, recipient: str) -> str:
    """Asked for a household's limit, an activity without a household is refused rather than counted nowhere."""
    if of is Subject.RECIPIENT:
        return recipient
    if of is Subject.PROGRAMME:
        return PROGRAMME
    if of is Subject.RECORD:
        if facts.record is None:
            raise Refused(Reason.FACT_MISSING, fact="record")
        return facts.record
    if of is Subject.AREA:
        area = _area(facts)
        if area is None:
            raise Refused(Reason.FACT_MISSING, fact="household.area")
        return area
    owner = {Subject.PERSON: facts.person, Subject.HOUSEHOLD: facts.household, Subject.MERCHANT: facts.merchant}[of]
    if owner is None:
        raise Refused(Reason.FACT_MISSING, fact=of.value)
    return owner.id


def _area(facts: Facts) -> str | None:
    for owner in (facts.household, facts.person, facts.merchant):
        if owner is not None and owner.area is not None:
            return owner.area
    return None
