"""Runs a rulebook's worked examples; one that does not come out as written keeps the rulebook from being published."""

from datetime import date

import msgspec
from msgspec import Struct

from ledger.core.compiled import Compiled
from ledger.core.counter import CounterKey
from ledger.core.example import Example, Expect
from ledger.core.period import last_day, next_day, period_key
from ledger.core.rank import Rank, rank_lines
from ledger.core.refusal import Refused
from ledger.core.score import Score, counters_needed, score
from ledger.core.streak import Streak, streak_lines
from ledger.core.title import Title
from ledger.core.trace import Counted

Path = tuple[str | int, ...]


class BrokenExample(Struct, frozen=True):
    """Where the example stands in the rulebook, and what came out instead."""

    path: Path
    message: Title


def broken_examples(compiled: Compiled) -> tuple[BrokenExample, ...]:
    """All examples that fail, in the order of the file."""
    broken = []
    for place, rule in enumerate(compiled.rulebook.rules):
        for number, example in enumerate(rule.examples):
            message = _difference(compiled, rule.id, example)
            if message is not None:
                broken.append(BrokenExample(("rules", place, "examples", number), message))
    for number, rank in enumerate(compiled.rulebook.ranks):
        broken += _broken_ranks(rank, ("ranks", number, "examples"))
    for number, streak in enumerate(compiled.rulebook.streaks):
        broken += _broken_streaks(streak, ("streaks", number, "examples"))
    return tuple(broken)


def count_examples(compiled: Compiled) -> int:
    """How many examples there are to run."""
    book = compiled.rulebook
    ranked = sum(len(rank.examples) for rank in book.ranks) + sum(len(streak.examples) for streak in book.streaks)
    return sum(len(rule.examples) for rule in book.rules) + ranked


def _difference(compiled: Compiled, rule_id: str, example: Example) -> Title | None:
    keys, came_out = _outcome(compiled, rule_id, example)
    unknown = set(example.used) - {_short_name(rule_id, key) for key in keys}
    if unknown and came_out.refused is None:
        names = "、".join(sorted(unknown))
        return Title(f"used 中没有这样的上限：{names}", f"`used` names no limit of this rule: {names}")
    if came_out == example.expect:
        return None
    return _expected(msgspec.json.encode(example.expect).decode(), msgspec.json.encode(came_out).decode())


def _expected(wanted: str, got: str) -> Title:
    return Title(f"应得 {wanted}，实得 {got}", f"expected {wanted}, came out as {got}")


def _outcome(compiled: Compiled, rule_id: str, example: Example) -> tuple[tuple[CounterKey, ...], Expect]:
    recipient = "recipient"
    keys: tuple[CounterKey, ...] = ()
    try:
        keys = counters_needed(compiled, rule_id, example.given, recipient)
        used = {key: example.used.get(_short_name(rule_id, key), 0) for key in keys}
        return keys, _as_expected(score(compiled, rule_id, example.given, recipient, used))
    except Refused as refused:
        return keys, Expect(refused=refused.reason)


def _as_expected(result: Score) -> Expect:
    amounts = {"points": 0, "gift": 0, "score": 0, "service_minutes": 0, "pool": 0}
    for line in result.lines:
        amounts["pool" if line.to_pool else line.unit] += line.amount
    carried = (step for step in result.trace.steps if isinstance(step, Counted) and step.brought is not None)
    return Expect(
        points=amounts["points"],
        gift=amounts["gift"],
        score=amounts["score"],
        service_minutes=amounts["service_minutes"],
        pool=amounts["pool"],
        rest=sum(step.rest for step in carried),
        effects=tuple(str(effect.__struct_config__.tag) for effect in result.effects),
    )


def _short_name(rule_id: str, key: CounterKey) -> str:
    return key.counter.removeprefix(f"{rule_id}/")


def _broken_ranks(rank: Rank, path: Path) -> list[BrokenExample]:
    broken = []
    for number, example in enumerate(rank.examples):
        got = {line.owner: line.amount for line in rank_lines(rank, "example", example.totals)}
        if got != {owner: amount for owner, amount in example.expect.items() if amount}:
            broken.append(BrokenExample((*path, number), _expected(str(example.expect), str(got))))
    return broken


def _broken_streaks(streak: Streak, path: Path) -> list[BrokenExample]:
    broken = []
    for number, example in enumerate(streak.examples):
        days = [date(2020, 1, 1)]
        while len(days) < len(example.totals):
            days.append(next_day(last_day(streak.per, days[-1])))
        totals = dict(zip((period_key(streak.per, day) for day in days), example.totals, strict=True))
        got = sum(line.amount for line in streak_lines(streak, days[-1], {"household": totals}))
        if got != example.expect:
            broken.append(BrokenExample((*path, number), _expected(str(example.expect), str(got))))
    return broken
