"""Values that people settle: a panel inside a range, a discretion with its reason, marks of several raters."""

import enum
from collections import Counter
from fractions import Fraction
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.activity import Facts
from ledger.core.measured import Amount, Rounding, SomeAmount, choice_of, units_of
from ledger.core.ratio import written
from ledger.core.refusal import Reason, Refused
from ledger.core.title import FactRef, Slug
from ledger.core.trace import Decided, Rated


class Bounds(Struct, frozen=True, forbid_unknown_fields=True, rename={"low": "min", "high": "max"}):
    """The least and the most that may be decided."""

    low: Amount
    high: SomeAmount

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("min 大于 max / `min` is more than `max`")


class Range(
    Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="range", rename={"low": "min", "high": "max"}
):
    """A panel or an inspector decides between `min` and `max`."""

    low: Amount
    high: SomeAmount

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("min 大于 max / `min` is more than `max`")


class RangeBy(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="range_by"):
    """An inspector first gives a grade, then decides inside that grade's range."""

    of: FactRef
    ranges: Annotated[dict[Slug, Bounds], Meta(min_length=1, max_length=50)]


class Discretionary(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="discretionary"):
    """Case by case, up to a maximum, and never without a written reason."""

    at_most: SomeAmount


class RatedBy(enum.StrEnum):
    """How several marks become one. `trimmed_mean` leaves out the highest and the lowest."""

    MEAN = "mean"
    TRIMMED_MEAN = "trimmed_mean"
    MEDIAN = "median"
    MAJORITY = "majority"


class Ratings(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="ratings"):
    """Marks of several raters, each of `out_of`, become up to `amount`; with too few raters there is no result."""

    of: FactRef
    by: RatedBy
    amount: SomeAmount
    out_of: SomeAmount
    raters: Annotated[int, Meta(ge=1, le=100)] = 1
    rounding: Rounding = Rounding.NEAREST

    def __post_init__(self) -> None:
        if self.by is RatedBy.TRIMMED_MEAN and self.raters < 3:
            raise ValueError("去掉最高最低分至少要有三人评分 / a trimmed mean needs three raters at least")


def decide(facts: Facts, unit: str, low: int, high: int, grade: str = "") -> Decided:
    """What the panel wrote down, refused outside the range."""
    if facts.decision is None:
        raise Refused(Reason.FACT_MISSING, fact="decision")
    amount = facts.decision.amount
    if not low <= amount <= high:
        raise Refused(Reason.DECISION_OUT_OF_RANGE, amount=amount, min=low, max=high)
    return Decided(unit, low, high, amount, grade, facts.decision.reason)


def decide_by_grade(value: RangeBy, facts: Facts, unit: str) -> Decided:
    """The grade chooses the range."""
    grade = choice_of(facts, value.of)
    bounds = value.ranges.get(grade)
    if bounds is None:
        raise Refused(Reason.UNKNOWN_CHOICE, fact=value.of, choice=grade, choices=list(value.ranges))
    return decide(facts, unit, bounds.low, bounds.high, grade)


def decide_with_reason(value: Discretionary, facts: Facts, unit: str) -> Decided:
    """Without a reason nobody could check it later."""
    if facts.decision is not None and not facts.decision.reason.strip():
        raise Refused(Reason.FACT_MISSING, fact="decision.reason")
    return decide(facts, unit, 0, value.at_most)


def rate(value: Ratings, facts: Facts, unit: str) -> Rated:
    """One mark out of many, and its share of the amount."""
    marks = facts.ratings.get(value.of, ())
    if len(marks) < value.raters:
        raise Refused(Reason.FACT_MISSING, fact=value.of, raters=len(marks), required=value.raters)
    if max(marks) > value.out_of:
        raise Refused(Reason.DECISION_OUT_OF_RANGE, amount=max(marks), min=0, max=value.out_of)
    mark = _one_mark(value.by, sorted(marks))
    share = mark * value.amount / value.out_of
    amount = units_of(share.numerator, share.denominator, value.rounding)
    return Rated(unit, value.of, value.by.value, tuple(marks), written(mark), value.out_of, value.amount, amount)


def _one_mark(by: RatedBy, marks: list[int]) -> Fraction:
    match by:
        case RatedBy.MEAN:
            return Fraction(sum(marks), len(marks))
        case RatedBy.TRIMMED_MEAN:
            return Fraction(sum(marks[1:-1]), len(marks) - 2)
        case RatedBy.MEDIAN:
            middle = len(marks) // 2
            return Fraction(marks[middle] + marks[-middle - 1], 2)
        case RatedBy.MAJORITY:
            # Of marks given equally often the lowest counts: nobody gains by a split vote.
            often = Counter(marks)
            return Fraction(min(often, key=lambda mark: (-often[mark], mark)))
