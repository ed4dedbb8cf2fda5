"""What points are worth in money: exact fractions, each with the day from which it holds."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.refusal import Reason, Refused
from ledger.core.title import Note

Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Fen = Annotated[int, Meta(ge=0, le=100_000_000, description="fen, a hundredth of a yuan")]


class Rate(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename={"from_": "from"}):
    """So many points are worth so many fen from a day on."""

    from_: date
    points: Count
    fen: Fen
    assumption: Note | None = None


class HourRate(Struct, frozen=True, forbid_unknown_fields=True, rename={"low": "min_fen", "high": "max_fen"}):
    """Between what limits a shop may price an hour of service."""

    low: Fen
    high: Fen

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("min_fen 大于 max_fen / `min_fen` is more than `max_fen`")


def rate_on(rates: Sequence[Rate], day: date) -> Fraction | None:
    """Fen a point on that day; None before the first rate."""
    in_force = [rate for rate in rates if rate.from_ <= day]
    if not in_force:
        return None
    latest = max(in_force, key=lambda rate: rate.from_)
    return Fraction(latest.fen, latest.points)


def worth_fen(rates: Sequence[Rate], points: int, day: date) -> int | None:
    """What points are worth on a day, whole fen, what is left of a fen dropped."""
    rate = rate_on(rates, day)
    return None if rate is None else int(rate * points)


def refuse_hour_price(rate: HourRate, fen: int) -> None:
    """A shop's price for an hour lies inside the alliance's limits."""
    if not rate.low <= fen <= rate.high:
        raise Refused(Reason.DECISION_OUT_OF_RANGE, amount=fen, min=rate.low, max=rate.high)
