"""What is logged, and what never is."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import Iterator

import asyncpg
import pytest
import structlog

from ledger.log import log_requests, request_id_of, set_up_logging


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator["Lines"]:
    handlers, level = logging.root.handlers[:], logging.root.level
    read = Lines()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", read.written)
        set_up_logging(form="json", level="info")
    yield read
    set_up_logging(form="console", level="info")  # the quick way is the process's, and so is the stream it kept
    structlog.reset_defaults()
    logging.root.handlers[:], logging.root.level = handlers, level


class Lines:
    def __init__(self) -> None:
        self.written = io.StringIO()

    def read(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.written.getvalue().splitlines()]


async def test_one_line_a_request_with_the_id_of_the_answer(lines: Lines) -> None:
    sent = []

    async def app(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": b"secret"})

    async def send(message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/x", "query_string": b"name=secret", "headers": []}
    await log_requests(app)(scope, None, send)
    await asyncio.sleep(0)
    (line,) = lines.read()
    assert (line["event"], line["method"], line["status"]) == ("request", "POST", 201)
    assert (b"x-request-id", str(line["request_id"]).encode()) in sent[0]["headers"]
    assert "secret" not in json.dumps(line)


async def test_a_crash_is_a_500_line(lines: Lines) -> None:
    async def app(scope, receive, send) -> None:
        raise RuntimeError("bug")

    with pytest.raises(RuntimeError):
        await log_requests(app)({"type": "http", "method": "GET", "path": "/", "headers": []}, None, None)
    await asyncio.sleep(0)
    assert lines.read()[0]["status"] == 500


def test_details_of_the_database_are_left_out(lines: Lines) -> None:
    try:
        error = asyncpg.UniqueViolationError("duplicate key")
        error.detail = "Key (name)=(张三) already exists."
        raise error
    except asyncpg.UniqueViolationError:
        structlog.get_logger().exception("failed")
        logging.getLogger("asyncpg").warning("also failed", exc_info=sys.exc_info())
    ours, theirs = lines.read()
    for line in (ours, theirs):
        assert "duplicate key" in str(line["exception"]) and "test_log.py" in str(line["exception"])
        assert "张三" not in json.dumps(line, ensure_ascii=False)


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, "\xff", "a\nb"])
def test_a_harmful_request_id_is_replaced(sent: str) -> None:
    assert request_id_of(sent) != sent
    assert request_id_of("call-7.a") == "call-7.a"
