"""From a rule and an activity to amounts, counters and a trace: the one place where points come from."""

from fractions import Fraction

from msgspec import Struct

from ledger.core.activity import Evidence, Facts
from ledger.core.campaign import apply_bonuses, apply_campaigns, apply_factors
from ledger.core.compiled import Compiled, CompiledRule
from ledger.core.condition import missed
from ledger.core.counter import CounterKey
from ledger.core.effect import EARNING, Effect, ban_counts, ban_key, honour_counts, honour_keys
from ledger.core.fact import refuse_unknown_facts
from ledger.core.limit import Tally, Used, apply_limits, cooldown_keys, limit_keys, limits_charged, refuse_too_soon
from ledger.core.measured import PerUnit
from ledger.core.period import Expiry
from ledger.core.refusal import Reason, Refused
from ledger.core.rulebook import Give, Proof, Rule, Take
from ledger.core.trace import Affected, Bounded, Lasts, Likened, Noticed, Rounded, Step, Trace, Valued, Vouchered
from ledger.core.unit import RuleUnit
from ledger.core.value import ByAnalogy, carries, settle, value_of


class ScoreLine(Struct, frozen=True, omit_defaults=True):
    """An amount of one unit, negative when the rule takes; `expires` is the policy, its day is fixed on activation.

    `to_pool` lines go to the donation pool instead of the recipient. `when_short` belongs to a negative line.
    """

    unit: str
    amount: int
    expires: Expiry | None = None
    to_pool: bool = False
    when_short: str = ""


class Score(Struct, frozen=True, omit_defaults=True):
    """What is to be posted, what it uses up, and why. It may have no line: a carried remainder or a mere effect."""

    lines: tuple[ScoreLine, ...]
    counts: tuple[tuple[CounterKey, int], ...]
    trace: Trace
    notice_days: int = 0
    effects: tuple[Effect, ...] = ()


def counters_needed(compiled: Compiled, rule_id: str, facts: Facts, recipient: str) -> tuple[CounterKey, ...]:
    """The rows to lock before scoring, in their order. Refuses early what needs no counter to be refused."""
    rule = _rule_in_force(compiled, rule_id, facts)
    keys = {*limit_keys(rule, facts, recipient), *cooldown_keys(rule, facts, recipient)}
    keys.update(_carry_keys(rule, recipient))
    if compiled.bans and rule.rule.gives:
        keys.add(ban_key(EARNING, recipient, facts.happened_on))
    for effect in rule.rule.effects:
        keys.update(key for key, _ in ban_counts(effect, recipient, facts))
        keys.update(honour_keys(effect, recipient))
    return tuple(sorted(keys))


def score(compiled: Compiled, rule_id: str, facts: Facts, recipient: str, used: Used) -> Score:
    """Amounts by unit after all limits. `used` holds the locked counters; one that is absent has not been used.

    Refuses in this order: rule, dates, facts, ban, conditions, evidence, cooldown, value, limits.
    """
    rule = _rule_in_force(compiled, rule_id, facts)
    refuse_unknown_facts(compiled.facts, facts)
    if compiled.bans and rule.rule.gives:
        _refuse_banned(rule_id, ban_key(EARNING, recipient, facts.happened_on), used)
    _require(rule.rule, facts)
    cooldown = cooldown_keys(rule, facts, recipient)
    refuse_too_soon(rule, cooldown, used)
    tally = Tally([move.unit.value for move in rule.moves], [], [])
    counts = [(key, 1) for key in cooldown[:1]]
    carry = _carry_keys(rule, recipient)
    for move in rule.moves:
        brought = used.get(_carry_key(rule, move, recipient), 0) if carry and carries(move.value) else None
        tally.amounts.append(_amount(compiled, rule, move, facts, brought, tally.steps))
    counts += _carried(rule, recipient, facts)
    if not any(tally.amounts) and not rule.rule.effects and not carry:
        raise Refused(Reason.NOTHING_EARNED, rule=rule_id)
    return _finish(compiled, rule, facts, recipient, used, tally, counts)


def _finish(
    compiled: Compiled,
    rule: CompiledRule,
    facts: Facts,
    recipient: str,
    used: Used,
    tally: Tally,
    counts: list[tuple[CounterKey, int]],
) -> Score:
    keys = limit_keys(rule, facts, recipient)
    charged = apply_limits(rule, keys, facts.happened_on, used, tally)
    if compiled.programme.vouchers_of > 1 and rule.rule.gives:
        _fill_vouchers(compiled.programme.vouchers_of, rule.rule.id, tally)
        charged = limits_charged(list(zip(rule.caps, keys, strict=True)), tally)
    # Nothing is refused below this line.
    lines = _lines(rule, tally)
    for effect in rule.rule.effects:
        tally.steps.append(Affected(effect))
        counts += ban_counts(effect, recipient, facts)
        counts += honour_counts(effect, recipient, used)
    notice_days = rule.notice_days if rule.rule.gives else 0
    if notice_days:
        tally.steps.append(Noticed(notice_days))
    trace = Trace(rule.rule.id, facts.happened_on, tuple(tally.steps), bool(rule.rule.takes))
    return Score(lines, (*charged, *counts), trace, notice_days, rule.rule.effects)


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
            last_day=None if rule.until == rule.until.max else rule.until.isoformat(),
        )
    return rule


