"""What shops offer for points: proposed by the shop or a worker, approved by somebody else, withdrawn at any time."""

from datetime import date, datetime
from typing import Annotated

import asyncpg
import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response

from ledger.actions.propose_offer import approve_offer, end_offer, propose_offer
from ledger.actions.shop_code import confirm_code, show_code
from ledger.core.card import PresentedCard, Shown
from ledger.core.command import Lines, RecipientId, Redeem
from ledger.core.item import OfferKind, Points
from ledger.core.period import business_day
from ledger.core.refusal import Reason, Refused
from ledger.core.title import Slug, Title
from ledger.core.transaction import Outcome, Receipt
from ledger.db import shop_codes
from ledger.db.identity import derived_id
from ledger.db.periods import read_clock
from ledger.db.shop_codes import ShopCode
from ledger.db.shop_offers import Proposal, list_proposals
from ledger.hall.access import Role
from ledger.hall.answer import answer
from ledger.hall.at_counter import AtCounter, sale_request
from ledger.hall.call import Call, IdempotencyKey, Limit
from ledger.hall.fault import Fault, Faulty
from ledger.hall.submit import act

_P = "/v1/programmes/{programme:str}"
Pin = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}$(?!\n)")]
_M = f"{_P}/merchants/{{merchant:str}}"


class NewOffer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """`offer` names it; the same name again, with a later day, is a new price."""

    offer: Slug
    title: Title
    kind: OfferKind
    points: Points
    from_: date


class OfferList(msgspec.Struct, frozen=True):
    """In the order of their ids. `next_cursor` asks for those after these."""

    offers: tuple[Proposal, ...]
    next_cursor: str | None


class NewCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the resident is to pay for."""

    lines: Lines


class CodeView(msgspec.Struct, frozen=True):
    """What is shown to the resident; `state` is shown, lapsed or confirmed."""

    code: str
    merchant: str
    lines: Lines
    points: int
    lapses_at: datetime
    state: str


class Confirmation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who pays: the resident whose key this is, or whose card was presented and who typed its PIN."""

    owner: RecipientId | None = None
    card: PresentedCard | None = None
    pin: Pin | None = None

    def __post_init__(self) -> None:
        if (self.owner is None) == (self.card is None) or (self.card is None) != (self.pin is None):
            raise ValueError("owner,或 card 加 pin / name an owner, or a card with its pin")


@post(f"{_M}/offers")
async def propose(
    merchant: FromPath[str], data: JSONBody[NewOffer], key: IdempotencyKey, call: NamedDependency[Call]
) -> Response[Proposal]:
    """It has a price once another person has approved it, from the day named or from that of the approval."""
    new = Proposal(
        id=derived_id("off", call.programme, merchant, call.principal, key), merchant=merchant, offer=data.offer,
        title=data.title, kind=data.kind, points=data.points, effective_from=data.from_, proposed_by=call.principal,
    )  # fmt: skip
    today = await _today(call)
    async with call.desk.connection() as connection:
        kept, is_new = await propose_offer(connection, call.programme, new, today=today)
    return answer(kept, status=201, is_replayed=not is_new)


@get(f"{_M}/offers")
async def offers(
    merchant: FromPath[str],
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^[a-z0-9_]{0,40}$")] = "",
) -> Response[OfferList]:
    """All that was ever proposed of one shop, with what was decided."""
    async with call.desk.reading(call.programme) as connection:
        found = await list_proposals(connection, call.programme, merchant, after=cursor, limit=limit + 1)
    page = tuple(found[:limit])
    return answer(OfferList(page, page[-1].id if len(found) > limit else None))


@post(f"{_M}/offers/{{offer:str}}/approve", status_code=200)
async def approve(merchant: FromPath[str], offer: FromPath[str], call: NamedDependency[Call]) -> Response[Proposal]:
    """Refused to whoever proposed it."""
    today = await _today(call)
    async with call.desk.connection() as connection:
        kept = await approve_offer(connection, call.programme, merchant, offer, by=call.principal, today=today)
    call.desk.shelf.forget(call.programme)
    return answer(kept)


