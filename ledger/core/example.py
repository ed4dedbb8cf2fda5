"""Worked examples: what a rule is told and what it must then give."""

from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.activity import Facts
from ledger.core.refusal import Reason
from ledger.core.title import Note

Total = Annotated[int, Meta(ge=-(10**9), le=10**9)]


class Expect(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The amounts that come out by unit, the effects by kind, or the reason word of the refusal.

    `pool` is what overflowed to the donation pool, `rest` what waits for the next time.
    """

    points: Total = 0
    gift: Total = 0
    score: Total = 0
    service_minutes: Total = 0
    pool: Total = 0
    rest: Total = 0
    effects: Annotated[tuple[str, ...], Meta(max_length=10)] = ()
    refused: Reason | None = None


class Example(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`used` is what earlier activities have used of a limit, by the limit's short name (`month/times`)."""

    given: Facts
    expect: Expect
    used: Annotated[
        dict[Annotated[str, Meta(max_length=120)], Annotated[int, Meta(ge=0, le=10**12)]], Meta(max_length=50)
    ] = {}
    note: Note | None = None
