"""From a rule and an activity to amounts, counters and a trace: the one place where points come from."""

from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from ledger.core.activity import Evidence, Facts
from ledger.core.cap import Cap, counter_key, counter_name
from ledger.core.counter import CounterKey
from ledger.core.period import Expiry, Never, resets_on
from ledger.core.programme import Programme
from ledger.core.refusal import Reason, Refused
from ledger.core.rulebook import Give, Proof, RecipientKind, Rule, Rulebook, RuleUnit, digest
from ledger.core.trace import Capped, CountedTimes, Lasts, Noticed, Step, Trace
from ledger.core.value import value_of


class CompiledCap(Struct, frozen=True):
    """A limit with the name of its counter, worked out once."""

    name: str
    cap: Cap


class CompiledRule(Struct, frozen=True):
    """A rule with all that does not depend on the activity worked out."""

    rule: Rule
    from_: date
    until: date
    caps: tuple[CompiledCap, ...]
    expiries: tuple[Expiry | None, ...]
    notice_days: int


class Compiled(Struct, frozen=True):
    """A published rulebook made ready for scoring; keep it outside, per digest."""

    rulebook: Rulebook
    programme: Programme
    digest: str
    rules: dict[str, CompiledRule]


class ScoreLine(Struct, frozen=True, omit_defaults=True):
    """An amount of one unit for the recipient; `expires` is the policy, its day is fixed on activation."""

    unit: str
    amount: int
    expires: Expiry | None = None


class Score(Struct, frozen=True, omit_defaults=True):
    """What is to be posted, what it uses up, and why."""

    lines: tuple[ScoreLine, ...]
    counts: tuple[tuple[CounterKey, int], ...]
    trace: Trace
    notice_days: int = 0


def compile_rulebook(rulebook: Rulebook, programme: Programme) -> Compiled:
    """The form that `score` wants; costs a millisecond, so it is made once for each published rulebook."""
    rules = {rule.id: _compile(rule, rulebook, programme) for rule in rulebook.rules}
    return Compiled(rulebook, programme, digest(rulebook), rules)


def counters_needed(compiled: Compiled, rule_id: str, facts: Facts, recipient: str) -> tuple[CounterKey, ...]:
    """The rows to lock before scoring. Refuses early what needs no counter to be refused."""
    rule = _rule_in_force(compiled, rule_id, facts)
    return tuple(sorted({counter_key(cap.name, cap.cap, facts, recipient) for cap in rule.caps}))


def score(compiled: Compiled, rule_id: str, facts: Facts, recipient: str, used: Mapping[CounterKey, int]) -> Score:
    """Amounts by unit after all limits. `used` holds the locked counters; one that is absent has not been used."""
    rule = _rule_in_force(compiled, rule_id, facts)
    _require_evidence(rule.rule, facts.evidence)
    valued = [value_of(give.value, facts, give.unit.value) for give in rule.rule.gives]
    amounts = [step.amount for step in valued]
    steps: list[Step] = [*valued]
    if not any(amounts):
        raise Refused(Reason.NOTHING_EARNED, rule=rule_id)
    counts = _apply_caps(rule, facts, recipient, used, amounts, steps)
    # Nothing below refuses.
    lines = _lines(rule, amounts, steps)
    if rule.notice_days:
        steps.append(Noticed(rule.notice_days))
    return Score(lines, counts, Trace(rule_id, facts.happened_on, tuple(steps)), rule.notice_days)


def is_for_merchant(compiled: Compiled, rule_id: str) -> bool:
    """Whether a shop receives what the rule gives, rather than the account holder."""
    rule = compiled.rules.get(rule_id)
    return rule is not None and rule.rule.recipient is RecipientKind.MERCHANT


def _compile(rule: Rule, rulebook: Rulebook, programme: Programme) -> CompiledRule:
    caps = [CompiledCap(counter_name(rule.id, cap), cap) for cap in rule.caps]
    caps += [
        CompiledCap(counter_name(f"category:{rule.category}", cap), cap) for cap in rulebook.caps.get(rule.category, ())
    ]
    return CompiledRule(
        rule,
        max(rulebook.from_, rule.from_ or date.min),
        min(rulebook.until or date.max, rule.until or date.max),
        tuple(caps),
        tuple(_expiry(give, programme) for give in rule.gives),
        programme.notice_days if rule.notice_days is None else rule.notice_days,
    )


def _expiry(give: Give, programme: Programme) -> Expiry | None:
    """Hours served never lapse, whatever the points do."""
    policy = give.expiry
    if policy is None and give.unit in (RuleUnit.POINTS, RuleUnit.GIFT):
        policy = programme.expiry
    return None if isinstance(policy, Never) else policy


