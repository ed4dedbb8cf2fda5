"""The service as one ASGI application: routes, the guard, problems, and the desk that is opened with it."""

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import structlog
from litestar import Litestar
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response
from litestar.routes import HTTPRoute

from ledger.api.express import Express
from ledger.api.openapi import answer_type_of, openapi_document
from ledger.deadline import keep_deadlines
from ledger.hall.access import TABLE
from ledger.hall.body import DecodedBody
from ledger.hall.call import Admission, Route, give_call
from ledger.hall.decode import intake_of
from ledger.hall.desk import Desk
from ledger.hall.rates import KEY_PER_SECOND
from ledger.hall.sent import Asked
from ledger.hall.session import cookie_of
from ledger.kept_answers import KeptAnswers
from ledger.log import log_requests
from ledger.problems import Problem, answer_problem, is_unexpected, problem_of
from ledger.routes import ROUTES
from ledger.safe_headers import add_safe_headers
from ledger.web.docs import docs_page
from ledger.web.refusal import refusal_page, wants_page
from ledger.web.sheet import language_of

log = structlog.get_logger()

BODY_BYTES_MAX = 256 * 1024
POOL_SIZE = 8


class Service(Litestar):
    """Also logs and times requests that reach no route, and answers them with a request id."""

    desk: Desk

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.express = Express(super().__call__, bytes_max=BODY_BYTES_MAX)
        self.kept = KeptAnswers(keep_deadlines(self.express))
        self._logged = log_requests(add_safe_headers(self.kept))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._logged(scope, receive, send)


class RouteNotInTable(Exception):
    """A route that nobody was asked about must not be served."""


def create_app(
    service_url: str,
    *,
    pool_size: int = POOL_SIZE,
    pepper: bytes | None = None,
    data_folder: Path = Path(".data"),
    rate_per_key: float = KEY_PER_SECOND,
) -> Service:
    """Connects when its lifespan begins; refuses to be made with a route that the access table does not know.

    Without a pepper it makes one, and what people remember holds as long as the process.
    """
    desk = Desk(
        service_url, pool_size=pool_size, pepper=pepper or secrets.token_bytes(32), data_folder=data_folder,
        rate_per_key=rate_per_key,
    )  # fmt: skip
    admission = Admission(desk)
    app = Service(
        route_handlers=ROUTES,
        dependencies={"call": Provide(give_call)},
        dto=DecodedBody,
        return_dto=None,
        guards=[admission.guard],
        exception_handlers={Exception: answer_error},
        before_send=[send_cookie],
        lifespan=[_opened(desk)],
        openapi_config=None,
        request_max_body_size=BODY_BYTES_MAX,
        logging_config=None,
    )
    app.desk = desk
    admission.routes = routes_of(app)
    app.kept.open(admission.routes, desk)
    app.express.open(admission.routes, admission, answer_error)
    document = describe(admission.routes)
    app.state.schema_json = msgspec.json.encode(document)
    app.state.docs_html = docs_page(document)
    return app


def describe(routes: Mapping[tuple[str, str], Route]) -> dict[str, Any]:
    """The OpenAPI document of the running release."""
    return openapi_document(routes, version=version("points-ledger"), problem=Problem)


def openapi_json() -> bytes:
    """The same for schemas/openapi.json; no database is asked."""
    return bytes(create_app("postgresql://nowhere").state.schema_json)


def routes_of(app: Litestar) -> dict[tuple[str, str], Route]:
    """Every route with its row of the access table; a route without a row, or a row without a route, is an error."""
    routes: dict[tuple[str, str], Route] = {}
    for route in app.routes:
        assert isinstance(route, HTTPRoute), "there are no web sockets"
        for method, (handler, _) in route.route_handler_map.items():
            if method != "OPTIONS":
                routes[str(method), route.path_format] = _route(str(method), route, handler)
    served = {(method, route.template) for (method, _), route in routes.items()}
    if served != set(TABLE):
        raise RouteNotInTable(f"without a handler: {set(TABLE) - served}")
    return routes


def _route(method: str, route: HTTPRoute, handler: HTTPRouteHandler) -> Route:
    parts = [part if isinstance(part, str) else f"{{{part.name}}}" for part in route.path_components]
    template = "/" + "/".join(parts)
    access = TABLE.get((method, template))
    if access is None:
        raise RouteNotInTable(f"{method} {template} has no row in ledger/hall/access.py")
    return Route(
        template=template,
        path_format=route.path_format,
        handler=handler.fn,
        intake=intake_of(handler, tuple(part.name for part in route.path_components if not isinstance(part, str))),
        access=access,
        name=handler.handler_name,
        tag=handler.fn.__module__.rpartition(".")[2],
        description=handler.fn.__doc__ or "",
        status=handler.status_code,
        answer_type=answer_type_of(handler.parsed_fn_signature.return_type.annotation),
    )


def answer_error(request: Asked, error: Exception) -> Response[bytes]:
    """The last place of all: whatever was raised becomes a problem or a page; what nobody expected is logged."""
    if is_unexpected(error):
        log.error("unexpected_error", exc_info=error)
    if not wants_page(request):
        return answer_problem(request, error)
    problem, headers = problem_of(request, error, language_of(request))
    return refusal_page(
        request,
        title=problem.title,
        detail=problem.detail,
        status=problem.status,
        pointed=[one.detail for one in problem.errors],
        headers=headers,
    )


async def send_cookie(message: Any, scope: Any) -> None:
    """A session's token that the guard has replaced goes back to where the old one came from."""
    token = scope["state"].get("new_token") if message["type"] == "http.response.start" else None
    if token:
        message["headers"] = [*message["headers"], (b"set-cookie", cookie_of(scope, token).encode("ascii"))]


def _opened(desk: Desk) -> Any:
    @asynccontextmanager
    async def opened(_: Litestar) -> AsyncIterator[None]:
        await desk.open()
        try:
            yield
        finally:
            await desk.close()

    return opened
