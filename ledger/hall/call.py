"""One admitted request: decoded, authenticated and authorised, in that order, by the one guard."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

import msgspec
from litestar.connection import ASGIConnection, Request
from litestar.handlers import BaseRouteHandler
from litestar.params import HeaderParameter, QueryParameter
from litestar.response import Response

from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.db.owners import find_area, find_household
from ledger.hall.access import LOADED, Access, Caller, Role
from ledger.hall.audited import is_begun, note_begun, note_refusal
from ledger.hall.cookie import token_in_cookie
from ledger.hall.decode import IDEMPOTENCY_KEY, Intake, decode
from ledger.hall.desk import Desk
from ledger.hall.fault import Fault, Faulty
from ledger.hall.html import Html
from ledger.hall.sent import Asked, address_of

# Visible ASCII: whatever a caller's system makes of a key, it comes back the same.
KEY_PATTERN = r"^[!-~]+$(?!\n)"
KEY_LENGTH = 100
IdempotencyKey = Annotated[
    str, HeaderParameter(name=IDEMPOTENCY_KEY, min_length=1, max_length=KEY_LENGTH, pattern=KEY_PATTERN)
]
Limit = Annotated[int, QueryParameter(ge=1, le=200)]
OptionalIdempotencyKey = Annotated[
    str | None, HeaderParameter(name=IDEMPOTENCY_KEY, min_length=1, max_length=KEY_LENGTH, pattern=KEY_PATTERN)
]


ANSWER_SECONDS = 0.05
# Whoever watches over the machine is not counted.
PROBES = "/health/"


class Call(msgspec.Struct, frozen=True):
    """What a handler works with. `sees_all` is false for a role that the table limits to what is its own.

    `ends_at` is the request's deadline by the loop's clock; `token` is what the caller showed, for renewing it.
    """

    desk: Desk
    programme: str
    caller: Caller | None
    sees_all: bool
    body: Any
    ends_at: float
    token: str | None = None

    @property
    def seconds_left(self) -> float:
        """A little less than there is, so that what is known at the deadline can still be said."""
        return max(0.01, self.ends_at - asyncio.get_running_loop().time() - ANSWER_SECONDS)

    @property
    def principal(self) -> str:
        """Under whose name it is done."""
        assert self.caller is not None, "only public routes have no caller, and they do nothing"
        return self.caller.principal

    @property
    def area(self) -> str | None:
        """Where the caller's role ends, if it is for an area only."""
        return None if self.caller is None else self.caller.area

    async def scheme(self) -> Scheme:
        """What is published of the programme now."""
        async with self.desk.reading(self.programme) as connection:
            return await self.desk.shelf.current(connection, self.programme)

    async def require_own(self, *owners: str | None, **named: str) -> None:
        """For what only the found thing tells: somebody else's is not found."""
        if self.sees_all:
            return
        assert self.caller is not None, "public routes see all"
        for owner in owners:
            if owner is not None and await is_own(self.desk, self.programme, self.caller, owner):
                return
        raise Refused(Reason.NOT_FOUND, **named)

    async def require_in_area(self, owner: str) -> None:
        """For a second person who is named beside the one that the guard has looked at."""
        if self.area is None or self.caller is None:
            return
        if not await is_own(self.desk, self.programme, self.caller, owner):
            raise Refused(Reason.NOT_FOUND, owner=owner)


class Route(msgspec.Struct, frozen=True):
    """What the guard and the description must know of a route, worked out once."""

    template: str
    path_format: str
    intake: Intake
    access: Access
    handler: Callable[..., Awaitable[Response[Any]]]
    name: str
    tag: str
    description: str
    status: int
    answer_type: Any

    def arguments(self, request: Asked, call: Call) -> dict[str, Any]:
        """For the handler, where the framework does not give them: call, body, path and headers."""
        given: dict[str, Any] = {"call": call, **request.path_params}
        del given["programme"]
        if self.intake.body_decoder is not None:
            given["data"] = call.body
        for parameter in self.intake.headers:
            value = request.headers.get(parameter.name.lower())
            if value is not None:
                given[parameter.keyword] = value
        return given


