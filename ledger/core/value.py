"""How much a rule gives before limits: the closed list of ways in which villages put a number on a deed."""

from fractions import Fraction
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core import judged, measured
from ledger.core.activity import Facts
from ledger.core.fact import FactType
from ledger.core.judged import Discretionary, Range, RangeBy, Ratings
from ledger.core.measured import (
    Bands,
    Deadlines,
    DeductFrom,
    FixedValue,
    PerUnit,
    Remainder,
    Rounding,
    SomeAmount,
    Table,
    units_of,
)
from ledger.core.ratio import Ratio, fraction, written
from ledger.core.title import Slug, Title
from ledger.core.trace import Leaf, PartLine, Summed

LeafValue = FixedValue | PerUnit | Table | Bands | Deadlines | DeductFrom | Range | RangeBy | Discretionary | Ratings


class Part(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One row of a sheet: its own value, bounded, weighted, added or, with `minus`, taken away."""

    id: Slug
    title: Title
    value: LeafValue
    at_most: SomeAmount | None = None
    weight: Ratio = 1
    minus: bool = False


class Parts(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="parts"):
    """A sheet of parts that are added up, such as a month's inspection of 100; never below nothing."""

    parts: Annotated[tuple[Part, ...], Meta(min_length=1, max_length=60)]
    at_most: SomeAmount | None = None
    rounding: Rounding = Rounding.NEAREST


class ByAnalogy(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="by_analogy"
):
    """A deed that no rule lists is valued like one that is listed; the panel names that rule and says why."""

    rules: Annotated[tuple[Slug, ...], Meta(min_length=1, max_length=200)]


Value = LeafValue | Parts | ByAnalogy


def value_of(value: LeafValue | Parts, facts: Facts, unit: str, brought: int | None = None) -> Leaf | Summed:
    """The step that puts a number on the activity; refused when a fact that it needs is missing."""
    if isinstance(value, Parts):
        return _sum(value, facts, unit)
    return _leaf(value, facts, unit, brought)


def carries(value: Value) -> bool:
    """Whether a remainder waits for the next time, so that a counter must remember it."""
    return isinstance(value, PerUnit) and value.remainder is Remainder.CARRY


def most_of(value: Value) -> int | None:
    """The most that one activity can bring; None where nothing bounds it."""
    match value:
        case FixedValue(amount=amount) | Ratings(amount=amount):
            return amount
        case PerUnit(at_most=None) | ByAnalogy():
            return None
        case PerUnit(each=each, amount=amount, at_most=at_most, rounding=rounding):
            return units_of(at_most or 0, each, rounding) * amount
        case Table(amounts=amounts):
            return max(amounts.values())
        case Bands(bands=bands):
            return max(band.amount for band in bands)
        case Deadlines(deadlines=deadlines):
            return max(deadline.amount for deadline in deadlines)
        case DeductFrom(start=most) | Range(high=most) | Discretionary(at_most=most):
            return most
        case RangeBy(ranges=ranges):
            return max(bounds.high for bounds in ranges.values())
        case Parts():
            return _most_of_parts(value)


def facts_of(value: Value) -> tuple[tuple[str, FactType, tuple[str, ...]], ...]:
    """The facts that the value looks at: name, type, and the choices that it names."""
    match value:
        case PerUnit(of=fact) | Bands(of=fact) | DeductFrom(of=fact):
            return ((fact, FactType.QUANTITY, ()),)
        case Table(of=fact, amounts=amounts):
            return ((fact, FactType.CHOICE, tuple(amounts)),)
        case RangeBy(of=fact, ranges=ranges):
            return ((fact, FactType.CHOICE, tuple(ranges)),)
        case Deadlines(of=fact):
            return ((fact, FactType.DAY, ()),)
        case Ratings(of=fact):
            return ((fact, FactType.RATING, ()),)
        case Parts(parts=parts):
            return tuple(fact for part in parts for fact in facts_of(part.value))
        case _:
            return ()


def settle(number: Fraction | int, rounding: Rounding) -> int:
    """A whole number, once, at the end."""
    if isinstance(number, int):
        return number
    return units_of(number.numerator, number.denominator, rounding)


def _leaf(value: LeafValue, facts: Facts, unit: str, brought: int | None = None) -> Leaf:
    match value:
        case FixedValue():
            return measured.fixed(value, unit)
        case PerUnit():
            return measured.count(value, facts, unit, brought)
        case Table():
            return measured.look_up(value, facts, unit)
        case Bands():
            return measured.find_band(value, facts, unit)
        case Deadlines():
            return measured.find_deadline(value, facts, unit)
        case DeductFrom():
            return measured.deduct(value, facts, unit)
        case Range(low=low, high=high):
            return judged.decide(facts, unit, low, high)
        case RangeBy():
            return judged.decide_by_grade(value, facts, unit)
        case Discretionary():
            return judged.decide_with_reason(value, facts, unit)
        case Ratings():
            return judged.rate(value, facts, unit)


def _sum(value: Parts, facts: Facts, unit: str) -> Summed:
    lines = []
    total: Fraction | int = 0
    for part in value.parts:
        step = _leaf(part.value, facts, unit)
        counted = step.amount if part.at_most is None else min(step.amount, part.at_most)
        weighted = counted if part.weight == 1 else counted * fraction(part.weight)
        total += -weighted if part.minus else weighted
        lines.append(PartLine(part.id, step, written(weighted), part.minus))
    amount = max(0, settle(total, value.rounding))
    if value.at_most is not None:
        amount = min(amount, value.at_most)
    return Summed(unit, tuple(lines), value.at_most, amount)


def _most_of_parts(value: Parts) -> int | None:
    if value.at_most is not None:
        return value.at_most
    total = Fraction(0)
    for part in value.parts:
        most = part.at_most if part.at_most is not None else most_of(part.value)
        if part.minus:
            continue
        if most is None:
            return None
        total += most * fraction(part.weight)
    return settle(total, value.rounding)
