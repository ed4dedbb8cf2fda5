"""The closed union of commands: what a caller may ask of the ledger."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from ledger.core.activity import Facts
from ledger.core.balance import AMOUNT_MAX
from ledger.core.card import Shown
from ledger.core.household import Divide, Merge
from ledger.core.paper import PayVoucher
from ledger.core.sheet import CloseShift, OpenShift, StockTake
from ledger.core.shop_payment import Fund, SettlementId
from ledger.core.title import Note, Slug
from ledger.core.trace import Kept, Placed

RecipientId = Annotated[str, msgspec.Meta(pattern=r"^(hh|mbr|mer)_[0-9a-z-]{1,40}$(?!\n)")]
OutletId = Annotated[str, msgspec.Meta(pattern=r"^out_[0-9a-z-]{1,40}$(?!\n)")]
MerchantId = Annotated[str, msgspec.Meta(pattern=r"^mer_[0-9a-z-]{1,40}$(?!\n)")]
TransactionId = Annotated[str, msgspec.Meta(pattern=r"^txn_[0-9a-z]{18}$(?!\n)")]
ActivityId = Annotated[str, msgspec.Meta(pattern=r"^act_[0-9a-z]{18}$(?!\n)")]
Principal = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_:.-]+$(?!\n)")]
Points = Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_MAX)]
Amount = Annotated[int, msgspec.Meta(ge=1, le=AMOUNT_MAX)]
SignedAmount = Annotated[int, msgspec.Meta(ge=-AMOUNT_MAX, le=AMOUNT_MAX)]
Quantity = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
SpendUnit = Literal["points", "gift", "score", "service_minutes", "cash"]


class _Verb(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="verb"):
    """Every command names its verb; fields that nobody knows are refused."""


class FollowUp(_Verb, frozen=True):
    """A command about an earlier transaction, which never changes and is read before the lock."""

    transaction: TransactionId


# Points come and go.


class Award(_Verb, frozen=True, tag="award"):
    """Points for one activity, by a rule of the rulebook in force on the activity's day."""

    rule: Slug
    recipient: RecipientId
    facts: Facts
    activity: ActivityId | None = None


class Activate(FollowUp, frozen=True, tag="activate"):
    """The notice of an award is over: pending becomes spendable, after debt is repaid."""


class CancelPending(FollowUp, frozen=True, tag="cancel_pending"):
    """An objection was upheld: an award under notice goes back to its issuer and its caps are given back."""

    note: Note | None = None


class Deduct(_Verb, frozen=True, tag="deduct"):
    """A penalty; what is missing is either let go or owed, never silently negative."""

    owner: RecipientId
    amount: Amount
    shortage: Literal["take_what_is_there", "debt"]
    note: Note
    unit: SpendUnit = "points"
    rule: Slug | None = None


class Bonus(_Verb, frozen=True, tag="bonus"):
    """What a ranking or a streak of a period brings, with the reason that the explanation tells."""

    owner: RecipientId
    amount: Amount
    rule: Slug
    rulebook: Annotated[str, msgspec.Meta(max_length=64)]
    category: Slug
    happened_on: date
    why: Placed | Kept
    unit: SpendUnit = "points"


class Rerate(FollowUp, frozen=True, tag="rerate"):
    """The difference that a corrected rulebook makes to one award, as previewed after `earlier` reratings of it."""

    rulebook: Annotated[str, msgspec.Meta(max_length=64)]
    differences: Annotated[dict[str, SignedAmount], msgspec.Meta(max_length=5)]
    counts: Annotated[tuple[tuple[str, str, str, SignedAmount], ...], msgspec.Meta(max_length=200)] = ()
    earlier: Points = 0


class Transfer(_Verb, frozen=True, tag="transfer"):
    """Points move between two owners and keep their days, as when households split or merge."""

    owner: RecipientId
    to: RecipientId
    amount: Amount
    note: Note
    unit: SpendUnit = "points"


