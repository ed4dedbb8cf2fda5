"""Applies limits: cuts, refuses or diverts what does not fit, and says what each counter is charged."""

from collections.abc import Mapping
from datetime import date
from typing import NoReturn

from msgspec import Struct

from ledger.core.activity import Facts
from ledger.core.cap import UNIT_OF_LIMIT, Over, counter_key
from ledger.core.compiled import CompiledCap, CompiledRule
from ledger.core.counter import CounterKey
from ledger.core.period import Span, period_key, resets_on, shifted
from ledger.core.refusal import Reason, Refused
from ledger.core.trace import Capped, CountedTimes, Step

Used = Mapping[CounterKey, int]


class Tally(Struct):
    """Amounts on their way through the limits, one for each thing that the rule gives or takes."""

    units: list[str]
    amounts: list[int]
    steps: list[Step]
    pooled: int = 0


def limit_keys(rule: CompiledRule, facts: Facts, recipient: str) -> list[CounterKey]:
    """The counter of each limit, in the order of the limits."""
    campaign = rule.rule.campaign
    return [counter_key(cap.name, cap.cap, facts, recipient, campaign) for cap in rule.caps]


def apply_limits(
    rule: CompiledRule, keys: list[CounterKey], day: date, used: Used, tally: Tally
) -> list[tuple[CounterKey, int]]:
    """Limits of times first, because they refuse; then each limit of amounts cuts what the one before it left."""
    limits = list(zip(rule.caps, keys, strict=True))
    for cap, key in limits:
        if cap.word == "times":
            _take_one_time(rule, cap, used.get(key, 0), day, tally)
    spent: CompiledCap | None = None
    for cap, key in limits:
        if cap.word != "times" and _cut(rule, cap, used.get(key, 0), day, tally):
            spent = spent or cap
    if spent is not None and not any(tally.amounts) and not tally.pooled:
        refuse_limit(rule.rule.id, spent, used.get(dict(limits)[spent], 0), day)
    return limits_charged(limits, tally)


def limits_charged(limits: list[tuple[CompiledCap, CounterKey]], tally: Tally) -> list[tuple[CounterKey, int]]:
    """Each limit is charged what finally came through, never what was first asked."""
    charged = []
    for cap, key in limits:
        number = 1 if cap.word == "times" else _total(tally, UNIT_OF_LIMIT[cap.word])
        if number:
            charged.append((key, number))
    return charged


def refuse_limit(rule_id: str, cap: CompiledCap, used: int, day: date) -> NoReturn:
    """Names the numbers that the person at the counter asks for."""
    resets = resets_on(cap.cap.per, day)
    raise Refused(
        Reason.LIMIT_REACHED,
        rule=rule_id,
        counter=cap.name,
        limit=cap.limit,
        used=used,
        resets_on=None if resets is None else resets.isoformat(),
    )


def cooldown_keys(rule: CompiledRule, facts: Facts, recipient: str) -> list[CounterKey]:
    """One row for each day on which another award would stand too near, the activity's own day first.

    Days on both sides, because activities are not always recorded in the order in which they happened.
    """
    days = rule.rule.cooldown_days
    if days is None:
        return []
    name = f"{rule.rule.id}/cooldown"
    near = sorted(range(-days + 1, days), key=abs)
    return [CounterKey(name, recipient, period_key(Span.DAY, shifted(facts.happened_on, by))) for by in near]


def refuse_too_soon(rule: CompiledRule, keys: list[CounterKey], used: Used) -> None:
    """One award of the rule, then some days without."""
    for key in keys:
        if used.get(key, 0):
            days = rule.rule.cooldown_days or 0
            again = shifted(date.fromisoformat(key.period), days)
            raise Refused(
                Reason.LIMIT_REACHED,
                rule=rule.rule.id,
                counter=key.counter,
                limit=1,
                used=1,
                resets_on=again.isoformat(),
            )


def _take_one_time(rule: CompiledRule, cap: CompiledCap, used: int, day: date, tally: Tally) -> None:
    if used >= cap.limit:
        refuse_limit(rule.rule.id, cap, used, day)
    tally.steps.append(CountedTimes(cap.name, cap.cap.per, cap.limit, used + 1))


def _cut(rule: CompiledRule, cap: CompiledCap, used: int, day: date, tally: Tally) -> bool:
    """Whether the limit left nothing of something."""
    unit = UNIT_OF_LIMIT[cap.word]
    left = max(0, cap.limit - used)
    emptied = False
    for place, before in enumerate(tally.amounts):
        if tally.units[place] != unit or not before:
            continue
        after = min(before, left)
        left -= after
        if after < before and cap.cap.over is Over.REFUSE:
            refuse_limit(rule.rule.id, cap, used, day)
        if after < before and cap.cap.over is Over.POOL:
            tally.pooled += before - after
        tally.amounts[place] = after
        emptied = emptied or not after
        resets = resets_on(cap.cap.per, day)
        step = Capped(unit, cap.name, cap.cap.per, cap.limit, used, before, after, resets, cap.cap.over.value)
        tally.steps.append(step)
    return emptied


def _total(tally: Tally, unit: str) -> int:
    return sum(amount for kind, amount in zip(tally.units, tally.amounts, strict=True) if kind == unit)
