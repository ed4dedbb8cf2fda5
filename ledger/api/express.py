"""The short way for the routes that a counter waits for: the same guard and handler, the framework left out.

Routing, parsing and answering cost the framework more than the ledger needs to decide; whatever is unusual about a
request sends it the ordinary way. Our own server takes the short way at the socket (`express_protocol.py`), any other
at `__call__`; both end in `answer`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from litestar.response import Response

from ledger.hall.call import Admission, Route
from ledger.hall.sent import Asked, Sent

EXPRESS = (
    ("POST", "/v1/programmes/{programme}/redemptions"),
    ("POST", "/v1/programmes/{programme}/awards"),
    ("GET", "/v1/programmes/{programme}/accounts/{owner}/balances"),
)

App = Callable[[Any, Any, Any], Any]


class _Entry(msgspec.Struct, frozen=True):
    """A route with the places of its fixed words and of its names in a split path."""

    route: Route
    words: tuple[tuple[int, str], ...]
    names: tuple[tuple[int, str], ...]


class Express:
    """Stands before the framework and takes what it knows."""

    def __init__(self, app: App, *, bytes_max: int) -> None:
        self._app = app
        self.bytes_max = bytes_max
        self._entries: dict[tuple[str, int, str], _Entry] = {}
        self.path_formats: dict[str, str] = {}

    def open(
        self,
        routes: Mapping[tuple[str, str], Route],
        admission: Admission,
        answer_error: Callable[[Asked, Exception], Response[bytes]],
    ) -> None:
        """Once all routes are known; before that, everything goes the ordinary way."""
        self._admission = admission
        self.turns = admission.desk.lanes.turns
        self._answer_error = answer_error
        for (method, _), route in routes.items():
            if (method, route.template) in EXPRESS:
                parts = list(enumerate(route.template.split("/")))
                words = tuple((place, part) for place, part in parts if not part.startswith("{"))
                names = tuple((place, part[1:-1]) for place, part in parts if part.startswith("{"))
                self._entries[method, len(parts), parts[-1][1]] = _Entry(route, words, names)
                self.path_formats[parts[-1][1]] = route.path_format

    def close(self) -> None:
        """Everything goes the ordinary way again."""
        self._entries.clear()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = None
        if scope["type"] == "http" and not scope["query_string"]:
            request = self.take(scope, scope["headers"], receive)
        if request is None:
            await self._app(scope, receive, send)
            return
        response = await self.answer(request)
        body: Any = response.content
        headers = [
            (b"content-type", media_type_of(response)),
            (b"content-length", b"%d" % len(body)),
            *((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()),
        ]
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def answer(self, request: Sent) -> Response[Any]:
        """What the ordinary way would answer, for better or worse."""
        route: Route = request.scope["route"]
        try:
            call = await self._admission.admit(request, route)
            return await route.handler(**route.arguments(request, call))
        except Exception as error:
            return self._answer_error(request, error)

    @property
    def is_full(self) -> bool:
        """What would be posted is refused before it costs anything, so that a rush does not eat up the work itself."""
        return bool(self._entries) and self._admission.desk.lanes.is_full

    def has_no_room(self, request: Sent) -> bool:
        return request.method == "POST" and self.is_full

    def take(
        self, scope: Any, sent_headers: Sequence[tuple[bytes, bytes]], receive: Callable[[], Awaitable[Any]]
    ) -> Sent | None:
        """The request with its route in the scope; None for what must go the ordinary way."""
        parts = scope["path"].split("/")
        entry = self._entries.get((scope["method"], len(parts), parts[-1]))
        if entry is None or any(parts[place] != word for place, word in entry.words):
            return None
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in sent_headers}
        if len(headers) != len(sent_headers) or "audit-reason" in headers:
            return None
        scope["route"] = entry.route
        scope["path_template"] = entry.route.path_format
        named = {name: parts[place] for place, name in entry.names}
        return Sent(scope, receive, named, headers, bytes_max=self.bytes_max)


@lru_cache(maxsize=64)
def _encoded(media_type: str) -> bytes:
    return media_type.encode("latin-1")


def media_type_of(response: Response[Any]) -> bytes:
    """As a header's value."""
    media_type = response.media_type
    return _encoded(str(getattr(media_type, "value", media_type)))
