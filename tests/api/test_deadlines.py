"""Nobody waits longer than asked for: a database that hangs is a 503 in time, and the key tells the outcome later."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ledger.db.service_role import connect
from tests.api.client import Office
from tests.village import gift, receive

SALE = {"owner": "hh_1", "outlet": "out_shop", "lines": [{"item": "tissue"}]}
IN_TIME_SECONDS = 4  # for 0.3 asked for, on a busy machine; a request without a time may take ten
SOON = {"Request-Timeout": "0.3", "Accept-Language": "en"}


@asynccontextmanager
async def locked(office: Office, table: str) -> AsyncIterator[None]:
    """Whoever wants to read or write the table waits."""
    admin = await connect(office.village.database.admin_url)
    async with admin.transaction():
        await admin.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
    await admin.close()


async def test_a_posting_that_hangs_is_unknown_in_time_and_told_later(office: Office) -> None:
    await office.village.post(("earn", gift()), ("stock", receive(5)))
    key = await office.key("cashier", owner="out_shop")
    assert (await office.post("redemptions", SALE, key=key)).status_code == 201
    async with locked(office, "idempotency_key"):
        began = time.monotonic()
        answer = await office.post("redemptions", SALE, key=key, idempotency="till-9", headers=SOON)
        assert time.monotonic() - began < IN_TIME_SECONDS
    assert (answer.status_code, answer.json()["code"]) == (503, "outcome_unknown")
    assert "under the same key" in answer.json()["detail"]
    assert int(answer.headers["Retry-After"]) >= 1
    later = await office.post("redemptions", SALE, key=key, idempotency="till-9")
    assert later.status_code == 201
    assert await office.village.total("hh_1") == 40


@pytest.mark.parametrize(
    ("method", "path", "body", "table", "code"),
    [
        ("GET", "accounts/hh_1/balances", None, "balance", "deadline_passed"),
        ("GET", "outlets/out_shop/stock", None, "balance", "deadline_passed"),
        ("POST", "households", {"reference": "h-9"}, "owner", "outcome_unknown"),
        ("POST", "stock/receipts", {"outlet": "out_shop", "item": "soap", "quantity": 1}, "entry", "outcome_unknown"),
    ],
)
async def test_reads_and_actions_end_in_time_too(
    office: Office, method: str, path: str, body: Any, table: str, code: str
) -> None:
    key = await office.key("admin")
    assert (await office.call("GET", "accounts/hh_1/balances", key=key)).status_code == 200
    async with locked(office, table):
        began = time.monotonic()
        answer = await office.call(method, path, key=key, json=body, idempotency="slow", headers=SOON)
        assert time.monotonic() - began < IN_TIME_SECONDS
    assert (answer.status_code, answer.json()["code"]) == (503, code), answer.text
    assert "Retry-After" in answer.headers
    assert answer.headers["x-request-id"] == answer.json()["request_id"]
    again = await office.call(method, path, key=key, json=body, idempotency="slow")
    assert again.status_code in (200, 201)


@asynccontextmanager
async def frozen(office: Office) -> AsyncIterator[None]:
    """The database's own processes stand still: not even a request to give up is heard."""
    rows = await office.village.rows(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    pids = [row["pid"] for row in rows]
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def test_the_answer_does_not_wait_for_a_database_that_stands_still(office: Office) -> None:
    """Over bare ASGI: it is complete while the work that hangs is still being given up."""
    key = await office.key("admin")
    await office.call("GET", "accounts/hh_1/balances", key=key)
    complete: asyncio.Queue[bytes] = asyncio.Queue()

    async def receive_nothing() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body"):
            await complete.put(message["body"])

    path = f"{office.base}/outlets/out_shop/stock"
    headers = [(b"authorization", f"Bearer {key}".encode()), (b"request-timeout", b"0.2")]
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": headers, "http_version": "1.1", "scheme": "http", "server": ("x", 80), "client": ("x", 1),
        "asgi": {"version": "3.0"}, "root_path": "",
    }  # fmt: skip
    async with frozen(office):
        serving = asyncio.create_task(office.app(scope, receive_nothing, send))
        body = await asyncio.wait_for(complete.get(), IN_TIME_SECONDS)
        assert not serving.done()
    assert b"deadline_passed" in body
    await serving
    assert complete.empty()


async def test_a_deadline_that_is_no_time_is_refused(office: Office) -> None:
    for sent in ("0", "-1", "121", "ten", "1e2", "", "nan", "9999999999"):
        answer = await office.call("GET", "/health/live", key=None, headers={"Request-Timeout": sent})
        assert (answer.status_code, answer.json()["errors"][0]["header"]) == (400, "Request-Timeout"), sent


async def test_metrics_count_by_route_and_reason_and_name_nobody(office: Office) -> None:
    key = await office.key("cashier", owner="out_shop")
    await office.post("redemptions", SALE, key=key)
    await office.call("GET", "accounts/hh_1/balances", key=key)
    answer = await office.call("GET", "/metrics", key=None)
    lines = answer.text.splitlines()
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    route = "/v1/programmes/{programme}/redemptions"
    assert any(
        line.startswith(f'ledger_requests_total{{route="{route}",method="POST",status="422"}}') for line in lines
    )
    assert any(line.startswith('ledger_refused_total{reason="') for line in lines)
    assert any(line.startswith(f'ledger_request_seconds_bucket{{route="{route}",le="+Inf"}}') for line in lines)
    assert "ledger_queue_commands 0" in lines
    assert any(line.startswith("ledger_batch_commands_sum") for line in lines)
    assert not any(word in answer.text for word in ("hh_1", "out_shop", "cashier", "village", key))
    named = {line.split("{")[0].split(" ")[0] for line in lines if line and not line.startswith("#")}
    assert all(any(name.startswith(told) for told in helped(lines)) for name in named)


def helped(lines: list[str]) -> set[str]:
    return {line.split(" ")[2] for line in lines if line.startswith("# TYPE")}
