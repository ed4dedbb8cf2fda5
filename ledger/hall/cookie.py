"""The cookie of a session as a request brings it, and whether the request comes from this very site."""

from collections.abc import Mapping
from typing import Any

from ledger.hall.fault import Fault, Faulty

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def cookie_name(scope: Mapping[str, Any]) -> str:
    """With TLS under a name that only this very host can have set."""
    return "__Host-ledger" if scope["scheme"] == "https" else "ledger"


def token_in_cookie(scope: Mapping[str, Any], headers: Mapping[str, str]) -> str | None:
    """Not taken from another site: a browser adds the cookie whoever made it ask."""
    wanted = cookie_name(scope)
    for part in headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == wanted and value:
            if scope["method"] not in _SAFE and not _is_same_site(scope, headers):
                raise Faulty(Fault.CROSS_SITE)
            return value
    return None


def _is_same_site(scope: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    """By what browsers say themselves; a request with a cookie and without either word is none of a page of ours."""
    said = headers.get("sec-fetch-site")
    if said is not None:
        return said == "same-origin"
    return headers.get("origin", "") == f"{scope['scheme']}://{headers.get('host', '')}"


def require_same_site(scope: Mapping[str, Any], headers: Mapping[str, str]) -> None:
    """For a form that is sent before there is a cookie: nobody is signed in by somebody else's page."""
    if not _is_same_site(scope, headers):
        raise Faulty(Fault.CROSS_SITE)
