"""The page of a counter: a card, a basket, one sale under one key, a receipt. Works by links and forms alone."""

import unicodedata
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import asyncpg
import msgspec
from litestar import get, post
from litestar.connection import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, URLEncodedBody
from litestar.response import Response

from ledger.actions.tell_counter import Counter, label_standing, tell_counter
from ledger.core.card import PresentedCard, Shown
from ledger.core.command import Line, RecipientId, Redeem
from ledger.core.period import business_day
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.core.transaction import About, Outcome, Receipt, RefusalNote
from ledger.db.cards import find_presented_card
from ledger.db.identity import new_id
from ledger.db.journal import find_claim, load_outcomes
from ledger.hall.answer import count_outcome
from ledger.hall.at_counter import AtCounter, sale_request, shown_of
from ledger.hall.call import Call
from ledger.hall.fault import Fault, Faulty
from ledger.hall.html import Html
from ledger.hall.submit import outcome_of
from ledger.web.basket import LINES_MAX, BasketText, read_basket, read_label, read_scan, with_pieces, write_basket
from ledger.web.form import own_form, require_own_form
from ledger.web.presented import find_typed_card, keep_card, kept_card
from ledger.web.receipts import place_title, printed_amounts, printed_lines
from ledger.web.refusal import refusal_words
from ledger.web.sheet import Lang, show

_ABOUT_PINS = (Reason.PIN_NEEDED, Reason.PIN_WRONG, Reason.PIN_NOT_SET, Reason.PIN_LOCKED)
_P = "/counter/{programme:str}"
OwnerText = Annotated[str, QueryParameter(pattern=r"^(hh|mbr)_[0-9a-z-]{1,40}$(?!\n)")]
KeyText = Annotated[str | None, QueryParameter(pattern=r"^web_[0-9a-z]{18}$(?!\n)")]
Sought = Annotated[str, QueryParameter(max_length=100)]
InCash = Annotated[int, QueryParameter(name="cash", ge=0, le=10**9)]
OldLabel = Annotated[str, QueryParameter(name="old", pattern=r"^([a-z0-9-]{1,40}\.[1-9][0-9]{0,5})?$(?!\n)")]
Again = Annotated[Literal["yes"] | None, QueryParameter()]
SaleKey = Annotated[str, msgspec.Meta(pattern=r"^web_[0-9a-z]{18}$(?!\n)")]
Typed = Annotated[str, msgspec.Meta(max_length=100)]


class Typing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A card as it was scanned or typed."""

    card: Typed = ""
    token: Typed = ""


class Sell(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The basket as it was shown, with its prices, under the key that was made for it."""

    owner: RecipientId
    key: SaleKey
    item: tuple[Typed, ...]
    quantity: tuple[Annotated[int, msgspec.Meta(ge=1, le=999)], ...]
    label: tuple[Annotated[int, msgspec.Meta(ge=0, le=10**9)], ...]
    fen: Annotated[int, msgspec.Meta(ge=0, le=10**12)] = 0
    cash: Annotated[int, msgspec.Meta(ge=0, le=10**9)] = 0
    pin: Annotated[str, msgspec.Meta(max_length=20)] | None = None
    document_seen: Literal["yes"] | None = None
    token: Typed = ""


@get(_P)
async def start(
    call: NamedDependency[Call], request: Request[Any, Any, Any], again: Again = None, lang: Lang = None
) -> Response[Html]:
    """Waits for a card; `again` says that the one before must be shown once more."""
    return _start(call, request, await call.scheme(), is_again=again is not None)


@post(f"{_P}/card", status_code=303)
async def take_card(
    data: URLEncodedBody[Typing], call: NamedDependency[Call], request: Request[Any, Any, Any], lang: Lang = None
) -> Response[Html]:
    """A card was scanned or typed: on to its basket. The card itself stands in no address."""
    own_outlet(call)
    require_own_form(call, request, data.token)
    async with call.desk.reading(call.programme) as connection:
        scheme = await call.desk.shelf.current(connection, call.programme)
        try:
            presented, card = await find_typed_card(connection, call.programme, data.card)
        except Refused as refused:
            return _start(call, request, scheme, RefusalNote(refused.reason, refused.numbers))
    return go(call, "sale", keep_card(request.scope, call.programme, presented), owner=card.owner)


