"""What types cannot see in whole documents: overlaps, rules that are never reached, names that do not exist."""

import itertools
from collections.abc import Iterator
from fractions import Fraction

from ledger.core.campaign import Campaign, Combine
from ledger.core.compiled import Compiled, compile_rulebook
from ledger.core.event import Events
from ledger.core.fact import BUILT_IN
from ledger.core.fault import Fault, below, fault, named_twice
from ledger.core.item import Catalogue
from ledger.core.overlap import hides, may_meet
from ledger.core.period import Span
from ledger.core.programme import Programme
from ledger.core.rank import Rank
from ledger.core.ratio import fraction
from ledger.core.rulebook import Rulebook
from ledger.core.streak import Streak
from ledger.core.unit import RuleUnit
from ledger.core.value import facts_of
from ledger.core.vet_rule import vet_rule, vet_title


def vet_rulebook(rulebook: Rulebook, programme: Programme) -> tuple[Fault, ...]:
    """All contradictions; an empty answer means that the rulebook may be tried on its examples."""
    names = [*named_twice("rules", [rule.id for rule in rulebook.rules])]
    names += named_twice("facts", [fact.id for fact in rulebook.facts])
    names += named_twice("campaigns", [campaign.id for campaign in rulebook.campaigns])
    names += named_twice("ranks", [rank.id for rank in rulebook.ranks])
    names += named_twice("streaks", [streak.id for streak in rulebook.streaks])
    if names:
        return tuple(names)
    compiled = compile_rulebook(rulebook, programme)
    faults = [*_vet_head(rulebook)]
    for number, rule in enumerate(rulebook.rules):
        faults += below(("rules", number), vet_rule(rule, compiled))
    faults += _vet_events(compiled)
    faults += _vet_campaigns(compiled)
    for number, ranked in enumerate(rulebook.ranks):
        faults += below(("ranks", number), _vet_batch(ranked, compiled))
    for number, streak in enumerate(rulebook.streaks):
        faults += below(("streaks", number), _vet_batch(streak, compiled))
    return tuple(faults)


def vet_programme(programme: Programme) -> tuple[Fault, ...]:
    """Policies that speak of units, areas or classes that the programme does not have."""
    faults = [*vet_title(programme.title)]
    faults += named_twice("areas", [area.id for area in programme.areas])
    faults += named_twice("outlets", [outlet.id for outlet in programme.outlets])
    faults += named_twice("readouts", [readout.id for readout in programme.readouts])
    areas = programme.choices("areas")
    for number, outlet in enumerate(programme.outlets):
        if outlet.area is not None and outlet.area not in areas:
            faults.append(fault(("outlets", number, "area"), "没有这个片区", "there is no such area"))
    for field, units in (
        ("opening", [opening.unit for opening in programme.opening]),
        ("resets", [reset.unit for reset in programme.resets]),
        ("readouts", [readout.unit for readout in programme.readouts]),
    ):
        for number, unit in enumerate(units):
            if unit not in programme.units:
                faults.append(fault((field, number, "unit"), "本方案没有这个单位", "the programme lacks this unit"))
    faults += _vet_spending(programme)
    return tuple(faults)


def vet_catalogue(catalogue: Catalogue) -> tuple[Fault, ...]:
    """Names that stand twice, categories that are not listed, words that are not translated."""
    faults = [*named_twice("items", [item.id for item in catalogue.items])]
    faults += named_twice("shops", [shop.id for shop in catalogue.shops])
    for number, item in enumerate(catalogue.items):
        faults += below(("items", number), vet_title(item.title))
        if item.category not in catalogue.categories:
            faults.append(fault(("items", number, "category"), "没有这个类别", "there is no such category"))
    for number, shop in enumerate(catalogue.shops):
        if shop.trade not in catalogue.trades:
            faults.append(fault(("shops", number, "trade"), "没有这个行业", "there is no such trade"))
        faults += below(("shops", number), named_twice("offers", [offer.id for offer in shop.offers]))
        for place, offer in enumerate(shop.offers):
            faults += below(("shops", number, "offers", place), vet_title(offer.title))
    return tuple(faults)


