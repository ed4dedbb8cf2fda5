"""Streaks: so many good periods in a row bring a bonus or a plaque."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.batch import BatchLine
from ledger.core.measured import Amount
from ledger.core.period import Span, first_day, period_key
from ledger.core.title import Note, Slug, Title
from ledger.core.trace import Kept
from ledger.core.unit import RuleUnit

PeriodName = Annotated[str, Meta(max_length=40)]


class StreakExample(Struct, frozen=True, forbid_unknown_fields=True):
    """What a household earned period by period, the first one first, and what the last period then brings."""

    totals: Annotated[tuple[Annotated[int, Meta(ge=0, le=10**9)], ...], Meta(min_length=1, max_length=100)]
    expect: Annotated[int, Meta(ge=0, le=10**9)]


class Streak(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`periods` in a row with at least `least` of what the rules count; `again` repeats it after as many more."""

    id: Slug
    title: Title
    category: Slug
    per: Span
    periods: Annotated[int, Meta(ge=2, le=60)]
    rules: Annotated[tuple[Slug, ...], Meta(min_length=1, max_length=200)]
    amount: Amount = 0
    counts: RuleUnit = RuleUnit.POINTS
    least: Annotated[int, Meta(ge=1, le=10**9)] = 1
    unit: RuleUnit = RuleUnit.POINTS
    again: bool = False
    honour: Slug | None = None
    examples: Annotated[tuple[StreakExample, ...], Meta(max_length=20)] = ()
    assumption: Note | None = None

    def __post_init__(self) -> None:
        if self.per in (Span.EVER, Span.CAMPAIGN):
            raise ValueError("连续须按日历周期 / a streak counts periods of the calendar")
        if not self.amount and self.honour is None:
            raise ValueError("须写 amount 或 honour / a streak brings an `amount` or an `honour`")


def streak_lines(streak: Streak, day: date, totals: Mapping[str, Mapping[str, int]]) -> tuple[BatchLine, ...]:
    """Whose run of good periods reaches the length in the period of `day`. Totals are by owner, then by period name."""
    lines = []
    for owner in sorted(totals):
        run = run_ending(streak, day, totals[owner])
        reached = len(run) == streak.periods or (streak.again and run and len(run) % streak.periods == 0)
        if reached:
            why = Kept(streak.id, run[-streak.periods :], streak.amount)
            lines.append(BatchLine(owner, streak.unit.value, streak.amount, why))
    return tuple(lines)


def run_ending(streak: Streak, day: date, totals: Mapping[str, int]) -> tuple[str, ...]:
    """The unbroken run of good periods up to the period of `day`, earliest first."""
    run: list[str] = []
    while totals.get(period_key(streak.per, day), 0) >= streak.least:
        run.append(period_key(streak.per, day))
        first = first_day(streak.per, day)
        if first == date.min:
            break
        day = first - timedelta(days=1)
    return tuple(reversed(run))
