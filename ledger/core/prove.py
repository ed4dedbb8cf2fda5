"""Runs a rulebook's worked examples; one that does not come out as written keeps the rulebook from being published."""

import msgspec
from msgspec import Struct

from ledger.core.counter import CounterKey
from ledger.core.example import Example, Expect
from ledger.core.refusal import Refused
from ledger.core.score import Compiled, counters_needed, score
from ledger.core.title import Title


class BrokenExample(Struct, frozen=True):
    """Which example failed, and what came out instead."""

    rule: str
    number: int
    message: Title


def broken_examples(compiled: Compiled) -> tuple[BrokenExample, ...]:
    """All examples that fail, in the order of the file."""
    broken = []
    for rule in compiled.rulebook.rules:
        for number, example in enumerate(rule.examples):
            message = _difference(compiled, rule.id, example)
            if message is not None:
                broken.append(BrokenExample(rule.id, number, message))
    return tuple(broken)


def _difference(compiled: Compiled, rule_id: str, example: Example) -> Title | None:
    unknown = set(example.used) - _short_names(compiled, rule_id)
    if unknown:
        names = "、".join(sorted(unknown))
        return Title(f"`used` 中没有这样的上限:{names}", f"`used` names no limit of this rule: {names}")
    came_out = _outcome(compiled, rule_id, example)
    if came_out == example.expect:
        return None
    wanted, got = (msgspec.json.encode(outcome).decode() for outcome in (example.expect, came_out))
    return Title(f"应得 {wanted},实得 {got}", f"expected {wanted}, came out as {got}")


def _outcome(compiled: Compiled, rule_id: str, example: Example) -> Expect:
    recipient = "recipient"
    try:
        keys = counters_needed(compiled, rule_id, example.given, recipient)
        used = {key: example.used.get(_short_name(rule_id, key), 0) for key in keys}
        result = score(compiled, rule_id, example.given, recipient, used)
    except Refused as refused:
        return Expect(refused=refused.reason)
    amounts: dict[str, int] = {}
    for line in result.lines:
        amounts[line.unit] = amounts.get(line.unit, 0) + line.amount
    return msgspec.convert(amounts, Expect)


def _short_names(compiled: Compiled, rule_id: str) -> set[str]:
    return {cap.name.removeprefix(f"{rule_id}/") for cap in compiled.rules[rule_id].caps}


def _short_name(rule_id: str, key: CounterKey) -> str:
    return key.counter.removeprefix(f"{rule_id}/")
