"""What types cannot see in one rule: words that do not exist, limits that contradict, points that lapse unseen."""

from collections.abc import Iterator

from ledger.core.cap import UNIT_OF_LIMIT, Cap, counter_name, limit_of
from ledger.core.compiled import Compiled, CompiledRule
from ledger.core.condition import Condition, wrong_test
from ledger.core.effect import GainHonour, LoseHonour, ZeroActivity
from ledger.core.fact import Fact, FactType
from ledger.core.fault import Fault, Path, below, fault
from ledger.core.overlap import can_never_hold
from ledger.core.period import Span
from ledger.core.programme import shortest_life
from ledger.core.rulebook import Give, Rule, Take
from ledger.core.title import Title
from ledger.core.unit import RuleUnit
from ledger.core.value import ByAnalogy, Parts, Value, carries, facts_of, most_of


def vet_rule(rule: Rule, compiled: Compiled) -> Iterator[Fault]:
    """All contradictions of one rule, in the order of its fields."""
    made = compiled.rules[rule.id]
    yield from _vet_names(rule, compiled)
    if made.from_ > made.until:
        yield fault(("until",), "该规则永远不会生效", "the rule is never in force")
    yield from below(("when",), vet_conditions(rule.when, compiled.facts))
    for number, move in enumerate(rule.moves):
        yield from below(("gives" if rule.gives else "takes", number), _vet_move(move, made, compiled))
    yield from _vet_caps(rule, compiled)
    yield from _vet_effects(rule, compiled)
    if not rule.examples:
        yield fault(("examples",), "每条规则至少要有一个算例", "every rule needs a worked example")


def vet_title(title: Title) -> Iterator[Fault]:
    """Chinese words in the English title are a translation that somebody meant to make later."""
    if any("\u3400" <= letter <= "\u9fff" for letter in title.en):
        yield fault(("title", "en"), "英文名称尚未翻译", "the English title is not translated")


def vet_conditions(conditions: tuple[Condition, ...], facts: dict[str, Fact]) -> Iterator[Fault]:
    """Facts that exist, tests that fit their type, and something that can satisfy all of them."""
    for number, condition in enumerate(conditions):
        if condition.any_ is not None:
            yield from below((number, "any"), vet_conditions_each(condition.any_, facts))
            continue
        yield from below((number,), _vet_condition(condition, facts))
    fact = can_never_hold(conditions)
    if fact is not None:
        yield fault((), f"条件互相矛盾：{fact}", f"the conditions on {fact} exclude each other")


def vet_conditions_each(conditions: tuple[Condition, ...], facts: dict[str, Fact]) -> Iterator[Fault]:
    """Alternatives may exclude each other."""
    for number, condition in enumerate(conditions):
        if condition.any_ is not None:
            yield fault((number,), "any 里面不能再写 any", "`any` does not stand inside `any`")
        else:
            yield from below((number,), _vet_condition(condition, facts))


def _vet_condition(condition: Condition, facts: dict[str, Fact]) -> Iterator[Fault]:
    name = condition.fact or ""
    fact = facts.get(name)
    if fact is None:
        yield fault(("fact",), f"没有登记这个事实：{name}", f"no such fact is declared: {name}")
        return
    test = wrong_test(condition, fact)
    if test is not None:
        yield fault(
            (test,),
            f"{name} 的类型是 {fact.type}，不能这样要求",
            f"{name} is a {fact.type}; it cannot be asked this way",
        )


def _vet_names(rule: Rule, compiled: Compiled) -> Iterator[Fault]:
    yield from vet_title(rule.title)
    if rule.category not in compiled.rulebook.categories:
        yield fault(("category",), "没有这个类别", "there is no such category")
    campaigns = {campaign.id for campaign in compiled.rulebook.campaigns}
    if rule.campaign is not None and rule.campaign not in campaigns:
        yield fault(("campaign",), "没有这个活动期", "there is no such campaign")
    if rule.opposite is None:
        return
    other = compiled.rules.get(rule.opposite)
    if other is None:
        yield fault(("opposite",), "没有这条规则", "there is no such rule")
    elif other.rule.opposite != rule.id or bool(other.rule.gives) == bool(rule.gives):
        yield fault(("opposite",), "成对的规则须一加一减、互相指明", "a pair is one that gives and one that takes")


def _vet_move(move: Give | Take, made: CompiledRule, compiled: Compiled) -> Iterator[Fault]:
    if move.unit not in compiled.programme.units:
        yield fault(("unit",), "本方案没有这个单位", "the programme does not have this unit")
    yield from below(("value",), _vet_value(move.value, made.rule, compiled))
    for number, factor in enumerate(move.factors):
        place: Path = ("factors", number)
        yield from below((*place, "when"), vet_conditions(factor.when, compiled.facts))
        if factor.of is not None:
            wanted = (factor.of, FactType.CHOICE, tuple(factor.table))
            yield from _vet_fact((*place, "of"), (*place, "table"), wanted, compiled.facts)
    if isinstance(move, Take):
        return
    for number, bonus in enumerate(move.bonuses):
        yield from below(("bonuses", number, "when"), vet_conditions(bonus.when, compiled.facts))
    yield from _vet_life(move, made, compiled)


