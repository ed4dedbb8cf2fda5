"""Every request is answered in time: what the database still owes at the deadline becomes a 503, not a hanging till."""

import asyncio
import re
from collections.abc import Iterable
from typing import Any

from litestar.connection import Request

from ledger.core.title import Title
from ledger.hall.fault import Fault, Faulty, Spot
from ledger.lanes import OutcomeUnknown
from ledger.log import ASGIApp, Message, Receive, Scope, Send
from ledger.problems import answer_problem

HEADER = "Request-Timeout"
SECONDS = 10.0
SECONDS_MAX = 120.0

_HEADER = HEADER.lower().encode("ascii")
_VALUE = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3})?")
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def keep_deadlines(app: ASGIApp) -> ASGIApp:
    """`state["ends_at"]` tells those within by the loop's clock until when somebody waits."""

    async def kept(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        seconds = seconds_asked(_sent(scope["headers"]))
        if seconds is None:
            await _refuse(scope, receive, send, not_a_time())
            return
        ends_at = asyncio.get_running_loop().time() + seconds
        scope["state"]["ends_at"] = ends_at
        await _Waited(scope, receive, send).run(app, ends_at)

    return kept


def _sent(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    return next((value.decode("latin-1") for name, value in headers if name == _HEADER), None)


def seconds_asked(sent: str | None) -> float | None:
    """What the caller asks for, or the usual; None for what is not a time or too long a one."""
    if sent is None:
        return SECONDS
    seconds = float(sent) if _VALUE.fullmatch(sent) else 0.0
    return seconds if 0 < seconds <= SECONDS_MAX else None


def overdue(method: str) -> Exception:
    """What a caller is told at the deadline: of a command nobody knows what became of it."""
    return Faulty(Fault.DEADLINE_PASSED) if method in _READING else OutcomeUnknown()


class _Waited:
    """One request whose answer has begun before the deadline, or is refused at it.

    The refusal goes out at once, whatever the work takes to be given up: a database that hangs may need seconds to
    hear of it. An answer that has begun is not cut off.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._is_begun = False
        self._refusal: asyncio.Task[None] | None = None

    async def run(self, app: ASGIApp, ends_at: float) -> None:
        task = asyncio.current_task()
        assert task is not None, "a request is served by a task"
        timer = asyncio.get_running_loop().call_at(ends_at, self._end, task)
        try:
            await app(self._scope, self._receive, self._pass_on)
        except asyncio.CancelledError:
            if self._refusal is None:
                raise
            task.uncancel()
        finally:
            timer.cancel()
        if self._refusal is not None:
            await self._refusal

    async def _pass_on(self, message: Message) -> None:
        if self._refusal is None:
            self._is_begun = True
            await self._send(message)

    def _end(self, task: asyncio.Task[None]) -> None:
        if not self._is_begun:
            error = overdue(self._scope["method"])
            self._refusal = asyncio.ensure_future(_refuse(self._scope, self._receive, self._send, error))
            task.cancel()


async def _refuse(scope: Scope, receive: Receive, send: Send, error: Exception) -> None:
    bare: Any = scope  # ASGI by the framework's own names
    request: Request[Any, Any, Any] = Request(bare)
    ready: Any = answer_problem(request, error).to_asgi_response(None, request)
    await ready(scope, receive, send)


def not_a_time() -> Faulty:
    """For a header that cannot be waited by."""
    words = Title(f"应为不超过 {SECONDS_MAX:.0f} 的秒数", f"must be seconds, at most {SECONDS_MAX:.0f}")
    return Faulty(Fault.MALFORMED, spots=[Spot(words, header=HEADER)])
