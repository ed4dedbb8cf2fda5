"""A published rulebook made ready for scoring: everything that does not depend on the activity, worked out once."""

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from ledger.core.campaign import Campaign
from ledger.core.cap import Cap, Subject, counter_name, limit_of
from ledger.core.effect import BanEarning, ZeroBalance
from ledger.core.fact import Fact, fact_catalogue
from ledger.core.period import Expiry, Never
from ledger.core.programme import AccountHolder, Programme
from ledger.core.rulebook import Give, RecipientKind, Rule, Rulebook, Take, digest
from ledger.core.unit import RuleUnit


class CompiledCap(Struct, frozen=True):
    """A limit with the name of its counter."""

    name: str
    cap: Cap
    word: str
    limit: int


class CompiledRule(Struct, frozen=True):
    """A rule with its window, limits, campaigns and expiries at hand.

    `purses` are the recipient's purses and units that it may move (never none, so that there is somebody whom a ban can
    meet), `debts` the units in which it may repay one.
    """

    rule: Rule
    moves: tuple[Give | Take, ...]
    from_: date
    until: date
    caps: tuple[CompiledCap, ...]
    campaigns: tuple[Campaign, ...]
    expiries: tuple[Expiry | None, ...]
    notice_days: int
    purses: tuple[tuple[str, str], ...]
    debts: tuple[str, ...]


class Compiled(Struct, frozen=True):
    """Keep it outside, per digest."""

    rulebook: Rulebook
    programme: Programme
    digest: str
    rules: dict[str, CompiledRule]
    facts: dict[str, Fact]
    bans: bool


def compile_rulebook(rulebook: Rulebook, programme: Programme) -> Compiled:
    """The form that `score` wants; costs a millisecond, so it is made once for each published rulebook."""
    rules = {rule.id: _compile(rule, rulebook, programme) for rule in rulebook.rules}
    facts = fact_catalogue(rulebook.facts, programme)
    bans = any(isinstance(effect, BanEarning) for rule in rulebook.rules for effect in rule.effects)
    return Compiled(rulebook, programme, digest(rulebook), rules, facts, bans)


def recipient_kind(compiled: Compiled, rule_id: str) -> RecipientKind | None:
    """Household, member or merchant: who may receive what the rule gives; None for a rule that is not there."""
    rule = compiled.rules.get(rule_id)
    if rule is None:
        return None
    if rule.rule.recipient is not RecipientKind.HOLDER:
        return rule.rule.recipient
    holds = compiled.programme.account_holder
    return RecipientKind.HOUSEHOLD if holds is AccountHolder.HOUSEHOLD else RecipientKind.MEMBER


def is_for_merchant(compiled: Compiled, rule_id: str) -> bool:
    """Whether a shop receives what the rule gives, rather than the account holder."""
    return recipient_kind(compiled, rule_id) is RecipientKind.MERCHANT


def _compile(rule: Rule, rulebook: Rulebook, programme: Programme) -> CompiledRule:
    campaign = next((campaign for campaign in rulebook.campaigns if campaign.id == rule.campaign), None)
    windows = (rulebook, rule) if campaign is None else (rulebook, rule, campaign)
    starts = [window.from_ for window in windows if window.from_ is not None]
    ends = [window.until for window in windows if window.until is not None]
    notice_days = programme.notice_days if rule.notice_days is None else rule.notice_days
    return CompiledRule(
        rule=rule,
        moves=rule.moves,
        from_=max(starts),
        until=min(ends, default=date.max),
        caps=tuple(_caps(rule, rulebook, programme)),
        campaigns=tuple(
            campaign
            for campaign in rulebook.campaigns
            if rule.id in campaign.rules or rule.category in campaign.categories
        ),
        expiries=tuple(_expiry(give, programme) for give in rule.gives) or (None,) * len(rule.takes),
        notice_days=notice_days,
        purses=tuple(dict.fromkeys(_purses(rule, notice_days))) or (("main", programme.units[0].value),),
        debts=() if notice_days else tuple(dict.fromkeys(give.unit.value for give in rule.gives)),
    )


def _purses(rule: Rule, notice_days: int) -> Iterator[tuple[str, str]]:
    for give in rule.gives:
        yield "pending" if notice_days else "main", give.unit.value
    for loss in rule.takes:
        yield "main", loss.unit.value
        if loss.when_short == "debt":
            yield "debt", loss.unit.value
    for effect in rule.effects:
        if isinstance(effect, ZeroBalance):
            yield "main", effect.unit.value


def _caps(rule: Rule, rulebook: Rulebook, programme: Programme) -> list[CompiledCap]:
    """The rule's own limits, then its category's, then the programme's budgets; deductions have only their own."""
    named = [(counter_name(rule.id, cap), cap) for cap in rule.caps]
    if rule.gives:
        scope = f"category:{rule.category}"
        named += [(counter_name(scope, cap), cap) for cap in rulebook.caps.get(rule.category, ())]
        for budget in programme.budgets:
            if budget.category in (None, rule.category):
                of = "all" if budget.category is None else budget.category
                cap = Cap(budget.per, points=budget.points, of=Subject.PROGRAMME, over=budget.over)
                named.append((counter_name(f"budget:{of}", cap), cap))
    return [CompiledCap(name, cap, *limit_of(cap)) for name, cap in named]


def _expiry(give: Give, programme: Programme) -> Expiry | None:
    """Hours served and scores never lapse, whatever the points do."""
    policy = give.expiry
    if policy is None and give.unit in (RuleUnit.POINTS, RuleUnit.GIFT):
        policy = programme.expiry
    return None if isinstance(policy, Never) else policy
