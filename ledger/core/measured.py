"""Values that follow from what was counted, weighed, graded or dated: nobody decides, everybody can reckon them."""

import enum
from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.activity import Facts
from ledger.core.fact import fact_of
from ledger.core.refusal import Reason, Refused
from ledger.core.title import FactRef, Slug
from ledger.core.trace import Counted, Deducted, Fixed, LookedUp

Amount = Annotated[int, Meta(ge=0, le=1_000_000)]
SomeAmount = Annotated[int, Meta(ge=1, le=1_000_000)]


class Rounding(enum.StrEnum):
    """What becomes of a part of a unit. `nearest` takes half a unit up."""

    DOWN = "down"
    NEAREST = "nearest"
    UP = "up"


class Remainder(enum.StrEnum):
    """Whether what fills no unit is dropped or waits for the next time."""

    DROP = "drop"
    CARRY = "carry"


class FixedValue(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="fixed"):
    """The same amount each time."""

    amount: SomeAmount


class PerUnit(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="per_unit"):
    """So much for each hour, kilogram or N pieces of a quantity; `at_most` bounds the quantity of one activity."""

    of: FactRef
    each: SomeAmount
    amount: SomeAmount
    rounding: Rounding = Rounding.DOWN
    at_most: SomeAmount | None = None
    remainder: Remainder = Remainder.DROP

    def __post_init__(self) -> None:
        if self.remainder is Remainder.CARRY and self.rounding is not Rounding.DOWN:
            raise ValueError("余数结转时不再取整 / a remainder that is carried is not rounded")


class Table(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="table"):
    """An amount for each choice: levels from the nation to the community, grades, stars, colours."""

    of: FactRef
    amounts: Annotated[dict[Slug, Amount], Meta(min_length=1, max_length=100)]


class Band(Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """The amount from this quantity on."""

    from_: Amount
    amount: Amount


class Bands(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="bands"):
    """An amount by how much it was: the highest band that the quantity reaches."""

    of: FactRef
    bands: Annotated[tuple[Band, ...], Meta(min_length=1, max_length=100)]

    def __post_init__(self) -> None:
        starts = [band.from_ for band in self.bands]
        if starts != sorted(set(starts)):
            raise ValueError("分段须由低到高 / bands stand from the lowest to the highest")


class Deadline(Struct, frozen=True, forbid_unknown_fields=True):
    """The amount for whoever was ready by this day."""

    until: date
    amount: Amount


class Deadlines(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="deadlines"):
    """An amount by how early it was: the first cut-off day that was kept; after the last one, nothing."""

    of: FactRef
    deadlines: Annotated[tuple[Deadline, ...], Meta(min_length=1, max_length=50)]

    def __post_init__(self) -> None:
        days = [deadline.until for deadline in self.deadlines]
        if days != sorted(set(days)):
            raise ValueError("截止日期须由早到晚 / deadlines stand from the earliest to the latest")


class DeductFrom(
    Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="deduct_from", rename={"start": "max"}
):
    """A maximum less so much for each that was found, never below nothing."""

    start: SomeAmount
    minus: SomeAmount
    of: FactRef


def count(value: PerUnit, facts: Facts, unit: str, brought: int | None = None) -> Counted:
    """`brought` is what earlier activities handed in altogether; only its remainder matters."""
    quantity = quantity_of(facts, value.of)
    counted = quantity if value.at_most is None else min(quantity, value.at_most)
    before = 0 if brought is None else brought % value.each
    units = units_of(before + counted, value.each, value.rounding)
    rest = max(0, before + counted - units * value.each)
    return Counted(
        unit=unit,
        fact=value.of,
        quantity=quantity,
        counted=counted,
        each=value.each,
        units=units,
        per_unit=value.amount,
        amount=units * value.amount,
        rest=rest,
        rounding=value.rounding.value,
        brought=None if brought is None else before,
    )


def units_of(quantity: int, each: int, rounding: Rounding) -> int:
    """How many units a quantity makes."""
    if rounding is Rounding.DOWN:
        return quantity // each
    if rounding is Rounding.UP:
        return -(-quantity // each)
    return (2 * quantity + each) // (2 * each)


def look_up(value: Table, facts: Facts, unit: str) -> LookedUp:
    """A choice that the table leaves out is refused with those that it has."""
    choice = choice_of(facts, value.of)
    if choice not in value.amounts:
        raise Refused(Reason.UNKNOWN_CHOICE, fact=value.of, choice=choice, choices=list(value.amounts))
    return LookedUp(unit, value.of, choice, value.amounts[choice])


def find_band(value: Bands, facts: Facts, unit: str) -> LookedUp:
    """Below the lowest band there is nothing."""
    quantity = quantity_of(facts, value.of)
    amount = 0
    for band in value.bands:
        if band.from_ > quantity:
            break
        amount = band.amount
    return LookedUp(unit, value.of, str(quantity), amount)


def find_deadline(value: Deadlines, facts: Facts, unit: str) -> LookedUp:
    """The day itself is still in time."""
    day = fact_of(facts, value.of)
    if not isinstance(day, date):
        raise Refused(Reason.FACT_MISSING, fact=value.of)
    amount = next((deadline.amount for deadline in value.deadlines if day <= deadline.until), 0)
    return LookedUp(unit, value.of, day.isoformat(), amount)


def deduct(value: DeductFrom, facts: Facts, unit: str) -> Deducted:
    """What is left of the maximum after what was found."""
    found = quantity_of(facts, value.of)
    return Deducted(unit, value.of, value.start, value.minus, found, max(0, value.start - found * value.minus))


def fixed(value: FixedValue, unit: str) -> Fixed:
    """What the sheet prints."""
    return Fixed(unit, value.amount)


def quantity_of(facts: Facts, name: str) -> int:
    """Refused by name when nobody counted it."""
    quantity = facts.quantities.get(name)
    if quantity is None:
        answer = fact_of(facts, name)
        if not isinstance(answer, int) or isinstance(answer, bool):
            raise Refused(Reason.FACT_MISSING, fact=name)
        return answer
    return quantity


def choice_of(facts: Facts, name: str) -> str:
    """Refused by name when nobody chose."""
    choice = fact_of(facts, name)
    if not isinstance(choice, str):
        raise Refused(Reason.FACT_MISSING, fact=name)
    return choice
