"""What is known of one activity when it is scored: the day, what was done, the proof, and about whom."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.title import Note, Slug

Quantity = Annotated[int, Meta(ge=0, le=10**9)]
OwnerId = Annotated[str, Meta(min_length=1, max_length=60, pattern="^[A-Za-z0-9_:-]+$(?!\\n)")]


class Evidence(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Proof that came with the activity, as counts; the files themselves live elsewhere."""

    photos: Annotated[int, Meta(ge=0, le=1000)] = 0
    place: bool = False
    witnesses: Annotated[int, Meta(ge=0, le=1000)] = 0
    documents: Annotated[int, Meta(ge=0, le=1000)] = 0
    weighed: bool = False


class Decision(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a panel or an inspector settled where the rule leaves room."""

    amount: Quantity
    reason: Annotated[str, Meta(max_length=1000)] = ""


class Person(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename={"class_": "class"}):
    """Who did it. `resident` is false for somebody who works here and lives elsewhere."""

    id: OwnerId = "person"
    class_: Slug | None = None
    age: Annotated[int, Meta(ge=0, le=150)] | None = None
    area: Slug | None = None
    resident: bool | None = None
    moved_in_on: date | None = None


class Household(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename={"class_": "class"}):
    """Whose home it is."""

    id: OwnerId = "household"
    class_: Slug | None = None
    cohort: Slug | None = None
    area: Slug | None = None
    moved_in_on: date | None = None


class Merchant(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The alliance shop that did it."""

    id: OwnerId = "merchant"
    category: Slug | None = None
    area: Slug | None = None


class Report(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the one who records an activity may say about it.

    `like` names the rule that an unlisted deed resembles; `record` numbers the slip, hour or receipt behind it.
    """

    happened_on: date
    quantities: dict[Slug, Quantity] = {}
    choices: dict[Slug, Slug] = {}
    flags: dict[Slug, bool] = {}
    days: dict[Slug, date] = {}
    ratings: dict[Slug, Annotated[tuple[Annotated[int, Meta(ge=0, le=10_000)], ...], Meta(max_length=200)]] = {}
    decision: Decision | None = None
    like: Slug | None = None
    record: OwnerId | None = None
    note: Note | None = None
    evidence: Evidence = Evidence()


class Found(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What an inspector found at one door; the day is the sheet's."""

    quantities: dict[Slug, Quantity] = {}
    choices: dict[Slug, Slug] = {}
    flags: dict[Slug, bool] = {}
    days: dict[Slug, date] = {}
    ratings: dict[Slug, Annotated[tuple[Annotated[int, Meta(ge=0, le=10_000)], ...], Meta(max_length=200)]] = {}
    decision: Decision | None = None
    note: Note | None = None
    evidence: Evidence = Evidence()

    def on(self, day: date) -> "Facts":
        """As the facts of an activity of that day."""
        return Facts(
            happened_on=day,
            quantities=self.quantities,
            choices=self.choices,
            flags=self.flags,
            days=self.days,
            ratings=self.ratings,
            decision=self.decision,
            note=self.note,
            evidence=self.evidence,
        )


class Facts(Report, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """All that a rule may look at: the report, and what the programme's own register says. Scoring adds nothing."""

    person: Person | None = None
    household: Household | None = None
    merchant: Merchant | None = None
