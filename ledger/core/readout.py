"""Read-outs: what others derive from points without spending them, such as a loan's rate or a card's tier."""

import enum
from fractions import Fraction
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.ratio import Ratio, fraction
from ledger.core.title import Note, Slug, Title
from ledger.core.unit import RuleUnit


class Measure(enum.StrEnum):
    """What the value of a read-out is."""

    PERCENT = "percent"
    TIER = "tier"


class Slope(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="slope"):
    """`start` less `minus` for every `each` points, in proportion and not in steps, down to `floor`."""

    start: Ratio
    minus: Ratio
    each: Annotated[int, Meta(ge=1, le=1_000_000)]
    floor: Ratio = 0


class Tier(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename={"from_": "from"}):
    """What counts from so many points on."""

    from_: Annotated[int, Meta(ge=0, le=1_000_000_000)]
    title: Title
    value: Ratio = 0


class Tiers(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="tiers"):
    """The highest step that the points reach."""

    tiers: Annotated[tuple[Tier, ...], Meta(min_length=1, max_length=50)]

    def __post_init__(self) -> None:
        starts = [tier.from_ for tier in self.tiers]
        if starts != sorted(set(starts)):
            raise ValueError("档位须由低到高 / tiers stand from the lowest to the highest")


class Readout(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that a bank, a shop or the village reads off a balance."""

    id: Slug
    title: Title
    by: Slope | Tiers
    measure: Measure = Measure.PERCENT
    unit: RuleUnit = RuleUnit.POINTS
    assumption: Note | None = None


def read_out(readout: Readout, points: int) -> Fraction | Tier | None:
    """The value on a slope, or the tier that was reached; None below the first tier."""
    match readout.by:
        case Slope(start=start, minus=minus, each=each, floor=floor):
            value = fraction(start) - fraction(minus) * Fraction(max(0, points), each)
            return max(value, fraction(floor))
        case Tiers(tiers=tiers):
            reached = [tier for tier in tiers if tier.from_ <= points]
            return reached[-1] if reached else None
