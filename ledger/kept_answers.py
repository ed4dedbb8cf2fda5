"""No answer about a change or a person goes out before it is written down who asked: else it is refused."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from litestar.connection import Request

from ledger.hall.audited import HEADER, is_audited, is_told_elsewhere, keep_event, reason_of
from ledger.hall.call import Route
from ledger.hall.desk import Desk
from ledger.hall.fault import Fault, Faulty
from ledger.lanes import UNAVAILABLE, OutcomeUnknown
from ledger.log import ASGIApp, Message, Receive, Scope, Send
from ledger.problems import answer_problem

log = structlog.get_logger()

SECONDS = 2.0

_HEADER = HEADER.lower().encode("ascii")


class KeptAnswers:
    """Around everything that answers, also around deadlines."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._routes: dict[tuple[str, str], Route] = {}

    def open(self, routes: Mapping[tuple[str, str], Route], desk: Desk) -> None:
        """Once all routes are known."""
        self._desk = desk
        self._routes = {
            (method, path): route for (method, path), route in routes.items() if is_audited(method, route.template)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = next((value.decode("latin-1") for name, value in scope["headers"] if name == _HEADER), None)
        try:
            reason = None if sent is None else reason_of(sent)
        except Faulty as faulty:
            await _refuse(scope, receive, send, faulty)
            return
        answer = _Answer(self, scope, receive, send, reason)
        await self._app(scope, receive, answer.take)
        if answer.is_late:
            await self._keep_late(scope, reason)

    def route_of(self, scope: Scope) -> Route | None:
        """Of what is to be kept."""
        return self._routes.get((scope["method"], scope.get("path_template", "")))

    async def keep(self, scope: Scope, status: int, reason: str | None) -> None:
        """Within the time that is left, but with some time in any case."""
        route = self.route_of(scope)
        assert route is not None, "asked before"
        if is_told_elsewhere(route, status, reason):
            return
        left = scope["state"]["ends_at"] - asyncio.get_running_loop().time()
        async with asyncio.timeout(min(SECONDS, max(left, SECONDS / 4))):
            await keep_event(self._desk, route, scope, status=status, reason=reason)

    async def _keep_late(self, scope: Scope, reason: str | None) -> None:
        try:
            await self.keep(scope, 503, reason)
        except (*UNAVAILABLE, TimeoutError) as error:
            log.error("audit_event_lost", route=scope.get("path_template"), exc_info=error)


class _Answer:
    """One answer on its way out. Of a command with an unknown outcome it is told at once, and kept afterwards."""

    def __init__(self, kept: KeptAnswers, scope: Scope, receive: Receive, send: Send, reason: str | None) -> None:
        self._kept = kept
        self._scope = scope
        self._receive = receive
        self._send = send
        self._reason = reason
        self._is_refused = False
        self.is_late = False

    async def take(self, message: Message) -> None:
        if self._is_refused:
            return
        if message["type"] == "http.response.start" and self._kept.route_of(self._scope) is not None:
            if message["status"] == 503:
                self.is_late = self._scope["state"].get("code") == Fault.OUTCOME_UNKNOWN
            elif not await self._is_kept(message["status"]):
                return
        await self._send(message)

    async def _is_kept(self, status: int) -> bool:
        try:
            await self._kept.keep(self._scope, status, self._reason)
        except (*UNAVAILABLE, TimeoutError) as error:
            self._is_refused = True
            is_read = self._scope["method"] == "GET"
            await _refuse(self._scope, self._receive, self._send, error if is_read else OutcomeUnknown())
            log.error("audit_event_refused", route=self._scope.get("path_template"), exc_info=error)
        return not self._is_refused


async def _refuse(scope: Scope, receive: Receive, send: Send, error: Exception) -> None:
    bare: Any = scope  # ASGI by the framework's own names
    request: Request[Any, Any, Any] = Request(bare)
    ready: Any = answer_problem(request, error).to_asgi_response(None, request)
    await ready(scope, receive, send)
