"""Worked examples: what a rule is told and what it must then give."""

from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.activity import Facts
from ledger.core.refusal import Reason
from ledger.core.title import Note


class Expect(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The amounts that come out by unit, or the reason word of the refusal."""

    points: int = 0
    gift: int = 0
    score: int = 0
    service_minutes: int = 0
    refused: Reason | None = None


class Example(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`used` is what earlier activities have used of a limit, by the limit's short name (`month/times`)."""

    given: Facts
    expect: Expect
    used: Annotated[
        dict[Annotated[str, Meta(max_length=120)], Annotated[int, Meta(ge=0, le=10**12)]], Meta(max_length=50)
    ] = {}
    note: Note | None = None
