"""As much of a request as the guard, the handlers and the problems look at, without the framework's own."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from litestar.connection import Request
from litestar.datastructures import MultiDict

from ledger.hall.fault import Fault, Faulty


class Sent:
    """A request on the short way. It has no query: whoever sends one goes the ordinary way."""

    __slots__ = ("_bytes_max", "_receive", "headers", "method", "path_params", "query_params", "scope", "whole")

    def __init__(
        self,
        scope: Any,
        receive: Callable[[], Awaitable[Any]],
        path_params: Mapping[str, str],
        headers: Mapping[str, str],
        *,
        bytes_max: int,
    ) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path_params = path_params
        self.headers = headers
        self.query_params: MultiDict[str] = _NOTHING
        self.whole: bytes | None = None
        self._receive = receive
        self._bytes_max = bytes_max

    async def body(self) -> bytes:
        """All of it, or `too_large` as soon as it is; `whole` when it has come already."""
        if self.whole is not None:
            return self.whole
        message = await self._receive()
        parts = [message.get("body", b"")]
        size = len(parts[0])
        while message.get("more_body", False) and size <= self._bytes_max:
            message = await self._receive()
            parts.append(message.get("body", b""))
            size += len(parts[-1])
        if size > self._bytes_max:
            raise Faulty(Fault.TOO_LARGE)
        return b"".join(parts)


Asked = Request[Any, Any, Any] | Sent

_NOTHING: MultiDict[str] = MultiDict()


def address_of(scope: Mapping[str, Any]) -> str:
    """Where a request comes from; a proxy's word for it has been taken by then, if the operator trusts one."""
    client = scope.get("client")
    return str(client[0]) if client else "unknown"
