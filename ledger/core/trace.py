"""The steps by which an award came about, as numbers: stored with the award, told in words by `explain.py`."""

from datetime import date

from msgspec import Struct

from ledger.core.period import Expiry, Span


class Fixed(Struct, frozen=True, tag_field="step", tag="fixed"):
    """The rule gives the same each time."""

    unit: str
    amount: int


class Counted(Struct, frozen=True, omit_defaults=True, tag_field="step", tag="counted"):
    """A quantity was divided into units: `counted` of `quantity` made `units` of `each`; `rest` made none."""

    unit: str
    fact: str
    quantity: int
    counted: int
    each: int
    units: int
    per_unit: int
    amount: int
    rest: int = 0
    rounding: str = "down"


class Decided(Struct, frozen=True, omit_defaults=True, tag_field="step", tag="decided"):
    """A person settled the amount inside the rule's range."""

    unit: str
    low: int
    high: int
    amount: int
    choice: str = ""
    reason: str = ""


class Capped(Struct, frozen=True, tag_field="step", tag="capped"):
    """A limit was looked at: `before` went in, `after` was left."""

    unit: str
    counter: str
    per: Span
    limit: int
    used: int
    before: int
    after: int
    resets_on: date | None


class CountedTimes(Struct, frozen=True, tag_field="step", tag="times"):
    """This was the `number`th of `limit` times in the period."""

    counter: str
    per: Span
    limit: int
    number: int


class Lasts(Struct, frozen=True, tag_field="step", tag="lasts"):
    """How long the points stay good once they are active."""

    unit: str
    expiry: Expiry


class Noticed(Struct, frozen=True, tag_field="step", tag="noticed"):
    """The award is shown in public for some days before it can be spent."""

    notice_days: int


Valued = Fixed | Counted | Decided
Step = Valued | Capped | CountedTimes | Lasts | Noticed


class Trace(Struct, frozen=True):
    """One award's steps in the order in which they were taken."""

    rule: str
    happened_on: date
    steps: tuple[Step, ...]
