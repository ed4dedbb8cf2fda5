"""Goods that come back to a counter: by the receipt's code, line by line, once under the key of its page."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import get, post
from litestar.connection import Request
from litestar.di import NamedDependency
from litestar.params import QueryParameter, URLEncodedBody
from litestar.response import Response

from ledger.core.command import Refund, RefundLine, TransactionId
from ledger.core.command import Request as Asking
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import Outcome, Receipt, RefusalNote
from ledger.db.identity import new_id
from ledger.db.journal import find_claim, load_outcomes
from ledger.hall.answer import count_outcome
from ledger.hall.call import Call
from ledger.hall.fault import Fault, Faulty
from ledger.hall.html import Html
from ledger.hall.submit import outcome_of
from ledger.web.counter import KeyText, SaleKey, Typed, go, own_outlet, place_of
from ledger.web.form import require_own_form
from ledger.web.receipts import printed_lines
from ledger.web.refusal import refusal_words
from ledger.web.sheet import Lang, show

_P = "/counter/{programme:str}/refund"
SOLD = ("redeem", "capture", "late_sale")
Code = Annotated[str, QueryParameter(max_length=60)]


class GoodsBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many of each line come back, and what becomes of each; a line of which none does says 0."""

    transaction: TransactionId
    key: SaleKey
    item: tuple[Typed, ...]
    quantity: tuple[Annotated[int, msgspec.Meta(ge=0, le=999)], ...]
    goods: tuple[Literal["restock", "write_off"], ...]
    token: Typed = ""


@get(_P)
async def look_up(
    call: NamedDependency[Call],
    request: Request[Any, Any, Any],
    code: Code = "",
    key: KeyText = None,
    lang: Lang = None,
) -> Response[Html]:
    """Finds a sale of this counter by the code on its receipt. Its key stands in the address: a reload keeps it."""
    code = code.strip().lower()
    sold = await _sale(call, code) if code else None
    if sold is not None:
        before = None if key is None else await _made(call, key)
        if before is not None and before.receipt is not None:
            return go(call, f"sales/{before.transaction}", None, again="yes")
        if key is None or before is not None:
            return go(call, "refund", None, code=code, key=new_id("web"))
    note = RefusalNote(Reason.NOT_FOUND, {"transaction": code[:60]}) if code and sold is None else None
    return await _show(call, request, sold, note, key=key)


@post(_P, status_code=303)
async def take_back(
    data: URLEncodedBody[GoodsBack], call: NamedDependency[Call], request: Request[Any, Any, Any], lang: Lang = None
) -> Response[Html]:
    """Points go back to where they came from; sent again, it is the same refund."""
    own_outlet(call)
    require_own_form(call, request, data.token)
    if not 1 <= len(data.item) == len(data.quantity) == len(data.goods) <= 50:
        raise Faulty(Fault.MALFORMED)
    told = zip(data.item, data.quantity, data.goods, strict=True)
    lines = [{"item": item, "quantity": pieces, "goods": goods} for item, pieces, goods in told if pieces]
    try:
        command = Refund(data.transaction, msgspec.convert(lines, tuple[RefundLine, ...]))
    except msgspec.ValidationError as error:
        raise Faulty(Fault.MALFORMED) from error
    sold = await _sale(call, data.transaction)
    if not lines:
        return await _show(call, request, sold, RefusalNote(Reason.NOTHING_TO_POST, {}))
    if sold is None:
        raise Refused(Reason.NOT_FOUND, transaction=data.transaction)
    try:
        outcome = await outcome_of(call, Asking(call.programme, call.principal, data.key, command))
    except Refused as refused:
        return await _show(call, request, sold, RefusalNote(refused.reason, refused.numbers))
    count_outcome(outcome)
    if outcome.receipt is not None:
        return go(call, f"sales/{outcome.transaction}", None, again="yes" if outcome.is_replayed else "")
    return await _show(call, request, sold, outcome.refusal)


async def _sale(call: Call, transaction: str) -> Receipt | None:
    """Only what this very counter sold."""
    async with call.desk.reading(call.programme) as connection:
        found = (await load_outcomes(connection, call.programme, [transaction])).get(transaction)
    receipt = None if found is None else found.receipt
    if receipt is None or receipt.kind not in SOLD or receipt.about.outlet != own_outlet(call):
        return None
    return receipt


async def _made(call: Call, key: str) -> Outcome | None:
    """What became of a page's key: a refund, or a refusal, after which another key is needed."""
    async with call.desk.reading(call.programme) as connection:
        made = await find_claim(connection, call.programme, call.principal, key)
        return None if made is None else (await load_outcomes(connection, call.programme, [made])).get(made)


async def _show(
    call: Call,
    request: Request[Any, Any, Any],
    sold: Receipt | None,
    note: RefusalNote | None,
    *,
    key: str | None = None,
) -> Response[Html]:
    """After a refusal under a key of its own, for the one before stands for the refusal."""
    scheme = await call.scheme()
    told = None if note is None else refusal_words(request, note.reason, note.numbers, scheme)
    lines = () if sold is None else zip(sold.about.lines, printed_lines(scheme, sold.about), strict=True)
    return show(
        request,
        "counter_refund.html",
        status=200 if told is None else told.status,
        **place_of(call, scheme),
        here=request.scope["path"],
        sold=sold,
        lines=[(line.item, printed) for line, printed in lines],
        key=key or new_id("web"),
        refusal=told,
    )
