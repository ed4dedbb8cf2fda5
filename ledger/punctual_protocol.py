"""Nobody holds a connection by dripping: a request's head and body have to be there in time, and in a bounded size.

What comes in one packet, as nearly everything does, costs no timer.
"""

import asyncio
from typing import Any

from ledger.express_protocol import ExpressProtocol

HEAD_BYTES_MAX = 64 * 1024
# More than any route takes; what a route takes it bounds itself. Also bounds what may follow a body of unknown length.
REQUEST_BYTES_MAX = 64 * 1024 * 1024
TRAILERS_MAX = 256

_NOTHING, _HEAD, _BODY = range(3)


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

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._part = _HEAD
        self._keep_time()

    def connection_lost(self, exc: Exception | None) -> None:
        self._part = _NOTHING
        self._keep_time()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._part != _NOTHING:
            self._received += len(data)
            if self._is_too_much():
                self._part = _NOTHING
                self.transport.close()
        if self._part != self._timed:
            self._keep_time()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._part = _HEAD
        self._received = 0

    def on_headers_complete(self) -> None:
        self._part = _BODY
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._part = _NOTHING
        super().on_message_complete()

    @property
    def is_between_requests(self) -> bool:
        """Nothing of the next one has come, and the last one is answered."""
        cycle: Any = self.cycle
        is_free = self._part == _NOTHING or (self._part == _HEAD and not self._received)
        return is_free and (cycle is None or cycle.response_complete)

    def expect_nothing(self) -> None:
        """A request came that the parser has not seen."""
        self._part = _NOTHING
        self._keep_time()

    def _is_too_much(self) -> bool:
        if self._part == _HEAD:
            return self._received > HEAD_BYTES_MAX
        return self._received > REQUEST_BYTES_MAX or len(self.headers) > TRAILERS_MAX

    def _keep_time(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._timed = self._part
        if self._part != _NOTHING:
            seconds = self.head_seconds if self._part == _HEAD else self.body_seconds
            self._timer = self.loop.call_later(seconds, self._end)

    def _end(self) -> None:
        """Not while an earlier request of the same connection is still being answered."""
        self._timer = None
        cycle: Any = self.cycle
        if self._part == _HEAD and cycle is not None and not cycle.response_complete:
            self._keep_time()
        elif not self.transport.is_closing():
            self.transport.close()