@get(f"{_P}/sale")
async def sale(
    call: NamedDependency[Call],
    request: Request[Any, Any, Any],
    owner: OwnerText,
    basket: BasketText = "",
    key: KeyText = None,
    scan: Sought = "",
    find: Sought = "",
    in_cash: InCash = 0,
    old: OldLabel = "",
    lang: Lang = None,
) -> Response[Html]:
    """The basket with its prices. Each basket has a key of its own, so selling it twice sells it once."""
    outlet, pieces = own_outlet(call), read_basket(basket)
    place = {"owner": owner, "cash": str(in_cash or "")}
    if scan:
        return await _scanned(call, pieces, scan, place)
    async with call.desk.reading(call.programme) as connection:
        made = None if key is None else await find_claim(connection, call.programme, call.principal, key)
        before = None if made is None else (await load_outcomes(connection, call.programme, [made])).get(made)
        scheme = await call.desk.shelf.current(connection, call.programme)
        shown = await _shown(connection, call, request, owner)
        told = None
        if shown is not None:
            told = await tell_counter(
                connection, call.programme,
                owner=owner, outlet=outlet, wanted=pieces, shown=shown, find=find, in_cash=in_cash,
                shelf=call.desk.shelf,
            )  # fmt: skip
    if before is not None and before.receipt is not None:
        return go(call, f"sales/{made}", None, again="yes")
    if told is None:
        return go(call, "", None, again="yes")
    if key is None or before is not None:
        return go(call, "sale", None, **place, basket=basket, find=find, old=old, key=new_id("web"))
    return _show_sale(call, request, scheme, told, key=key, find=find, old=old)


@post(f"{_P}/sale", status_code=303)
async def sell(
    data: URLEncodedBody[Sell], call: NamedDependency[Call], request: Request[Any, Any, Any], lang: Lang = None
) -> Response[Html]:
    """Sells the basket that was shown; sent again, because of a double click or a lost answer, it is the same sale."""
    outlet, lines = own_outlet(call), _lines(data)
    require_own_form(call, request, data.token)
    async with call.desk.reading(call.programme) as connection:
        made = await find_claim(connection, call.programme, call.principal, data.key)
        before = None if made is None else (await load_outcomes(connection, call.programme, [made])).get(made)
        scheme = await call.desk.shelf.current(connection, call.programme)
        shown = await _shown(connection, call, request, data.owner)
    if before is not None and before.receipt is not None:
        return go(call, f"sales/{made}", None, again="yes")
    seen = kept_card(request)
    if shown is None or seen is None:
        return go(call, "", None, again="yes")
    outcome = await _sold(call, data, lines, seen, outlet)
    if outcome.receipt is not None:
        forgotten = keep_card(request.scope, call.programme, None)
        again = "yes" if outcome.is_replayed else ""
        return go(call, f"sales/{outcome.transaction}", forgotten, again=again)
    wanted = {key: line.quantity for key, line in zip(data.item, lines, strict=True)}
    async with call.desk.reading(call.programme) as connection:
        told = await tell_counter(
            connection, call.programme,
            owner=data.owner, outlet=outlet, wanted=wanted, shown=shown, find="", in_cash=data.cash,
            shelf=call.desk.shelf,
        )  # fmt: skip
    return _show_sale(call, request, scheme, told, key=new_id("web"), find="", refused=outcome.refusal)


@get(f"{_P}/sales/{{transaction:str}}")
async def made(
    transaction: FromPath[str],
    call: NamedDependency[Call],
    request: Request[Any, Any, Any],
    again: Again = None,
    lang: Lang = None,
) -> Response[Html]:
    """What was sold, with its receipt to print and the way to the next customer."""
    outlet = own_outlet(call)
    async with call.desk.reading(call.programme) as connection:
        found = (await load_outcomes(connection, call.programme, [transaction])).get(transaction)
        scheme = await call.desk.shelf.current(connection, call.programme)
    if found is None or found.receipt is None or found.receipt.about.outlet != outlet:
        raise Refused(Reason.NOT_FOUND, transaction=transaction)
    return _show_made(call, request, scheme, found.receipt, is_again=bool(again))


def own_outlet(call: Call) -> str:
    """A cashier's key belongs to one outlet; a page for counters is nothing to anybody else."""
    outlet = None if call.caller is None else call.caller.owner
    if outlet is None:
        raise Faulty(Fault.FORBIDDEN)
    return outlet


async def _scanned(call: Call, pieces: dict[str, int], scan: str, place: dict[str, str]) -> Response[Html]:
    """Into the basket, by a shelf label's bar code or by the item; what is neither is looked for by its words."""
    times, text = read_scan(scan)
    scheme = await call.scheme()
    item, revision = read_label(text)
    standing = label_standing(scheme, item, revision, _today(call, scheme))
    if standing is None:
        return go(call, "sale", None, **place, basket=write_basket(pieces), find=text)
    old = "" if standing.old is None else f"{item}.{revision}"
    return go(call, "sale", None, **place, basket=write_basket(with_pieces(pieces, standing.key, times)), old=old)


def _old_label(call: Call, scheme: Scheme, text: str) -> dict[str, Any] | None:
    """What to tell of the label that was scanned last, if it is not today's."""
    item, revision = read_label(text)
    standing = label_standing(scheme, item, revision, _today(call, scheme)) if text else None
    if standing is None or standing.old is None:
        return None
    return {"title": scheme.items[item].title, "standing": standing}


def _today(call: Call, scheme: Scheme) -> date:
    return business_day(call.desk.shelf.now(), scheme.policy.time_zone)


