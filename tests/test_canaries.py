"""Canaries: what people are called, know and write goes in by many doors and comes out in no log, measure or ledger."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest
import pytest_asyncio
import structlog

from ledger.log import set_up_logging
from ledger.routes import ROUTES
from tests.api.client import Office, open_office
from tests.api.test_evidence import claim, picture, send
from tests.village import Village, gift

NAME, PHONE, NOTE = "金丝雀名字", "13912345678", "金丝雀备注"
PIN, WRONG_PIN = "739184", "284917"
PASSWORD, TOKEN, CARD_CODE = "canary-password-9", "canary-token-9", "CANARYCARDCODE99"
PATH, PLACE = "canary-path-9", "canary-place-9"
SECRETS = (NAME, PHONE, PIN, WRONG_PIN, PASSWORD, TOKEN, CARD_CODE, PATH, PLACE)
CANARIES = (*SECRETS, NOTE)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything that is logged, as JSON lines, by us and by the libraries."""
    handlers, level = logging.root.handlers[:], logging.root.level
    written = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", written)
        set_up_logging(form="json", level="debug")
    yield written
    set_up_logging(form="console", level="info")
    structlog.reset_defaults()
    logging.root.handlers[:], logging.root.level = handlers, level


@pytest_asyncio.fixture
async def office(told: io.StringIO, village: Village) -> AsyncIterator[Office]:
    async with open_office(village) as opened:
        yield opened


def canaries_in(text: str) -> list[str]:
    """Also as they look when an encoder has escaped them."""
    return [one for one in CANARIES if one in text or json.dumps(one)[1:-1] in text]


async def use_people_and_cards(office: Office, admin: str) -> str:
    member = (await office.post("members", {"name": NAME, "phone": PHONE, "household": "hh_1"}, key=admin)).json()["id"]
    household = {"name": NAME, "phone": PHONE, "reference": "canary-1"}
    assert (await office.post("households", household, key=admin)).status_code == 201
    card = (await office.post("cards", {"owner": member, "carrier": "qr"}, key=admin)).json()["card"]
    code = (await office.post(f"cards/{card}/print", {}, key=admin)).json()["code"]
    for step, body in (("activate", {}), ("pin", {"pin": PIN})):
        assert (await office.post(f"cards/{card}/{step}", body, key=admin)).is_success
    await office.post("presented-cards", {"code": CARD_CODE}, key=admin)
    for pin in (WRONG_PIN, PIN):
        await office.call("POST", "sign-in", key=None, json={"code": code, "pin": pin})
        await office.call("POST", "sign-in", key=None, json={"number": CARD_CODE, "pin": pin})
        await office.call("POST", f"/my/{office.village.slug}/sign-in", key=None, data={"card": CARD_CODE, "pin": pin})
    await office.post(f"cards/{card}/block", {"note": NOTE}, key=admin)
    await office.call("POST", "/v1/sign-in", key=None, json={"user_name": PATH, "password": PASSWORD})
    await office.call("GET", "/v1/session", key=TOKEN)
    await office.call("GET", "/v1/session", key=None, headers={"Cookie": f"session={TOKEN}"})
    return str(code)


async def post_with_notes(office: Office, admin: str) -> None:
    await office.post("adjustments", {"owner": "hh_1", "amount": 5, "note": NOTE}, key=admin)
    await office.post("deductions", {"owner": "hh_1", "rule": NAME, "note": NOTE}, key=admin)
    facts = {"happened_on": "2026-09-14", "evidence": {PLACE: 1}}
    await office.post("awards", {"rule": "plenty", "recipient": "hh_1", "facts": facts}, key=admin)
    await office.post("activities", {"rule": "plenty", "recipient": "hh_1", "facts": facts}, key=admin)
    activity = await claim(office, admin)
    for file in (picture(), f"%PDF-1.4\n{NAME} {PHONE}\n%%EOF\n".encode(), f"{NAME} is no picture".encode()):
        await send(office, activity, file, admin)
    await office.post("redemptions", {"owner": NAME, "outlet": "out_shop", "lines": [{"item": PATH}]}, key=admin)


