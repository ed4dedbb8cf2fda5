"""The closed union of commands: what a caller may ask of the ledger."""

from typing import Annotated, Literal

import msgspec

from ledger.core.activity import Facts
from ledger.core.balance import AMOUNT_MAX
from ledger.core.title import Note, Slug

RecipientId = Annotated[str, msgspec.Meta(pattern=r"^(hh|mbr|mer)_[0-9a-z-]{1,40}$(?!\n)")]
OutletId = Annotated[str, msgspec.Meta(pattern=r"^out_[0-9a-z-]{1,40}$(?!\n)")]
MerchantId = Annotated[str, msgspec.Meta(pattern=r"^mer_[0-9a-z-]{1,40}$(?!\n)")]
TransactionId = Annotated[str, msgspec.Meta(pattern=r"^txn_[0-9a-z]{18}$(?!\n)")]
ActivityId = Annotated[str, msgspec.Meta(pattern=r"^act_[0-9a-z]{18}$(?!\n)")]
Points = Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_MAX)]
Quantity = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class _Verb(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="verb"):
    """Every command names its verb; fields that nobody knows are refused."""


class Award(_Verb, frozen=True, tag="award"):
    """Points for one activity, by a rule of the rulebook in force on the activity's day."""

    rule: Slug
    recipient: RecipientId
    facts: Facts
    activity: ActivityId | None = None


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An item (or a merchant's offer) and how many; `label_points` is the price the shelf label shows."""

    item: Slug
    quantity: Quantity = 1
    label_points: Points | None = None


class Redeem(_Verb, frozen=True, tag="redeem"):
    """Goods at an outlet or offers at a merchant, paid in points; exactly one of the two is named."""

    owner: RecipientId
    lines: Annotated[tuple[Line, ...], msgspec.Meta(min_length=1, max_length=50)]
    outlet: OutletId | None = None
    merchant: MerchantId | None = None

    def __post_init__(self) -> None:
        if (self.outlet is None) == (self.merchant is None):
            raise ValueError("name either an outlet or a merchant")


class Receive(_Verb, frozen=True, tag="receive"):
    """Goods that arrive at an outlet."""

    outlet: OutletId
    item: Slug
    quantity: Quantity
    source: Literal["supplier", "donated"] = "supplier"
    note: Note | None = None


class Reverse(_Verb, frozen=True, tag="reverse"):
    """Undo a whole transaction by a new one that names it."""

    transaction: TransactionId
    note: Note | None = None


Command = Award | Redeem | Receive | Reverse


class Request(msgspec.Struct, frozen=True):
    """A command as it reaches posting: whose programme, who asks, and under which idempotency key."""

    programme: str
    principal: str
    key: str
    command: Command
