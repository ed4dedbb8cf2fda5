"""Till: what a counter's device is to posting, and which transactions get a receipt's number."""

import msgspec

from ledger.core.book import Decision, Till
from ledger.core.command import Capture, Command, Hold, Redeem, Refund
from ledger.core.refusal import Reason, Refused

RECEIPTED = frozenset({"redeem", "capture", "late_sale", "refund", "reverse"})
"""Kinds that hand something over at an outlet's counter, or take it back: each gets the outlet's next number."""

SELLING = (Redeem, Hold, Capture, Refund)
"""What a registered device may do only while its shift is open and it is not blocked."""

TERMINAL_PREFIX = "trm_"


def is_terminal(principal: str) -> bool:
    return principal.startswith(TERMINAL_PREFIX)


def refuse_at_till(command: Command, till: Till, terminal: str) -> None:
    """Refuses in this order: a blocked device, no open shift."""
    if not isinstance(command, SELLING):
        return
    if till.is_blocked:
        raise Refused(Reason.TERMINAL_BLOCKED, terminal=terminal)
    if till.shift is None:
        raise Refused(Reason.NO_SHIFT_OPEN, terminal=terminal)


def at_till(decision: Decision, till: Till, terminal: str) -> Decision:
    """What was done at a registered device says so, and in whose shift."""
    before = decision.about
    about = msgspec.structs.replace(before, terminal=before.terminal or terminal, shift=before.shift or till.shift)
    return msgspec.structs.replace(decision, about=about)


def is_receipted(decision: Decision) -> bool:
    return decision.kind in RECEIPTED and decision.about.outlet is not None