async def go_wrong(office: Office, admin: str) -> None:
    """Wrong JSON, wrong fields, wrong addresses, wrong types, wrong bytes."""
    wrong = {"Content-Type": "application/json"}
    for route in ("members", "awards", "sign-in", "adjustments", "cards", "commands", "presented-cards"):
        for content in (f'{{"name": "{NAME}", "pin": "{PIN}"', f'{{"{TOKEN}": "{PHONE}"}}', f'["{NAME}"]', f'"{PIN}"'):
            headers = {**wrong, "Idempotency-Key": f"wrong {PATH}"}
            await office.call("POST", route, key=admin, content=content.encode(), headers=headers)
        await office.call("POST", route, key=admin, content=b"\xff\xfe" + NAME.encode(), headers=wrong)
    for path in (f"members/{PATH}", f"accounts/{NAME}/balances", f"{PATH}/{NAME}", f"transactions/x?cursor={PHONE}"):
        await office.call("GET", path, key=admin)
        await office.call("PUT", path, key=admin, json={"name": NAME})
    await office.call("GET", f"/{PATH}?name={NAME}&token={TOKEN}", key=TOKEN)
    await office.call("GET", "/health/live", key=None, headers={"X-Request-Id": f"{PATH} {PHONE}", "Referer": TOKEN})
    await office.call("POST", f"imports/people?{PATH}", key=admin, content=f"{NAME},{PHONE}".encode(),
                      headers={"Content-Type": "text/csv"})  # fmt: skip


async def breakdown(office: Office, admin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Defects of ours, whose messages repeat what somebody sent."""

    def failing(error: Exception) -> object:
        async def fail(*_: object, **__: object) -> None:
            raise error

        return fail

    detailed = asyncpg.UniqueViolationError("duplicate key")
    detailed.detail = f"Key (name)=({NAME}) already exists."
    told = asyncpg.InvalidTextRepresentationError(f'invalid input syntax for type integer: "{PHONE}"')
    for error in (detailed, told, RuntimeError(f"no such person: {NAME}"), ValueError(PIN), KeyError(TOKEN)):
        with monkeypatch.context() as patch:
            patch.setattr("ledger.api.people.open_owner", failing(error))
            answer = await office.post("members", {"name": NAME, "phone": PHONE}, key=admin)
        assert answer.status_code == 500 and not canaries_in(answer.text), error


async def test_nothing_that_is_personal_is_logged_or_counted(
    office: Office, told: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await office.key("admin")
    await office.village.post(("earn", gift()))
    code = await use_people_and_cards(office, admin)
    await post_with_notes(office, admin)
    await go_wrong(office, admin)
    await breakdown(office, admin, monkeypatch)
    task = asyncio.create_task(_lost())
    await asyncio.sleep(0.05)
    del task
    metrics = (await office.call("GET", "/metrics", key=None)).text
    await asyncio.sleep(0.05)
    lines = told.getvalue().splitlines()
    assert len(lines) > 60 and sum("unexpected_error" in line for line in lines) == 5
    assert any("never retrieved" in line for line in lines)
    assert [line for line in lines if canaries_in(line) or code in line or admin in line] == []
    assert "ledger" in metrics and not canaries_in(metrics) and len(ROUTES) > 100


async def _lost() -> None:
    raise RuntimeError(NAME)


async def test_the_ledger_holds_notes_and_nothing_else_of_people(office: Office) -> None:
    admin = await office.key("admin")
    await office.village.post(("earn", gift()))
    await use_people_and_cards(office, admin)
    await post_with_notes(office, admin)
    for table in ("journal", "entry", "idempotency_key", "balance", "counter", "open_item", "outbox", "owner"):
        rows = "\n".join(str(row) for (row,) in await office.village.rows(f"SELECT t::text FROM {table} AS t"))
        meant = [NOTE] if table == "journal" else []
        assert canaries_in(rows) == meant, table
