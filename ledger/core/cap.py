"""Limits: how often, or how much, one subject may earn in one period."""

import enum
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.activity import Facts
from ledger.core.counter import PROGRAMME, CounterKey
from ledger.core.period import Span, period_key
from ledger.core.refusal import Reason, Refused


class Subject(enum.StrEnum):
    """Whose use is counted."""

    RECIPIENT = "recipient"
    PERSON = "person"
    HOUSEHOLD = "household"
    MERCHANT = "merchant"
    AREA = "area"
    PROGRAMME = "programme"


class Cap(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """At most so many `times`, or so many `points`, in one period; points beyond it are cut off."""

    per: Span
    times: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    points: Annotated[int, Meta(ge=1, le=1_000_000_000)] | None = None
    of: Subject = Subject.RECIPIENT

    def __post_init__(self) -> None:
        if (self.times is None) == (self.points is None):
            raise ValueError("一个上限写 times 或 points 之一 / a limit has either `times` or `points`")


def counter_name(scope: str, cap: Cap) -> str:
    """What the stored row is called: `hazard-snapshot/month/times`, with the subject when it is not the recipient."""
    what = "points" if cap.times is None else "times"
    of = "" if cap.of is Subject.RECIPIENT else f"/{cap.of}"
    return f"{scope}/{cap.per}/{what}{of}"


def counter_key(name: str, cap: Cap, facts: Facts, recipient: str) -> CounterKey:
    """The row that this activity uses up."""
    return CounterKey(name, _subject(cap.of, facts, recipient), period_key(cap.per, facts.happened_on))


def _subject(of: Subject, facts: Facts, recipient: str) -> str:
    """Asked for a household's limit, an activity without a household is refused rather than counted nowhere."""
    if of is Subject.RECIPIENT:
        return recipient
    if of is Subject.PROGRAMME:
        return PROGRAMME
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
