"""What types cannot see: names that do not exist, limits that contradict, points that lapse before they are seen."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from ledger.core.cap import Cap, counter_name
from ledger.core.fact import BUILT_IN, Fact, FactType
from ledger.core.item import Catalogue
from ledger.core.programme import Programme, shortest_life
from ledger.core.rulebook import Rule, Rulebook, RuleUnit
from ledger.core.title import Title
from ledger.core.value import RangeBy, facts_of, most_of

Path = tuple[str | int, ...]


class Fault(Struct, frozen=True):
    """One contradiction and the path to the part that holds it."""

    path: Path
    message: Title


def vet_rulebook(rulebook: Rulebook, programme: Programme) -> tuple[Fault, ...]:
    """All contradictions; an empty answer means that the rulebook may be tried on its examples."""
    facts = {fact.id: fact for fact in (*BUILT_IN, *rulebook.facts)}
    faults: list[Fault] = []
    faults += _twice("rules", [rule.id for rule in rulebook.rules])
    faults += _twice("facts", [*(fact.id for fact in BUILT_IN), *(fact.id for fact in rulebook.facts)], len(BUILT_IN))
    for category in rulebook.caps:
        if category not in rulebook.categories:
            faults.append(Fault(("caps", category), Title("没有这个类别", "there is no such category")))
    if rulebook.until is not None and rulebook.until < rulebook.from_:
        faults.append(Fault(("until",), Title("早于开始日期", "is before the first day")))
    for number, rule in enumerate(rulebook.rules):
        for fault in _vet_rule(rule, rulebook, programme, facts):
            faults.append(Fault(("rules", number, *fault.path), fault.message))
    return tuple(faults)


def vet_catalogue(catalogue: Catalogue) -> tuple[Fault, ...]:
    """Names that stand twice, and categories that are not listed."""
    faults = [*_twice("items", [item.id for item in catalogue.items])]
    faults += _twice("shops", [shop.id for shop in catalogue.shops])
    for number, item in enumerate(catalogue.items):
        if item.category not in catalogue.categories:
            faults.append(Fault(("items", number, "category"), Title("没有这个类别", "there is no such category")))
    for number, shop in enumerate(catalogue.shops):
        if shop.trade not in catalogue.trades:
            faults.append(Fault(("shops", number, "trade"), Title("没有这个行业", "there is no such trade")))
        for fault in _twice("offers", [offer.id for offer in shop.offers]):
            faults.append(Fault(("shops", number, *fault.path), fault.message))
    return tuple(faults)


def _vet_rule(rule: Rule, rulebook: Rulebook, programme: Programme, facts: dict[str, Fact]) -> Iterator[Fault]:
    if rule.category not in rulebook.categories:
        yield Fault(("category",), Title("没有这个类别", "there is no such category"))
    if not rule.examples:
        yield Fault(("examples",), Title("每条规则至少要有一个算例", "every rule needs a worked example"))
    yield from _vet_dates(rule, rulebook)
    yield from _vet_gives(rule, programme, facts)
    yield from _vet_caps(rule, rulebook)


def _vet_dates(rule: Rule, rulebook: Rulebook) -> Iterator[Fault]:
    starts = max(rulebook.from_, rule.from_ or rulebook.from_)
    ends = [day for day in (rule.until, rulebook.until) if day is not None]
    if ends and min(ends) < starts:
        yield Fault(("until",), Title("该规则永远不会生效", "the rule is never in force"))


def _vet_gives(rule: Rule, programme: Programme, facts: dict[str, Fact]) -> Iterator[Fault]:
    notice_days = programme.notice_days if rule.notice_days is None else rule.notice_days
    for number, give in enumerate(rule.gives):
        place: Path = ("gives", number)
        if give.unit not in programme.units:
            yield Fault((*place, "unit"), Title("本方案没有这个单位", "the programme does not have this unit"))
        for name, kind in facts_of(give.value):
            yield from _vet_fact((*place, "value", "of"), name, kind, facts)
        if isinstance(give.value, RangeBy) and give.value.of in facts:
            for grade in give.value.ranges:
                if grade not in facts[give.value.of].choices:
                    yield Fault((*place, "value", "ranges", grade), Title("没有这个选项", "there is no such choice"))
        life = shortest_life(programme.expiry if give.expiry is None else give.expiry)
        if life is not None and life < notice_days and give.unit is not RuleUnit.SERVICE_MINUTES:
            yield Fault(
                (*place, "expiry") if give.expiry else place,
                Title("积分可能在公示期内就失效", "points may lapse before the public notice ends"),
            )


def _vet_fact(path: Path, name: str, kind: str, facts: dict[str, Fact]) -> Iterator[Fault]:
    fact = facts.get(name)
    if fact is None:
        yield Fault(path, Title(f"没有登记这个事实:{name}", f"no such fact is declared: {name}"))
    elif fact.type is not FactType(kind):
        yield Fault(
            path, Title(f"{name} 的类型是 {fact.type},这里需要 {kind}", f"{name} is a {fact.type}, a {kind} is needed")
        )


def _vet_caps(rule: Rule, rulebook: Rulebook) -> Iterator[Fault]:
    names = [counter_name(rule.id, cap) for cap in rule.caps]
    for number, name in enumerate(names):
        if name in names[:number]:
            yield Fault(("caps", number), Title("同样的上限写了两次", "the same limit stands here twice"))
    most = [most_of(give.value) for give in rule.gives if give.unit is RuleUnit.POINTS]
    bounded = [number for number in most if number is not None]
    once = sum(bounded)
    for number, cap in enumerate(rule.caps):
        if _is_less_than_once(cap, once):
            yield Fault(
                ("caps", number),
                Title(f"上限小于一次可得的 {once} 分", f"the limit is less than one award may bring, {once} points"),
            )
    for cap in rulebook.caps.get(rule.category, ()):
        if _is_less_than_once(cap, once):
            yield Fault(
                ("gives",),
                Title(
                    f"类别上限小于一次可得的 {once} 分", f"the category's limit is less than one award, {once} points"
                ),
            )


def _is_less_than_once(cap: Cap, once: int) -> bool:
    return cap.points is not None and cap.points < once


def _twice(field: str, names: Iterable[str], skip: int = 0) -> Iterator[Fault]:
    """`skip` names come from elsewhere and stand before those of the file."""
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            yield Fault((field, number - skip), Title(f"重复的名称:{name}", f"the name stands here twice: {name}"))
        seen.add(name)
