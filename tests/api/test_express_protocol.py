"""The short way at the socket: the ordinary way's answers, in order, in time, whatever a connection does meanwhile."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from ledger.express_protocol import ExpressProtocol
from ledger.hall.call import address_of
from tests.api.client import Office
from tests.api.serving import listening
from tests.api.test_deadlines import locked
from tests.api.test_express import DEED, SALE, answers, told
from tests.village import gift, receive


@asynccontextmanager
async def socket_of(address: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host, _, port = address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.close()


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    return int(head[0].split(" ")[1]), headers, await reader.readexactly(int(headers["content-length"]))


def call(office: Office, key: str, method: str, path: str, body: bytes = b"", *more: str) -> bytes:
    lines = [
        f"{method} {office.base}/{path} HTTP/1.1", "Host: x", f"Authorization: Bearer {key}",
        "Content-Type: application/json", f"Content-Length: {len(body)}", *more, "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode() + body


async def test_the_socket_answers_as_the_framework_does(office: Office) -> None:
    key = await office.key("admin")
    await office.village.post(("earn", gift()), ("goods", receive()))
    await answers(office, key)
    office.app.express.close()
    ordinary = await answers(office, key)
    with listening(office.village.database.url) as address:
        async with httpx.AsyncClient(base_url=address) as client:
            office.client = client
            short = await answers(office, key)
    for one, other in zip(short, ordinary, strict=True):
        assert told(one) == told(other)


async def test_the_short_way_is_taken(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    take = ExpressProtocol._take

    def watched(self: ExpressProtocol) -> object:
        taken.append(request := take(self))
        return request

    monkeypatch.setattr(ExpressProtocol, "_take", watched)
    key = await office.key("admin")
    with listening(office.village.database.url) as address:
        async with socket_of(address) as (reader, writer):
            for method, path, body in (("POST", "redemptions", SALE), ("POST", "awards", DEED)):
                writer.write(call(office, key, method, path, json.dumps(body).encode(), f"Idempotency-Key: {path}"))
                assert (await read_answer(reader))[0] in (201, 422)
            writer.write(call(office, key, "GET", "accounts/hh_1/balances"))
            assert (await read_answer(reader))[0] == 200
    assert len(taken) == 3 and None not in taken


async def test_in_a_rush_what_would_be_posted_is_refused_before_it_costs_anything_and_reads_go_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await office.key("admin")
    deed = json.dumps(DEED).encode()
    with listening(office.village.database.url) as address:
        async with socket_of(address) as (reader, writer):

            async def ask(key: str, method: str, path: str, body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
                writer.write(call(office, key, method, path, body, "Idempotency-Key: once", "Accept-Language: en"))
                return await read_answer(reader)

            with monkeypatch.context() as rush:
                rush.setattr("ledger.lanes.Lanes.is_full", True)
                for whoever in (key, "nobody"):
                    status, headers, told = await ask(whoever, "POST", "awards", deed)
                    assert (status, json.loads(told)["code"], headers["retry-after"]) == (503, "overloaded", "1")
                    assert json.loads(told)["request_id"] == headers["x-request-id"]
                assert (await ask(key, "GET", "accounts/hh_1/balances"))[0] == 200
            assert (await ask(key, "POST", "awards", deed))[0] == 201


async def test_requests_in_one_packet_are_answered_in_order(office: Office) -> None:
    key = await office.key("admin")
    with listening(office.village.database.url) as address:
        async with socket_of(address) as (reader, writer):
            asked = ["accounts/hh_1/balances", "periods", "accounts/hh_2/balances", "accounts/hh_404/balances"]
            writer.write(b"".join(call(office, key, "GET", path) for path in asked))
            told = [await read_answer(reader) for _ in asked]
    assert [status for status, _, _ in told] == [200, 200, 200, 404]
    assert [json.loads(body).get("owner") for _, _, body in told] == ["hh_1", None, "hh_2", None]


@pytest.mark.parametrize("unusual", ["Expect: 100-continue", "Connection: close"])
async def test_what_is_unusual_is_answered_all_the_same(office: Office, unusual: str) -> None:
    key = await office.key("admin")
    body = json.dumps(DEED).encode()
    with listening(office.village.database.url) as address:
        async with socket_of(address) as (reader, writer):
            writer.write(call(office, key, "POST", "awards", body, "Idempotency-Key: u", unusual))
            status, _, _ = await read_answer(reader) if "Expect" not in unusual else await _continued(reader)
    assert status == 201


async def _continued(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    assert b"100 Continue" in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    return await read_answer(reader)


async def test_a_body_in_pieces_and_a_connection_that_goes_away(office: Office) -> None:
    key = await office.key("admin")
    body = json.dumps(DEED).encode()
    with listening(office.village.database.url) as address:
        async with socket_of(address) as (reader, writer):
            raw = call(office, key, "POST", "awards", body, "Idempotency-Key: pieces")
            for start in range(0, len(raw), 17):
                writer.write(raw[start : start + 17])
                await writer.drain()
                await asyncio.sleep(0)
            assert (await read_answer(reader))[0] == 201
        async with socket_of(address) as (_, writer):
            writer.write(call(office, key, "POST", "awards", body, "Idempotency-Key: gone"))
        async with socket_of(address) as (_, writer):
            writer.write(call(office, key, "POST", "awards", body, "Idempotency-Key: never")[:-5])
        async with socket_of(address) as (reader, writer):
            writer.write(call(office, key, "POST", "awards", body, "Idempotency-Key: gone"))
            assert (await read_answer(reader))[0] == 201
    rows = await office.village.rows("SELECT key FROM idempotency_key WHERE key IN ('pieces', 'gone', 'never')")
    assert sorted(row["key"] for row in rows) == ["gone", "pieces"]


async def test_the_deadline_is_kept_and_the_connection_goes_on(office: Office) -> None:
    key = await office.key("admin")
    with listening(office.village.database.url) as address:
        async with socket_of(address) as (reader, writer):
            writer.write(call(office, key, "GET", "accounts/hh_1/balances"))
            assert (await read_answer(reader))[0] == 200
            async with locked(office, "idempotency_key"):
                body = json.dumps(DEED).encode()
                writer.write(call(office, key, "POST", "awards", body, "Idempotency-Key: d", "Request-Timeout: 0.3"))
                status, headers, told = await asyncio.wait_for(read_answer(reader), 2)
                assert (status, json.loads(told)["code"]) == (503, "outcome_unknown")
                assert headers["x-request-id"] == json.loads(told)["request_id"]
            writer.write(call(office, key, "POST", "awards", body, "Idempotency-Key: d"))
            assert (await read_answer(reader))[0] == 201


FORWARDED = (
    (), ("X-Forwarded-For: 203.0.113.7",), ("X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https"),
    ("X-Forwarded-For: 198.51.100.1, 203.0.113.7",), ("X-Forwarded-For: 203.0.113.7, 127.0.0.1",),
    ("X-Forwarded-For: ",), ("X-Forwarded-For: unknown",), ("X-Forwarded-For: [2001:db8::1]:4711",),
    ("X-Forwarded-Proto: gopher",), ("X-Forwarded-For: ' OR 1=1",),
)  # fmt: skip


@pytest.mark.parametrize(("trusted", "honoured"), [("127.0.0.1", True), ("10.0.0.9", False)])
async def test_a_proxys_word_counts_alike_on_both_ways(
    office: Office, monkeypatch: pytest.MonkeyPatch, trusted: str, *, honoured: bool
) -> None:
    """Whoever shows no key is counted by the address; which one that was is looked at on both ways."""
    seen: list[tuple[str, str]] = []

    def watched(scope: dict[str, Any]) -> str:
        seen.append((address_of(scope), scope["scheme"]))
        return seen[-1][0]

    monkeypatch.setattr("ledger.hall.call.address_of", watched)
    key = await office.key("admin")
    taken: list[object] = []
    take = ExpressProtocol._take
    monkeypatch.setattr(ExpressProtocol, "_take", lambda self: taken.append(found := take(self)) or found)
    ways: list[tuple[list[tuple[str, str]], list[int]]] = []
    with listening(office.village.database.url, proxy_headers=True, forwarded_allow_ips=trusted) as address:
        for path in ("accounts/hh_1/balances", "accounts/hh_1/%62alances"):  # which goes the ordinary way
            seen.clear()
            statuses = []
            async with socket_of(address) as (reader, writer):
                for told in FORWARDED:
                    for token in ("nobody", key):
                        writer.write(call(office, token, "GET", path, b"", *told))
                        statuses.append((await read_answer(reader))[0])
            ways.append((seen[:], statuses))
    assert ways[0] == ways[1]
    addresses = [found for found, _ in ways[0][0]]
    assert "127.0.0.1" in addresses and ("203.0.113.7" in addresses) == honoured == (len(set(addresses)) > 1)
    assert ("https" in {scheme for _, scheme in ways[0][0]}) == honoured
    assert sum(one is not None for one in taken) == 2 * len(FORWARDED), "the short way was not taken"
