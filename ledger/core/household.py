"""What happens to households as a whole: the commands by which they merge and divide."""

from typing import Annotated, Literal

import msgspec

from ledger.core.balance import AMOUNT_MAX
from ledger.core.title import Note

Unit = Literal["points", "gift", "score", "service_minutes", "cash"]


class _Reshape(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="verb"):
    """`counters` names what has been used of limits, as (counter, period): found by us, never sent."""

    owner: str
    to: str
    note: Note
    counters: Annotated[tuple[tuple[str, str], ...], msgspec.Meta(max_length=10_000)] = ()


class Merge(_Reshape, frozen=True, tag="merge"):
    """All that a household has goes to another one, which has used from then on what both have used.

    `units` are those that it has ever held, also ones that the programme no longer uses: found by us, never sent.
    """

    units: Annotated[tuple[Unit, ...], msgspec.Meta(max_length=5)] = ()


class Divide(_Reshape, frozen=True, kw_only=True, tag="divide"):
    """Some members leave a household as a new one, with a share of its points in each unit."""

    amounts: Annotated[dict[Unit, Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_MAX)]], msgspec.Meta(max_length=5)] = {}
