"""The types of programme.yaml: who holds accounts, in which units, and when points lapse or may be spent."""

import enum
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from ledger.core.alliance import Alliance
from ledger.core.baseline import Opening, PeriodReset
from ledger.core.cap import Budget
from ledger.core.card import CardPolicy
from ledger.core.cover import CoverPolicy
from ledger.core.dividend import Dividend
from ledger.core.period import CalendarEnd, Expiry, FixedDay, Never, Rolling
from ledger.core.rate import HourRate, Rate
from ledger.core.readout import Readout
from ledger.core.spending import Spending
from ledger.core.time_bank import TimeBank
from ledger.core.title import Note, Slug, Title
from ledger.core.unit import RuleUnit


class AccountHolder(enum.StrEnum):
    """Who owns the points: one account a family, or one a person."""

    HOUSEHOLD = "household"
    MEMBER = "member"


class LabelPolicy(enum.StrEnum):
    """What a counter does whose shelf label shows an old price."""

    REFUSE = "refuse"
    HONOUR = "honour"


class Weekday(enum.StrEnum):
    """Days of the week in the order of the calendar."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class EveryDay(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="every_day"):
    """Redemption on any day."""


class Weekly(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="weekly"):
    """Redemption on these days of the week."""

    days: Annotated[tuple[Weekday, ...], Meta(min_length=1, max_length=7)]


class Monthly(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="monthly"):
    """Redemption on these days of the month."""

    days: Annotated[tuple[Annotated[int, Meta(ge=1, le=31)], ...], Meta(min_length=1, max_length=31)]


class Listed(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="listed"):
    """Redemption on days that were announced one by one, such as those of a fair."""

    days: Annotated[tuple[date, ...], Meta(min_length=1, max_length=366)]


RedemptionDays = EveryDay | Weekly | Monthly | Listed


class Area(Struct, frozen=True, forbid_unknown_fields=True):
    """A grid, compound or responsibility area."""

    id: Slug
    title: Title


class Outlet(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A points supermarket or a station that takes donations; `donations` says that it inspects old goods."""

    id: Slug
    title: Title
    area: Slug | None = None
    sells: bool = True
    donations: bool = False
    opening_days: RedemptionDays | None = None
    low_stock: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    assumption: Note | None = None


Months = Annotated[int, Meta(ge=1, le=1200)]


class Retention(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """After how many months what is personal goes by itself; what has no number stays until somebody asks.

    People and contacts of shops go when nothing of them is alive; pictures when their claim is decided; of the audit
    log only the reasons in people's own words.
    """

    persons_months: Months | None = None
    evidence_months: Months | None = None
    reasons_months: Months | None = None
    assumption: Note | None = None


Titles = Annotated[dict[Slug, Title], Meta(max_length=100)]


class Programme(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One points scheme. Policies hold for all its rules unless a rule says otherwise."""

    programme: Slug
    title: Title
    account_holder: AccountHolder
    units: Annotated[tuple[RuleUnit, ...], Meta(min_length=1, max_length=4)]
    time_zone: str = "Asia/Shanghai"
    expiry: Expiry = Never()
    notice_days: Annotated[int, Meta(ge=0, le=365)] = 0
    offline_days: Annotated[int, Meta(ge=0, le=31)] = 0
    vouchers_of: Annotated[int, Meta(ge=1, le=10_000)] = 1
    adjust_limit: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 100
    redemption_days: RedemptionDays = EveryDay()
    labels: LabelPolicy = LabelPolicy.REFUSE
    areas: Annotated[tuple[Area, ...], Meta(max_length=2000)] = ()
    outlets: Annotated[tuple[Outlet, ...], Meta(max_length=2000)] = ()
    classes: Titles = {}
    cohorts: Titles = {}
    trades: Titles = {}
    honours: Titles = {}
    budgets: Annotated[tuple[Budget, ...], Meta(max_length=20)] = ()
    opening: Annotated[tuple[Opening, ...], Meta(max_length=4)] = ()
    resets: Annotated[tuple[PeriodReset, ...], Meta(max_length=4)] = ()
    spending: Spending = Spending()
    cards: CardPolicy = CardPolicy()
    time_bank: TimeBank | None = None
    rates: Annotated[tuple[Rate, ...], Meta(max_length=200)] = ()
    hour_rate: HourRate | None = None
    alliance: Alliance = Alliance()
    cover: CoverPolicy | None = None
    retention: Retention = Retention()
    dividend: Dividend | None = None
    readouts: Annotated[tuple[Readout, ...], Meta(max_length=20)] = ()
    assumption: Note | None = None
    source: Note | None = None

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.time_zone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(
                "没有这个时区，应如 Asia/Shanghai / no such time zone; it looks like Asia/Shanghai"
            ) from error

    def choices(self, field: str) -> dict[str, Title]:
        """The words that the programme lists for areas, classes, cohorts or trades."""
        if field == "areas":
            return {area.id: area.title for area in self.areas}
        listed: dict[str, Title] = getattr(self, field)
        return listed


def may_redeem_on(programme: Programme, day: date) -> bool:
    """Whether the programme's counters hand out goods on that day."""
    return is_among(programme.redemption_days, day)


def is_among(days: RedemptionDays, day: date) -> bool:
    match days:
        case Weekly(days=weekdays):
            return tuple(Weekday)[day.weekday()] in weekdays
        case Monthly(days=numbers):
            return day.day in numbers
        case Listed(days=listed):
            return day in listed
        case _:
            return True


def shortest_life(expiry: Expiry | None) -> int | None:
    """The fewest days that points may last under a policy; None when they never lapse or lapse on one fixed day."""
    match expiry:
        case CalendarEnd(later=0):
            return 0
        case CalendarEnd(end_of=span, later=later):
            return {"day": 1, "week": 7, "month": 28, "quarter": 90, "half": 181, "year": 365}[span] * later
        case Rolling(months=months):
            return 28 * months
        case FixedDay() | Never() | None:
            return None