@post(f"{_M}/offers/{{offer:str}}/decline", status_code=200)
async def decline(merchant: FromPath[str], offer: FromPath[str], call: NamedDependency[Call]) -> Response[Proposal]:
    """It will have no price."""
    return await _end(call, merchant, offer, "declined")


@post(f"{_M}/offers/{{offer:str}}/withdraw", status_code=200)
async def withdraw(merchant: FromPath[str], offer: FromPath[str], call: NamedDependency[Call]) -> Response[Proposal]:
    """Nobody can take it any more, from now on."""
    return await _end(call, merchant, offer, "withdrawn")


@post(f"{_M}/codes")
async def show(
    merchant: FromPath[str], data: JSONBody[NewCode], key: IdempotencyKey, call: NamedDependency[Call]
) -> Response[CodeView]:
    """A code for the shop to show; whoever confirms it pays. It lapses after some minutes, as the programme says."""
    async with call.desk.connection() as connection:
        shelf = call.desk.shelf
        code = await show_code(connection, call.programme, merchant, data.lines, shelf, by=call.principal, key=key)
    return answer(_code(code), status=201)


@get(f"{_P}/shop-codes/{{code:str}}")
async def code(code: FromPath[str], call: NamedDependency[Call]) -> Response[CodeView]:
    """What a code asks for, before it is confirmed; afterwards it tells a resident nothing."""
    assert call.caller is not None, "codes are not public"
    found = await _find(call, code)
    if call.caller.role is Role.RESIDENT and found.owner not in (None, call.caller.owner):
        raise Refused(Reason.NOT_FOUND, code=code)
    return answer(_code(found))


@post(f"{_P}/shop-codes/{{code:str}}/confirm")
async def confirm(
    code: FromPath[str], data: JSONBody[Confirmation], key: IdempotencyKey, call: NamedDependency[Call]
) -> Response[Receipt]:
    """The resident pays what the shop's code shows, by a key or by card and PIN, also at the shop; once."""
    found = await _find(call, code)
    if call.caller is not None and call.caller.role is Role.MERCHANT and data.card is None:
        raise Faulty(Fault.FORBIDDEN, numbers={"role": str(Role.MERCHANT)})

    def made(owner: str, shown: Shown | None) -> Redeem:
        return Redeem(owner, found.lines, merchant=found.merchant, shown=shown)

    seen = None if data.card is None else AtCounter(data.card, data.pin)
    request = await sale_request(call, f"code:{found.code}:{key}", data.owner, seen, made)

    async def confirmed(connection: asyncpg.Connection, _: str) -> Outcome:
        return await confirm_code(connection, found.code, request, call.desk.shelf)

    return await act(call, key, confirmed)


async def _find(call: Call, code: str) -> ShopCode:
    """A shop finds its own."""
    assert call.caller is not None, "codes are not public"
    async with call.desk.reading(call.programme) as connection:
        found = await shop_codes.find_code(connection, call.programme, code.lower())
    if found is None:
        raise Refused(Reason.NOT_FOUND, code=code)
    if call.caller.role is Role.MERCHANT:
        await call.require_own(found.merchant, code=code)
    return found


async def _end(call: Call, merchant: str, offer: str, state: str) -> Response[Proposal]:
    async with call.desk.connection() as connection:
        kept = await end_offer(connection, call.programme, merchant, offer, state, by=call.principal)
    call.desk.shelf.forget(call.programme)
    return answer(kept)


async def _today(call: Call) -> date:
    """By the ledger's own clock: a price must not begin on a day that has passed there."""
    async with call.desk.reading(call.programme) as connection:
        scheme = await call.desk.shelf.current(connection, call.programme)
        return business_day(await read_clock(connection), scheme.policy.time_zone)


def _code(shown: ShopCode) -> CodeView:
    state = "confirmed" if shown.owner is not None else "lapsed" if shown.is_lapsed else "shown"
    points = sum((line.label_points or 0) * line.quantity for line in shown.lines)
    return CodeView(shown.code, shown.merchant, shown.lines, points, shown.lapses_at, state)