async def _shown(
    connection: asyncpg.Connection, call: Call, request: Request[Any, Any, Any], owner: str
) -> Shown | None:
    """The card that this counter took last, if it is still good and this page is about its owner."""
    presented = kept_card(request)
    if presented is None:
        return None
    try:
        card = await find_presented_card(connection, call.programme, presented)
    except Refused:
        return None
    return shown_of(card, AtCounter(presented)) if card.owner == owner else None


def _lines(data: Sell) -> tuple[Line, ...]:
    if not 1 <= len(data.item) == len(data.quantity) == len(data.label) <= LINES_MAX:
        raise Faulty(Fault.MALFORMED)
    told = [
        {"item": item.partition(":")[0], "quantity": quantity, "label_points": label}
        for item, quantity, label in zip(data.item, data.quantity, data.label, strict=True)
    ]
    try:
        return msgspec.convert(told, tuple[Line, ...])
    except msgspec.ValidationError as error:
        raise Faulty(Fault.MALFORMED) from error


async def _sold(call: Call, data: Sell, lines: tuple[Line, ...], presented: PresentedCard, outlet: str) -> Outcome:
    """As any till's call: by the card that was presented, under the key of this basket."""

    def made(owner: str, shown: Shown | None) -> Redeem:
        return Redeem(owner, lines, outlet=outlet, cash_fen=data.fen, shown=shown)

    pin = None if data.pin is None else unicodedata.normalize("NFKC", data.pin)
    seen = AtCounter(presented, pin, data.document_seen is not None)
    try:
        outcome = await outcome_of(call, await sale_request(call, data.key, None, seen, made))
    except Refused as refused:
        return Outcome(None, None, RefusalNote(refused.reason, refused.numbers))
    count_outcome(outcome)
    return outcome


def go(call: Call, where: str, cookie: str | None, **query: str) -> Response[Html]:
    """After a form, so that the Back button and a reload ask and do not repeat."""
    asked = urlencode({name: value for name, value in query.items() if value})
    address = f"/counter/{call.programme}/{where}".removesuffix("/")
    headers = {"Location": f"{address}?{asked}" if asked else address}
    return Response(Html(), status_code=303, headers=headers if cookie is None else {**headers, "Set-Cookie": cookie})


def _start(
    call: Call,
    request: Request[Any, Any, Any],
    scheme: Scheme,
    refused: RefusalNote | None = None,
    *,
    is_again: bool = False,
) -> Response[Html]:
    told = None if refused is None else refusal_words(request, refused.reason, refused.numbers, scheme)
    return show(
        request,
        "counter.html",
        status=200 if told is None else told.status,
        headers={"Set-Cookie": keep_card(request.scope, call.programme, None)},
        **place_of(call, scheme),
        is_again=is_again,
        refusal=told,
    )


def _show_sale(
    call: Call,
    request: Request[Any, Any, Any],
    scheme: Scheme,
    told: Counter,
    *,
    key: str,
    find: str,
    old: str = "",
    refused: RefusalNote | None = None,
) -> Response[Html]:
    pieces = {line.goods.key: line.quantity for line in told.basket}
    basket = write_basket(pieces)
    address = f"/counter/{call.programme}/sale"
    refusal = None if refused is None else refusal_words(request, refused.reason, refused.numbers, scheme)

    def changed(item: str, more: int) -> str:
        put = write_basket(with_pieces(pieces, item, more))
        asked = {"owner": told.owner, "cash": told.in_cash, "basket": put, "find": find}
        return f"{address}?{urlencode({name: value for name, value in asked.items() if value})}"

    return show(
        request,
        "counter_sale.html",
        status=200 if refusal is None else refusal.status,
        **place_of(call, scheme),
        sale=told,
        basket=basket,
        key=key,
        find=find,
        changed=changed,
        asks_pin=refused is not None and refused.reason in _ABOUT_PINS,
        old=_old_label(call, scheme, old),
        here=f"{address}?{urlencode({'owner': told.owner, 'cash': told.in_cash, 'basket': basket})}",
        refusal=refusal,
    )


def _show_made(
    call: Call, request: Request[Any, Any, Any], scheme: Scheme, receipt: Receipt, *, is_again: bool
) -> Response[Html]:
    return show(
        request,
        "counter_made.html",
        **place_of(call, scheme),
        receipt=receipt,
        lines=printed_lines(scheme, receipt.about),
        amounts=printed_amounts(receipt),
        is_sale=receipt.kind != "refund",
        points=sum(line.points for line in receipt.about.lines),
        is_again=is_again,
    )


def place_of(call: Call, scheme: Scheme) -> dict[str, Any]:
    """What every page of a counter shows and needs."""
    about = About(outlet=own_outlet(call))
    return {
        "time_zone": scheme.policy.time_zone,
        "programme": scheme.policy.title,
        "place": place_title(scheme, about) or scheme.policy.title,
        "home": f"/counter/{call.programme}",
        "slug": call.programme,
        "token": own_form(call),
    }
