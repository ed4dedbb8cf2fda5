"""The catalogue of facts: what a rule may ask about, each declared once with its type, unit and titles."""

import enum
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.title import Slug, Title


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


BUILT_IN: tuple[Fact, ...] = (
    Fact("minutes", FactType.QUANTITY, Title("时长", "time"), Title("分钟", "minutes")),
    Fact("grams", FactType.QUANTITY, Title("重量", "weight"), Title("克", "grams")),
    Fact("pieces", FactType.QUANTITY, Title("件数", "pieces"), Title("件", "pieces")),
    Fact("people", FactType.QUANTITY, Title("人次", "people"), Title("人次", "people")),
)
