"""Commands as they are sent in lists: each names its verb, and says only what a caller may say."""

from collections.abc import Callable
from typing import Any

from ledger.api.activities import Deed
from ledger.api.adjustments import Adjustment
from ledger.api.holds import Reservation
from ledger.api.redemptions import Sale
from ledger.api.stock import Donation
from ledger.core.command import (
    Activate,
    CancelPending,
    Capture,
    Command,
    Count,
    Deduct,
    Expire,
    Move,
    Open,
    Receive,
    Refund,
    Reset,
    Return,
    Reverse,
    Split,
    Transfer,
    Void,
    WriteOff,
)
from ledger.core.sheet import StockTake
from ledger.core.shop_payment import Fund


class AwardCommand(Deed, frozen=True, tag_field="verb", tag="award"):
    """As at the address `awards`."""


class RedeemCommand(Sale, frozen=True, tag_field="verb", tag="redeem"):
    """As at the address `redemptions`."""


class HoldCommand(Reservation, frozen=True, tag_field="verb", tag="hold"):
    """As at the address `holds`."""


class AdjustCommand(Adjustment, frozen=True, tag_field="verb", tag="adjust"):
    """As at the address `adjustments`; one that needs a second person is refused here."""


class DonateCommand(Donation, frozen=True, tag_field="verb", tag="donate"):
    """As at the address `stock/donations`."""


Wire = (
    AwardCommand
    | Activate
    | CancelPending
    | Deduct
    | Transfer
    | AdjustCommand
    | Open
    | Expire
    | Reset
    | RedeemCommand
    | HoldCommand
    | Capture
    | Void
    | Refund
    | Reverse
    | Split
    | Fund
    | Receive
    | DonateCommand
    | Count
    | WriteOff
    | Move
    | Return
    | StockTake
)

_MADE: dict[type, Callable[[Any], Command]] = {
    AwardCommand: Deed.command,
    RedeemCommand: Sale.command,
    HoldCommand: Reservation.hold,
    AdjustCommand: Adjustment.command,
    DonateCommand: Donation.command,
}


def command_of(sent: Wire) -> Command:
    """What the ledger understands by it; most are sent as they are."""
    made = _MADE.get(type(sent))
    return sent if made is None else made(sent)  # type: ignore[return-value]  # the table names the rest of the union
