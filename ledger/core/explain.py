"""Tells the steps of an award in words, in Chinese and in English."""

from datetime import date

from ledger.core.cap import Subject
from ledger.core.fact import BUILT_IN, Fact
from ledger.core.period import CalendarEnd, Expiry, FixedDay, Rolling, Span
from ledger.core.rulebook import Rulebook
from ledger.core.title import Title
from ledger.core.trace import Capped, Counted, CountedTimes, Decided, Fixed, Lasts, Noticed, Step, Trace

UNITS = {
    "points": Title("积分", "points"),
    "gift": Title("赠予积分", "gift points"),
    "score": Title("评分", "score"),
    "service_minutes": Title("分钟服务时长", "minutes of service"),
}
SPANS = {
    Span.DAY: Title("每日", "daily"),
    Span.WEEK: Title("每周", "weekly"),
    Span.MONTH: Title("每月", "monthly"),
    Span.QUARTER: Title("每季度", "quarterly"),
    Span.HALF: Title("每半年", "half-yearly"),
    Span.YEAR: Title("每年", "yearly"),
    Span.EVER: Title("总计", "all-time"),
}
PERIOD_ENDS = {
    Span.DAY: Title("当日", "the day"),
    Span.WEEK: Title("当周", "the week"),
    Span.MONTH: Title("当月", "the month"),
    Span.QUARTER: Title("当季", "the quarter"),
    Span.HALF: Title("当半年", "the half-year"),
    Span.YEAR: Title("当年12月31日", "the year, 31 December"),
}
SUBJECTS = {
    Subject.PERSON: Title("每人", "a person"),
    Subject.HOUSEHOLD: Title("每户", "a household"),
    Subject.MERCHANT: Title("每家商户", "a shop"),
    Subject.AREA: Title("每个片区", "an area"),
    Subject.PROGRAMME: Title("全体", "the programme"),
}


def explain(rulebook: Rulebook, trace: Trace) -> tuple[Title, ...]:
    """One sentence a step, first the rule's own name; takes the rulebook whose digest the award names."""
    rule = next(rule for rule in rulebook.rules if rule.id == trace.rule)
    facts = {fact.id: fact for fact in (*BUILT_IN, *rulebook.facts)}
    day = trace.happened_on
    head = Title(f"{rule.title.zh}({day.isoformat()})", f"{rule.title.en} ({day.isoformat()})")
    return (head, *(_tell(step, facts) for step in trace.steps))


def _tell(step: Step, facts: dict[str, Fact]) -> Title:
    match step:
        case Fixed(unit=unit, amount=amount):
            return Title(f"每次 {amount} {UNITS[unit].zh}", f"{amount} {UNITS[unit].en} each time")
        case Counted():
            return _tell_count(step, facts)
        case Decided():
            return _tell_decision(step, facts)
        case Capped():
            return _tell_cap(step)
        case CountedTimes(per=per, limit=limit, number=number, counter=counter):
            span, of = SPANS[per], _subject(counter)
            return Title(
                f"{of.zh}{span.zh}上限 {limit} 次,本次为第 {number} 次",
                f"number {number} of {limit} times, {span.en} limit{of.en}",
            )
        case Lasts(expiry=expiry):
            return _tell_expiry(expiry)
        case Noticed(notice_days=days):
            return Title(f"公示 {days} 天后生效", f"shown in public for {days} days before it can be spent")


def _tell_count(step: Counted, facts: dict[str, Fact]) -> Title:
    unit = UNITS[step.unit]
    measure = facts[step.fact].unit or facts[step.fact].title if step.fact in facts else Title(step.fact, step.fact)
    zh = f"{step.quantity} {measure.zh}"
    en = f"{step.quantity} {measure.en}"
    if step.counted < step.quantity:
        zh += f"(最多计 {step.counted})"
        en += f" (at most {step.counted} count)"
    zh += f" = {step.units} × {step.each} → {step.amount} {unit.zh}"
    en += f" = {step.units} × {step.each} → {step.amount} {unit.en}"
    if step.rest:
        short = step.each - step.rest
        zh += f";再有 {short} {measure.zh}可多得 {step.per_unit}"
        en += f"; {short} more would have brought {step.per_unit} more"
    return Title(zh, en)


def _tell_decision(step: Decided, facts: dict[str, Fact]) -> Title:
    unit = UNITS[step.unit]
    grade = next((fact.choices[step.choice] for fact in facts.values() if step.choice in fact.choices), None)
    zh = f"评定 {step.amount} {unit.zh}(范围 {step.low}–{step.high})"
    en = f"valued at {step.amount} {unit.en} (between {step.low} and {step.high})"
    if grade is not None:
        zh, en = f"{grade.zh}:{zh}", f"{grade.en}: {en}"
    if step.reason:
        zh, en = f"{zh}:{step.reason}", f"{en}: {step.reason}"
    return Title(zh, en)


def _tell_cap(step: Capped) -> Title:
    span, unit, of = SPANS[step.per], UNITS[step.unit], _subject(step.counter)
    left = max(0, step.limit - step.used)
    zh = f"{of.zh}{span.zh}上限 {step.limit},余 {left} → {step.after} {unit.zh}"
    en = f"{span.en} limit {step.limit}{of.en} leaves {left} → {step.after} {unit.en}"
    if step.after < step.before and step.resets_on is not None:
        zh += f"({step.resets_on.isoformat()} 起重新计算)"
        en += f" (starts again on {step.resets_on.isoformat()})"
    return Title(zh, en)


def _tell_expiry(expiry: Expiry) -> Title:
    match expiry:
        case CalendarEnd(end_of=span, later=0):
            end = PERIOD_ENDS[span]
            return Title(f"有效至生效{end.zh}止", f"good until the end of {end.en} in which it becomes active")
        case CalendarEnd(end_of=span, later=later):
            end = PERIOD_ENDS[span]
            return Title(f"有效至{end.zh}之后第 {later} 期末", f"good until the end of {end.en}, {later} later")
        case Rolling(months=months):
            return Title(f"自生效起 {months} 个月,至月末有效", f"good for {months} months, until the end of that month")
        case FixedDay(day=last):
            return Title(f"有效至 {_zh_day(last)}", f"good until {last.isoformat()}")
        case _:
            return Title("长期有效", "never lapses")


def _zh_day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _subject(counter: str) -> Title:
    last = counter.rsplit("/", 1)[-1]
    if last not in set(Subject):
        return Title("", "")
    words = SUBJECTS[Subject(last)]
    return Title(words.zh, f" for {words.en}")
