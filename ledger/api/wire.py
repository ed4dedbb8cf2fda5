"""Commands as they are sent in lists: each names its verb, and says only what a caller may say."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import msgspec

from ledger.api.activities import Deed
from ledger.api.adjustments import Adjustment
from ledger.api.holds import Reservation
from ledger.api.redemptions import Sale
from ledger.api.stock import Donation
from ledger.core.balance import AMOUNT_MAX
from ledger.core.command import (
    Activate,
    CancelPending,
    Capture,
    Command,
    Count,
    Deduct,
    Expire,
    LateSale,
    Move,
    Open,
    Principal,
    Receive,
    Refund,
    Reset,
    Return,
    Reverse,
    Settle,
    Split,
    Transfer,
    Void,
    WriteOff,
)


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


class LateSaleCommand(Sale, frozen=True, kw_only=True, tag_field="verb", tag="late_sale"):
    """A sale that a terminal made while it was offline, under the number that the terminal gave it: never refused."""

    happened_at: Annotated[datetime, msgspec.Meta(tz=True)]
    terminal: Principal
    sequence: Annotated[int, msgspec.Meta(ge=1, le=AMOUNT_MAX)]

    def late_sale(self) -> LateSale:
        return LateSale(
            owner=self.owner,
            lines=self.lines,
            outlet=self.outlet,
            merchant=self.merchant,
            cash_fen=self.cash_fen,
            happened_at=self.happened_at,
            terminal=self.terminal,
            sequence=self.sequence,
        )


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
    | LateSaleCommand
    | Capture
    | Void
    | Refund
    | Reverse
    | Settle
    | Split
    | Receive
    | DonateCommand
    | Count
    | WriteOff
    | Move
    | Return
)

_MADE: dict[type, Callable[[Any], Command]] = {
    AwardCommand: Deed.command,
    RedeemCommand: Sale.command,
    HoldCommand: Reservation.hold,
    AdjustCommand: Adjustment.command,
    DonateCommand: Donation.command,
    LateSaleCommand: LateSaleCommand.late_sale,
}


def command_of(sent: Wire) -> Command:
    """What the ledger understands by it; most are sent as they are."""
    made = _MADE.get(type(sent))
    return sent if made is None else made(sent)  # type: ignore[return-value]  # the table names the rest of the union
