"""Signing in and out: a person by user name and password; what a session may do to itself."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.connection import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Response

from ledger.actions.sign_in import SignedIn, change_password, change_role, renew, sign_in_resident, sign_in_staff
from ledger.core.card import PresentedCard
from ledger.core.refusal import Reason, Refused
from ledger.db.sessions import Session, SessionView, end_sessions, list_sessions
from ledger.db.staff import StaffRole, find_staff
from ledger.hall.answer import answer
from ledger.hall.audited import remember_caller
from ledger.hall.call import Call
from ledger.hall.sent import address_of
from ledger.hall.session import cookie_of, ended_cookie

_P = "/v1/programmes/{programme:str}"

UserName = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9._-]{1,39}$(?!\\n)")]
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
RoleId = Annotated[str, msgspec.Meta(pattern="^rol_[0-9a-z]{18}$(?!\\n)")]


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """In the role named, else in the one that was granted first; `as_cookie` is for a browser."""

    user_name: UserName
    password: Password
    role: RoleId | None = None
    as_cookie: bool = False


class CardSignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is printed on the card, and its PIN."""

    card: PresentedCard
    pin: Annotated[str, msgspec.Meta(pattern="^[0-9]{6}$(?!\\n)")]
    as_cookie: bool = False


class NewRole(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the roles that the person holds."""

    role: RoleId


class NewPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All other sessions end."""

    old: Password
    new: Password


class SignedInView(msgspec.Struct, frozen=True):
    """`token` goes into `Authorization: Bearer …`; it is absent where a cookie carries it."""

    session: str
    token: str | None
    principal: str
    role: str
    roles: tuple[StaffRole, ...]


class WhoView(msgspec.Struct, frozen=True):
    """Whom the key or the session of this request stands for."""

    principal: str
    role: str
    node: str
    programme: str | None
    owner: str | None
    area: str | None
    session: str | None
    roles: tuple[StaffRole, ...]


class OwnSession(msgspec.Struct, frozen=True):
    """One that is in force."""

    session: str
    device: str
    began_at: datetime
    used_at: datetime
    expires_at: datetime
    is_this: bool


class OwnSessions(msgspec.Struct, frozen=True):
    """Newest first."""

    sessions: tuple[OwnSession, ...]


@post("/v1/sign-in", status_code=200)
async def sign_in(
    data: JSONBody[SignIn], call: NamedDependency[Call], request: Request[Any, Any, Any]
) -> Response[SignedInView]:
    """For people who work here. After five failures each further try has to wait twice as long as the one before."""
    async with call.desk.connection() as connection:
        signed_in = await sign_in_staff(
            connection,
            call.desk.slow_hash,
            user_name=data.user_name,
            password=data.password,
            role=data.role,
            address=address_of(request.scope),
            device=request.headers.get("user-agent", ""),
        )
    await remember_caller(call.desk, request.scope, signed_in.token)
    return _handed_over(request, signed_in, as_cookie=data.as_cookie)


@post(f"{_P}/sign-in", status_code=200)
async def sign_in_by_card(
    data: JSONBody[CardSignIn], call: NamedDependency[Call], request: Request[Any, Any, Any]
) -> Response[SignedInView]:
    """For residents: a card and its PIN, five guesses in fifteen minutes. The session lasts two hours at most."""
    async with call.desk.connection() as connection:
        signed_in = await sign_in_resident(
            connection,
            call.desk.slow_hash,
            programme=call.programme,
            presented=data.card,
            pin=data.pin,
            address=address_of(request.scope),
            device=request.headers.get("user-agent", ""),
        )
    await remember_caller(call.desk, request.scope, signed_in.token)
    return _handed_over(request, signed_in, as_cookie=data.as_cookie)


@get("/v1/session")
async def who(call: NamedDependency[Call]) -> Response[WhoView]:
    """Who one is, and which roles one may change to."""
    caller = call.caller
    assert caller is not None, "the table gives this route to roles only"
    session = await call.desk.session(call.token or "")
    return answer(
        WhoView(
            caller.principal, caller.role, caller.node, caller.programme, caller.owner, caller.area,
            None if session is None else session.id, await _roles(call, session),
        )
    )  # fmt: skip


@post("/v1/session/renew", status_code=200)
async def renew_token(call: NamedDependency[Call]) -> Response[SignedInView]:
    """Another token for the same session; this one works for half a minute longer."""
    session = await _session(call)
    async with call.desk.connection() as connection:
        token = await renew(connection, session, call.token or "")
    call.desk.forget_session(session.id)
    return answer(SignedInView(session.id, token, session.principal, session.role, await _roles(call, session)))


@post("/v1/session/role", status_code=200)
async def act_as(
    data: JSONBody[NewRole], call: NamedDependency[Call], request: Request[Any, Any, Any]
) -> Response[SignedInView]:
    """From now on this session acts in another of the person's roles, under a new token."""
    session = await _session(call)
    async with call.desk.connection() as connection:
        token = await change_role(connection, session, call.token or "", data.role)
    call.desk.forget_session(session.id)
    roles = await _roles(call, session)
    chosen = next(role.role for role in roles if role.id == data.role)
    as_cookie = "authorization" not in request.headers
    return _handed_over(request, SignedIn(session.id, token, session.principal, chosen, roles), as_cookie=as_cookie)


@post("/v1/session/password", status_code=200)
async def set_own_password(
    data: JSONBody[NewPassword], call: NamedDependency[Call], request: Request[Any, Any, Any]
) -> Response[OwnSessions]:
    """For people who work here; the old one is asked for, and all other sessions end."""
    session = await _session(call)
    async with call.desk.connection() as connection:
        await change_password(
            connection, call.desk.slow_hash, session, old=data.old, new=data.new, address=address_of(request.scope)
        )
    return await _list(call, session)


@post("/v1/session/end", status_code=200)
async def sign_out(call: NamedDependency[Call], request: Request[Any, Any, Any]) -> Response[OwnSessions]:
    """Ends this session."""
    session = await _session(call)
    await _end(call, session, only=session.id)
    done = await _list(call, session)
    done.headers["Set-Cookie"] = ended_cookie(request.scope)
    return done


@get("/v1/sessions")
async def sessions(call: NamedDependency[Call]) -> Response[OwnSessions]:
    """One's own, on whatever device."""
    return await _list(call, await _session(call))


@post("/v1/sessions/end-others", status_code=200)
async def end_others(call: NamedDependency[Call]) -> Response[OwnSessions]:
    """All of one's own but this one."""
    session = await _session(call)
    await _end(call, session, but=session.id)
    return await _list(call, session)


@post("/v1/sessions/{session:str}/end", status_code=200)
async def end_one(session: FromPath[str], call: NamedDependency[Call]) -> Response[OwnSessions]:
    """One of one's own."""
    own = await _session(call)
    if not await _end(call, own, only=session):
        raise Refused(Reason.NOT_FOUND, session=session)
    return await _list(call, own)


async def _session(call: Call) -> Session:
    session = await call.desk.session(call.token or "")
    if session is None:
        raise Refused(Reason.NO_SESSION)
    return session


async def _roles(call: Call, session: Session | None) -> tuple[StaffRole, ...]:
    if session is None or session.staff is None:
        return ()
    async with call.desk.connection() as connection:
        staff = await find_staff(connection, id=session.staff)
    return () if staff is None else staff.roles


async def _end(call: Call, session: Session, *, only: str | None = None, but: str | None = None) -> list[str]:
    programme = None if session.staff is not None else session.programme
    async with call.desk.connection() as connection:
        ended = await end_sessions(connection, session.principal, programme, only=only, but=but)
    for id in ended:
        call.desk.forget_session(id)
    return ended


async def _list(call: Call, session: Session) -> Response[OwnSessions]:
    programme = None if session.staff is not None else session.programme
    async with call.desk.connection() as connection:
        found: list[SessionView] = await list_sessions(connection, session.principal, programme)
    return answer(
        OwnSessions(
            tuple(
                OwnSession(each.id, each.device, each.began_at, each.used_at, each.expires_at, each.id == session.id)
                for each in found
            )
        )
    )


def _handed_over(request: Request[Any, Any, Any], signed_in: SignedIn, *, as_cookie: bool) -> Response[SignedInView]:
    token = None if as_cookie else signed_in.token
    done = answer(SignedInView(signed_in.session, token, signed_in.principal, signed_in.role, signed_in.roles))
    if as_cookie:
        done.headers["Set-Cookie"] = cookie_of(request.scope, signed_in.token)
    done.headers["Cache-Control"] = "no-store"
    return done
