"""The service as one ASGI application: routes, the guard, problems, and the desk that is opened with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from litestar import Litestar
from litestar.connection import Request
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response
from litestar.routes import HTTPRoute

from ledger.api import health, redemptions
from ledger.api.access import TABLE
from ledger.api.body import DecodedBody
from ledger.api.call import Admission, Route, give_call
from ledger.api.decode import intake_of
from ledger.api.desk import Desk
from ledger.log import log_requests
from ledger.problems import answer_problem, is_unexpected

log = structlog.get_logger()

BODY_BYTES_MAX = 256 * 1024
POOL_SIZE = 8

ROUTES = (
    health.live,
    health.ready,
    redemptions.redeem,
)


class Service(Litestar):
    """Also logs requests that reach no route, and answers them with a request id."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._logged = log_requests(super().__call__)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._logged(scope, receive, send)


class RouteNotInTable(Exception):
    """A route that nobody was asked about must not be served."""


def create_app(service_url: str, *, pool_size: int = POOL_SIZE) -> Service:
    """Connects when its lifespan begins; refuses to be made with a route that the access table does not know."""
    desk = Desk(service_url, pool_size=pool_size)
    admission = Admission(desk)
    app = Service(
        route_handlers=ROUTES,
        dependencies={"call": Provide(give_call)},
        dto=DecodedBody,
        return_dto=None,
        guards=[admission.guard],
        exception_handlers={Exception: answer_error},
        lifespan=[_opened(desk)],
        openapi_config=None,
        request_max_body_size=BODY_BYTES_MAX,
        logging_config=None,
    )
    admission.routes = routes_of(app)
    return app


def routes_of(app: Litestar) -> dict[tuple[str, str], Route]:
    """Every route with its row of the access table; a route without a row, or a row without a route, is an error."""
    routes: dict[tuple[str, str], Route] = {}
    for route in app.routes:
        assert isinstance(route, HTTPRoute), "there are no web sockets"
        template = "".join(
            f"/{part if isinstance(part, str) else '{' + part.name + '}'}" for part in route.path_components
        )
        for method, (handler, _) in route.route_handler_map.items():
            if method == "OPTIONS":
                continue
            access = TABLE.get((str(method), template or "/"))
            if access is None:
                raise RouteNotInTable(f"{method} {template} has no row in ledger/api/access.py")
            routes[str(method), route.path_format] = Route(_intake(handler, route), access)
    return routes


def answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The last place of all: whatever was raised becomes a problem, and what nobody expected is logged."""
    if is_unexpected(error):
        log.error("unexpected_error", exc_info=error)
    return answer_problem(request, error)


def _intake(handler: HTTPRouteHandler, route: HTTPRoute) -> Any:
    return intake_of(handler, tuple(part.name for part in route.path_components if not isinstance(part, str)))


def _opened(desk: Desk) -> Any:
    @asynccontextmanager
    async def opened(_: Litestar) -> AsyncIterator[None]:
        await desk.open()
        try:
            yield
        finally:
            await desk.close()

    return opened