def vet_together(rulebook: Rulebook, programme: Programme, events: Events | None) -> tuple[Fault, ...]:
    """What a rulebook and its neighbours promise each other."""
    faults = []
    known = {event.id: event for event in (() if events is None else events.events)}
    own = {fact.id for fact in (*BUILT_IN, *rulebook.facts)}
    for number, rule in enumerate(rulebook.rules):
        if rule.event is None or events is None:
            continue
        if rule.event not in known:
            faults.append(
                fault(("rules", number, "event"), "events.yaml 中没有这个事件", "events.yaml has no such event")
            )
            continue
        wanted = {name for move in rule.moves for name, _, _ in facts_of(move.value)}
        lacking = {name for name in wanted if name in own and "." not in name} - set(known[rule.event].facts)
        for name in sorted(lacking - {"happened_on"}):
            zh, en = f"事件 {rule.event} 不提供 {name}", f"the event {rule.event} does not bring {name}"
            faults.append(fault(("rules", number, "event"), zh, en))
    for budget in programme.budgets:
        if budget.category is not None and budget.category not in rulebook.categories:
            zh, en = (
                f"没有预算所指的类别：{budget.category}",
                f"a budget names a category that is not here: {budget.category}",
            )
            faults.append(fault(("categories",), zh, en))
    return tuple(faults)


def _vet_head(rulebook: Rulebook) -> Iterator[Fault]:
    yield from vet_title(rulebook.title)
    if rulebook.until is not None and rulebook.until < rulebook.from_:
        yield fault(("until",), "早于开始日期", "is before the first day")
    built_in = {fact.id for fact in BUILT_IN}
    for number, fact in enumerate(rulebook.facts):
        if fact.id in built_in:
            yield fault(("facts", number, "id"), "系统已有这个事实", "this fact is declared already")
        yield from below(("facts", number), vet_title(fact.title))
    for category, caps in rulebook.caps.items():
        if category not in rulebook.categories:
            yield fault(("caps", category), "没有这个类别", "there is no such category")
        for number, cap in enumerate(caps):
            if cap.per is Span.CAMPAIGN:
                yield fault(
                    ("caps", category, number, "per"), "类别上限按日历周期", "a category's limit has no campaign"
                )


def _vet_events(compiled: Compiled) -> Iterator[Fault]:
    """Two rules of one event that can meet need a word for what then happens."""
    book = compiled.rulebook
    by_event: dict[str, list[int]] = {}
    for number, rule in enumerate(book.rules):
        if rule.event is not None:
            by_event.setdefault(rule.event, []).append(number)
    for event, numbers in by_event.items():
        combine = book.combine.get(event)
        for first, later in itertools.combinations(numbers, 2):
            one, other = compiled.rules[book.rules[first].id], compiled.rules[book.rules[later].id]
            if combine is None and may_meet(one, other):
                zh = f"与规则 {one.rule.id} 重叠：请在 combine 中写明 best、sum 或 first"
                en = f"overlaps with {one.rule.id}: say `best`, `sum` or `first` under `combine`"
                yield fault(("rules", later, "event"), zh, en)
            if combine is Combine.FIRST and hides(one, other):
                zh, en = f"总是先用规则 {one.rule.id}，轮不到它", f"is never reached: {one.rule.id} always comes first"
                yield fault(("rules", later), zh, en)
    for event in book.combine:
        if len(by_event.get(event, ())) < 2:
            yield fault(("combine", event), "没有两条规则用这个事件", "no two rules share this event")


