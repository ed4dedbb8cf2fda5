"""The types of rulebook/<version>.yaml: a closed vocabulary that a community worker can read aloud."""

import enum
import hashlib
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from ledger.core.campaign import Bonus, Campaign, Combine, Factor
from ledger.core.cap import Cap
from ledger.core.condition import Condition
from ledger.core.effect import Effect
from ledger.core.example import Example
from ledger.core.fact import Fact
from ledger.core.measured import Rounding, SomeAmount
from ledger.core.period import Expiry
from ledger.core.rank import Rank
from ledger.core.review import Review
from ledger.core.streak import Streak
from ledger.core.title import Note, Slug, Title
from ledger.core.unit import RuleUnit
from ledger.core.value import Value


class RecipientKind(enum.StrEnum):
    """Who receives: the programme's account holder, or always a household, a member or a shop."""

    HOLDER = "holder"
    HOUSEHOLD = "household"
    MEMBER = "member"
    MERCHANT = "merchant"


class WhenShort(enum.StrEnum):
    """What a deduction does when less is there than it takes."""

    TAKE_WHAT_IS_THERE = "take_what_is_there"
    DEBT = "debt"


class Give(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One unit that the rule gives: value, then coefficients, bonuses and campaigns, then rounding, then `at_most`."""

    value: Value
    unit: RuleUnit = RuleUnit.POINTS
    factors: Annotated[tuple[Factor, ...], Meta(max_length=20)] = ()
    bonuses: Annotated[tuple[Bonus, ...], Meta(max_length=20)] = ()
    rounding: Rounding = Rounding.DOWN
    at_most: SomeAmount | None = None
    expiry: Expiry | None = None


class Take(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One unit that the rule takes away; what is short becomes a debt only if the rule says so."""

    value: Value
    unit: RuleUnit = RuleUnit.POINTS
    factors: Annotated[tuple[Factor, ...], Meta(max_length=20)] = ()
    rounding: Rounding = Rounding.DOWN
    when_short: WhenShort = WhenShort.TAKE_WHAT_IS_THERE


class Proof(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The evidence without which the rule gives nothing."""

    photos: Annotated[int, Meta(ge=0, le=20)] = 0
    place: bool = False
    witnesses: Annotated[int, Meta(ge=0, le=20)] = 0
    documents: Annotated[int, Meta(ge=0, le=20)] = 0
    weighed: bool = False


class Rule(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename={"from_": "from"}):
    """One line of the village's scoring sheet."""

    id: Slug
    title: Title
    category: Slug
    gives: Annotated[tuple[Give, ...], Meta(max_length=8)] = ()
    takes: Annotated[tuple[Take, ...], Meta(max_length=8)] = ()
    effects: Annotated[tuple[Effect, ...], Meta(max_length=8)] = ()
    event: Slug | None = None
    campaign: Slug | None = None
    examples: Annotated[tuple[Example, ...], Meta(max_length=50)] = ()
    recipient: RecipientKind = RecipientKind.HOLDER
    from_: date | None = None
    until: date | None = None
    when: Annotated[tuple[Condition, ...], Meta(max_length=20)] = ()
    evidence: Proof = Proof()
    review: Review | None = None
    caps: Annotated[tuple[Cap, ...], Meta(max_length=20)] = ()
    cooldown_days: Annotated[int, Meta(ge=1, le=31)] | None = None
    notice_days: Annotated[int, Meta(ge=0, le=365)] | None = None
    opposite: Slug | None = None
    assumption: Note | None = None
    source: Note | None = None

    def __post_init__(self) -> None:
        if not (self.gives or self.takes or self.effects):
            raise ValueError("规则须写 gives、takes 或 effects / a rule has `gives`, `takes` or `effects`")
        if self.gives and self.takes:
            raise ValueError("一条规则不能既加分又扣分 / a rule either gives or takes")

    @property
    def moves(self) -> "tuple[Give | Take, ...]":
        """What the rule gives, or what it takes."""
        return self.gives or self.takes


class Rulebook(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename={"from_": "from"}):
    """A version of all rules with the day from which it counts; the day of the activity decides which version holds."""

    rulebook: Slug
    title: Title
    from_: date
    categories: Annotated[dict[Slug, Title], Meta(min_length=1, max_length=100)]
    rules: Annotated[tuple[Rule, ...], Meta(min_length=1, max_length=1000)]
    until: date | None = None
    facts: Annotated[tuple[Fact, ...], Meta(max_length=200)] = ()
    caps: Annotated[dict[Slug, Annotated[tuple[Cap, ...], Meta(max_length=20)]], Meta(max_length=100)] = {}
    campaigns: Annotated[tuple[Campaign, ...], Meta(max_length=100)] = ()
    combine_campaigns: Combine | None = None
    combine: Annotated[dict[Slug, Combine], Meta(max_length=200)] = {}
    ranks: Annotated[tuple[Rank, ...], Meta(max_length=50)] = ()
    streaks: Annotated[tuple[Streak, ...], Meta(max_length=50)] = ()
    assumption: Note | None = None
    source: Note | None = None


def digest(document: Struct) -> str:
    """Names a published document for ever. Fields at their defaults do not count: a later word changes no digest."""
    return hashlib.sha256(msgspec.json.encode(document, order="sorted")).hexdigest()
