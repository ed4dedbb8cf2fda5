"""The model's words as commands of the ledger, and the ledger's outcomes in a form the model can be compared with."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from ledger.core.activity import Evidence, Facts
from ledger.core.command import (
    Activate,
    Adjust,
    Award,
    Bonus,
    Cancel,
    CancelPending,
    Capture,
    Command,
    Count,
    Deduct,
    Donate,
    Expire,
    Group,
    Hold,
    LateSale,
    Line,
    Move,
    Open,
    Receive,
    Redeem,
    Refund,
    RefundLine,
    Rerate,
    Reset,
    Return,
    Reverse,
    Settle,
    Share,
    Split,
    TakenLine,
    Transfer,
    Void,
    WriteOff,
)
from ledger.core.rulebook import digest
from ledger.core.trace import Placed
from ledger.core.transaction import Receipt
from tests.model.books import FOREVER, WITH_DAYS, Where
from tests.model.books import Move as ModelMove
from tests.model.ledger_model import Asked
from tests.town import RULEBOOK

NOBODY = "txn_000000000000000000"
NOTE = "because"
RULES_DIGEST = digest(RULEBOOK)

Netted = dict[tuple[Where, date], int]


def command_of(asked: Asked, transactions: Sequence[str]) -> Command | Group:
    """`transactions` gives each number of the model its id."""
    if asked.verb == "group":
        parts = [command_of(part, transactions) for part in asked.arguments["parts"]]
        return Group(tuple(part for part in parts if not isinstance(part, Group)))
    told = [
        value if name != "of" else NOBODY if value is None else transactions[value]
        for name, value in asked.arguments.items()
    ]
    command: Command = _COMMANDS[asked.verb](*told)
    return command


def _award(rule: str, to: str, on: date, photos: int) -> Award:
    return Award(rule, to, Facts(happened_on=on, evidence=Evidence(photos=photos)))


def _lines(lines: Sequence[tuple[str, int, int | None]]) -> tuple[Line, ...]:
    return tuple(Line(*line) for line in lines)


def _redeem(owner: str, outlet: str | None, merchant: str | None, lines: Any, fen: int, kind: str | None) -> Redeem:
    return Redeem(owner, _lines(lines), outlet, merchant, fen, kind)


def _hold(
    owner: str, outlet: str | None, merchant: str | None, lines: Any, until: date, fen: int, kind: str | None
) -> Hold:
    return Hold(owner, _lines(lines), outlet, merchant, fen, kind, until=until)


def _late_sale(owner: str, outlet: str | None, merchant: str | None, lines: Any, at: datetime) -> LateSale:
    return LateSale(owner, _lines(lines), outlet, merchant, happened_at=at, terminal="trm_1", sequence=1)


def _bonus(owner: str, unit: Any, amount: int, on: date, is_known: bool) -> Bonus:
    placed = Placed("best", "2026-09", amount, 1, amount)
    return Bonus(owner, amount, "best", RULES_DIGEST if is_known else "0", "clean", on, placed, unit)


def _capture(transaction: str, lines: Any) -> Capture:
    return Capture(transaction, tuple(TakenLine(*line) for line in lines))


def _refund(transaction: str, lines: Any, goods: Any) -> Refund:
    return Refund(transaction, tuple(RefundLine(*line) for line in lines), goods)


def _donate(outlet: str, item: str, pieces: int, rule: str, to: str, on: date) -> Donate:
    return Donate(outlet, item, _award(rule, to, on, photos=9), pieces)


def _leave(outlet: str, item: str, pieces: int, verb: str) -> Command:
    return WriteOff(outlet, item, pieces, NOTE) if verb == "write_off" else Return(outlet, item, pieces, NOTE)


def _split(pool: int, unit: Any, shares: Any) -> Split:
    return Split(pool, tuple(Share(*share) for share in shares), unit)


_COMMANDS: dict[str, Any] = {
    "award": _award,
    "activate": Activate,
    "cancel_pending": CancelPending,
    "deduct": lambda owner, unit, amount, shortage: Deduct(owner, amount, shortage, NOTE, unit),
    "transfer": lambda owner, to, unit, amount: Transfer(owner, to, amount, NOTE, unit),
    "adjust": lambda owner, unit, amount, approver, asker: Adjust(owner, amount, NOTE, unit, approver),
    "open": lambda owner, unit, amount, until: Open(owner, amount, unit, until),
    "expire": Expire,
    "reset": lambda owner, unit, base: Reset(owner, base, unit=unit),
    "settle": Settle,
    "split": _split,
    "redeem": _redeem,
    "late_sale": _late_sale,
    "bonus": _bonus,
    "rerate": lambda of, unit, difference, earlier: Rerate(of, RULES_DIGEST, {unit: difference}, earlier=earlier),
    "hold": _hold,
    "capture": _capture,
    "void": Void,
    "refund": _refund,
    "receive": Receive,
    "donate": _donate,
    "count": lambda outlet, item, found: Count(outlet, item, found, NOTE),
    "leave": _leave,
    "move": Move,
    "reverse": Reverse,
    "cancel": Cancel,
}


def netted_receipt(receipt: Receipt) -> Netted:
    """What moved, by account and day: how many legs that took is the ledger's own affair."""
    net: Counter[tuple[Where, date]] = Counter()
    for entry in receipt.entries:
        day = entry.expires_on if entry.purse in WITH_DAYS else FOREVER
        net[Where(entry.owner, entry.purse, entry.unit), day] += entry.amount
    return {key: amount for key, amount in net.items() if amount}


def netted_moves(moves: Sequence[ModelMove]) -> Netted:
    net: Counter[tuple[Where, date]] = Counter()
    for move in moves:
        net[move.where, move.day if move.where.purse in WITH_DAYS else FOREVER] += move.amount
    return {key: amount for key, amount in net.items() if amount}


def last_balances(receipt: Receipt) -> dict[Where, int]:
    """The balance that each account was left with."""
    return {Where(entry.owner, entry.purse, entry.unit): entry.balance_after for entry in receipt.entries}
