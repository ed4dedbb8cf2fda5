"""Which rules an event satisfies, and which of them give when several do."""

from msgspec import Struct

from ledger.core.activity import Facts
from ledger.core.campaign import Combine
from ledger.core.compiled import Compiled, CompiledRule
from ledger.core.counter import CounterKey
from ledger.core.refusal import Number, Reason, Refused
from ledger.core.score import score


class NearMiss(Struct, frozen=True):
    """A rule of the event that gives nothing, and why."""

    rule: str
    reason: Reason
    numbers: dict[str, Number]


class Choice(Struct, frozen=True):
    """The rules that give, in the order of the file, and those that just missed."""

    rules: tuple[str, ...]
    near_misses: tuple[NearMiss, ...]


def choose_rules(compiled: Compiled, event: str, facts: Facts, recipient: str) -> Choice:
    """Judged on the facts alone, before any limit, so that the choice is the same whenever it is made."""
    fitting: list[tuple[CompiledRule, int]] = []
    near_misses = []
    for rule in compiled.rules.values():
        if rule.rule.event != event:
            continue
        try:
            fitting.append((rule, _points(compiled, rule, facts, recipient)))
        except Refused as refused:
            near_misses.append(NearMiss(rule.rule.id, refused.reason, refused.numbers))
    if not fitting:
        return Choice((), tuple(near_misses))
    combine = compiled.rulebook.combine.get(event)
    if combine is Combine.SUM:
        chosen = [rule for rule, _ in fitting]
    elif combine is Combine.BEST:
        chosen = [max(fitting, key=lambda pair: pair[1])[0]]
    else:
        chosen = [fitting[0][0]]
    return Choice(tuple(rule.rule.id for rule in chosen), tuple(near_misses))


def _points(compiled: Compiled, rule: CompiledRule, facts: Facts, recipient: str) -> int:
    nothing_used: dict[CounterKey, int] = {}
    result = score(compiled, rule.rule.id, facts, recipient, nothing_used)
    return sum(line.amount for line in result.lines)
