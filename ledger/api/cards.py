"""Cards over HTTP: issued, printed, handed over, blocked, replaced, and found again by what a till reads."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response

from ledger.actions.check_pin import set_pin
from ledger.actions.issue_card import activate_card, block_card, issue_card, print_cards, replace_card
from ledger.actions.open_owner import load_holder
from ledger.core.card import CardState, Carrier, NfcNumber, PassbookNumber, PresentedCard, grouped_code
from ledger.core.refusal import Reason, Refused
from ledger.core.title import Note
from ledger.db.cards import NewCard, StoredCard, cards_of, find_card, find_presented_card
from ledger.db.identity import derived_id
from ledger.hall.answer import answer
from ledger.hall.call import Call, IdempotencyKey, Limit
from ledger.hall.sight import Fact, see

_P = "/v1/programmes/{programme:str}"

HolderId = Annotated[str, msgspec.Meta(pattern=r"^(hh|mbr)_[0-9a-z-]{1,40}$(?!\n)")]
MemberId = Annotated[str, msgspec.Meta(pattern=r"^mbr_[0-9a-z-]{1,40}$(?!\n)")]


class CardIssue(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`member` is whose hands it goes into: of the household, or an appointed helper.

    A passbook needs its `number`, an NFC card the number of its chip; other cards may have them too.
    """

    owner: HolderId
    carrier: Carrier
    member: MemberId | None = None
    number: PassbookNumber | None = None
    nfc_number: NfcNumber | None = None

    def __post_init__(self) -> None:
        if self.carrier is Carrier.PASSBOOK and self.number is None:
            raise ValueError("a passbook needs its number")
        if self.carrier is Carrier.NFC and self.nfc_number is None:
            raise ValueError("an NFC card needs its nfc_number")


class NewPin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Entered by the holder himself."""

    pin: Annotated[str, msgspec.Meta(pattern="^[0-9]{6}$(?!\\n)")]


class CardBlock(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Why: lost, stolen, the holder moved away."""

    note: Note | None = None


class CardReplacement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The new card's carrier, if it is another, and its chip. The passbook number goes on."""

    carrier: Carrier | None = None
    nfc_number: NfcNumber | None = None


class CardView(msgspec.Struct, frozen=True):
    """A card and its whole life; never its code."""

    card: str
    owner: str
    member: str | None
    helper: str | None
    carrier: Carrier
    number: str | None
    nfc_number: str | None
    state: CardState
    printings: int
    replaces: str | None
    replaced_by: str | None
    issued_by: str
    issued_at: datetime
    activated_at: datetime | None
    blocked_at: datetime | None
    blocked_for: str | None
    replaced_at: datetime | None


class PrintedCard(msgspec.Struct, frozen=True):
    """The code, this once; of several printings only the newest is worth something."""

    card: str
    code: str
    printing: int


class PresentedView(msgspec.Struct, frozen=True):
    """Whose card a till has before it; names are masked. `helper_per_day` and `helper_per_spend` bind a helper."""

    card: str
    owner: str
    owner_name: str | None
    member: str | None
    member_name: str | None
    carrier: Carrier
    proves_possession: bool
    is_helper: bool
    helper_per_day: int | None
    helper_per_spend: int | None


class CardList(msgspec.Struct, frozen=True):
    """Oldest first; `cursor` asks for the next page."""

    cards: tuple[CardView, ...]
    cursor: str | None


@post(f"{_P}/cards")
async def issue(data: JSONBody[CardIssue], key: IdempotencyKey, call: NamedDependency[Call]) -> Response[CardView]:
    """A pending card, once for a key. It pays when it has been printed and handed over."""
    id = derived_id("crd", call.programme, call.principal, key)
    new = NewCard(id, data.owner, data.carrier, data.member, number=data.number, nfc_number=data.nfc_number)
    async with call.desk.connection() as connection:
        issued = await issue_card(connection, call.programme, new, by=call.principal, key=key)
    return answer(view_of(issued.card, call), status=201, is_replayed=not issued.is_new)


@get(f"{_P}/cards/{{card:str}}")
async def card(card: FromPath[str], call: NamedDependency[Call]) -> Response[CardView]:
    """One card."""
    async with call.desk.reading(call.programme) as connection:
        found = await find_card(connection, call.programme, card)
    if found is None:
        raise Refused(Reason.NOT_FOUND, card=card)
    await call.require_own(found.owner, card=card)
    return answer(view_of(found, call))


