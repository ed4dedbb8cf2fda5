"""The catalogue of facts: what a rule may ask about, each declared once with its type, unit and titles."""

import enum
from collections.abc import Callable
from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.activity import Facts
from ledger.core.programme import Programme
from ledger.core.refusal import Reason, Refused
from ledger.core.title import FactRef, Slug, Title

Answer = int | str | bool | date


class FactType(enum.StrEnum):
    """What kind of answer a fact gives."""

    QUANTITY = "quantity"
    CHOICE = "choice"
    FLAG = "flag"
    DAY = "day"
    RATING = "rating"


class Fact(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One fact of an activity that a village declares for itself."""

    id: Slug
    type: FactType
    title: Title
    unit: Title | None = None
    choices: Annotated[dict[Slug, Title], Meta(max_length=100)] = {}

    def __post_init__(self) -> None:
        if (self.type is FactType.CHOICE) != bool(self.choices):
            raise ValueError("choices 与 choice 类型须同时出现 / `choices` belong to the type `choice`, and only to it")


# Facts of every activity, whatever the village.
BUILT_IN: tuple[Fact, ...] = (
    Fact("minutes", FactType.QUANTITY, Title("时长", "time"), Title("分钟", "minutes")),
    Fact("grams", FactType.QUANTITY, Title("重量", "weight"), Title("克", "grams")),
    Fact("pieces", FactType.QUANTITY, Title("件数", "pieces"), Title("件", "pieces")),
    Fact("people", FactType.QUANTITY, Title("人次", "people"), Title("人次", "people")),
    Fact("households", FactType.QUANTITY, Title("户次", "households"), Title("户次", "households")),
    Fact("happened_on", FactType.DAY, Title("发生日期", "day of the activity")),
    Fact("evidence.photos", FactType.QUANTITY, Title("照片", "photos"), Title("张", "photos")),
    Fact("evidence.witnesses", FactType.QUANTITY, Title("见证人", "witnesses"), Title("人", "people")),
    Fact("evidence.documents", FactType.QUANTITY, Title("证明材料", "documents"), Title("份", "documents")),
    Fact("person.age", FactType.QUANTITY, Title("年龄", "age"), Title("岁", "years")),
    Fact("person.resident", FactType.FLAG, Title("本社区居民", "resident")),
    Fact("person.moved_in_on", FactType.DAY, Title("本人入住日期", "day the person moved in")),
    Fact("household.moved_in_on", FactType.DAY, Title("家庭入住日期", "day the household moved in")),
)
# Facts whose choices the programme lists: it alone knows its areas, classes and cohorts.
_CHOSEN = (
    ("person.class", Title("本人类别", "the person's class"), "classes"),
    ("person.area", Title("本人所在片区", "the person's area"), "areas"),
    ("household.class", Title("家庭类别", "the household's class"), "classes"),
    ("household.cohort", Title("入住批次", "the household's cohort"), "cohorts"),
    ("household.area", Title("家庭所在片区", "the household's area"), "areas"),
    ("merchant.area", Title("商户所在片区", "the shop's area"), "areas"),
    ("merchant.category", Title("商户行业", "the shop's trade"), "trades"),
)

_READERS: dict[str, Callable[[Facts], Answer | None]] = {
    "happened_on": lambda facts: facts.happened_on,
    "evidence.photos": lambda facts: facts.evidence.photos,
    "evidence.witnesses": lambda facts: facts.evidence.witnesses,
    "evidence.documents": lambda facts: facts.evidence.documents,
    "person.age": lambda facts: facts.person.age if facts.person else None,
    "person.resident": lambda facts: facts.person.resident if facts.person else None,
    "person.moved_in_on": lambda facts: facts.person.moved_in_on if facts.person else None,
    "person.class": lambda facts: facts.person.class_ if facts.person else None,
    "person.area": lambda facts: facts.person.area if facts.person else None,
    "household.class": lambda facts: facts.household.class_ if facts.household else None,
    "household.cohort": lambda facts: facts.household.cohort if facts.household else None,
    "household.area": lambda facts: facts.household.area if facts.household else None,
    "household.moved_in_on": lambda facts: facts.household.moved_in_on if facts.household else None,
    "merchant.area": lambda facts: facts.merchant.area if facts.merchant else None,
    "merchant.category": lambda facts: facts.merchant.category if facts.merchant else None,
}


def fact_catalogue(own: tuple[Fact, ...], programme: Programme) -> dict[str, Fact]:
    """All facts by name: the common ones, those whose choices the programme lists, and the rulebook's own."""
    facts = {fact.id: fact for fact in BUILT_IN}
    for name, title, field in _CHOSEN:
        choices = programme.choices(field)
        if choices:
            facts[name] = Fact(name, FactType.CHOICE, title, None, choices)
    for fact in own:
        facts.setdefault(fact.id, fact)
    return facts


def fact_of(facts: Facts, name: FactRef) -> Answer | None:
    """The activity's answer; None when nobody has said."""
    reader = _READERS.get(name)
    if reader is not None:
        return reader(facts)
    for answers in (facts.quantities, facts.choices, facts.flags, facts.days):
        if name in answers:
            answer: Answer = answers[name]
            return answer
    return None


def refuse_unknown_facts(catalogue: dict[str, Fact], facts: Facts) -> None:
    """A misspelt fact would silently count for nothing: it is refused by name instead."""
    for answers, kind in (
        (facts.quantities, FactType.QUANTITY),
        (facts.choices, FactType.CHOICE),
        (facts.flags, FactType.FLAG),
        (facts.days, FactType.DAY),
        (facts.ratings, FactType.RATING),
    ):
        for name in answers:
            fact = catalogue.get(name)
            if fact is None or fact.type is not kind:
                raise Refused(Reason.UNKNOWN_FACT, fact=name, type=None if fact is None else fact.type.value)
    for name, choice in facts.choices.items():
        if choice not in catalogue[name].choices:
            raise Refused(Reason.UNKNOWN_CHOICE, fact=name, choice=choice, choices=list(catalogue[name].choices))
