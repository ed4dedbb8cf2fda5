"""Which activities a rule can meet at all: conditions that contradict, rules that overlap, rules that hide others."""

from msgspec import Struct

from ledger.core.compiled import CompiledRule
from ledger.core.condition import Condition
from ledger.core.measured import FixedValue


class Domain(Struct):
    """The answers of one fact that pass: some words (None is any word), or an interval of numbers or days."""

    words: frozenset[str | bool] | None = None
    without: frozenset[str] = frozenset()
    low: int = 0
    high: int = 10**12

    def is_empty(self) -> bool:
        return self.low > self.high or (self.words is not None and not self.words - self.without)


Domains = dict[str, Domain]


def domains_of(conditions: tuple[Condition, ...]) -> Domains:
    """Facts that no condition names take any answer. `any` is left out: it can only narrow what is said here."""
    domains: Domains = {}
    for condition in conditions:
        if condition.fact is None:
            continue
        _narrow(domains.setdefault(condition.fact, Domain()), condition)
    return domains


def can_never_hold(conditions: tuple[Condition, ...]) -> str | None:
    """The fact whose conditions exclude each other."""
    return next((fact for fact, domain in domains_of(conditions).items() if domain.is_empty()), None)


def may_meet(first: CompiledRule, second: CompiledRule) -> bool:
    """Whether one activity can satisfy both rules; said of two rules as long as nothing proves the opposite."""
    if max(first.from_, second.from_) > min(first.until, second.until):
        return False
    one, other = domains_of(first.rule.when), domains_of(second.rule.when)
    return not any(_is_disjoint(one[fact], other[fact]) for fact in one.keys() & other.keys())


def hides(first: CompiledRule, later: CompiledRule) -> bool:
    """Whether every activity of the later rule surely satisfies the first one: only what is proved is said."""
    if any(condition.any_ is not None for condition in first.rule.when):
        return False
    if not first.moves or not all(isinstance(move.value, FixedValue) for move in first.moves):
        return False
    if first.from_ > later.from_ or first.until < later.until or _asks_more(first, later):
        return False
    wide, narrow = domains_of(first.rule.when), domains_of(later.rule.when)
    return all(fact in narrow and _contains(domain, narrow[fact]) for fact, domain in wide.items())


def _asks_more(first: CompiledRule, later: CompiledRule) -> bool:
    """Whether the first rule wants any evidence that the later one does not."""
    one, other = first.rule.evidence, later.rule.evidence
    return any(getattr(one, field) > getattr(other, field) for field in one.__struct_fields__)


def _narrow(domain: Domain, condition: Condition) -> None:
    if condition.is_ is not None:
        _only(domain, frozenset({condition.is_}))
    if condition.in_ is not None:
        _only(domain, frozenset(condition.in_))
    if condition.not_in is not None:
        domain.without |= frozenset(condition.not_in)
    if condition.at_least is not None:
        domain.low = max(domain.low, condition.at_least)
    if condition.at_most is not None:
        domain.high = min(domain.high, condition.at_most)
    if condition.from_ is not None:
        domain.low = max(domain.low, condition.from_.toordinal())
    if condition.before is not None:
        domain.high = min(domain.high, condition.before.toordinal() - 1)


def _only(domain: Domain, words: frozenset[str | bool]) -> None:
    domain.words = words if domain.words is None else domain.words & words


def _is_disjoint(one: Domain, other: Domain) -> bool:
    if max(one.low, other.low) > min(one.high, other.high):
        return True
    if one.words is not None and other.words is not None:
        return not (one.words - one.without) & (other.words - other.without)
    for fixed, open_ in ((one, other), (other, one)):
        if fixed.words is not None:
            return fixed.words <= open_.without
    return False


def _contains(wide: Domain, narrow: Domain) -> bool:
    if narrow.low < wide.low or narrow.high > wide.high:
        return False
    if wide.words is not None:
        return narrow.words is not None and narrow.words - narrow.without <= wide.words - wide.without
    if narrow.words is not None:
        return not narrow.words & wide.without
    return wide.without <= narrow.without
