"""Clients that drip, or never come to an end, are closed; the others are answered meanwhile."""

import asyncio
import json
import time
import tracemalloc
from collections.abc import Iterator

import pytest

from ledger.punctual_protocol import HEAD_BYTES_MAX, PunctualProtocol
from tests.api.client import Office
from tests.api.serving import listening
from tests.api.test_express import SALE
from tests.api.test_express_protocol import call, read_answer, socket_of

SECONDS = 0.6
DRIP_SECONDS = 0.1


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PunctualProtocol, "head_seconds", SECONDS)
    monkeypatch.setattr(PunctualProtocol, "body_seconds", SECONDS)


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, drops: Iterator[bytes]) -> float:
    """For how long the connection was kept."""
    began = time.monotonic()
    ended = asyncio.ensure_future(reader.read(1))
    for drop in drops:
        if ended.done():
            break
        writer.write(drop)
        await asyncio.wait([ended], timeout=DRIP_SECONDS)
    assert await asyncio.wait_for(ended, 5) == b"", "closed, not answered"
    return time.monotonic() - began


def letters(text: bytes) -> Iterator[bytes]:
    return (text[at : at + 1] for at in range(len(text)))


async def test_heads_and_bodies_that_drip_are_closed_and_nobody_else_waits(office: Office) -> None:
    key = await office.key("admin")
    short = call(office, key, "POST", "redemptions", json.dumps(SALE).encode(), "Idempotency-Key: a")
    head, _, body = short.partition(b"\r\n\r\n")
    other = call(office, key, "POST", "reversals", b"{" + b" " * 500, "Idempotency-Key: b")
    other_head, _, other_body = other.partition(b"\r\n\r\n")
    with listening(office.village.database.url) as address:

        async def kept(before: bytes, drops: Iterator[bytes]) -> float:
            async with socket_of(address) as (reader, writer):
                writer.write(before)
                return await drip(reader, writer, drops)

        slow = asyncio.gather(
            kept(b"", letters(b"")), kept(b"", letters(head)), kept(head + b"\r\n\r\n", letters(body)),
            kept(other_head + b"\r\n\r\n", letters(other_body)),
        )  # fmt: skip
        async with socket_of(address) as (reader, writer):
            for _ in range(4):
                writer.write(call(office, key, "GET", "accounts/hh_1/balances"))
                assert (await read_answer(reader))[0] == 200
                await asyncio.sleep(SECONDS / 2)
        assert all(SECONDS * 0.8 < seconds < 8 for seconds in await slow)


async def test_a_request_in_pieces_is_answered_if_it_comes_in_time(office: Office) -> None:
    key = await office.key("admin")
    whole = call(office, key, "GET", "accounts/hh_1/balances")
    with listening(office.village.database.url) as address:
        async with socket_of(address) as (reader, writer):
            for _ in range(3):
                for piece in (whole[:20], whole[20:60], whole[60:]):
                    writer.write(piece)
                    await asyncio.sleep(0.05)
                assert (await read_answer(reader))[0] == 200
                await asyncio.sleep(SECONDS)


@pytest.mark.parametrize(
    ("before", "piece"),
    [
        (b"GET /docs HTTP/1.1\r\nHost: x\r\nX-Long: ", b"a" * 4096),
        (b"GET /docs HTTP/1.1\r\nHost: x\r\n", b"X-Many: a\r\n" * 300),
        (b"GET /", b"a" * 4096),
        (b"POST /v1/sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Many: a\r\n" * 300),
    ],
)
async def test_a_head_without_end_is_closed_before_it_is_large(office: Office, before: bytes, piece: bytes) -> None:
    with listening(office.village.database.url) as address:
        async with socket_of(address) as (reader, writer):
            tracemalloc.start()
            sent = 0
            try:
                writer.write(before)
                for _ in range(300):
                    writer.write(piece)
                    sent += len(piece)
                    await writer.drain()
                    await asyncio.sleep(0.001)
                await asyncio.wait_for(reader.read(), 5)
            except ConnectionError:
                pass
            finally:
                grown = tracemalloc.get_traced_memory()[0]
                tracemalloc.stop()
            assert grown < 16 * HEAD_BYTES_MAX
        async with socket_of(address) as (reader, writer):
            writer.write(b"GET /schema HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await read_answer(reader))[0] == 200
