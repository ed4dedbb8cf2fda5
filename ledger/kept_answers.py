"""No answer about a change or a person goes out before it is written down who asked: else it is refused."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from litestar.connection import Request

from ledger.hall.audited import HEADER, note_answer, note_read, reason_of
from ledger.hall.call import Route
from ledger.hall.desk import Desk
from ledger.hall.fault import Faulty
from ledger.lanes import UNAVAILABLE, OutcomeUnknown
from ledger.log import ASGIApp, Message, Receive, Scope, Send
from ledger.problems import answer_problem

log = structlog.get_logger()

SECONDS = 2.0

_HEADER = HEADER.lower().encode("ascii")


class KeptAnswers:
    """Around everything that answers, also around deadlines. What may change something is written down by the guard."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._routes: dict[tuple[str, str], Route] = {}

    def open(self, routes: Mapping[tuple[str, str], Route], desk: Desk) -> None:
        """Once all routes are known."""
        self._desk = desk
        self._routes = dict(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = next((value.decode("latin-1") for name, value in scope["headers"] if name == _HEADER), None)
        try:
            if sent is not None:
                scope["state"]["reason"] = reason_of(sent)
        except Faulty as faulty:
            await _refuse(scope, receive, send, faulty)
            return
        await self._app(scope, receive, _Answer(self, scope, receive, send).take)

    async def keep(self, scope: Scope, status: int) -> None:
        """Within the time that is left, but with some time in any case."""
        if scope["state"].get("event") is not None:
            note_answer(self._desk, scope, status)
            return
        route = self._routes.get((scope["method"], scope.get("path_template", "")))
        if route is None or status == HTTPStatus.SERVICE_UNAVAILABLE:
            return
        left = scope["state"]["ends_at"] - asyncio.get_running_loop().time()
        async with asyncio.timeout(min(SECONDS, max(left, SECONDS / 4))):
            await note_read(self._desk, route.template, scope, status)


class _Answer:
    """One answer on its way out."""

    def __init__(self, kept: KeptAnswers, scope: Scope, receive: Receive, send: Send) -> None:
        self._kept = kept
        self._scope = scope
        self._receive = receive
        self._send = send
        self._is_refused = False

    async def take(self, message: Message) -> None:
        if self._is_refused:
            return
        if message["type"] == "http.response.start" and not await self._is_kept(message["status"]):
            return
        await self._send(message)

    async def _is_kept(self, status: int) -> bool:
        try:
            await self._kept.keep(self._scope, status)
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
