"""The doors of the two pages: a resident by card and PIN, a counter by its terminal's key or a cashier's password."""

import unicodedata
from contextlib import suppress
from typing import Annotated, Any, Literal

import msgspec
from litestar import get, post
from litestar.connection import Request
from litestar.di import NamedDependency
from litestar.params import QueryParameter, URLEncodedBody
from litestar.response import Response

from ledger.actions.sign_in import SignedIn, change_role, sign_in_resident, sign_in_staff
from ledger.core.card import PresentedCard
from ledger.core.refusal import Reason, Refused
from ledger.db.sessions import end_sessions
from ledger.hall.access import Role
from ledger.hall.audited import remember_caller
from ledger.hall.call import Call
from ledger.hall.cookie import require_same_site
from ledger.hall.html import Html
from ledger.hall.sent import address_of
from ledger.hall.session import cookie_of, ended_cookie
from ledger.web.form import Form, require_own_form
from ledger.web.presented import find_typed_card, read_presented
from ledger.web.refusal import refusal_words
from ledger.web.sheet import Lang, show

_MY, _TILL = "/my/{programme:str}", "/counter/{programme:str}"
Typed = Annotated[str, msgspec.Meta(max_length=200)]
Said = Annotated[Literal["yes"] | None, QueryParameter()]


class CardAndPin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As scanned or typed."""

    card: Typed = ""
    pin: Typed = ""


class AtTheCounter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The terminal's key, or a cashier's own name and password."""

    key: Typed | None = None
    user_name: Typed | None = None
    password: Typed | None = None


@get(f"{_MY}/sign-in")
async def resident_door(
    call: NamedDependency[Call],
    request: Request[Any, Any, Any],
    ended: Said = None,
    bye: Said = None,
    lang: Lang = None,
) -> Response[Html]:
    """Asks for card and PIN."""
    return await _door(call, request, "my_sign_in.html", ended=ended is not None, bye=bye is not None)


@post(f"{_MY}/sign-in", status_code=303)
async def sign_in_by_card(
    data: URLEncodedBody[CardAndPin], call: NamedDependency[Call], request: Request[Any, Any, Any], lang: Lang = None
) -> Response[Html]:
    """A card that nobody has costs as many tries as a wrong PIN, and is not told from it."""
    require_same_site(request.scope, request.headers)
    try:
        signed_in = await _by_card(call, request, data.card, unicodedata.normalize("NFKC", data.pin))
    except Refused as refused:
        return await _door(call, request, "my_sign_in.html", refused=refused)
    await remember_caller(call.desk, request.scope, signed_in.token)
    return _enter(call, request, "my", signed_in.token)


@post(f"{_MY}/sign-out", status_code=303)
async def resident_leaves(
    data: URLEncodedBody[Form], call: NamedDependency[Call], request: Request[Any, Any, Any], lang: Lang = None
) -> Response[Html]:
    """Ends the session at once, on every device that shows its cookie."""
    return await _leave(call, request, "my", data)


@get(f"{_TILL}/sign-in")
async def counter_door(
    call: NamedDependency[Call],
    request: Request[Any, Any, Any],
    ended: Said = None,
    bye: Said = None,
    lang: Lang = None,
) -> Response[Html]:
    """Asks for the terminal's key, or for who serves."""
    return await _door(call, request, "counter_sign_in.html", ended=ended is not None, bye=bye is not None)


@post(f"{_TILL}/sign-in", status_code=303)
async def sign_in_counter(
    data: URLEncodedBody[AtTheCounter], call: NamedDependency[Call], request: Request[Any, Any, Any], lang: Lang = None
) -> Response[Html]:
    """The cookie ends with the browser; a key that is withdrawn ends it too."""
    require_same_site(request.scope, request.headers)
    try:
        token = data.key if data.key is not None else await _by_password(call, request, data)
        caller = await call.desk.caller(token)
        is_till = caller is not None and caller.role is Role.CASHIER and caller.owner is not None
        if caller is None or not is_till or not await call.desk.may_reach(caller, call.programme):
            raise Refused(Reason.SIGN_IN_WRONG)
    except Refused as refused:
        return await _door(call, request, "counter_sign_in.html", refused=refused)
    await remember_caller(call.desk, request.scope, token)
    return _enter(call, request, "counter", token)


@post(f"{_TILL}/sign-out", status_code=303)
async def counter_leaves(
    data: URLEncodedBody[Form], call: NamedDependency[Call], request: Request[Any, Any, Any], lang: Lang = None
) -> Response[Html]:
    """Takes the cookie away."""
    return await _leave(call, request, "counter", data)


async def _by_card(call: Call, request: Request[Any, Any, Any], typed: str, pin: str) -> SignedIn:
    desk, programme = call.desk, call.programme
    presented = next(iter(read_presented(typed)), PresentedCard(number="0"))
    async with desk.reading(programme) as connection:
        with suppress(Refused):
            presented, _ = await find_typed_card(connection, programme, typed)
    async with desk.connection() as connection:
        return await sign_in_resident(
            connection,
            desk.slow_hash,
            programme=programme,
            presented=presented,
            pin=pin,
            address=address_of(request.scope),
            device=request.headers.get("user-agent", ""),
        )


async def _by_password(call: Call, request: Request[Any, Any, Any], data: AtTheCounter) -> str:
    """In the cashier's role, where somebody has several."""
    async with call.desk.connection() as connection:
        signed_in = await sign_in_staff(
            connection,
            call.desk.slow_hash,
            user_name=data.user_name or "",
            password=data.password or "",
            address=address_of(request.scope),
            device=request.headers.get("user-agent", ""),
        )
        if signed_in.role == Role.CASHIER:
            return signed_in.token
        session = await call.desk.session(signed_in.token)
        fitting = [one.id for one in signed_in.roles if one.role == Role.CASHIER]
        if session is None or not fitting:
            raise Refused(Reason.NO_ROLE)
        token = await change_role(connection, session, signed_in.token, fitting[0])
    call.desk.forget_session(signed_in.session)
    return token


async def _door(
    call: Call,
    request: Request[Any, Any, Any],
    template: str,
    *,
    refused: Refused | None = None,
    ended: bool = False,
    bye: bool = False,
) -> Response[Html]:
    scheme = await call.scheme()
    told = None if refused is None else refusal_words(request, refused.reason, refused.numbers, scheme)
    return show(
        request,
        template,
        status=200 if told is None else told.status,
        time_zone=scheme.policy.time_zone,
        programme=scheme.policy.title,
        place=scheme.policy.title,
        here=request.scope["path"],
        action=request.scope["path"],
        refusal=told,
        is_ended=ended,
        is_bye=bye,
    )


def _enter(call: Call, request: Request[Any, Any, Any], page: str, token: str) -> Response[Html]:
    headers = {"Location": f"/{page}/{call.programme}", "Set-Cookie": cookie_of(request.scope, token)}
    return Response(Html(), status_code=303, headers=headers)


async def _leave(call: Call, request: Request[Any, Any, Any], page: str, form: Form) -> Response[Html]:
    require_own_form(call, request, form.token)
    session = await call.desk.session(call.token or "")
    if session is not None:
        programme = None if session.staff is not None else session.programme
        async with call.desk.connection() as connection:
            await end_sessions(connection, session.principal, programme, only=session.id)
        call.desk.forget_session(session.id)
    headers = {"Location": f"/{page}/{call.programme}/sign-in?bye=yes", "Set-Cookie": ended_cookie(request.scope)}
    return Response(Html(), status_code=303, headers=headers)
