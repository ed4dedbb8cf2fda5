"""How much a rule gives before limits: the closed list of ways in which villages put a number on a deed."""

import enum
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.activity import Facts
from ledger.core.refusal import Reason, Refused
from ledger.core.title import Slug
from ledger.core.trace import Counted, Decided, Fixed, Valued

Amount = Annotated[int, Meta(ge=0, le=1_000_000)]
SomeAmount = Annotated[int, Meta(ge=1, le=1_000_000)]


class Rounding(enum.StrEnum):
    """What becomes of a part of a unit. `nearest` takes half a unit up."""

    DOWN = "down"
    NEAREST = "nearest"
    UP = "up"


class FixedValue(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="fixed"):
    """The same amount each time."""

    amount: SomeAmount


class PerUnit(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="per_unit"):
    """So much for each hour, kilogram or N pieces of a quantity; `at_most` bounds the quantity of one activity."""

    of: Slug
    each: SomeAmount
    amount: SomeAmount
    rounding: Rounding = Rounding.DOWN
    at_most: SomeAmount | None = None


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

    of: Slug
    ranges: Annotated[dict[Slug, Bounds], Meta(min_length=1, max_length=50)]


Value = FixedValue | PerUnit | Range | RangeBy


def value_of(value: Value, facts: Facts, unit: str) -> Valued:
    """The step that puts a number on the activity; refused when a fact that it needs is missing."""
    match value:
        case FixedValue(amount=amount):
            return Fixed(unit, amount)
        case PerUnit():
            return _count(value, facts, unit)
        case Range(low=low, high=high):
            return _decide(facts, unit, low, high, "")
        case RangeBy():
            return _decide_by_grade(value, facts, unit)


def most_of(value: Value) -> int | None:
    """The most that one activity can bring; None where nothing bounds it."""
    match value:
        case FixedValue(amount=amount):
            return amount
        case PerUnit(at_most=None):
            return None
        case PerUnit(each=each, amount=amount, at_most=at_most, rounding=rounding):
            return _units(at_most or 0, each, rounding) * amount
        case Range(high=high):
            return high
        case RangeBy(ranges=ranges):
            return max(bounds.high for bounds in ranges.values())


def facts_of(value: Value) -> tuple[tuple[str, str], ...]:
    """The facts that the value looks at, each as (name, type)."""
    match value:
        case PerUnit(of=fact):
            return ((fact, "quantity"),)
        case RangeBy(of=fact):
            return ((fact, "choice"),)
        case _:
            return ()


def _count(value: PerUnit, facts: Facts, unit: str) -> Valued:
    quantity = facts.quantities.get(value.of)
    if quantity is None:
        raise Refused(Reason.FACT_MISSING, fact=value.of)
    counted = quantity if value.at_most is None else min(quantity, value.at_most)
    units = _units(counted, value.each, value.rounding)
    rest = max(0, counted - units * value.each)
    return Counted(
        unit, value.of, quantity, counted, value.each, units, value.amount, units * value.amount, rest, value.rounding
    )


def _units(quantity: int, each: int, rounding: Rounding) -> int:
    if rounding is Rounding.DOWN:
        return quantity // each
    if rounding is Rounding.UP:
        return -(-quantity // each)
    return (2 * quantity + each) // (2 * each)


def _decide_by_grade(value: RangeBy, facts: Facts, unit: str) -> Valued:
    grade = facts.choices.get(value.of)
    if grade is None:
        raise Refused(Reason.FACT_MISSING, fact=value.of)
    bounds = value.ranges.get(grade)
    if bounds is None:
        raise Refused(Reason.UNKNOWN_CHOICE, fact=value.of, choice=grade, choices=list(value.ranges))
    return _decide(facts, unit, bounds.low, bounds.high, grade)


def _decide(facts: Facts, unit: str, low: int, high: int, grade: str) -> Valued:
    if facts.decision is None:
        raise Refused(Reason.FACT_MISSING, fact="decision")
    amount = facts.decision.amount
    if not low <= amount <= high:
        raise Refused(Reason.DECISION_OUT_OF_RANGE, amount=amount, min=low, max=high)
    return Decided(unit, low, high, amount, grade, facts.decision.reason)
