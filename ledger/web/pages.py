"""Pages for people: the front door and the description of the API; no script, nothing from elsewhere."""

from typing import Any

from litestar import get
from litestar.connection import Request
from litestar.response import Response

from ledger.web.docs import STYLE_HASH

POLICY = f"default-src 'none'; style-src '{STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@get("/", status_code=303)
async def front() -> Response[bytes]:
    """Sends people to the description."""
    return Response(b"", status_code=303, headers={"Location": "/docs"})


@get("/docs")
async def docs(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The API for reading, as a plain page."""
    headers = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
    return Response(request.app.state.docs_html, media_type="text/html; charset=utf-8", headers=headers)


@get("/schema")
async def schema(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The API for programs: OpenAPI 3.1."""
    return Response(request.app.state.schema_json, media_type="application/json")
