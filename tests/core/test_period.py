"""Business days, period names and last good days."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.period import (
    CalendarEnd,
    FixedDay,
    Never,
    Rolling,
    Span,
    add_months,
    business_day,
    expires_on,
    first_day,
    last_day,
    notice_ends_on,
    period_key,
    resets_on,
)

DAYS = st.dates(date(1990, 1, 1), date(2200, 12, 31))
SPANS = st.sampled_from([span for span in Span if span not in (Span.EVER, Span.CAMPAIGN)])


def test_the_business_day_is_the_villages_day() -> None:
    late = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
    assert business_day(late, "Asia/Shanghai") == date(2027, 1, 1)
    assert business_day(late, "Europe/London") == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("span", "key"),
    [
        (Span.DAY, "2026-09-14"),
        (Span.WEEK, "2026-W38"),
        (Span.MONTH, "2026-09"),
        (Span.QUARTER, "2026-Q3"),
        (Span.HALF, "2026-H2"),
        (Span.YEAR, "2026"),
        (Span.EVER, "ever"),
    ],
)
def test_period_names(span: Span, key: str) -> None:
    assert period_key(span, date(2026, 9, 14)) == key


def test_a_week_belongs_to_the_year_of_its_thursday() -> None:
    assert period_key(Span.WEEK, date(2027, 1, 1)) == "2026-W53"


@given(SPANS, DAYS)
def test_a_period_holds_its_days_and_nothing_else(span: Span, day: date) -> None:
    first, last = first_day(span, day), last_day(span, day)
    assert first <= day <= last
    key = period_key(span, day)
    assert period_key(span, first) == key == period_key(span, last)
    assert period_key(span, first - timedelta(days=1)) != key
    assert period_key(span, last + timedelta(days=1)) != key
    assert resets_on(span, day) == last + timedelta(days=1)


def test_ever_never_starts_again() -> None:
    assert resets_on(Span.EVER, date(2026, 9, 1)) is None


@pytest.mark.parametrize(
    ("policy", "active_on", "last_good_day"),
    [
        (CalendarEnd(Span.YEAR), date(2026, 1, 1), date(2026, 12, 31)),
        (CalendarEnd(Span.YEAR), date(2026, 12, 31), date(2026, 12, 31)),
        (CalendarEnd(Span.YEAR, later=1), date(2026, 12, 31), date(2027, 12, 31)),
        (CalendarEnd(Span.QUARTER), date(2026, 2, 1), date(2026, 3, 31)),
        (CalendarEnd(Span.MONTH, later=2), date(2026, 12, 15), date(2027, 2, 28)),
        (Rolling(24), date(2026, 9, 10), date(2028, 9, 30)),
        (Rolling(1), date(2027, 1, 31), date(2027, 2, 28)),
        (FixedDay(date(2027, 6, 30)), date(2026, 9, 10), date(2027, 6, 30)),
        (Never(), date(2026, 9, 10), None),
        (None, date(2026, 9, 10), None),
    ],
)
def test_last_good_day(policy: object, active_on: date, last_good_day: date | None) -> None:
    assert expires_on(policy, active_on) == last_good_day  # type: ignore[arg-type]  # parametrised union


@given(st.integers(1, 600), DAYS)
def test_rolling_points_last_whole_months(months: int, day: date) -> None:
    last = expires_on(Rolling(months), day)
    assert last is not None
    assert (last + timedelta(days=1)).day == 1
    assert (last.year - day.year) * 12 + last.month - day.month == months


def test_the_calendar_has_an_end() -> None:
    assert add_months(date(9999, 6, 1), 12) == date.max


def test_objections_are_heard_to_the_end_of_the_notice() -> None:
    assert notice_ends_on(date(2026, 3, 16), 3) == date(2026, 3, 19)


@pytest.mark.parametrize("day", [date.min, date.max, date(9999, 12, 29), date(1, 1, 2)])
def test_the_ends_of_the_calendar_break_nothing(day: date) -> None:
    for span in Span:
        assert first_day(span, day) <= day <= last_day(span, day)
        assert resets_on(span, day) is None or resets_on(span, day) > day
        if span not in (Span.EVER, Span.CAMPAIGN):
            assert period_key(span, day)
            assert expires_on(CalendarEnd(span, later=40), day) >= day
    assert expires_on(Rolling(600), day) >= day
    assert notice_ends_on(day, 365) >= day