@get(f"{_P}/accounts/{{owner:str}}/cards")
async def cards(
    owner: FromPath[str],
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^[a-z0-9_]{0,40}$")] = "",
) -> Response[CardList]:
    """All cards of an account, history included."""
    async with call.desk.reading(call.programme) as connection:
        await load_holder(connection, call.programme, owner)
        found = await cards_of(connection, call.programme, owner, after=cursor, limit=limit + 1)
    page = tuple(view_of(one, call) for one in found[:limit])
    return answer(CardList(page, page[-1].card if len(found) > limit else None))


@post(f"{_P}/cards/{{card:str}}/print", status_code=200)
async def print_code(card: FromPath[str], call: NamedDependency[Call]) -> Response[PrintedCard]:
    """A fresh code for a pending card, shown this once; codes printed before are void. Asked again, a newer one."""
    await _require_own(call, card)
    async with call.desk.connection() as connection:
        [printed] = await print_cards(connection, call.programme, [card])
    return answer(PrintedCard(card, grouped_code(printed.code), printed.card.printings))


@post(f"{_P}/cards/{{card:str}}/activate", status_code=200)
async def activate(card: FromPath[str], call: NamedDependency[Call]) -> Response[CardView]:
    """It is handed over, and pays from now on."""
    await _require_own(call, card)
    async with call.desk.connection() as connection:
        return answer(view_of(await activate_card(connection, call.programme, card, by=call.principal), call))


@post(f"{_P}/cards/{{card:str}}/pin", status_code=200)
async def give_pin(card: FromPath[str], data: JSONBody[NewPin], call: NamedDependency[Call]) -> Response[CardView]:
    """Six digits that nobody would try first; a new PIN also ends a lock. Residents set that of their own card."""
    async with call.desk.reading(call.programme) as reading:
        found = await find_card(reading, call.programme, card)
    if found is None:
        raise Refused(Reason.NOT_FOUND, card=card)
    await call.require_own(found.owner, card=card)
    async with call.desk.connection() as connection:
        await set_pin(connection, call.desk.slow_hash, call.programme, card, data.pin, by=call.principal)
    return answer(view_of(found, call))


@post(f"{_P}/cards/{{card:str}}/block", status_code=200)
async def block(card: FromPath[str], data: JSONBody[CardBlock], call: NamedDependency[Call]) -> Response[CardView]:
    """Lost or stolen: refused from the next call on, for ever."""
    await _require_own(call, card)
    async with call.desk.connection() as connection:
        done = await block_card(connection, call.programme, card, by=call.principal, why=data.note)
    return answer(view_of(done, call))


@post(f"{_P}/cards/{{card:str}}/replace")
async def replace(
    card: FromPath[str], data: JSONBody[CardReplacement], key: IdempotencyKey, call: NamedDependency[Call]
) -> Response[CardView]:
    """A new pending card in its place; the old one is refused at once."""
    await _require_own(call, card)
    async with call.desk.connection() as connection:
        issued = await replace_card(
            connection,
            call.programme,
            card,
            carrier=data.carrier,
            nfc_number=data.nfc_number,
            by=call.principal,
            key=key,
        )
    return answer(view_of(issued.card, call), status=201, is_replayed=not issued.is_new)


@post(f"{_P}/presented-cards", status_code=200)
async def present(data: JSONBody[PresentedCard], call: NamedDependency[Call]) -> Response[PresentedView]:
    """Whose card this is, for the person at the till; refused when it is blocked, replaced or not handed out yet."""
    async with call.desk.reading(call.programme) as connection:
        found = await find_presented_card(connection, call.programme, data)
        owner = await load_holder(connection, call.programme, found.owner)
        member = None if found.member is None else await load_holder(connection, call.programme, found.member)
    helper = found.helper
    return answer(
        PresentedView(
            card=found.id,
            owner=found.owner,
            owner_name=owner.masked_name,
            member=found.member,
            member_name=None if member is None else member.masked_name,
            carrier=found.carrier,
            proves_possession=found.proves_possession,
            is_helper=helper is not None,
            helper_per_day=None if helper is None else helper.per_day,
            helper_per_spend=None if helper is None else helper.per_spend,
        )
    )


async def _require_own(call: Call, card: str) -> None:
    """For who does not see all; whoever does finds out by doing."""
    if not call.sees_all:
        async with call.desk.reading(call.programme) as connection:
            found = await find_card(connection, call.programme, card)
        await call.require_own(None if found is None else found.owner, card=card)


def view_of(stored: StoredCard, call: Call) -> CardView:
    told = msgspec.structs.asdict(stored)
    for field in ("number", "nfc_number"):
        told[field] = see(call, Fact.CARD_NUMBER, told[field])
    return CardView(card=told.pop("id"), **told)
