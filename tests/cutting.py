"""A line to PostgreSQL that can be cut before or after any message of the client."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, quote, urlsplit

When = Literal["before", "after"]
ANSWER_SECONDS = 0.05


class Line:
    """Passes everything on until it is told where to break; then that connection is gone for both sides."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.messages = 0
        self.commits = 0
        self._cut: tuple[int, When] | None = None
        self._cut_commit: When | None = None
        self._is_done = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def cut_at(self, message: int, when: When) -> None:
        """Counted from now, over the messages of all connections."""
        self.messages = 0
        self._cut, self._cut_commit = (message, when), None

    def cut_commit(self, when: When) -> None:
        """The next database transaction that is committed."""
        self._cut, self._cut_commit = None, when

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_unix_connection(self.upstream)
        is_deaf = asyncio.Event()
        back = asyncio.create_task(_pass_back(server_reader, writer, is_deaf))
        try:
            await self._pass_on(reader, server_writer, is_deaf)
        finally:
            back.cancel()
            writer.transport.abort()
            server_writer.transport.abort()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_deaf: asyncio.Event
    ) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            writer.write(await _startup(reader))
            while True:
                kind, message = await _message(reader)
                when = self._when(kind, message)
                if when == "before":
                    return
                if when == "after":
                    is_deaf.set()
                writer.write(message)
                await writer.drain()
                if when == "after":
                    # The server finishes what it was told, and nobody will hear of it.
                    await asyncio.sleep(ANSWER_SECONDS)
                    return

    def _when(self, kind: bytes, message: bytes) -> When | None:
        """Where it breaks now, if it does; passwords and farewells do not count."""
        if kind in (b"p", b"X"):
            return None
        is_commit = kind == b"Q" and message[5:].startswith(b"COMMIT")
        self.messages += 1
        self.commits += is_commit
        when: When | None = None
        if is_commit and self._cut_commit is not None:
            when = self._cut_commit
        elif self._cut is not None and self.messages - 1 == self._cut[0]:
            when = self._cut[1]
        if when is not None:
            self._cut = self._cut_commit = None
        return when


async def _pass_back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_deaf: asyncio.Event) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            if not is_deaf.is_set():
                writer.write(data)
                await writer.drain()
    if not is_deaf.is_set():
        writer.transport.abort()


async def _startup(reader: asyncio.StreamReader) -> bytes:
    size = await reader.readexactly(4)
    return size + await reader.readexactly(int.from_bytes(size) - 4)


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readexactly(5)
    return head[:1], head + await reader.readexactly(int.from_bytes(head[1:]) - 4)


@asynccontextmanager
async def open_line(url: str, folder: Path) -> AsyncIterator[tuple[Line, str]]:
    """A line to the server of that address, and the address that leads through the line."""
    query = parse_qs(urlsplit(url).query)
    host, port = query["host"][0], query.get("port", ["5432"])[0]
    line = Line(f"{host}/.s.PGSQL.{port}")
    server = await asyncio.start_unix_server(line.serve, folder / f".s.PGSQL.{port}")
    try:
        yield line, url.replace(f"host={quote(host, safe='')}", f"host={quote(str(folder), safe='')}")
    finally:
        server.close()