class Adjust(_Verb, frozen=True, tag="adjust"):
    """A signed correction by hand, with its reason; above the programme's limit a second person approves."""

    owner: RecipientId
    amount: SignedAmount
    note: Note
    unit: SpendUnit = "points"
    approved_by: Principal | None = None


class Open(_Verb, frozen=True, tag="open"):
    """A balance brought over from the books before this ledger."""

    owner: RecipientId
    amount: Amount
    unit: SpendUnit = "points"
    expires_on: date | None = None
    note: Note | None = None


class Expire(_Verb, frozen=True, tag="expire"):
    """Every bucket whose last good day has passed leaves the purse."""

    owner: RecipientId
    unit: SpendUnit = "points"


class Reset(_Verb, frozen=True, tag="reset"):
    """Brings a unit to its base, as at the year's end; up to `carry` above it is kept."""

    owner: RecipientId
    base: Points
    carry: Points = 0
    unit: SpendUnit = "points"
    note: Note | None = None


# Points become goods.


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An item (or a merchant's offer) and how many; what the shelf label shows: its price, its revision, or both."""

    item: Slug
    quantity: Quantity = 1
    label_points: Points | None = None
    label: Annotated[int, msgspec.Meta(ge=1, le=100_000)] | None = None


Lines = Annotated[tuple[Line, ...], msgspec.Meta(min_length=1, max_length=50)]


class _Sale(_Verb, frozen=True):
    """`cash_fen` is paid beside the points; `household_class` comes from the register, never from the counter.

    `shown` is the card that the counter saw, as the door has found it.
    """

    owner: RecipientId
    lines: Lines
    outlet: OutletId | None = None
    merchant: MerchantId | None = None
    cash_fen: Points = 0
    household_class: Slug | None = None
    shown: Shown | None = None

    def __post_init__(self) -> None:
        if (self.outlet is None) == (self.merchant is None):
            raise ValueError("name either an outlet or a merchant")


class Redeem(_Sale, frozen=True, tag="redeem"):
    """Goods at an outlet or offers at a merchant, paid in points; exactly one of the two is named."""


class Hold(_Sale, frozen=True, kw_only=True, tag="hold"):
    """Points and goods reserved until a day; ended once, by capture, void or timeout."""

    until: date


class LateSale(_Sale, frozen=True, kw_only=True, tag="late_sale"):
    """A sale that a terminal made while it was offline, with the number that the terminal gave it.

    The bounds are those of the terminal's registration; `approved_by` answers for the programme and goes beyond all.
    """

    happened_at: Annotated[datetime, msgspec.Meta(tz=True)]
    terminal: Principal
    sequence: Annotated[int, msgspec.Meta(ge=1, le=AMOUNT_MAX)]
    sale_max: Points | None = None
    day_max: Points | None = None
    approved_by: Principal | None = None


class TakenLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many pieces of a line are captured."""

    item: Slug
    quantity: Quantity


TakenLines = Annotated[tuple[TakenLine, ...], msgspec.Meta(max_length=50)]


class Capture(FollowUp, frozen=True, tag="capture"):
    """A hold becomes a redemption, whole or in part; the rest is released in the same transaction."""

    lines: TakenLines = ()


class Void(FollowUp, frozen=True, tag="void"):
    """A hold is released, by somebody or because its day has passed."""

    reason: Literal["void", "timeout"] = "void"


class RefundLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many pieces come back, and whether they go on the shelf again."""

    item: Slug
    quantity: Quantity
    goods: Literal["restock", "write_off"]


RefundLines = Annotated[tuple[RefundLine, ...], msgspec.Meta(max_length=50)]


class Refund(FollowUp, frozen=True, tag="refund"):
    """Goods come back, points return to the buckets they came from; without lines, all that is left."""

    lines: RefundLines = ()
    goods: Literal["restock", "write_off"] = "restock"
    note: Note | None = None


class Reverse(FollowUp, frozen=True, tag="reverse"):
    """Undo a transaction by a new one that names it; an award also in part, by `amount` points."""

    amount: Amount | None = None
    note: Note | None = None


class Cancel(_Verb, frozen=True, tag="cancel"):
    """Posted under the key of a call whose answer was lost: if that call never came, it never will."""


class Settle(_Verb, frozen=True, tag="settle"):
    """A merchant's claims are paid, less a commission: `fen` out of the fund, and `goods` off an outlet's shelf."""

    merchant: MerchantId
    points: Amount
    commission_numerator: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    commission_denominator: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    fen: Points = 0
    note: Note | None = None
    commission_points: SignedAmount = 0
    unit: Literal["points", "gift"] = "points"
    settlement: SettlementId | None = None
    outlet: OutletId | None = None
    goods: TakenLines = ()


class Share(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One owner's weight in a dividend."""

    owner: RecipientId
    weight: Amount


class Split(_Verb, frozen=True, tag="split"):
    """A pool divided by weight to the last fen: largest remainders first, ties in the order given."""

    pool: Amount
    shares: Annotated[tuple[Share, ...], msgspec.Meta(min_length=1, max_length=2_000)]
    unit: Literal["cash", "points"] = "cash"
    note: Note | None = None


class Receive(_Verb, frozen=True, tag="receive"):
    """Goods that arrive at an outlet; `cost_fen` is what was paid for all of them."""

    outlet: OutletId
    item: Slug
    quantity: Quantity
    source: Literal["supplier", "donated"] = "supplier"
    cost_fen: Points = 0
    note: Note | None = None


class Donate(_Verb, frozen=True, tag="donate"):
    """A gift received into stock and its giver's award, in one transaction."""

    outlet: OutletId
    item: Slug
    award: Award
    quantity: Quantity = 1


class Count(_Verb, frozen=True, tag="count"):
    """A stock-take found this many; the difference is posted with its reason."""

    outlet: OutletId
    item: Slug
    counted: Points
    note: Note


class WriteOff(_Verb, frozen=True, tag="write_off"):
    """Goods that can no longer be sold."""

    outlet: OutletId
    item: Slug
    quantity: Quantity
    note: Note


class Move(_Verb, frozen=True, tag="move"):
    """Goods go from one outlet to another."""

    outlet: OutletId
    to: OutletId
    item: Slug
    quantity: Quantity


class Return(_Verb, frozen=True, tag="return"):
    """Goods go back to their supplier."""

    outlet: OutletId
    item: Slug
    quantity: Quantity
    note: Note | None = None


Command = (
    Award
    | Activate
    | CancelPending
    | Deduct
    | Bonus
    | Rerate
    | Transfer
    | Merge
    | Divide
    | PayVoucher
    | Adjust
    | Open
    | Expire
    | Reset
    | Redeem
    | Hold
    | LateSale
    | Capture
    | Void
    | Refund
    | Reverse
    | Cancel
    | Settle
    | Fund
    | Split
    | Receive
    | Donate
    | Count
    | WriteOff
    | Move
    | Return
    | StockTake
    | OpenShift
    | CloseShift
)


class Group(_Verb, frozen=True, tag="group"):
    """All or nothing, under one key: each command sees what the ones before it did."""

    commands: Annotated[tuple[Command, ...], msgspec.Meta(min_length=1, max_length=500)]


class Request(msgspec.Struct, frozen=True):
    """A command as it reaches posting: whose programme, who asks, and under which idempotency key.

    `sent` is the command as the caller sent it, where the register's facts were added to it on the way.
    `batch` names what it was posted with, so that all of it can be found and reversed together.
    `effective_on` asks for an earlier business day: that of the fact, in a late entry or a paper backlog.
    """

    programme: str
    principal: str
    key: str
    command: Command | Group
    sent: Command | Group | None = None
    effective_on: date | None = None
    batch: str | None = None
