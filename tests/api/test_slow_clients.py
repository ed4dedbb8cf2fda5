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
    """For how long the connection was kept before it was answered or closed; what was begun is told why."""
    began = time.monotonic()
    sent = 0
    ended = asyncio.ensure_future(reader.read(100_000))
    for drop in drops:
        if ended.done():
            break
        writer.write(drop)
        sent += 1
        await asyncio.wait([ended], timeout=DRIP_SECONDS)
    told = await asyncio.wait_for(ended, 5)
    kept = time.monotonic() - began
    assert told.startswith(b"HTTP/1.1 408 ") if sent else told == b"", told
    assert not sent or json.loads(told.partition(b"\r\n\r\n")[2])["code"] == "too_slow"
    assert await asyncio.wait_for(reader.read(), 5) == b"", "and then closed"
    return kept


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


LONG = [
    (b"GET /docs HTTP/1.1\r\nHost: x\r\nX-Long: ", b"a" * 4096, "head_too_large"),
    (b"GET /docs HTTP/1.1\r\nHost: x\r\n", b"X-Many: a\r\n" * 300, "head_too_large"),
    (b"GET /", b"a" * 4096, "head_too_large"),
]


@pytest.mark.parametrize(("before", "piece", "code"), LONG)
async def test_a_head_without_end_is_refused_before_it_is_large(
    office: Office, before: bytes, piece: bytes, code: str
) -> None:
    with listening(office.village.database.url) as address:
        async with socket_of(address) as (reader, writer):
            tracemalloc.start()
            answer = asyncio.ensure_future(read_answer(reader))
            try:
                writer.write(before)
                for _ in range(300):
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0.001)
            except ConnectionError:
                pass
            finally:
                grown = tracemalloc.get_traced_memory()[0]
                tracemalloc.stop()
            assert grown < 16 * HEAD_BYTES_MAX
            status, headers, body = await answer
            assert (status, json.loads(body)["code"], headers["connection"]) == (431, code, "close")
            assert headers["content-type"] == "application/problem+json"
            assert json.loads(body)["request_id"] == headers["x-request-id"]
        async with socket_of(address) as (reader, writer):
            writer.write(b"GET /schema HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await read_answer(reader))[0] == 200


async def test_trailers_without_end_are_closed(office: Office) -> None:
    """What was asked has been answered by then."""
    begun = b"POST /v1/sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    with listening(office.village.database.url) as address:
        async with socket_of(address) as (reader, writer):
            writer.write(begun + b"X-Many: a\r\n" * 300)
            told = await asyncio.wait_for(reader.read(), 5)
            assert told.count(b"HTTP/1.1 ") <= 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /docs HTTP/1.1\r\nHost: x\r\n" + b"X-Many: a\r\n" * 254 + b"\r\n", 200),
        (b"GET /docs HTTP/1.1\r\nHost: x\r\n" + b"X-Many: a\r\n" * 256 + b"\r\n", 431),
        (b"GET /docs HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * (HEAD_BYTES_MAX - 100) + b"\r\n\r\n", 200),
        (b"GET /docs HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * (HEAD_BYTES_MAX + 9) + b"\r\n\r\n", 431),
        (b"nonsense\r\n\r\n", 400),
        (b"GET /docs HTTP/1.1\r\nHost: x\r\nAccept-Language: en\r\nContent-Length: x\r\n\r\n", 400),
        (b"POST /v1/sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    ],
)
async def test_what_is_no_request_is_told_so(office: Office, sent: bytes, status: int) -> None:
    with listening(office.village.database.url) as address:
        async with socket_of(address) as (reader, writer):
            writer.write(sent)
            answered, headers, body = await read_answer(reader)
            assert answered == status, body[:200]
            if status >= 400:
                problem = json.loads(body)
                assert (problem["status"], headers["content-type"]) == (status, "application/problem+json")
                assert headers["content-security-policy"] and headers["cache-control"] == "no-store"
                assert await asyncio.wait_for(reader.read(), 5) == b""


async def test_an_answer_on_its_way_is_not_mixed_with_a_refusal(office: Office) -> None:
    """The second request of a connection is nonsense while the first one is being answered."""
    key = await office.key("admin")
    with listening(office.village.database.url) as address:
        async with socket_of(address) as (reader, writer):
            writer.write(call(office, key, "GET", "periods") + b"nonsense\r\n\r\n")
            told = await asyncio.wait_for(reader.read(), 5)
            assert told.count(b"HTTP/1.1 ") <= 1
