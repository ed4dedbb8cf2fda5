"""The short way answers what the ordinary way answers, to the byte."""

import json
from typing import Any

import httpx
import pytest

from ledger.api.express import EXPRESS
from ledger.app import BODY_BYTES_MAX
from tests.api.client import Office
from tests.village import gift, receive

SALE: dict[str, Any] = {"owner": "hh_1", "outlet": "out_shop", "lines": [{"item": "tissue"}]}
DEED: dict[str, Any] = {"rule": "sweep", "recipient": "hh_1", "facts": {"happened_on": "2026-09-14"}}
# What differs between two answers by nature.
OWN = {"x-request-id", "date"}

# Requests that change nothing, whichever way and however often they go.
REQUESTS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "accounts/hh_1/balances", {}),
    ("GET", "accounts/hh_404/balances", {}),
    ("GET", "accounts/hh_%00/balances", {}),
    ("GET", "accounts/a%2Fb/balances", {}),
    ("GET", "accounts/hh_1/balances", {"headers": {"Authorization": ""}}),
    ("GET", "accounts/hh_1/balances", {"headers": {"Accept-Language": "en", "Authorization": "Bearer pl_1"}}),
    ("GET", "/v1/programmes/nowhere/accounts/hh_1/balances", {}),
    ("GET", "accounts/hh_1/balances?as=of", {}),
    ("PUT", "accounts/hh_1/balances", {}),
    ("POST", "redemptions", {"json": SALE, "headers": {"Idempotency-Key": "used"}}),
    ("POST", "redemptions/", {"json": SALE, "headers": {"Idempotency-Key": "used"}}),
    ("POST", "redemptions", {"json": {**SALE, "owner": "hh_2"}, "headers": {"Idempotency-Key": "used"}}),
    ("POST", "redemptions", {"json": {**SALE, "owner": "hh_404"}, "headers": {"Idempotency-Key": "lost"}}),
    ("POST", "redemptions", {"json": SALE}),
    ("POST", "redemptions", {"json": SALE, "headers": {"Idempotency-Key": "é".encode("latin-1")}}),
    ("POST", "redemptions", {"json": {**SALE, "lines": []}, "headers": {"Idempotency-Key": "x"}}),
    ("POST", "redemptions", {"content": b"{", "headers": {"Idempotency-Key": "x", "Content-Type": "application/json"}}),
    ("POST", "redemptions", {"content": b"{}", "headers": {"Idempotency-Key": "x", "Content-Type": "text/plain"}}),
    ("POST", "redemptions", {"json": "x" * BODY_BYTES_MAX, "headers": {"Idempotency-Key": "x"}}),
    ("POST", "redemptions", {"json": SALE, "headers": {"Idempotency-Key": "x", "Request-Timeout": "never"}}),
    ("POST", "awards", {"json": DEED, "headers": {"Idempotency-Key": "deed"}}),
    ("POST", "awards", {"json": {**DEED, "rule": "nothing"}, "headers": {"Idempotency-Key": "none"}}),
]


async def answers(office: Office, key: str) -> list[httpx.Response]:
    found = []
    for method, path, more in REQUESTS:
        headers = {"Authorization": f"Bearer {key}", **more.get("headers", {})}
        found.append(await office.call(method, path, key=None, **{**more, "headers": headers}))
    return found


def told(answer: httpx.Response) -> tuple[int, dict[str, str], Any]:
    headers = {name: value for name, value in answer.headers.items() if name not in OWN | {"content-length"}}
    body = answer.json()
    return answer.status_code, headers, {**body, "request_id": ""} if "request_id" in body else answer.content


async def test_both_ways_answer_alike(office: Office) -> None:
    key = await office.key("admin")
    await office.village.post(("earn", gift()), ("goods", receive()))
    await answers(office, key)
    short = await answers(office, key)
    office.app.express.close()
    ordinary = await answers(office, key)
    for request, one, other in zip(REQUESTS, short, ordinary, strict=True):
        assert told(one) == told(other), request
    assert {answer.status_code for answer in short} >= {200, 201, 400, 401, 404, 405, 413, 415, 422}


async def test_the_short_way_is_taken(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lost(*_: Any) -> None:
        raise AssertionError("this went the ordinary way")

    key = await office.key("admin")
    monkeypatch.setattr(office.app.express, "_app", lost)
    sent = [("POST", "redemptions", SALE), ("POST", "awards", DEED), ("GET", "accounts/hh_1/balances", None)]
    assert len(sent) == len(EXPRESS)
    for method, path, body in sent:
        answer = await office.call(method, path, key=key, json=body, idempotency=path)
        assert answer.headers["content-length"] == str(len(answer.content))
        assert json.loads(answer.content)


async def test_a_body_in_pieces_is_put_together(office: Office) -> None:
    key = await office.key("admin")

    async def pieces(raw: bytes, size: int):
        for start in range(0, len(raw), size):
            yield raw[start : start + size]

    headers = {"Content-Type": "application/json"}
    raw = json.dumps(DEED).encode()
    whole = await office.call("POST", "awards", key=key, content=pieces(raw, 7), headers=headers, idempotency="p")
    assert whole.status_code == 201, whole.text
    large = pieces(b" " * (BODY_BYTES_MAX + 2), 65_536)
    refused = await office.call("POST", "awards", key=key, content=large, headers=headers, idempotency="q")
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
