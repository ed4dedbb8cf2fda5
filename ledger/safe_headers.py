"""What a browser is told with every answer: guess no types, frame and load nothing, send no referrer, keep nothing.

A page that needs more says so itself; only what an answer does not say is added.
"""

from ledger.log import ASGIApp, Message, Receive, Scope, Send

SAFE_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
# For answers that say none of these themselves.
SAFE_LINES = b"".join(b"%b: %b\r\n" % header for header in SAFE_HEADERS)


def add_safe_headers(app: ASGIApp) -> ASGIApp:
    async def safe(scope: Scope, receive: Receive, send: Send) -> None:
        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = list(message.get("headers", ()))
                names = {name.lower() for name, _ in said}
                message["headers"] = [*said, *(header for header in SAFE_HEADERS if header[0] not in names)]
            await send(message)

        await app(scope, receive, add)

    return safe
