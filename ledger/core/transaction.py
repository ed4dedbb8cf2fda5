"""A transaction: entries that add to zero in every unit, and the receipt that shows them."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated

import msgspec

from ledger.core.balance import NEVER
from ledger.core.command import Request


class Entry(msgspec.Struct, frozen=True):
    """One leg as decided: a signed amount in the unit's smallest part; `expires_on` is the bucket it moves."""

    owner: str
    purse: str
    unit: str
    amount: int
    expires_on: date = NEVER


class PostedEntry(msgspec.Struct, frozen=True):
    """One leg as written, with the version and the balance it left; answers say null where the day is never."""

    owner: str
    purse: str
    unit: str
    amount: int
    expires_on: Annotated[date, msgspec.Meta(extra_json_schema={"nullable": True})]
    account_version: int
    balance_after: int


class SoldLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a redemption at the price of that moment; `points` is for the whole line."""

    item: str
    quantity: int
    points: int
    offer: bool = False
    fen: int = 0


class CountedLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a count sheet: what the books had, what was there, and why it differs. `cash` counts fen."""

    item: str
    expected: int
    counted: int
    reason: str | None = None


class About(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a transaction is about, as the journal keeps it; only what applies is set."""

    owner: str | None = None
    rule: str | None = None
    rulebook: str | None = None
    activity: str | None = None
    outlet: str | None = None
    merchant: str | None = None
    lines: tuple[SoldLine, ...] = ()
    reverses: str | None = None
    follows: str | None = None
    approved_by: str | None = None
    note: str | None = None
    members: tuple[str, ...] = ()
    terminal: str | None = None
    sequence: int | None = None
    shortfall: int = 0
    fen: int = 0
    shift: str | None = None
    card: str | None = None
    acted_by: str | None = None
    proof: str | None = None
    sheet: tuple["CountedLine", ...] = ()
    digest: str | None = None
    to: str | None = None
    settlement: str | None = None
    number: int | None = None  # last, because it is added when the transaction is written


class OpenItem(msgspec.Struct, frozen=True):
    """An award under notice or a hold: open from its transaction on until exactly one other transaction ends it."""

    kind: str
    due_on: date
    ended_by: str | None = None
    ended_kind: str | None = None
    ended_on: date | None = None


class Receipt(msgspec.Struct, frozen=True):
    """The answer to a posted command; the same bytes again when the command is replayed."""

    transaction: str
    programme: str
    kind: str
    recorded_at: datetime
    effective_on: date
    happened_on: date | None
    about: About
    entries: tuple[PostedEntry, ...]


class RefusalNote(msgspec.Struct, frozen=True):
    """A refusal as journalled: the reason word and its numbers."""

    reason: str
    numbers: dict[str, int | str | bool | list[str] | None]


class Outcome(msgspec.Struct, frozen=True):
    """Posted (a receipt) or refused (a note); a refusal that could not claim its key has no transaction id."""

    transaction: str | None
    receipt: Receipt | None
    refusal: RefusalNote | None
    is_replayed: bool = False
    members: tuple[Receipt, ...] = ()


def is_balanced(entries: Iterable[Entry]) -> bool:
    """At least two entries, none zero, and each unit adds to zero."""
    totals: defaultdict[str, int] = defaultdict(int)
    count = 0
    for entry in entries:
        if entry.amount == 0:
            return False
        totals[entry.unit] += entry.amount
        count += 1
    return count >= 2 and not any(totals.values())


_encoder = msgspec.json.Encoder(order="deterministic")


def fingerprint(request: Request) -> str:
    """Taken of what the caller sent, never of what we decided: 32 hex characters."""
    sent = _encoder.encode((request.programme, request.sent or request.command, request.effective_on))
    return hashlib.blake2b(sent, digest_size=16).hexdigest()
