"""The short way begins at the socket: the routes that a counter waits for are answered without a detour over ASGI.

Everything unusual (pipelining, HTTP/1.0, `Expect`, an upgrade, a query, a body of unknown or great length) takes the
server's ordinary way. What is parsed, admitted, decided and logged is the same on both.
"""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

from litestar.response import Response
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from ledger.api.express import Express, media_type_of
from ledger.deadline import HEADER, not_a_time, overdue, seconds_asked
from ledger.hall.sent import Sent
from ledger.lanes import Overloaded
from ledger.log import request_id_of, tell_request
from ledger.one_packet import OnePacketProtocol
from ledger.problems import answer_problem
from ledger.safe_headers import SAFE_LINES


class ExpressProtocol(OnePacketProtocol):
    """One connection. Requests of one connection are answered one after another, so there is at most one exchange."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        # Behind an unknown middleware nobody knows what is to be done for a request; all goes the ordinary way then.
        app: Any = self.app
        self._forwarded: ProxyHeadersMiddleware | None = None
        if isinstance(app, ProxyHeadersMiddleware):
            self._forwarded = ProxyHeadersMiddleware(_nowhere)
            self._forwarded.trusted_hosts = app.trusted_hosts
            app = app.app
        self._express: Express | None = getattr(app, "express", None)

    def on_headers_complete(self) -> None:
        request = self._take()
        if request is None:
            super().on_headers_complete()
        else:
            exchange: Any = _Exchange(self, request)  # stands where the server keeps its own kind
            self.cycle = exchange

    def on_body(self, body: bytes) -> None:
        cycle: Any = self.cycle
        if isinstance(cycle, _Exchange):
            cycle.body += body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        cycle: Any = self.cycle
        if not isinstance(cycle, _Exchange):
            super().on_message_complete()
        elif not cycle.response_complete:
            assert self._express is not None, "an exchange begins with what it has taken"
            if cycle.is_refused(self._express):
                return
            task = self.loop.create_task(cycle.run(self._express))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    def _take(self) -> Sent | None:
        if self._express is None or self.expect_100_continue or b"?" in self.url or b"%" in self.url:
            return None
        if self.cycle is not None and not self.cycle.response_complete:
            return None
        parser, scope = self.parser, self.scope
        if parser.get_http_version() != "1.1" or parser.should_upgrade() or not parser.should_keep_alive():
            return None
        scope["method"] = parser.get_method().decode("ascii")
        scope["path"] = self.url.decode("latin-1")
        scope["query_string"] = b""
        request = self._express.take(scope, self.headers, _no_more)
        if request is None or not _is_short(request, self._express.bytes_max):
            return None
        if self._forwarded is not None:
            waits: Any = self._forwarded(scope, _no_more, _nowhere)  # type: ignore[arg-type]  # neither is asked
            assert _is_done(waits), "a proxy's word stands in the head"
        return request


async def _nowhere(*_: Any) -> None:
    """Behind what is asked only to put a proxy's word into the scope, as it does on the ordinary way."""


def _is_done(work: Coroutine[Any, Any, None]) -> bool:
    """Runs a coroutine that has nothing to wait for."""
    try:
        work.send(None)
    except StopIteration:
        return True
    return False


async def _no_more() -> dict[str, Any]:
    raise AssertionError("the body was there before the work began")


def _is_short(request: Sent, bytes_max: int) -> bool:
    """A body that says how long it is, and is not too long to wait for."""
    if "transfer-encoding" in request.headers:
        return False
    length = request.headers.get("content-length", "0")
    return length.isdecimal() and int(length) <= bytes_max


class _Wakes:
    """The server wakes its own kind of exchange when something comes; ours waits for nothing."""

    def set(self) -> None:
        """Nothing to wake."""


_WAKES = _Wakes()


class _Exchange:
    """One request and its one answer, with the fields that the server looks at in its own kind."""

    __slots__ = ("_began", "_protocol", "_request", "_task", "body", "disconnected", "keep_alive", "response_complete")

    message_event = _WAKES

    def __init__(self, protocol: ExpressProtocol, request: Sent) -> None:
        self.body = b""
        self.keep_alive = True
        self.disconnected = False
        self.response_complete = False
        self._protocol = protocol
        self._request = request
        self._began = time.perf_counter()
        self._task: asyncio.Task[Any] | None = None

    def is_refused(self, express: Express) -> bool:
        """Before a task is made, a key looked at or a body read; a refusal is all that happens to most of a rush."""
        request = self._request
        request.scope["state"]["request_id"] = request_id_of(request.headers.get("x-request-id"))
        if not express.has_no_room(request):
            return False
        self._answer(answer_problem(request, Overloaded()))
        return True

    async def run(self, express: Express) -> None:
        """Until answered; at the deadline the answer is that there is none, whatever the work takes to be given up."""
        request, state = self._request, self._request.scope["state"]
        request.whole = self.body
        seconds = seconds_asked(request.headers.get(HEADER.lower()))
        if seconds is None:
            self._answer(answer_problem(request, not_a_time()))
            return
        loop = self._protocol.loop
        state["ends_at"] = ends_at = loop.time() + seconds
        self._task = asyncio.current_task()
        timer = loop.call_at(ends_at, self._end)
        try:
            self._answer(await express.answer(request))
        finally:
            timer.cancel()
        if self._protocol.flow.write_paused and not self.disconnected:
            await self._protocol.flow.drain()

    def _end(self) -> None:
        assert self._task is not None, "the timer is set by the task"
        self._answer(answer_problem(self._request, overdue(self._request.method)))
        self._task.cancel()

    def _answer(self, response: Response[Any]) -> None:
        """The first answer is the answer; head and body leave in one packet."""
        if self.response_complete:
            return
        self.response_complete = True
        protocol, scope = self._protocol, self._request.scope
        status, body = response.status_code or 200, response.content
        if not (self.disconnected or protocol.transport.is_closing()):
            parts = [STATUS_LINE[status]]
            for name, value in protocol.server_state.default_headers:
                parts += (name, b": ", value, b"\r\n")
            parts += (b"content-type: ", media_type_of(response), b"\r\ncontent-length: %d\r\n" % len(body))
            for header, told in response.headers.items():
                parts.append(f"{header.lower()}: {told}\r\n".encode("latin-1"))
            parts.append(SAFE_LINES)
            parts.append(b"x-request-id: %b\r\n" % scope["state"]["request_id"].encode("latin-1"))
            parts.append(b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n")
            parts.append(body)
            protocol.write_whole(b"".join(parts))
        tell_request(scope, status, time.perf_counter() - self._began)
        if not self.keep_alive:
            protocol.transport.close()
        protocol.on_response_complete()
