"""The steps by which an award came about, as numbers: stored with the award, told in words by `explain.py`."""

from datetime import date

from msgspec import Struct

from ledger.core.condition import Missed
from ledger.core.effect import Effect
from ledger.core.period import Expiry, Span


class Fixed(Struct, frozen=True, tag_field="step", tag="fixed"):
    """The rule gives the same each time."""

    unit: str
    amount: int


class Counted(Struct, frozen=True, omit_defaults=True, tag_field="step", tag="counted"):
    """A quantity was divided into units: `counted` of `quantity` made `units` of `each`; `rest` made none.

    `brought` came from earlier activities and is counted with it.
    """

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
    brought: int | None = None


class LookedUp(Struct, frozen=True, tag_field="step", tag="looked_up"):
    """The amount stands in a table beside the answer."""

    unit: str
    fact: str
    found: str
    amount: int


class Deducted(Struct, frozen=True, tag_field="step", tag="deducted"):
    """From a maximum, so much was taken for each that was found; never below nothing."""

    unit: str
    fact: str
    start: int
    minus: int
    found: int
    amount: int


class Decided(Struct, frozen=True, omit_defaults=True, tag_field="step", tag="decided"):
    """A person settled the amount inside the rule's range."""

    unit: str
    low: int
    high: int
    amount: int
    choice: str = ""
    reason: str = ""


class Rated(Struct, frozen=True, tag_field="step", tag="rated"):
    """Several people gave marks, which were made into one: `mark` of `out_of`."""

    unit: str
    fact: str
    by: str
    ratings: tuple[int, ...]
    mark: str
    out_of: int
    best: int
    amount: int


Leaf = Fixed | Counted | LookedUp | Deducted | Decided | Rated


class PartLine(Struct, frozen=True, omit_defaults=True):
    """One part of a sheet: how it was valued and what of it counts."""

    part: str
    step: Leaf
    amount: str
    minus: bool = False


class Summed(Struct, frozen=True, tag_field="step", tag="summed"):
    """A sheet of several parts was added up."""

    unit: str
    parts: tuple[PartLine, ...]
    at_most: int | None
    amount: int


class Likened(Struct, frozen=True, tag_field="step", tag="likened"):
    """Nothing in the sheet fits; the deed was valued like the one that another rule describes."""

    unit: str
    rule: str
    valued: Leaf | Summed
    reason: str
    amount: int


Valued = Leaf | Summed | Likened


class Multiplied(Struct, frozen=True, tag_field="step", tag="multiplied"):
    """A coefficient or a campaign changed the amount; `why` is a fact, a campaign or a bonus."""

    unit: str
    why: str
    found: str
    times: str
    before: str
    after: str


class Added(Struct, frozen=True, tag_field="step", tag="added"):
    """A bonus came on top."""

    unit: str
    why: str
    amount: int
    after: str


class Rounded(Struct, frozen=True, tag_field="step", tag="rounded"):
    """Parts of a point were settled, once, at the end."""

    unit: str
    before: str
    after: int


class Bounded(Struct, frozen=True, tag_field="step", tag="bounded"):
    """The rule allows no more than this at once."""

    unit: str
    limit: int
    before: int


class Capped(Struct, frozen=True, omit_defaults=True, tag_field="step", tag="capped"):
    """A limit was looked at: `before` went in, `after` was left."""

    unit: str
    counter: str
    per: Span
    limit: int
    used: int
    before: int
    after: int
    resets_on: date | None
    over: str = "cut"


class CountedTimes(Struct, frozen=True, tag_field="step", tag="times"):
    """This was the `number`th of `limit` times in the period."""

    counter: str
    per: Span
    limit: int
    number: int


class Vouchered(Struct, frozen=True, tag_field="step", tag="vouchered"):
    """Points leave in vouchers of one size; what does not fill one is dropped."""

    each: int
    before: int
    after: int


class Lasts(Struct, frozen=True, tag_field="step", tag="lasts"):
    """How long the points stay good once they are active."""

    unit: str
    expiry: Expiry


class Noticed(Struct, frozen=True, tag_field="step", tag="noticed"):
    """The award is shown in public for some days before it can be spent."""

    notice_days: int


class Affected(Struct, frozen=True, tag_field="step", tag="affected"):
    """Something beside the amounts happens."""

    effect: Effect


class Placed(Struct, frozen=True, tag_field="step", tag="placed"):
    """The place in a period's ranking, with the total that led to it."""

    rank: str
    period: str
    total: int
    place: int
    amount: int


class Kept(Struct, frozen=True, tag_field="step", tag="kept"):
    """How many periods in a row were good."""

    streak: str
    periods: tuple[str, ...]
    amount: int


Step = (
    Valued
    | Missed
    | Multiplied
    | Added
    | Rounded
    | Bounded
    | Capped
    | CountedTimes
    | Vouchered
    | Lasts
    | Noticed
    | Affected
    | Placed
    | Kept
)


class Trace(Struct, frozen=True, omit_defaults=True):
    """One award's steps in the order in which they were taken. `takes` marks a deduction."""

    rule: str
    happened_on: date
    steps: tuple[Step, ...]
    takes: bool = False
