"""Campaigns, coefficients and bonuses: what changes an amount after it was valued."""

import enum
from datetime import date
from fractions import Fraction
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.activity import Facts
from ledger.core.condition import Condition, Missed, missed
from ledger.core.fact import fact_of
from ledger.core.measured import SomeAmount
from ledger.core.period import next_day
from ledger.core.ratio import Ratio, fraction, written
from ledger.core.refusal import Reason, Refused
from ledger.core.title import FactRef, Note, Slug, Title
from ledger.core.trace import Added, Multiplied, Step

NEAR_DAYS = 7
Whens = Annotated[tuple[Condition, ...], Meta(min_length=1, max_length=20)]


class Combine(enum.StrEnum):
    """What happens where several rules or campaigns fit: the best one, all together, or the first in the file."""

    BEST = "best"
    SUM = "sum"
    FIRST = "first"


class Campaign(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename={"from_": "from"}):
    """Some weeks in which rules or whole categories bring more, or in which rules of their own hold."""

    id: Slug
    title: Title
    from_: date
    until: date
    times: Ratio | None = None
    rules: Annotated[tuple[Slug, ...], Meta(max_length=200)] = ()
    categories: Annotated[tuple[Slug, ...], Meta(max_length=100)] = ()
    assumption: Note | None = None

    def __post_init__(self) -> None:
        if self.until < self.from_:
            raise ValueError("until 早于 from / `until` is before `from`")
        if (self.times is None) != (not self.rules and not self.categories):
            raise ValueError(
                "有 times 才写 rules 或 categories / `times` goes with the `rules` or `categories` it changes"
            )


class Factor(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A coefficient: by a choice (`of` and `table`), or one number `when` conditions hold."""

    title: Title
    of: FactRef | None = None
    table: Annotated[dict[Slug, Ratio], Meta(max_length=50)] = {}
    when: Annotated[tuple[Condition, ...], Meta(max_length=20)] = ()
    times: Ratio | None = None

    def __post_init__(self) -> None:
        by_choice = self.of is not None and bool(self.table)
        by_condition = bool(self.when) and self.times is not None
        if (
            by_choice == by_condition
            or (self.of is None) != (not self.table)
            or (self.times is None) != (not self.when)
        ):
            raise ValueError(
                "系数写 of 和 table，或写 when 和 times / a factor has `of` and `table`, or `when` and `times`"
            )


class Bonus(Struct, frozen=True, forbid_unknown_fields=True):
    """An amount on top when conditions hold, as for the organiser."""

    title: Title
    when: Whens
    amount: SomeAmount


def apply_factors(
    factors: tuple[Factor, ...], facts: Facts, unit: str, amount: Fraction | int, steps: list[Step]
) -> Fraction | int:
    """Coefficients multiply one after another, in the order of the file, without rounding between."""
    for factor in factors:
        if factor.of is not None:
            choice = fact_of(facts, factor.of)
            if choice is None:
                raise Refused(Reason.FACT_MISSING, fact=factor.of)
            if choice not in factor.table:
                raise Refused(Reason.UNKNOWN_CHOICE, fact=factor.of, choice=str(choice), choices=list(factor.table))
            amount = _multiply(amount, factor.table[str(choice)], unit, factor.title.en, str(choice), steps)
            continue
        miss = missed(factor.when, facts)
        if miss is None:
            assert factor.times is not None, "a factor without a table has a number"
            amount = _multiply(amount, factor.times, unit, factor.title.en, "", steps)
        else:
            steps.append(_near(miss, factor.title.en))
    return amount


def apply_bonuses(
    bonuses: tuple[Bonus, ...], facts: Facts, unit: str, amount: Fraction | int, steps: list[Step]
) -> Fraction | int:
    """Bonuses come after coefficients; one that is missed says what was wanting."""
    for bonus in bonuses:
        miss = missed(bonus.when, facts)
        if miss is None:
            amount += bonus.amount
            steps.append(Added(unit, bonus.title.en, bonus.amount, written(amount)))
        else:
            steps.append(_near(miss, bonus.title.en))
    return amount


def apply_campaigns(
    campaigns: tuple[Campaign, ...],
    combine: Combine | None,
    day: date,
    unit: str,
    amount: Fraction | int,
    steps: list[Step],
) -> Fraction | int:
    """Multipliers of the campaigns of the day. Two at once combine as the rulebook says: ×2 and ×3 `sum` to ×4."""
    running = [campaign for campaign in campaigns if campaign.from_ <= day <= campaign.until]
    if not running:
        steps += _just_missed(campaigns, day)
        return amount
    if combine is Combine.BEST:
        running = [max(running, key=_times)]
    elif combine is Combine.FIRST or combine is None:
        running = running[:1]
    times = max(Fraction(0), 1 + sum((_times(campaign) - 1 for campaign in running), Fraction(0)))
    names = "+".join(campaign.id for campaign in running)
    return _multiply(amount, written(times), unit, names, "campaign", steps)


def _times(campaign: Campaign) -> Fraction:
    assert campaign.times is not None, "only campaigns that multiply are compiled into rules"
    return fraction(campaign.times)


def _just_missed(campaigns: tuple[Campaign, ...], day: date) -> list[Missed]:
    """A campaign that began or ended within days is worth knowing of; one of last year is not."""
    misses = []
    for campaign in campaigns:
        if 0 < (campaign.from_ - day).days <= NEAR_DAYS:
            first = campaign.from_.isoformat()
            misses.append(Missed("happened_on", "from", first, day.isoformat(), campaign.id))
        if 0 < (day - campaign.until).days <= NEAR_DAYS:
            over = next_day(campaign.until).isoformat()
            misses.append(Missed("happened_on", "before", over, day.isoformat(), campaign.id))
    return misses


def _multiply(
    amount: Fraction | int, times: int | str, unit: str, why: str, found: str, steps: list[Step]
) -> Fraction | int:
    after = amount * fraction(times)
    steps.append(Multiplied(unit, why, found, str(times), written(amount), written(after)))
    return after


def _near(miss: Missed, what: str) -> Missed:
    return Missed(miss.fact, miss.test, miss.wanted, miss.found, what)
