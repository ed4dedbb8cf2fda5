"""Openings and resets: the base that everybody starts with, and how a balance returns to it."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.period import Span
from ledger.core.unit import RuleUnit

Base = Annotated[int, Meta(ge=0, le=1_000_000)]


class Opening(Struct, frozen=True, forbid_unknown_fields=True):
    """What a new account holder starts with."""

    unit: RuleUnit
    amount: Base


class PeriodReset(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """At the end of each period a balance returns to the base; up to `carry` above it is kept."""

    unit: RuleUnit
    every: Span
    to: Base = 0
    carry: Base = 0

    def __post_init__(self) -> None:
        if self.every in (Span.EVER, Span.CAMPAIGN):
            raise ValueError("清零须按日历周期 / a reset comes with a period of the calendar")


def reset_differences(reset: PeriodReset, balances: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """What each owner gains (base refilled) or loses, in the order of their ids; who stands right is left out."""
    differences = []
    for owner in sorted(balances):
        kept = reset.to + min(reset.carry, max(0, balances[owner] - reset.to))
        if kept != balances[owner]:
            differences.append((owner, kept - balances[owner]))
    return tuple(differences)
