"""A card: the thing shown at a counter, its life, and what showing it proves."""

import enum
import hashlib
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.refusal import Reason, Refused
from ledger.core.title import Note

CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 16  # of 5 bits each: 80 random bits

CardId = Annotated[str, Meta(pattern=r"^crd_[0-9a-z]{18}$(?!\n)")]
# As scanned or typed: groups of letters, in any case.
CardCode = Annotated[str, Meta(pattern=r"^[0-9A-Za-z]([ -]?[0-9A-Za-z]){15}$(?!\n)")]
NfcNumber = Annotated[str, Meta(pattern=r"^([0-9A-F]{8}|[0-9A-F]{14}|[0-9A-F]{20})$(?!\n)")]
PassbookNumber = Annotated[str, Meta(pattern=r"^[0-9A-Z]+(-[0-9A-Z]+)*$(?!\n)", max_length=20)]
CardPoints = Annotated[int, Meta(ge=0, le=1_000_000_000)]


class Carrier(enum.StrEnum):
    """What the card is made of."""

    QR = "qr"
    BARCODE = "barcode"
    NFC = "nfc"
    PASSBOOK = "passbook"


class CardState(enum.StrEnum):
    """Forward only: a blocked card is never active again, and a replaced one is only history."""

    PENDING = "pending"
    ACTIVE = "active"
    BLOCKED = "blocked"
    REPLACED = "replaced"


class CardPolicy(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What may be spent by showing a card alone, in points; what is left out has no limit, 0 always asks for the PIN.

    The helper's figures are ceilings: whoever appoints a helper may set less, never more. The offline figures are what
    counters without a network may sell to one account; more is for a person to accept.
    """

    by_card_alone_per_day: CardPoints | None = None
    by_card_alone_per_merchant: CardPoints | None = None
    helper_per_day: CardPoints | None = None
    helper_per_spend: CardPoints | None = None
    offline_per_sale: CardPoints | None = None
    offline_per_day: CardPoints | None = None
    assumption: Note | None = None


class PresentedCard(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the till read or somebody said; exactly one of the three. Only the code is a secret."""

    code: CardCode | None = None
    nfc_number: NfcNumber | None = None
    number: PassbookNumber | None = None

    def __post_init__(self) -> None:
        if sum(told is not None for told in (self.code, self.nfc_number, self.number)) != 1:
            raise ValueError("present exactly one of code, nfc_number and number")


class Helper(Struct, frozen=True):
    """A member who may spend for somebody else, within limits in points; `id` names the appointment, for counters."""

    id: str
    member: str
    per_day: int | None = None
    per_spend: int | None = None


class Card(Struct, frozen=True):
    """An active card as presented. `member` is who acts: the helper, or the person of the household whose card it is.

    A code that was scanned proves that the card was there. A number may be copied or overheard: it only identifies.
    """

    id: str
    owner: str
    carrier: Carrier
    proves_possession: bool
    member: str | None = None
    helper: Helper | None = None


class Proof(enum.StrEnum):
    """What the counter has beside a number: the card itself, the right PIN, or a document that the cashier saw."""

    NUMBER = "number"
    CARD = "card"
    PIN = "pin"
    DOCUMENT = "document"


class Shown(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A card at a counter: which one it was found to be, who acts by it, and what proves it.

    `digest` stands for what was presented in the fingerprint of a request, where the card is not yet known.
    """

    card: str = ""
    acted_by: str | None = None
    helper: Helper | None = None
    proof: Proof = Proof.NUMBER
    digest: str | None = None


class CardStanding(Struct, frozen=True):
    """A card as read under its lock."""

    state: CardState
    is_helper_gone: bool = False
    activated_at: datetime | None = None
    blocked_at: datetime | None = None
    replaced_at: datetime | None = None
    helper_ended_at: datetime | None = None


def require_was_active(card: str, standing: CardStanding | None, at: datetime) -> None:
    """Of a card that was shown earlier; refuses in this order: no such card, blocked, replaced or not handed out by
    then, a helper whose time was over.
    """
    if standing is None:
        raise Refused(Reason.CARD_UNKNOWN)
    if standing.blocked_at is not None and standing.blocked_at <= at:
        raise Refused(Reason.CARD_BLOCKED, card=card, blocked_at=standing.blocked_at.isoformat(timespec="seconds"))
    if standing.replaced_at is not None and standing.replaced_at <= at:
        raise Refused(Reason.CARD_REPLACED, card=card, replaced_by=None)
    if standing.activated_at is None or standing.activated_at > at:
        raise Refused(Reason.CARD_PENDING, card=card)
    if standing.helper_ended_at is not None and standing.helper_ended_at <= at:
        raise Refused(Reason.HELPER_ENDED, card=card)


def require_active(state: CardState, card: str, replaced_by: str | None, *, is_helper_gone: bool) -> None:
    """Refuses in this order: not handed out yet, blocked, replaced, a helper whose time is over."""
    if state is CardState.PENDING:
        raise Refused(Reason.CARD_PENDING, card=card)
    if state is CardState.BLOCKED:
        raise Refused(Reason.CARD_BLOCKED, card=card)
    if state is CardState.REPLACED:
        raise Refused(Reason.CARD_REPLACED, card=card, replaced_by=replaced_by)
    if is_helper_gone:
        raise Refused(Reason.HELPER_ENDED, card=card)


def canonical_code(code: str) -> str:
    """As printed, whatever was typed: the alphabet has no I, L, O and U, so that nothing is read for another letter."""
    letters = code.upper().replace(" ", "").replace("-", "")
    return letters.replace("O", "0").replace("I", "1").replace("L", "1")


def code_of(number: int) -> str:
    """A random number of 80 bits as letters."""
    return "".join(CODE_LETTERS[number >> shift & 31] for shift in range(5 * (CODE_LENGTH - 1), -1, -5))


def grouped_code(code: str) -> str:
    """For people: in groups of four."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def code_hash(code: str) -> bytes:
    """The code is 80 random bits, so a slow hash would protect nothing."""
    return hashlib.sha256(canonical_code(code).encode()).digest()


def digest_of(presented: PresentedCard) -> str:
    """What stands for a presented card in a fingerprint: of a code nothing readable; numbers are no secret."""
    told = presented.nfc_number or presented.number or ""
    if presented.code is not None:
        told = canonical_code(presented.code)
    return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()


def lowest(*limits: int | None) -> int | None:
    """The strictest of some limits, of which each may be none."""
    return min((limit for limit in limits if limit is not None), default=None)
