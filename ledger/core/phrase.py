"""Words for periods, subjects, limits and expiries, in Chinese and in English."""

from datetime import date

from ledger.core.cap import Subject
from ledger.core.condition import Missed
from ledger.core.effect import (
    BanEarning,
    BanRedeeming,
    Effect,
    GainHonour,
    LoseHonour,
    ZeroActivity,
    ZeroBalance,
    banned_until,
)
from ledger.core.fact import Fact, FactType
from ledger.core.period import CalendarEnd, Expiry, FixedDay, Rolling, Span
from ledger.core.title import Title
from ledger.core.unit import UNIT_TITLES

SPANS = {
    Span.DAY: Title("每日", "daily"),
    Span.WEEK: Title("每周", "weekly"),
    Span.MONTH: Title("每月", "monthly"),
    Span.QUARTER: Title("每季度", "quarterly"),
    Span.HALF: Title("每半年", "half-yearly"),
    Span.YEAR: Title("每年", "yearly"),
    Span.EVER: Title("总计", "all-time"),
    Span.CAMPAIGN: Title("活动期", "campaign's"),
}
PERIOD_ENDS = {
    Span.DAY: Title("当日", "day"),
    Span.WEEK: Title("当周", "week"),
    Span.MONTH: Title("当月", "month"),
    Span.QUARTER: Title("当季", "quarter"),
    Span.HALF: Title("当半年", "half-year"),
    Span.YEAR: Title("当年12月31日", "year (31 December)"),
}
_SUBJECTS = {
    Subject.PERSON: Title("每人", " for a person"),
    Subject.HOUSEHOLD: Title("每户", " for a household"),
    Subject.MERCHANT: Title("每家商户", " for a shop"),
    Subject.AREA: Title("每个片区", " for an area"),
    Subject.PROGRAMME: Title("本方案", " of the programme"),
    Subject.RECORD: Title("每条记录", " for a record"),
}
_TESTS = {
    "is": Title("应为", "should be"),
    "in": Title("应为其中之一", "should be one of"),
    "not_in": Title("不应为", "should not be"),
    "at_least": Title("至少", "at least"),
    "at_most": Title("至多", "at most"),
    "from": Title("不早于", "not before"),
    "before": Title("早于", "before"),
}


def of_whom(counter: str) -> Title:
    """Whose limit a counter is; a budget belongs to the programme, a plain limit to the recipient."""
    last = counter.rsplit("/", 1)[-1]
    if last not in set(Subject):
        return Title("", "")
    return _SUBJECTS[Subject(last)]


def limit_name(counter: str, per: Span) -> Title:
    """`daily limit`, `yearly limit for a household`, `monthly budget of the programme`."""
    span, of = SPANS[per], of_whom(counter)
    if counter.startswith("budget:"):
        return Title(f"本方案{span.zh}预算", f"{span.en} budget of the programme")
    kind = Title("类别", " of the category") if counter.startswith("category:") else Title("", "")
    return Title(f"{of.zh}{span.zh}{kind.zh}上限", f"{span.en} limit{kind.en}{of.en}")


def lasting(expiry: Expiry | None, unit: str) -> Title:
    """How long something stays good."""
    what = UNIT_TITLES[unit]
    match expiry:
        case CalendarEnd(end_of=span, later=later):
            end = PERIOD_ENDS[span]
            after = Title(f"之后第 {later} 期末", f", {later} later") if later else Title("", "")
            zh = f"{what.zh}有效至生效{end.zh}{after.zh or '止'}"
            return Title(zh, f"{what.en} good until the end of the {end.en} in which they become active{after.en}")
        case Rolling(months=months):
            zh = f"{what.zh}自生效起 {months} 个月，至当月末有效"
            return Title(zh, f"{what.en} good for {months} months, until the end of that month")
        case FixedDay(day=last):
            return Title(f"{what.zh}有效至 {zh_day(last)}", f"{what.en} good until {en_day(last)}")
        case _:
            return Title(f"{what.zh}长期有效", f"{what.en} never lapse")


def wanting(miss: Missed, facts: dict[str, Fact]) -> Title:
    """What a condition wanted and what was there."""
    fact = facts.get(miss.fact)
    name = fact.title if fact is not None else Title(miss.fact, miss.fact)
    test = _TESTS[miss.test]
    wanted, found = choice_words(fact, miss.wanted), choice_words(fact, miss.found)
    if not miss.found:
        return Title(f"{name.zh}{test.zh}{wanted.zh}，未提供", f"{name.en} {test.en} {wanted.en}, nothing is known")
    return Title(f"{name.zh}{test.zh}{wanted.zh}，实为{found.zh}", f"{name.en} {test.en} {wanted.en}, is {found.en}")


def choice_words(fact: Fact | None, answer: str) -> Title:
    """An answer as people say it: a choice by its title, several with `or` between."""
    if fact is None or not answer:
        return Title(answer, answer)
    if fact.type is FactType.FLAG:
        return Title("是", "yes") if answer == "true" else Title("否", "no")
    titles = [fact.choices.get(word, Title(word, word)) for word in answer.split("|")]
    unit = fact.unit or Title("", "")
    zh = "或".join(title.zh for title in titles) + (f" {unit.zh}" if unit.zh else "")
    return Title(zh, " or ".join(title.en for title in titles) + (f" {unit.en}" if unit.en else ""))


def happening(effect: Effect, day: date, honours: dict[str, Title], rules: dict[str, Title]) -> Title:
    """What an effect does."""
    match effect:
        case ZeroBalance(unit=unit):
            return Title(f"{UNIT_TITLES[unit].zh}余额清零", f"the balance of {UNIT_TITLES[unit].en} is set to zero")
        case ZeroActivity(rules=named):
            zh = "、".join(rules[name].zh if name in rules else name for name in named)
            en = ", ".join(rules[name].en if name in rules else name for name in named)
            return Title(f"本次活动已得的分取消：{zh}", f"what the activity brought is taken back: {en}")
        case BanEarning():
            last = banned_until(effect, day)
            return Title(f"至{zh_day(last)}不再积分", f"no points are earned until {en_day(last)}")
        case BanRedeeming():
            last = banned_until(effect, day)
            return Title(f"至{zh_day(last)}不能兑换", f"nothing is redeemed until {en_day(last)}")
        case GainHonour(honour=honour):
            title = honours.get(honour, Title(honour, honour))
            return Title(f"获得“{title.zh}”", f"receives “{title.en}”")
        case LoseHonour(honour=honour):
            title = honours.get(honour, Title(honour, honour))
            return Title(f"取消“{title.zh}”", f"loses “{title.en}”")


def zh_day(day: date) -> str:
    """2026年3月19日."""
    return f"{day.year}年{day.month}月{day.day}日"


def en_day(day: date) -> str:
    """19 March 2026."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