def _rule_in_force(compiled: Compiled, rule_id: str, facts: Facts) -> CompiledRule:
    rule = compiled.rules.get(rule_id)
    if rule is None:
        raise Refused(Reason.UNKNOWN_RULE, rule=rule_id)
    if not rule.from_ <= facts.happened_on <= rule.until:
        raise Refused(
            Reason.RULE_NOT_IN_FORCE,
            rule=rule_id,
            happened_on=facts.happened_on.isoformat(),
            first_day=rule.from_.isoformat(),
            last_day=None if rule.until == date.max else rule.until.isoformat(),
        )
    return rule


def _require_evidence(rule: Rule, evidence: Evidence) -> None:
    missing = missing_evidence(rule.evidence, evidence)
    if missing:
        raise Refused(Reason.EVIDENCE_MISSING, rule=rule.id, missing=missing)


def missing_evidence(wanted: Proof, shown: Evidence) -> list[str]:
    """What the rule asks for and the activity lacks, in the order of the rule."""
    return [
        name
        for name, enough in (
            ("photos", shown.photos >= wanted.photos),
            ("place", shown.place or not wanted.place),
            ("witnesses", shown.witnesses >= wanted.witnesses),
            ("documents", shown.documents >= wanted.documents),
            ("weighed", shown.weighed or not wanted.weighed),
        )
        if not enough
    ]


def _apply_caps(
    rule: CompiledRule,
    facts: Facts,
    recipient: str,
    used: Mapping[CounterKey, int],
    amounts: list[int],
    steps: list[Step],
) -> tuple[tuple[CounterKey, int], ...]:
    """Cuts the amounts down to every limit, and only then says what each counter is charged."""
    keys = [counter_key(cap.name, cap.cap, facts, recipient) for cap in rule.caps]
    for compiled_cap, key in zip(rule.caps, keys, strict=True):
        if compiled_cap.cap.times is not None:
            _take_one_time(rule.rule.id, compiled_cap, used.get(key, 0), facts, steps)
    for compiled_cap, key in zip(rule.caps, keys, strict=True):
        if compiled_cap.cap.points is not None:
            _cut_points(rule, compiled_cap, used.get(key, 0), facts, amounts, steps)
    if not any(amounts):
        _refuse_spent_limit(rule, keys, used, facts)
    points = sum(amount for give, amount in zip(rule.rule.gives, amounts, strict=True) if give.unit is RuleUnit.POINTS)
    charged = ((key, points if cap.cap.times is None else 1) for cap, key in zip(rule.caps, keys, strict=True))
    return tuple((key, number) for key, number in charged if number)


def _take_one_time(rule_id: str, compiled_cap: CompiledCap, used: int, facts: Facts, steps: list[Step]) -> None:
    cap = compiled_cap.cap
    limit = cap.times or 0
    if used >= limit:
        _refuse_limit(rule_id, compiled_cap, limit, used, facts)
    steps.append(CountedTimes(compiled_cap.name, cap.per, limit, used + 1))


def _cut_points(
    rule: CompiledRule, compiled_cap: CompiledCap, used: int, facts: Facts, amounts: list[int], steps: list[Step]
) -> None:
    cap = compiled_cap.cap
    limit = cap.points or 0
    left = max(0, limit - used)
    for place, give in enumerate(rule.rule.gives):
        if give.unit is not RuleUnit.POINTS or not amounts[place]:
            continue
        before = amounts[place]
        amounts[place] = min(before, left)
        left -= amounts[place]
        resets = resets_on(cap.per, facts.happened_on)
        steps.append(Capped(give.unit.value, compiled_cap.name, cap.per, limit, used, before, amounts[place], resets))


def _refuse_spent_limit(
    rule: CompiledRule, keys: list[CounterKey], used: Mapping[CounterKey, int], facts: Facts
) -> None:
    for cap, key in zip(rule.caps, keys, strict=True):
        limit = cap.cap.points
        if limit is not None and used.get(key, 0) >= limit:
            _refuse_limit(rule.rule.id, cap, limit, used.get(key, 0), facts)
    raise Refused(Reason.NOTHING_EARNED, rule=rule.rule.id)


def _refuse_limit(rule_id: str, compiled_cap: CompiledCap, limit: int, used: int, facts: Facts) -> None:
    resets = resets_on(compiled_cap.cap.per, facts.happened_on)
    raise Refused(
        Reason.LIMIT_REACHED,
        rule=rule_id,
        counter=compiled_cap.name,
        limit=limit,
        used=used,
        resets_on=None if resets is None else resets.isoformat(),
    )


def _lines(rule: CompiledRule, amounts: list[int], steps: list[Step]) -> tuple[ScoreLine, ...]:
    lines = []
    for give, amount, expiry in zip(rule.rule.gives, amounts, rule.expiries, strict=True):
        if not amount:
            continue
        lines.append(ScoreLine(give.unit.value, amount, expiry))
        if expiry is not None:
            steps.append(Lasts(give.unit.value, expiry))
    return tuple(lines)
