"""A caller who does not give up: the same request under the same key until an answer has been read."""

import asyncio
import json
from typing import Any, Literal

import msgspec

Cut = Literal["never", "unread", "half read"]


class Answer(msgspec.Struct, frozen=True):
    """What was read off the wire."""

    status: int
    body: bytes
    is_replayed: bool

    @property
    def transaction(self) -> str | None:
        told: str | None = json.loads(self.body).get("transaction")
        return told


class Sending(msgspec.Struct, frozen=True):
    """One request as it will be sent again and again."""

    path: str
    key: str
    body: dict[str, Any]


class Caller:
    """Speaks just enough HTTP/1.1 over sockets of its own to be able to hang up in the middle."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.token = token

    async def send(self, sending: Sending, *, cut: Cut = "never", seconds: float = 10) -> Answer | None:
        """None where the line was cut on purpose, or there was nobody to answer."""
        try:
            async with asyncio.timeout(seconds):
                return await self._send(sending, cut)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            return None

    async def insist(self, sending: Sending) -> Answer:
        """Until it is answered with anything but a plea to come again."""
        while True:
            answer = await self.send(sending)
            if answer is not None and answer.status not in (429, 500, 502, 503, 504):
                return answer
            await asyncio.sleep(0.05)

    async def get(self, path: str) -> Any:
        answer = None
        while answer is None or answer.status >= 500:
            answer = await self.send(Sending(path, "", {}))
        assert answer.status == 200, answer
        return json.loads(answer.body)

    async def _send(self, sending: Sending, cut: Cut) -> Answer | None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(self._bytes_of(sending))
            await writer.drain()
            if cut == "unread":
                return None
            head = await reader.readuntil(b"\r\n\r\n")
            if cut == "half read":
                return None
            return await _read(head.decode("latin-1"), reader)
        finally:
            writer.transport.abort()

    def _bytes_of(self, sending: Sending) -> bytes:
        body = json.dumps(sending.body).encode()
        lines = [
            f"{'POST' if sending.key else 'GET'} {sending.path} HTTP/1.1",
            "Host: 127.0.0.1",
            f"Authorization: Bearer {self.token}",
            "Connection: close",
        ]
        if sending.key:
            lines += [
                f"Idempotency-Key: {sending.key}",
                "Content-Type: application/json",
                f"Content-Length: {len(body)}",
            ]
        return "\r\n".join([*lines, "", ""]).encode() + (body if sending.key else b"")


async def _read(head: str, reader: asyncio.StreamReader) -> Answer:
    status = int(head.split(" ", 2)[1])
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])
    }
    if "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    else:
        body = _dechunked(await reader.read())
    return Answer(status, body, headers.get("idempotency-replayed") == "true")


def _dechunked(raw: bytes) -> bytes:
    body = b""
    while raw:
        size, _, raw = raw.partition(b"\r\n")
        length = int(size, 16)
        body, raw = body + raw[:length], raw[length + 2 :]
    return body
