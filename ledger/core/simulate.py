"""Replays past activities under a draft: who gains, who loses, what must be put right after a correction."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from ledger.core.activity import Facts
from ledger.core.compiled import Compiled
from ledger.core.counter import CounterKey
from ledger.core.refusal import Number, Reason, Refused
from ledger.core.score import Score, ScoreLine, score
from ledger.core.trace import Trace


class Past(Struct, frozen=True):
    """One activity as it was awarded: what the recipient has from it now, by unit, after reversals and reratings.

    `counts` is what it charged to counters then.
    """

    activity: str
    rule: str
    recipient: str
    facts: Facts
    given: dict[str, int]
    counts: tuple[tuple[CounterKey, int], ...] = ()
    household: str | None = None


class Change(Struct, frozen=True, omit_defaults=True):
    """An activity that comes out differently: only the differences, by unit, and what counters gain or give back."""

    activity: str
    rule: str
    recipient: str
    differences: dict[str, int]
    lines: tuple[ScoreLine, ...]
    counts: tuple[tuple[CounterKey, int], ...]
    trace: Trace | None
    refused: Reason | None = None
    numbers: dict[str, Number] = {}


class Gain(Struct, frozen=True):
    """What one household (or recipient without one) gains or loses of one unit."""

    owner: str
    unit: str
    before: int
    after: int


class Simulation(Struct, frozen=True):
    """Nothing in it has been posted. `differences` is also what a rerating posts."""

    activities: int
    changes: tuple[Change, ...]
    gains: tuple[Gain, ...]
    counters: dict[CounterKey, int]


def replay(draft: Compiled, past: Iterable[Past], *, used: Mapping[CounterKey, int] | None = None) -> Simulation:
    """Scores activities again in the order given, each under the limits that the ones before it have used.

    Give them in the order in which they were first posted. `used` is what other activities, not replayed, have used.
    """
    counters: dict[CounterKey, int] = dict(used or {})
    changes: list[Change] = []
    before: dict[tuple[str, str], int] = {}
    after: dict[tuple[str, str], int] = {}
    activities = 0
    for done in past:
        activities += 1
        result, refused = _score(draft, done, counters)
        now = _by_unit(result)
        _add(before, done, done.given)
        _add(after, done, now)
        for key, count in result.counts if result is not None else ():
            counters[key] = counters.get(key, 0) + count
        change = _change(done, result, refused, now)
        if change is not None:
            changes.append(change)
    gains = tuple(
        Gain(owner, unit, before.get((owner, unit), 0), after.get((owner, unit), 0))
        for owner, unit in sorted(before.keys() | after.keys())
        if before.get((owner, unit), 0) != after.get((owner, unit), 0)
    )
    return Simulation(activities, tuple(changes), gains, counters)


def rerate_key(digest: str, activity: str) -> str:
    """The idempotency key of one difference: the same correction of the same activity is posted once."""
    return f"rerate:{digest[:16]}:{activity}"


def _score(draft: Compiled, done: Past, counters: Mapping[CounterKey, int]) -> tuple[Score | None, Refused | None]:
    try:
        return score(draft, done.rule, done.facts, done.recipient, counters), None
    except Refused as refused:
        return None, refused


def _by_unit(result: Score | None) -> dict[str, int]:
    amounts: dict[str, int] = {}
    for line in result.lines if result is not None else ():
        if not line.to_pool:
            amounts[line.unit] = amounts.get(line.unit, 0) + line.amount
    return amounts


def _add(totals: dict[tuple[str, str], int], done: Past, amounts: Mapping[str, int]) -> None:
    owner = done.household or done.recipient
    for unit, amount in amounts.items():
        totals[owner, unit] = totals.get((owner, unit), 0) + amount


def _change(done: Past, result: Score | None, refused: Refused | None, now: dict[str, int]) -> Change | None:
    units = sorted(done.given.keys() | now.keys())
    differences = {unit: now.get(unit, 0) - done.given.get(unit, 0) for unit in units}
    differences = {unit: amount for unit, amount in differences.items() if amount}
    counts: dict[CounterKey, int] = dict(result.counts) if result is not None else {}
    for key, count in done.counts:
        counts[key] = counts.get(key, 0) - count
    counts = {key: count for key, count in counts.items() if count}
    if not differences and not counts:
        return None
    return Change(
        activity=done.activity,
        rule=done.rule,
        recipient=done.recipient,
        differences=differences,
        lines=() if result is None else result.lines,
        counts=tuple(sorted(counts.items())),
        trace=None if result is None else result.trace,
        refused=None if refused is None else refused.reason,
        numbers={} if refused is None else refused.numbers,
    )