def _vet_life(give: Give, made: CompiledRule, compiled: Compiled) -> Iterator[Fault]:
    if give.unit not in (RuleUnit.POINTS, RuleUnit.GIFT):
        return
    life = shortest_life(compiled.programme.expiry if give.expiry is None else give.expiry)
    if life is not None and life < made.notice_days:
        place: Path = () if give.expiry is None else ("expiry",)
        yield fault(place, "积分可能在公示期内就失效", "points may lapse before the public notice ends")


def _vet_value(value: Value, rule: Rule, compiled: Compiled) -> Iterator[Fault]:
    if most_of(value) == 0:
        yield fault((), "这样永远得不到分", "this can never give anything")
    if isinstance(value, Parts):
        for number, part in enumerate(value.parts):
            yield from below(("parts", number), _vet_part_value(part.value, part.title, compiled.facts))
        return
    if isinstance(value, ByAnalogy):
        yield from _vet_analogy(value, rule, compiled)
    for wanted in facts_of(value):
        yield from _vet_fact(("of",), ("of",), wanted, compiled.facts)


def _vet_part_value(value: Value, title: Title, facts: dict[str, Fact]) -> Iterator[Fault]:
    yield from vet_title(title)
    if carries(value):
        yield fault(("value", "remainder"), "分项不能结转余数", "a part of a sheet carries no remainder")
    for wanted in facts_of(value):
        yield from _vet_fact(("value", "of"), ("value",), wanted, facts)


def _vet_analogy(value: ByAnalogy, rule: Rule, compiled: Compiled) -> Iterator[Fault]:
    for number, name in enumerate(value.rules):
        cited = compiled.rules.get(name)
        if cited is None:
            yield fault(("rules", number), "没有这条规则", "there is no such rule")
            continue
        has_value = bool(cited.moves) and not isinstance(cited.moves[0].value, ByAnalogy)
        if not has_value or bool(cited.rule.gives) != bool(rule.gives):
            yield fault(("rules", number), "不能比照这条规则", "an analogy cites a rule of its own kind with a value")


def _vet_fact(
    path: Path, choices_path: Path, wanted: tuple[str, FactType, tuple[str, ...]], facts: dict[str, Fact]
) -> Iterator[Fault]:
    name, kind, choices = wanted
    fact = facts.get(name)
    if fact is None:
        yield fault(path, f"没有登记这个事实：{name}", f"no such fact is declared: {name}")
        return
    if fact.type is not kind:
        yield fault(
            path, f"{name} 的类型是 {fact.type}，这里需要 {kind}", f"{name} is a {fact.type}, a {kind} is needed"
        )
    for choice in choices:
        if choice not in fact.choices:
            yield fault(choices_path, f"{name} 没有这个选项：{choice}", f"{name} has no such choice: {choice}")


def _vet_caps(rule: Rule, compiled: Compiled) -> Iterator[Fault]:
    names = [counter_name(rule.id, cap) for cap in rule.caps]
    units = {move.unit.value for move in rule.moves}
    for number, cap in enumerate(rule.caps):
        word, _ = limit_of(cap)
        if names[number] in names[:number]:
            yield fault(("caps", number), "同样的上限写了两次", "the same limit stands here twice")
        if cap.per is Span.CAMPAIGN and rule.campaign is None:
            yield fault(("caps", number, "per"), "该规则不属于任何活动期", "the rule belongs to no campaign")
        if word != "times" and UNIT_OF_LIMIT[word] not in units:
            yield fault(("caps", number), f"该规则没有单位 {word}", f"the rule has no {word} to limit")
        yield from below(("caps", number), _vet_once(cap, rule, compiled))
    for cap in compiled.rulebook.caps.get(rule.category, ()) if rule.gives else ():
        yield from below(("gives",), _vet_once(cap, rule, compiled))


def _vet_once(cap: Cap, rule: Rule, compiled: Compiled) -> Iterator[Fault]:
    """A limit below one award is a slip of the pen, not a policy."""
    word, limit = limit_of(cap)
    if word == "times" or carries_any(compiled.rules[rule.id]):
        return
    most = [most_of(move.value) for move in rule.moves if move.unit == UNIT_OF_LIMIT[word]]
    once = sum(amount for amount in most if amount is not None)
    if limit < once:
        yield fault(
            (), f"上限 {limit} 小于一次可得的 {once}", f"the limit {limit} is less than one award may bring, {once}"
        )


def carries_any(made: CompiledRule) -> bool:
    """Whether any remainder of the rule waits for the next time."""
    return any(carries(move.value) for move in made.moves)


def _vet_effects(rule: Rule, compiled: Compiled) -> Iterator[Fault]:
    for number, effect in enumerate(rule.effects):
        if isinstance(effect, GainHonour | LoseHonour) and effect.honour not in compiled.programme.honours:
            yield fault(("effects", number, "honour"), "没有这个荣誉", "there is no such honour")
        if isinstance(effect, ZeroActivity):
            for place, name in enumerate(effect.rules):
                if name not in compiled.rules:
                    yield fault(("effects", number, "rules", place), "没有这条规则", "there is no such rule")
