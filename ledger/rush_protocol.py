"""Most of a rush is refused before it is parsed: it costs little more than its reading and the sending of its answer.

Only a request of the posting routes that came whole in one packet and asks for nothing unusual; whatever else comes is
refused on its usual way. The answer is the same, made once for each language; a line in the log tells how many a second
were told to come again.
"""

import re
from functools import lru_cache
from typing import Any

import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from ledger.api.express import media_type_of
from ledger.hall.sent import Sent
from ledger.lanes import Overloaded
from ledger.log import request_id_of
from ledger.problems import answer_problem
from ledger.punctual_protocol import PunctualProtocol
from ledger.safe_headers import SAFE_LINES
from ledger.tally import REQUEST_SECONDS, REQUESTS
from ledger.turns import Turns

log = structlog.get_logger()

HELPING = 16
TELL_SECONDS = 1.0
_ASKED = re.compile(rb"POST /v1/programmes/[^/?% ]+/(awards|redemptions) HTTP/1\.1(?=\r\n)")
_LOOKED_AT = re.compile(
    rb"\r\n(content-length|accept-language|x-request-id|connection|transfer-encoding|expect|upgrade):[ \t]*([^\r\n]*)"
)
_MARK = "0" * 16  # stands where the request's id will


class RushProtocol(PunctualProtocol):
    """Looks at what comes before the parser does, while the lanes are full and only then."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._refused_at = 0.0
        self._owed: tuple[bytes, ...] | None = None

    def data_received(self, data: bytes) -> None:
        if self._owed is not None:
            self.turn_away()  # more came before the answer: that must not overtake it
        express = self._express
        if express is not None and express.is_full and self.is_between_requests:
            asked = _ASKED.match(data)
            owed = None if asked is None else _rest_of_answer(data, asked.end())
            if asked is not None and owed is not None:
                self._owed = owed
                _REFUSALS.add(self, express.path_formats[asked[1].decode("ascii")])
                return
        super().data_received(data)

    def turn_away(self) -> None:
        """Sends the answer that is owed, if it has not been sent yet."""
        owed, self._owed = self._owed, None
        if owed is None or self.transport.is_closing():
            return
        self.write_whole(b"".join((_REFUSALS.first_lines(self.server_state.default_headers), *owed)))
        self._refused_at = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.expect_nothing()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def timeout_keep_alive_handler(self) -> None:
        """A caller who is refused and comes again is not idle."""
        left = self._refused_at + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    def shutdown(self) -> None:
        self.turn_away()
        super().shutdown()


class _Refusals:
    """Sent in helpings, so that between them the loop looks at what the database has answered; told by the second."""

    def __init__(self) -> None:
        self._turns = Turns(HELPING)
        self._routes: dict[str, int] = {}
        self._shared: list[tuple[bytes, bytes]] = []
        self._first_lines = b""

    def first_lines(self, shared: list[tuple[bytes, bytes]]) -> bytes:
        """Up to the headers that every answer has, which the server makes anew each second."""
        if shared is not self._shared:
            lines = [b"%b: %b\r\n" % header for header in shared]
            self._shared, self._first_lines = shared, b"".join([STATUS_LINE[503], *lines])
        return self._first_lines

    def add(self, refused: RushProtocol, route: str) -> None:
        if not self._routes:
            refused.loop.call_later(TELL_SECONDS, self._tell)
        self._routes[route] = self._routes.get(route, 0) + 1
        self._turns.add(refused.turn_away)

    def _tell(self) -> None:
        routes, self._routes = self._routes, {}
        for route, requests in routes.items():
            REQUESTS.add(route, "POST", "503", by=requests)
            REQUEST_SECONDS.add(0.0, route, by=requests)
        log.warning("rush_refused", requests=sum(routes.values()), seconds=TELL_SECONDS)


_REFUSALS = _Refusals()


def _rest_of_answer(data: bytes, line_end: int) -> tuple[bytes, ...] | None:
    """All after the headers that every answer has, in pieces; None for what must go the usual way."""
    head_end = data.find(b"\r\n\r\n", line_end)
    if head_end < 0:
        return None
    length, language, sent_id = b"0", b"", None
    for found in _LOOKED_AT.finditer(data[line_end:head_end].lower()):
        match found[1]:
            case b"content-length" if length == b"0":
                length = found[2].strip()
            case b"accept-language":
                language = found[2]
            case b"x-request-id":
                sent_id = data[line_end + found.start(2) : line_end + found.end(2)].strip().decode("latin-1")
            case b"connection" if found[2].strip() == b"keep-alive":
                pass
            case _:
                return None
    if not length.isdigit() or head_end + 4 + int(length) != len(data):
        return None
    request_id = request_id_of(sent_id).encode("ascii")
    before, told, body, body_after, bytes_without_id = _pieces(language)
    if len(request_id) != len(_MARK):
        before = before[:-2].rstrip(b"0123456789") + b"%d\r\n" % (bytes_without_id + len(request_id))
    return before, told, request_id, body, request_id, body_after


async def _nothing() -> dict[str, Any]:
    raise AssertionError("nobody reads what is refused")


@lru_cache(maxsize=64)
def _pieces(accepted: bytes) -> tuple[bytes, bytes, bytes, bytes, int]:
    """What `answer_problem` says, cut where the length ends and the id comes; and the body's length without it."""
    scope = {"method": "POST", "state": {"request_id": _MARK}}
    headers = {"accept-language": accepted.decode("latin-1")}
    response = answer_problem(Sent(scope, _nothing, {}, headers, bytes_max=0), Overloaded())
    body, found, body_after = response.content.partition(_MARK.encode())
    assert found and _MARK.encode() not in body_after, "the answer names its request once"
    told = "".join(f"{name.lower()}: {value}\r\n" for name, value in response.headers.items()).encode("latin-1")
    return (
        b"content-type: %b\r\ncontent-length: %d\r\n" % (media_type_of(response), len(response.content)),
        told + SAFE_LINES + b"x-request-id: ",
        b"\r\n\r\n" + body,
        body_after,
        len(response.content) - len(_MARK),
    )
