"""What is refused before it is parsed is answered as on the usual way, to the byte; nothing else is taken for it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from ledger.lanes import Lanes
from ledger.rush_protocol import _REFUSALS
from tests.api.client import Office
from tests.api.serving import listening
from tests.api.test_express import DEED

OWN = re.compile(rb"(date: |x-request-id: |\"request_id\":\")[^\r\"]*")


def request(office: Office, *more: str, path: str = "awards", body: bytes | None = None) -> bytes:
    sent = json.dumps(DEED).encode() if body is None else body
    lines = (f"POST {office.base}/{path} HTTP/1.1", "Host: here", f"Content-Length: {len(sent)}", *more)
    return "\r\n".join([*lines, "", ""]).encode() + sent


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host, _, port = address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


async def ask(address: str, *packets: bytes) -> bytes:
    """The whole answer to a request sent in so many packets."""
    async with connected(address) as (reader, writer):
        for number, packet in enumerate(packets):
            await asyncio.sleep(0.05 * bool(number))
            writer.write(packet)
            await writer.drain()
        return await answer_of(reader)


async def answer_of(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    found = re.search(rb"content-length: (\d+)", head)
    assert found, head
    return head + await reader.readexactly(int(found[1]))


@pytest.fixture
def full(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(Lanes, "is_full", property(lambda _: True))
    return office


async def test_both_ways_refuse_alike(full: Office) -> None:
    with listening(full.village.database.url) as address:
        for more in (
            (),
            ("Accept-Language: en",),
            ("ACCEPT-language:  en-GB;q=0.9, zh;q=0.1",),
            ("X-Request-Id: A-7",),
        ):
            whole = request(full, *more)
            early, usual = await ask(address, whole), await ask(address, whole[:40], whole[40:])
            assert OWN.sub(rb"\1", early) == OWN.sub(rb"\1", usual), more
            assert early.startswith(b"HTTP/1.1 503 ") and b"retry-after: 1\r\n" in early
            assert (b'"request_id":"A-7"' in early) == (more == ("X-Request-Id: A-7",))


async def test_a_refused_caller_keeps_the_connection(full: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(full.village.database.url) as address:
        async with connected(address) as (reader, writer):
            for packets in ((request(full),), (request(full)[:50], request(full)[50:]), (request(full),)):
                for packet in packets:
                    writer.write(packet)
                    await asyncio.sleep(0.05)
                assert (await answer_of(reader)).startswith(b"HTTP/1.1 503 ")
            monkeypatch.setattr(Lanes, "is_full", property(lambda _: False))
            writer.write(request(full))
            assert (await answer_of(reader)).startswith(b"HTTP/1.1 400 "), "it has no key"


async def test_what_is_unusual_goes_the_usual_way(full: Office) -> None:
    with listening(full.village.database.url) as address:
        for sent, status in (
            (request(full, path="reversals"), 400),
            (request(full, "Connection: close"), 400),
            (request(full, "Content-Length: 7"), 400),
            (request(full, "Connection: keep-alive"), 503),
            (request(full).replace(b"POST", b"PUT"), 405),
        ):
            assert (await ask(address, sent)).startswith(b"HTTP/1.1 %d " % status), sent


async def test_who_is_refused_and_falls_silent_is_let_go(full: Office) -> None:
    with listening(full.village.database.url, timeout_keep_alive=1) as address:
        async with connected(address) as (reader, writer):
            for _ in range(3):
                writer.write(request(full))
                assert (await answer_of(reader)).startswith(b"HTTP/1.1 503 ")
                await asyncio.sleep(0.6)
            assert await asyncio.wait_for(reader.read(), timeout=2) == b""


class Slow:
    """Gives a refusal its turn so late that the next request has come by then."""

    def add(self, work: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(0.3, work)


async def test_a_request_that_comes_before_the_answer_does_not_lose_or_overtake_it(
    full: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_REFUSALS, "_turns", Slow())
    with listening(full.village.database.url) as address:
        async with connected(address) as (reader, writer):
            for number in range(3):
                writer.write(request(full, f"X-Request-Id: A-{number}"))
                await writer.drain()
                await asyncio.sleep(0.05)
            for number in range(3):
                answer = await asyncio.wait_for(answer_of(reader), timeout=5)
                assert f'"request_id":"A-{number}"'.encode() in answer


async def test_answers_keep_their_order(full: Office) -> None:
    """Many requests, as fast as they go out."""
    with listening(full.village.database.url) as address:
        async with connected(address) as (reader, writer):
            for number in range(20):
                writer.write(request(full, f"X-Request-Id: A-{number}"))
                await asyncio.sleep(0)
            await writer.drain()
            for number in range(20):
                assert f'"request_id":"A-{number}"'.encode() in await answer_of(reader)