def _vet_campaigns(compiled: Compiled) -> Iterator[Fault]:
    book = compiled.rulebook
    used = {rule.campaign for rule in book.rules} | {rank.campaign for rank in book.ranks}
    for number, campaign in enumerate(book.campaigns):
        yield from below(("campaigns", number), _vet_campaign(campaign, compiled, used))
        for earlier in book.campaigns[:number]:
            if book.combine_campaigns is None and _both_change(earlier, campaign, compiled):
                zh = f"与活动期 {earlier.id} 重叠：请写明 combine_campaigns"
                yield fault(("campaigns", number), zh, f"overlaps with {earlier.id}: say `combine_campaigns`")


def _vet_campaign(campaign: Campaign, compiled: Compiled, used: set[str | None]) -> Iterator[Fault]:
    book = compiled.rulebook
    yield from vet_title(campaign.title)
    if campaign.until < book.from_ or (book.until is not None and campaign.from_ > book.until):
        yield fault((), "活动期在本版规则之外", "the campaign lies outside this version")
    if campaign.times is None and campaign.id not in used:
        yield fault((), "没有规则属于这个活动期", "no rule belongs to this campaign")
    if campaign.times is not None and fraction(campaign.times) == Fraction(1):
        yield fault(("times",), "乘以 1 没有作用", "times 1 changes nothing")
    for place, name in enumerate(campaign.rules):
        if name not in compiled.rules:
            yield fault(("rules", place), "没有这条规则", "there is no such rule")
    for place, name in enumerate(campaign.categories):
        if name not in book.categories:
            yield fault(("categories", place), "没有这个类别", "there is no such category")


def _both_change(one: Campaign, other: Campaign, compiled: Compiled) -> bool:
    if one.from_ > other.until or other.from_ > one.until:
        return False
    return any(one in rule.campaigns and other in rule.campaigns for rule in compiled.rules.values())


def _vet_batch(part: Rank | Streak, compiled: Compiled) -> Iterator[Fault]:
    book, programme = compiled.rulebook, compiled.programme
    yield from vet_title(part.title)
    if part.category not in book.categories:
        yield fault(("category",), "没有这个类别", "there is no such category")
    for field, unit in (("unit", part.unit), ("counts", part.counts)):
        if unit not in programme.units:
            yield fault((field,), "本方案没有这个单位", "the programme does not have this unit")
    for number, name in enumerate(part.rules):
        if name not in compiled.rules:
            yield fault(("rules", number), "没有这条规则", "there is no such rule")
    if part.honour is not None and part.honour not in programme.honours:
        yield fault(("honour",), "没有这个荣誉", "there is no such honour")
    campaigns = {campaign.id for campaign in book.campaigns}
    if isinstance(part, Rank) and part.campaign is not None and part.campaign not in campaigns:
        yield fault(("campaign",), "没有这个活动期", "there is no such campaign")
    if not part.examples:
        yield fault(("examples",), "至少要有一个算例", "a worked example is needed")


def _vet_spending(programme: Programme) -> Iterator[Fault]:
    spending = programme.spending
    if spending.gift is not None and RuleUnit.GIFT not in programme.units:
        yield fault(("spending", "gift"), "本方案没有赠予积分", "the programme has no gift points")
    if spending.gift is None and RuleUnit.GIFT in programme.units:
        yield fault(("spending",), "赠予积分如何使用须写明", "say how gift points may be spent")
    for name in spending.gift.by_class if spending.gift is not None else ():
        if name not in programme.classes:
            yield fault(("spending", "gift", "by_class", name), "没有这个类别", "there is no such class")
    if programme.time_bank is not None and RuleUnit.SERVICE_MINUTES not in programme.units:
        yield fault(("time_bank",), "本方案没有服务时长", "the programme has no service minutes")
    if spending.goods is False and spending != type(spending)(goods=False, assumption=spending.assumption):
        yield fault(("spending",), "不兑换物品就不需要其他消费规定", "where no goods are given nothing else is limited")
    days = [rate.from_ for rate in programme.rates]
    if days != sorted(set(days)):
        yield fault(("rates",), "比价须按日期先后排列", "rates stand in the order of their days")
