"""Business days of a time zone, the periods they lie in, and the last good day of what was earned."""

import calendar
import enum
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct


class Span(enum.StrEnum):
    """How long a limit lasts before it starts again."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"
    EVER = "ever"
    CAMPAIGN = "campaign"


class Never(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="never"):
    """Points stay good for ever."""


class CalendarEnd(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="calendar"
):
    """Points lapse with the end of the period in which they became active, or `later` whole periods after it."""

    end_of: Span
    later: Annotated[int, Meta(ge=0, le=40)] = 0

    def __post_init__(self) -> None:
        if self.end_of in (Span.EVER, Span.CAMPAIGN):
            raise ValueError("按日历失效须是日历周期 / a calendar expiry ends with a period of the calendar")


class Rolling(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="rolling"):
    """Points last this many months and are then good until the end of that month."""

    months: Annotated[int, Meta(ge=1, le=600)]


class FixedDay(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="until"):
    """Points are good until one day that the programme has announced."""

    day: date


Expiry = Never | CalendarEnd | Rolling | FixedDay


def business_day(instant: datetime, time_zone: str) -> date:
    """The day on the village's wall calendar at that instant."""
    assert instant.tzinfo is not None, "an instant without a zone names no day"
    return instant.astimezone(ZoneInfo(time_zone)).date()


@lru_cache(maxsize=4096)
def period_key(span: Span, day: date) -> str:
    """The name of the period that holds the day, as counters store it: 2026-W37, 2026-09, 2026-Q3, ever."""
    if span is Span.DAY:
        return day.isoformat()
    if span is Span.WEEK:
        iso = day.isocalendar()
        return f"{iso.year:04d}-W{iso.week:02d}"
    if span is Span.MONTH:
        return f"{day.year:04d}-{day.month:02d}"
    if span is Span.QUARTER:
        return f"{day.year:04d}-Q{(day.month + 2) // 3}"
    if span is Span.HALF:
        return f"{day.year:04d}-H{(day.month + 5) // 6}"
    if span is Span.YEAR:
        return f"{day.year:04d}"
    assert span is Span.EVER, "the period of a campaign is the campaign's own name"
    return "ever"


def first_day(span: Span, day: date) -> date:
    """The day on which the period that holds `day` began."""
    if span is Span.DAY:
        return day
    if span is Span.WEEK:
        return day - timedelta(days=day.weekday())
    if span in (Span.EVER, Span.CAMPAIGN):
        return date.min
    length = _MONTHS[span]
    return date(day.year, (day.month - 1) // length * length + 1, 1)


@lru_cache(maxsize=4096)
def last_day(span: Span, day: date) -> date:
    """The last day of the period that holds `day`."""
    if span is Span.DAY:
        return day
    if span is Span.WEEK:
        return shifted(day, 6 - day.weekday())
    if span in (Span.EVER, Span.CAMPAIGN):
        return date.max
    return month_end(add_months(first_day(span, day), _MONTHS[span] - 1))


@lru_cache(maxsize=4096)
def resets_on(span: Span, day: date) -> date | None:
    """The first day on which a limit of this span counts from zero again; None when it never does."""
    last = last_day(span, day)
    return None if last == date.max else last + timedelta(days=1)


def shifted(day: date, days: int) -> date:
    """So many days later or earlier, within the calendar: an odd date is refused or useless, never a crash."""
    return date.fromordinal(min(max(day.toordinal() + days, 1), date.max.toordinal()))


def next_day(day: date) -> date:
    """The day after, or the calendar's last day where there is none."""
    return shifted(day, 1)


def month_end(day: date) -> date:
    """The last day of that day's month."""
    return date(day.year, day.month, calendar.monthrange(day.year, day.month)[1])


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day where it is shorter; stops at the calendar's end."""
    total = day.year * 12 + day.month - 1 + months
    if total >= 10_000 * 12:
        return date.max
    year, month = divmod(total, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def expires_on(policy: Expiry | None, active_on: date) -> date | None:
    """The last good day of points that became active on a day; None means never."""
    match policy:
        case CalendarEnd(end_of=span, later=later):
            end = last_day(span, active_on)
            for _ in range(later):
                end = last_day(span, next_day(end))
            return end
        case Rolling(months=months):
            return month_end(add_months(active_on, months))
        case FixedDay(day=day):
            return day
        case _:
            return None


def notice_ends_on(shown_on: date, notice_days: int) -> date:
    """The last day on which an objection is heard; points become active the day after."""
    return shifted(shown_on, notice_days)


_MONTHS = {Span.MONTH: 1, Span.QUARTER: 3, Span.HALF: 6, Span.YEAR: 12}
