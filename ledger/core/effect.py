"""Effects beside amounts: honours won and lost, and the vetoes that villages write."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.activity import Facts
from ledger.core.counter import CounterKey
from ledger.core.period import Span, last_day, next_day, period_key
from ledger.core.title import Slug
from ledger.core.unit import RuleUnit


class ZeroBalance(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="zero_balance"):
    """What the account holds of a unit is taken away now."""

    unit: RuleUnit = RuleUnit.POINTS


class ZeroActivity(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="zero_activity"):
    """What these rules gave for the activity that this one is about is reversed."""

    rules: Annotated[tuple[Slug, ...], Meta(min_length=1, max_length=50)]


class BanEarning(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="ban_earning"
):
    """No points for the account until the end of the period, or of `later` further periods."""

    until_end_of: Span
    later: Annotated[int, Meta(ge=0, le=20)] = 0

    def __post_init__(self) -> None:
        _must_end(self.until_end_of)


class BanRedeeming(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="ban_redeeming"
):
    """No redemption for the account until the end of the period, or of `later` further periods."""

    until_end_of: Span
    later: Annotated[int, Meta(ge=0, le=20)] = 0

    def __post_init__(self) -> None:
        _must_end(self.until_end_of)


class GainHonour(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="gain_honour"):
    """A plaque, star or title that counts no points."""

    honour: Slug


class LoseHonour(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="lose_honour"):
    """The plaque comes off the door; points are not touched."""

    honour: Slug


def _must_end(span: Span) -> None:
    """A ban is kept as one count a month; one without an end would never be written down."""
    if span in (Span.EVER, Span.CAMPAIGN):
        raise ValueError("禁令须按日历周期结束 / a ban ends with a period of the calendar")


Effect = ZeroBalance | ZeroActivity | BanEarning | BanRedeeming | GainHonour | LoseHonour

EARNING = "ban/earning"
REDEEMING = "ban/redeeming"


def honour_keys(effect: Effect, recipient: str) -> tuple[CounterKey, ...]:
    """How often the account has gained an honour, and how often it lost one that it had."""
    if not isinstance(effect, GainHonour | LoseHonour):
        return ()
    gained = CounterKey(f"honour/{effect.honour}", recipient, "ever")
    lost = CounterKey(f"honour-lost/{effect.honour}", recipient, "ever")
    return (gained,) if isinstance(effect, GainHonour) else (gained, lost)


def honour_counts(effect: Effect, recipient: str, used: Mapping[CounterKey, int]) -> tuple[tuple[CounterKey, int], ...]:
    """An honour is on the door while it was gained more often than lost; one that is not there cannot be lost.

    A reversal gives back what it counted, so it takes down a gained honour and puts up a lost one.
    """
    keys = honour_keys(effect, recipient)
    if len(keys) < 2:
        return tuple((key, 1) for key in keys)
    gained, lost = keys
    standing = used.get(gained, 0) - used.get(lost, 0)
    return ((lost, standing),) if standing > 0 else ()


def banned_until(ban: BanEarning | BanRedeeming, day: date) -> date:
    """The last day of the ban: the end of this period, or of a later one (`later: 1` is this and the next)."""
    last = last_day(ban.until_end_of, day)
    for _ in range(ban.later):
        last = last_day(ban.until_end_of, next_day(last))
    return last


def ban_counts(effect: Effect, recipient: str, facts: Facts) -> tuple[tuple[CounterKey, int], ...]:
    """A ban is one count in each month that it covers: reversing it lifts it, two bans need two reversals."""
    if not isinstance(effect, BanEarning | BanRedeeming):
        return ()
    name = EARNING if isinstance(effect, BanEarning) else REDEEMING
    last, day, counts = banned_until(effect, facts.happened_on), facts.happened_on, []
    while day <= last:
        counts.append((ban_key(name, recipient, day), 1))
        day = next_day(last_day(Span.MONTH, day))
        if day == date.max:
            break
    return tuple(counts)


def ban_key(name: str, recipient: str, day: date) -> CounterKey:
    """The row that says whether an account is banned in the month of a day: banned when it is not zero."""
    return CounterKey(name, recipient, period_key(Span.MONTH, day))
