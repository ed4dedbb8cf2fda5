"""One line an event: JSON for machines, colours at a terminal. Never bodies, secrets or people's names."""

import asyncio
import itertools
import logging
import re
import secrets
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec
import structlog
from structlog.types import EventDict, Processor

from ledger.tally import REQUEST_SECONDS, REQUESTS

# The words of ASGI; the framework's own types would make every command wait for the framework.
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]

log = structlog.get_logger()

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TRACE_LINES_MAX = 60
_ABOUT_VALUES = "22"
_VALUES_FOLLOW = re.compile(r"[\n(<]")

# Random by process, then counted: an id only has to be told apart, and asking for random bytes is a system call.
_PROCESS = secrets.token_hex(4)
_NUMBERS = itertools.count()


def set_up_logging(*, form: str, level: str) -> None:
    """Our own events and those of the libraries go one way, to standard error."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        show_exception,
    ]
    as_json = form == "json" or (form == "auto" and not sys.stderr.isatty())
    last: Processor = structlog.processors.JSONRenderer(_to_json) if as_json else structlog.dev.ConsoleRenderer()
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    global _quick  # noqa: PLW0603 - logging is set up once in a process
    _quick = QuickLines(sys.stderr) if as_json and number <= logging.INFO else None
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, show_no_values, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(max(number, logging.WARNING))  # Libraries tell little that an operator can use.


def show_exception(_: object, __: str, event: EventDict) -> EventDict:
    """Where it happened and of what kind, and what it said where that cannot repeat the data of residents."""
    given = event.pop("exc_info", None)
    if not given:
        return event
    error = given if isinstance(given, BaseException) else (given[1] if isinstance(given, tuple) else sys.exc_info()[1])
    if error is not None:
        frames = traceback.format_tb(error.__traceback__)[-_TRACE_LINES_MAX:]
        event["exception"] = f"{type(error).__qualname__}: {_said(error)}\n{''.join(frames)}".rstrip()
    return event


def _said(error: BaseException) -> str:
    """The first line, of those whose words are ours, the system's or PostgreSQL's own.

    Any other may have been made of what somebody sent; so may PostgreSQL's details and its errors of class 22, which
    are about values.
    """
    state = getattr(error, "sqlstate", None)
    is_harmless = isinstance(error, OSError | AssertionError) if state is None else state[:2] != _ABOUT_VALUES
    return str(error).partition("\n")[0] if is_harmless else (state or "")


def show_no_values(_: object, __: str, event: EventDict) -> EventDict:
    """The loop's own complaints go on with the arguments and the error of what failed."""
    if event.get("logger") == "asyncio":
        event["event"] = _VALUES_FOLLOW.split(str(event["event"]), maxsplit=1)[0].rstrip()
    return event


class RequestLine(msgspec.Struct):
    """One answered request, as logged."""

    method: str
    route: str | None
    status: int
    code: str | None
    principal: str | None
    milliseconds: float
    request_id: str
    event: str = "request"
    level: str = "info"
    timestamp: datetime | None = None


_TOLD = RequestLine.__struct_fields__[:7]  # the general way adds event, level and time by itself


class QuickLines:
    """Lines of requests as JSON without the general way, which cost a tenth of a request's time.

    What one turn of the loop answers is written at once.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: list[bytes] = []

    def tell(self, line: RequestLine) -> None:
        """At the end of the loop's turn."""
        line.timestamp = datetime.now(UTC)
        self._waiting.append(_encode_line(line))
        if len(self._waiting) == 1:
            asyncio.get_running_loop().call_soon(self._write)

    def _write(self) -> None:
        lines, self._waiting = self._waiting, []
        self._stream.write(b"\n".join([*lines, b""]).decode("utf-8", errors="replace"))
        self._stream.flush()


_quick: QuickLines | None = None
_encode_line = msgspec.json.Encoder().encode


def log_requests(app: ASGIApp) -> ASGIApp:
    """One line a request, with the id that the answer carries too, so that a caller's report finds its line."""

    async def logged(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        request_id = request_id_of(_sent_id(scope["headers"]))
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        started, answer = time.perf_counter(), [500]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await app(scope, receive, _watching(send, answer, request_id))
        finally:
            tell_request(scope, answer[0], time.perf_counter() - started)

    return logged


def tell_request(scope: Scope, status: int, seconds: float) -> None:
    """Counts one answered request and writes its line."""
    # The route, not the path: an address that nobody serves may hold anything.
    route = scope.get("path_template")
    REQUEST_SECONDS.add(seconds, route or "none")
    REQUESTS.add(route or "none", scope["method"], str(status))
    state = scope["state"]
    line = RequestLine(
        method=scope["method"],
        route=route,
        status=status,
        code=state.get("code"),
        principal=state.get("principal"),
        milliseconds=round(seconds * 1000, 1),
        request_id=state["request_id"],
    )
    if _quick is None:
        log.info(line.event, **{name: getattr(line, name) for name in _TOLD})
    else:
        _quick.tell(line)


def _sent_id(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    return next((value.decode("latin-1") for name, value in headers if name == b"x-request-id"), None)


def request_id_of(sent: str | None) -> str:
    """The caller's own when it is harmless, else one of ours."""
    if sent is not None and _REQUEST_ID.fullmatch(sent):
        return sent
    return f"{_PROCESS}{next(_NUMBERS):08x}"


def _watching(send: Send, answer: list[int], request_id: str) -> Send:
    async def watched(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer[0] = message["status"]
            message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode("ascii"))]
        await send(message)

    return watched


def _to_json(event: Any, default: Callable[[Any], Any] | None = None, **_: object) -> str:
    return msgspec.json.encode(event, enc_hook=default or repr).decode("utf-8", errors="replace")