def _refuse_banned(rule_id: str, key: CounterKey, used: Used) -> None:
    if used.get(key, 0):
        raise Refused(Reason.RIGHTS_SUSPENDED, rule=rule_id, month=key.period)


def _require(rule: Rule, facts: Facts) -> None:
    miss = missed(rule.when, facts)
    if miss is not None:
        raise Refused(
            Reason.NOT_ELIGIBLE, rule=rule.id, fact=miss.fact, test=miss.test, wanted=miss.wanted, found=miss.found
        )
    lacking = missing_evidence(rule.evidence, facts.evidence)
    if lacking:
        raise Refused(Reason.EVIDENCE_MISSING, rule=rule.id, missing=lacking)


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


def _amount(
    compiled: Compiled, rule: CompiledRule, move: Give | Take, facts: Facts, brought: int | None, steps: list[Step]
) -> int:
    """Value, coefficients, bonuses, campaigns, rounding once, and the most that one activity may bring."""
    valued = _value(compiled, move, facts, brought)
    steps.append(valued)
    exact: Fraction | int = valued.amount
    unit = move.unit.value
    if move.factors:
        exact = apply_factors(move.factors, facts, unit, exact, steps)
    if isinstance(move, Give):
        if move.bonuses and valued.amount:
            exact = apply_bonuses(move.bonuses, facts, unit, exact, steps)
        if rule.campaigns and move.unit in (RuleUnit.POINTS, RuleUnit.GIFT) and valued.amount:
            combine = compiled.rulebook.combine_campaigns
            exact = apply_campaigns(rule.campaigns, combine, facts.happened_on, unit, exact, steps)
    amount = settle(exact, move.rounding)
    if exact != amount:
        steps.append(Rounded(unit, str(exact), amount))
    if isinstance(move, Give) and move.at_most is not None and amount > move.at_most:
        steps.append(Bounded(unit, move.at_most, amount))
        amount = move.at_most
    return amount


def _value(compiled: Compiled, move: Give | Take, facts: Facts, brought: int | None) -> Valued:
    if isinstance(move.value, ByAnalogy):
        return _liken(compiled, move.value, move, facts)
    return value_of(move.value, facts, move.unit.value, brought)


def _liken(compiled: Compiled, analogy: ByAnalogy, move: Give | Take, facts: Facts) -> Likened:
    """Values the deed as the cited rule would; the panel's reason is part of the record."""
    if facts.like is None:
        raise Refused(Reason.FACT_MISSING, fact="like")
    if facts.like not in analogy.rules:
        raise Refused(Reason.UNKNOWN_CHOICE, fact="like", choice=facts.like, choices=list(analogy.rules))
    if facts.note is None:
        raise Refused(Reason.FACT_MISSING, fact="note")
    cited = compiled.rules[facts.like].moves[0].value
    assert not isinstance(cited, ByAnalogy), "checked at load: an analogy cites a rule with a value of its own"
    step = value_of(cited, facts, move.unit.value)
    return Likened(move.unit.value, facts.like, step, facts.note, step.amount)


def _carry_key(rule: CompiledRule, move: Give | Take, recipient: str) -> CounterKey:
    assert isinstance(move.value, PerUnit), "only a quantity has a remainder"
    return CounterKey(f"{rule.rule.id}/carry/{move.value.of}", recipient, "ever")


def _carry_keys(rule: CompiledRule, recipient: str) -> list[CounterKey]:
    return [_carry_key(rule, move, recipient) for move in rule.moves if carries(move.value)]


def _carried(rule: CompiledRule, recipient: str, facts: Facts) -> list[tuple[CounterKey, int]]:
    """The whole quantity is remembered; what is left of it after full units follows from it at any time."""
    counts = []
    for move in rule.moves:
        if isinstance(move.value, PerUnit) and carries(move.value):
            quantity = facts.quantities[move.value.of]
            taken = quantity if move.value.at_most is None else min(quantity, move.value.at_most)
            if taken:
                counts.append((_carry_key(rule, move, recipient), taken))
    return counts


def _fill_vouchers(each: int, rule_id: str, tally: Tally) -> None:
    for place, unit in enumerate(tally.units):
        before = tally.amounts[place]
        if unit == RuleUnit.POINTS and before % each:
            tally.amounts[place] = before - before % each
            tally.steps.append(Vouchered(each, before, tally.amounts[place]))
    if not any(tally.amounts):
        raise Refused(Reason.NOTHING_EARNED, rule=rule_id)


def _lines(rule: CompiledRule, tally: Tally) -> tuple[ScoreLine, ...]:
    lines = []
    for move, amount, expiry in zip(rule.moves, tally.amounts, rule.expiries, strict=True):
        unit = move.unit.value
        if isinstance(move, Take):
            if amount:
                lines.append(ScoreLine(unit, -amount, when_short=move.when_short.value))
            continue
        if amount:
            lines.append(ScoreLine(unit, amount, expiry))
            if expiry is not None:
                tally.steps.append(Lasts(unit, expiry))
    if tally.pooled:
        lines.append(ScoreLine(RuleUnit.SERVICE_MINUTES.value, tally.pooled, to_pool=True))
    return tuple(lines)
