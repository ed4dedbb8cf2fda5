"""Commands about counting: a count sheet of an outlet, a drawer that is opened and closed."""

from typing import Annotated, Literal

import msgspec

from ledger.core.balance import AMOUNT_MAX
from ledger.core.title import Note, Slug

# As in `command`, which gathers these commands into its union and so cannot be imported here.
_OutletId = Annotated[str, msgspec.Meta(pattern=r"^out_[0-9a-z-]{1,40}$(?!\n)")]
_Principal = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_:.-]+$(?!\n)")]
_Pieces = Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_MAX)]
_Fen = Annotated[int, msgspec.Meta(ge=-AMOUNT_MAX, le=AMOUNT_MAX)]

WhyDiffers = Literal["miscounted", "damaged", "expired", "lost", "found", "wrong_item", "wrong_change", "other"]


class CountLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """So many pieces of an item were there to be sold; a difference from the books needs its reason."""

    item: Slug
    counted: _Pieces
    reason: WhyDiffers | None = None


class _Counting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="verb"):
    """Names its verb, as every command does."""


class _Sheet(_Counting, frozen=True):
    """`other` as a reason is told in the note."""

    outlet: _OutletId
    lines: Annotated[tuple[CountLine, ...], msgspec.Meta(max_length=200)] = ()
    note: Note | None = None

    def __post_init__(self) -> None:
        if len({line.item for line in self.lines}) < len(self.lines):
            raise ValueError("每种商品只写一行 / each item stands on one line")
        if self.note is None and any(line.reason == "other" for line in self.lines):
            raise ValueError("原因为 other 时须写 note / the reason `other` is told in `note`")


class StockTake(_Sheet, frozen=True, tag="stock_take"):
    """A count sheet of many items, posted as one document with its differences and their reasons."""


class OpenShift(_Counting, frozen=True, tag="open_shift"):
    """A till begins with a float, handed out of the programme's fund."""

    outlet: _OutletId
    terminal: _Principal
    served_by: _Principal
    float_fen: _Pieces = 0
    shift: str | None = None


class CloseShift(_Sheet, frozen=True, kw_only=True, tag="close_shift"):
    """A till ends: its cash is counted and handed in. `expected_fen` and `digest` are the ledger's own."""

    terminal: _Principal
    shift: Annotated[str, msgspec.Meta(pattern=r"^shf_[0-9a-z]{18}$(?!\n)")]
    counted_fen: _Pieces
    cash_reason: WhyDiffers | None = None
    expected_fen: _Fen = 0
    digest: str | None = None