class Admission:
    """The guard of every route: decode, authenticate, authorise."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.routes: dict[tuple[str, str], Route] = {}

    async def guard(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        """Leaves the call in the scope, where `give_call` finds it."""
        assert isinstance(connection, Request), "there are no web sockets"
        if connection.method == "OPTIONS":
            return
        await self.admit(connection, self.routes[connection.method, connection.scope["path_template"]])

    async def admit(self, request: Asked, route: Route) -> Call:
        """Decode, authenticate, authorise; nothing else comes before the handler.

        Programme first, so that nobody learns by a 403 that another tenant's exists.
        """
        state = request.scope["state"]
        state["is_page"] = route.answer_type is Html
        if route.access.is_public and not route.template.startswith(PROBES):
            self.desk.rates.addresses.take(address_of(request.scope))
        body = await decode(request, route.intake)
        programme = request.path_params.get("programme", "")
        caller, sees_all, token = None, True, None
        if not route.access.is_public:
            caller, token = await self._authenticate(request)
            state["caller"], state["path"] = caller, request.path_params
            try:
                if programme and not await self._may_enter(caller, programme, route.access):
                    raise Refused(Reason.NOT_FOUND, programme=programme)
                state["entered"] = programme
                sees_all = await self._authorise(caller, programme, route.access, request.path_params, body)
            except (Refused, Faulty) as error:
                note_refusal(self.desk, route.template, request.scope, error)
                raise
            if request.method == "POST" and is_begun(route.template):
                await note_begun(self.desk, route.template, request.scope)
        state["principal"] = None if caller is None else caller.principal
        state["call"] = call = Call(self.desk, programme, caller, sees_all, body, state["ends_at"], token)
        return call

    async def _authenticate(self, request: Asked) -> tuple[Caller, str]:
        """By a header or, where there is none, by a session's cookie, which is replaced when it has grown old."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme:
            token = token.strip() if scheme.lower() == "bearer" else ""
        else:
            token = token_in_cookie(request.scope, request.headers) or ""
        caller = await self.desk.caller(token)
        if caller is None:
            self.desk.rates.addresses.take(address_of(request.scope))
            raise Faulty(Fault.UNAUTHENTICATED)
        self.desk.rates.keys.take(caller.key)
        if not scheme and isinstance(request, Request) and request.method == "GET":
            request.scope["state"]["new_token"] = renewed = await self.desk.renew_old(token)
            token = renewed or token
        return caller, token

    async def _authorise(
        self, caller: Caller, programme: str, access: Access, path: Mapping[str, Any], body: Any
    ) -> bool:
        """Whether all, or what is the caller's own."""
        if caller.role in access.all:
            return caller.area is None or await self._authorise_in_area(caller, programme, access, path, body)
        field = access.own.get(caller.role)
        if field is None or caller.owner is None:
            raise Faulty(Fault.FORBIDDEN, numbers={"role": str(caller.role)})
        if field != LOADED:
            named = path[field] if field in path else getattr(body, field, None)
            if named is None or not await is_own(self.desk, programme, caller, named):
                raise Refused(Reason.NOT_FOUND, **{field: named})
        return False

    async def _authorise_in_area(
        self, caller: Caller, programme: str, access: Access, path: Mapping[str, Any], body: Any
    ) -> bool:
        """What is everybody's to read, and what is about somebody of the area."""
        if len(access.all) == len(Role):
            return True
        field = access.whose or access.own.get(Role.RESIDENT)
        if field is None or not (field == LOADED or field in path or hasattr(body, field)):
            raise Faulty(Fault.FORBIDDEN, numbers={"role": str(caller.role)})
        if field == LOADED:
            return False
        named = path[field] if field in path else getattr(body, field, None)
        if named is None or not await is_own(self.desk, programme, caller, named):
            raise Refused(Reason.NOT_FOUND, **{field: named})
        return True

    async def _may_enter(self, caller: Caller, programme: str, access: Access) -> bool:
        """Also a name that nobody has taken, for who may open a programme."""
        if await self.desk.may_reach(caller, programme):
            return True
        return access.opens_programme and caller.programme is None and not await self.desk.is_programme(programme)


async def is_own(desk: Desk, programme: str, caller: Caller, owner: str) -> bool:
    """A resident's own are its household and the household's members; of an area, those who live there."""
    if caller.area is not None:
        async with desk.reading(programme) as connection:
            return await find_area(connection, programme, owner) == caller.area
    if owner == caller.owner:
        return True
    if caller.owner is None or not (caller.owner.startswith("hh_") and owner.startswith("mbr_")):
        return False
    async with desk.reading(programme) as connection:
        return await find_household(connection, programme, owner) == caller.owner


async def give_call(request: Request[Any, Any, Any]) -> Call:
    """The one dependency of every handler."""
    call: Call = request.scope["state"]["call"]
    return call
