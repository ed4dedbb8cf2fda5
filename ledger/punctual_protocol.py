"""Nobody holds a connection by dripping: a request's head and body have to be there in time, and in a bounded size.

What comes in one packet, as nearly everything does, costs no timer. Who is refused is told why before the connection is
closed, and what comes after that is thrown away for a moment, so that the answer is not lost with it.
"""

import asyncio
from typing import Any

from ledger.express_protocol import ExpressProtocol
from ledger.hall.fault import Fault
from ledger.refusal_packet import refusal_packet

HEAD_BYTES_MAX = 64 * 1024
# More than any route takes; what a route takes it bounds itself. Also bounds what may follow a body of unknown length.
REQUEST_BYTES_MAX = 64 * 1024 * 1024
HEADERS_MAX = 256
LINGER_SECONDS = 1.0

_NOTHING, _HEAD, _BODY, _REFUSED = range(4)


class PunctualProtocol(ExpressProtocol):
    """Knows which part of a request is being received, and closes what does not come to an end."""

    head_seconds = 10.0
    body_seconds = 30.0

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._part = _NOTHING
        self._timed = _NOTHING
        self._timer: asyncio.TimerHandle | None = None
        self._received = 0
        self._packet = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._part = _HEAD
        self._keep_time()

    def connection_lost(self, exc: Exception | None) -> None:
        self._part = _NOTHING
        self._keep_time()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._part == _REFUSED:
            return
        self._packet = len(data)
        super().data_received(data)
        if self._part == _HEAD or self._part == _BODY:
            self._received += len(data)
            if self._received > REQUEST_BYTES_MAX:
                self._refuse(Fault.TOO_LARGE)
            elif len(self.headers or ()) > HEADERS_MAX or (self._part == _HEAD and self._received > HEAD_BYTES_MAX):
                self._refuse(Fault.HEAD_TOO_LARGE)
        if self._part != self._timed:
            self._keep_time()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._part != _REFUSED:
            self._part = _HEAD
            self._received = 0

    def on_headers_complete(self) -> None:
        if self._part == _REFUSED:
            return
        if len(self.headers) > HEADERS_MAX or self._is_large_head():
            self._refuse(Fault.HEAD_TOO_LARGE)
            return
        self._part = _BODY
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._part != _REFUSED:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._part != _REFUSED:
            self._part = _NOTHING
            super().on_message_complete()

    def _is_large_head(self) -> bool:
        """Counted only where the packets are large enough to hold one."""
        if self._received + self._packet <= HEAD_BYTES_MAX:
            return False
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > HEAD_BYTES_MAX

    def send_400_response(self, msg: str) -> None:
        """What the parser does not take for HTTP."""
        self._refuse(Fault.MALFORMED)

    def _refuse(self, fault: Fault) -> None:
        """Where part of another answer may be on its way, the connection is just closed."""
        cycle: Any = self.cycle
        is_open = cycle is not None and not cycle.response_complete
        is_anothers = is_open and (self._part != _BODY or bool(self.pipeline) or _is_begun(cycle))
        if is_anothers or self.transport.is_closing():
            self._part = _REFUSED
            self.transport.close()
            return
        if is_open:
            cycle.disconnected = True
            cycle.message_event.set()
        self._part = _REFUSED
        self.write_whole(refusal_packet(fault, self.scope, self.headers))
        self.flow.resume_reading()
        self._keep_time()

    def _keep_time(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._timed = self._part
        if self._part != _NOTHING:
            seconds = {_HEAD: self.head_seconds, _BODY: self.body_seconds, _REFUSED: LINGER_SECONDS}[self._part]
            self._timer = self.loop.call_later(seconds, self._end)

    def _end(self) -> None:
        """Not while an earlier request of the same connection is still being answered."""
        self._timer = None
        cycle: Any = self.cycle
        if self._part == _HEAD and cycle is not None and not cycle.response_complete:
            self._keep_time()
        elif self._part != _REFUSED and self._received:
            self._refuse(Fault.TOO_SLOW)
        elif not self.transport.is_closing():
            self.transport.close()


def _is_begun(cycle: Any) -> bool:
    """Whether a part of the answer may have left; the short way answers in one piece."""
    return bool(getattr(cycle, "response_started", False))
