"""The types of rulebook/<version>.yaml: a closed vocabulary that a community worker can read aloud."""

import enum
import hashlib
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from ledger.core.cap import Cap
from ledger.core.example import Example
from ledger.core.fact import Fact
from ledger.core.period import Expiry
from ledger.core.title import Note, Slug, Title
from ledger.core.value import Value


class RuleUnit(enum.StrEnum):
    """What a rule may give. Goods and money never come from a rule."""

    POINTS = "points"
    GIFT = "gift"
    SCORE = "score"
    SERVICE_MINUTES = "service_minutes"


class RecipientKind(enum.StrEnum):
    """Who receives: the programme's account holder (household or member), or a shop."""

    HOLDER = "holder"
    MERCHANT = "merchant"


class Give(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One unit that the rule gives, how much of it, and how long it lasts if not as the programme says."""

    value: Value
    unit: RuleUnit = RuleUnit.POINTS
    expiry: Expiry | None = None


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
    gives: Annotated[tuple[Give, ...], Meta(min_length=1, max_length=8)]
    event: Slug | None = None
    examples: Annotated[tuple[Example, ...], Meta(max_length=50)] = ()
    recipient: RecipientKind = RecipientKind.HOLDER
    from_: date | None = None
    until: date | None = None
    evidence: Proof = Proof()
    caps: Annotated[tuple[Cap, ...], Meta(max_length=20)] = ()
    notice_days: Annotated[int, Meta(ge=0, le=365)] | None = None
    assumption: Note | None = None
    source: Note | None = None


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
    assumption: Note | None = None
    source: Note | None = None


def digest(document: Struct) -> str:
    """Names a published document for ever. Fields at their defaults do not count: a later word changes no digest."""
    return hashlib.sha256(msgspec.json.encode(document, order="sorted")).hexdigest()
