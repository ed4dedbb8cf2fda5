"""A refusal as a page: what went wrong in plain words, with the numbers, and where to go from here."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from litestar.response import Response

from ledger.core.refusal import Number, Reason
from ledger.core.scheme import Scheme
from ledger.hall.cookie import cookie_name
from ledger.hall.html import Html
from ledger.hall.reason_words import REASONS
from ledger.hall.sent import Asked
from ledger.hall.words import tell
from ledger.web.sheet import cookies_of, language_of, show

DOORS = ("my", "counter")


class RefusalWords(msgspec.Struct, frozen=True):
    """A refusal as a page tells it."""

    title: str
    detail: str
    status: int


def refusal_words(request: Asked, reason: str, numbers: Mapping[str, Number], scheme: Scheme) -> RefusalWords:
    """In the language of the page, with the names of goods in place of their ids."""
    language, words = language_of(request), REASONS[Reason(reason)]
    told = dict(numbers)
    item = scheme.items.get(str(told.get("item")))
    if item is not None:
        told["item"] = getattr(item.title, language)
    return RefusalWords(getattr(words.title, language), tell(words, told, language), words.status)


def wants_page(request: Asked) -> bool:
    """Who reads HTML, where pages are: everywhere but below /v1, and there on the routes that answer pages."""
    if "text/html" not in request.headers.get("accept", ""):
        return False
    is_page = request.scope["state"].get("is_page")
    return bool(is_page) if is_page is not None else not request.scope["path"].startswith("/v1/")


def refusal_page(
    request: Asked, *, title: str, detail: str, status: int, pointed: Sequence[str], headers: Mapping[str, str]
) -> Response[Any]:
    """The same title and sentences as a program would get; who is not signed in is shown to the door."""
    door = _door_of(request) if status == HTTPStatus.UNAUTHORIZED else None
    if door is not None:
        return Response(b"", status_code=303, headers={"Location": door})
    request_id = request.scope["state"].get("request_id", "")
    page: Response[Html] = show(
        request,
        "refusal.html",
        status=status,
        headers=headers,
        title=title,
        detail=detail,
        pointed=pointed,
        request_id=request_id,
    )
    return page


def _door_of(request: Asked) -> str | None:
    """The sign-in of the page that was asked for; it says so when a session has ended."""
    path: str = request.scope["path"]
    _, page, programme = [*path.split("/"), "", ""][:3]
    if page not in DOORS or not programme.replace("-", "").isalnum():
        return None
    was_in = cookie_name(request.scope) in cookies_of(request)
    return f"/{page}/{programme}/sign-in{'?ended=yes' if was_in else ''}"
