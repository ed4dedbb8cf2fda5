"""A refusal as a page: what went wrong in plain words, with the numbers, and where to go from here."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar.response import Response

from ledger.hall.html import Html
from ledger.hall.sent import Asked
from ledger.web.sheet import show


def wants_page(request: Asked) -> bool:
    """Who reads HTML, where pages are: everywhere but below /v1, and there on the routes that answer pages."""
    if "text/html" not in request.headers.get("accept", ""):
        return False
    is_page = request.scope["state"].get("is_page")
    return bool(is_page) if is_page is not None else not request.scope["path"].startswith("/v1/")


def refusal_page(
    request: Asked, *, title: str, detail: str, status: int, pointed: Sequence[str], headers: Mapping[str, str]
) -> Response[Any]:
    """The same title and sentences as a program would get."""
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
