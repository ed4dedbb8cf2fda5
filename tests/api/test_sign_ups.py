"""Sign-up lists and events of other systems over HTTP: places, hours and events each count once."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from ledger.actions.publish import publish_events, publish_rulebook
from ledger.core.event import Event, Events, Reporter
from ledger.core.measured import FixedValue, PerUnit
from ledger.core.review import Review, Verifier
from ledger.core.rulebook import Give, Rule
from ledger.core.signature import signature_of
from ledger.db.journal import show_programmes
from ledger.db.owners import Owner, open_owners
from tests.api.client import Office
from tests.village import BOTH, RULEBOOK

CALL = {
    "rule": "hours",
    "title": "清河道",
    "starts_at": "2026-09-12T09:00:00+08:00",
    "ends_at": "2026-09-12T11:30:00+08:00",
    "capacity": 3,
}
MEMBERS = tuple(f"mbr_{number}" for number in range(1, 7))


@pytest_asyncio.fixture
async def helpers(office: Office) -> AsyncIterator[Office]:
    """Six members in three households, a rule that pays ten points an hour, and rules that events lead to."""
    village = office.village
    hourly = Give(value=PerUnit(of="minutes", each=60, amount=10))
    matched = Review((Verifier.DATA_MATCH,))
    watched = Review((Verifier.PANEL,), approvals=2)
    five = (Give(value=FixedValue(5)),)
    rules = (
        Rule(id="hours", title=BOTH, category="clean", gives=(hourly,)),
        Rule(id="case", title=BOTH, category="clean", gives=five, event="case-closed", review=matched),
        Rule(id="seen", title=BOTH, category="clean", gives=five, event="case-seen", review=watched),
    )
    changed = msgspec.structs.replace(RULEBOOK, rulebook="2026-03", rules=(*RULEBOOK.rules, *rules))
    await publish_rulebook(village.connection, village.slug, changed, by="system:test")
    kinds = tuple(Event(id, BOTH, (Reporter.SYSTEM,), ("minutes",)) for id in ("case-closed", "case-seen"))
    events = Events((*kinds, Event("by-hand", BOTH, (Reporter.LEADER,))))
    await publish_events(village.connection, village.slug, events, by="system:test")
    async with village.connection.transaction():
        await show_programmes(village.connection, [village.slug])
        members = [
            Owner(one, "member", household=f"hh_{1 + number // 2}", name="张小三", reference=f"r{number}")
            for number, one in enumerate(MEMBERS)
        ]
        await open_owners(village.connection, village.slug, members)
    yield office


async def test_places_are_counted_once_also_at_once(helpers: Office) -> None:
    key, resident = await helpers.key("operator"), await helpers.key("resident", owner="hh_1")
    made = await helpers.post("sign-up-lists", CALL, key=key, idempotency="c-1")
    again = await helpers.post("sign-up-lists", CALL, key=key, idempotency="c-1")
    assert (made.status_code, again.content) == (201, made.content)
    path = f"sign-up-lists/{made.json()['list']}"
    answers = await asyncio.gather(*(helpers.post(f"{path}/sign-up", {"member": one}, key=key) for one in MEMBERS))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [409] * 3
    full = next(answer.json() for answer in answers if answer.status_code == 409)
    assert (full["code"], full["numbers"]["capacity"]) == ("list_full", 3)
    signed = [one for one, answer in zip(MEMBERS, answers, strict=True) if answer.status_code == 200]
    assert (await helpers.post(f"{path}/sign-up", {"member": signed[0]}, key=key)).status_code == 200
    await helpers.post(f"{path}/withdraw", {"member": signed[0]}, key=key)
    left = next(one for one in MEMBERS if one not in signed)
    assert (await helpers.post(f"{path}/sign-up", {"member": left}, key=key)).status_code == 200
    foreign = await helpers.post(f"{path}/sign-up", {"member": "mbr_3"}, key=resident)
    assert foreign.status_code == 404
    seen = (await helpers.call("GET", path, key=resident)).json()
    assert (seen["signed_up"], {person["name"] for person in seen["people"]}) == (3, {"张*三"})
    called_off = await helpers.post(f"{path}/cancel", None, key=key)
    assert called_off.json()["state"] == "cancelled"
    late = await helpers.post(f"{path}/sign-up", {"member": "mbr_1"}, key=key)
    assert (late.status_code, late.json()["code"]) == (409, "list_closed")


async def test_all_who_came_are_credited_once_and_an_hour_counts_once(helpers: Office) -> None:
    key = await helpers.key("operator")
    river = f"sign-up-lists/{(await helpers.post('sign-up-lists', CALL, key=key)).json()['list']}"
    other = {**CALL, "title": "值守", "starts_at": "2026-09-12T11:00:00+08:00", "ends_at": "2026-09-12T12:00:00+08:00"}
    watch = f"sign-up-lists/{(await helpers.post('sign-up-lists', other, key=key)).json()['list']}"
    await helpers.post(f"{river}/sign-up", {"member": "mbr_1"}, key=key)
    people: list[dict[str, Any]] = [
        {"member": "mbr_1"},
        {"member": "mbr_2", "came_at": "2026-09-12T09:00:00+08:00", "left_at": "2026-09-12T10:00:00+08:00"},
        {"member": "mbr_3"},
    ]
    body = {"owner": "hh_1", "carrier": "passbook", "member": "mbr_1", "number": "1001"}
    card = (await helpers.post("cards", body, key=key)).json()["card"]
    assert (await helpers.post(f"cards/{card}/activate", None, key=key)).status_code == 200
    people[0] = {"card": {"number": "1001"}}
    marked = await helpers.post(f"{river}/attendance", {"people": people}, key=key)
    assert (marked.status_code, marked.json()["came"]) == (200, 3), marked.text
    await helpers.post(f"{river}/attendance", {"people": [{"member": "mbr_3", "absent": True}]}, key=key)
    await helpers.post(f"{watch}/attendance", {"people": [{"member": "mbr_1"}, {"member": "mbr_2"}]}, key=key)
    answers = await asyncio.gather(*(helpers.post(f"{one}/credit", None, key=key) for one in (river, watch, river)))
    assert {answer.status_code for answer in answers} == {200}
    outcomes = {
        (answer["title"], person["person"]): (person["outcome"], person["reason"])
        for answer in (answers[1].json(), answers[2].json())
        for person in answer["people"]
    }
    assert outcomes["清河道", "mbr_2"] == outcomes["值守", "mbr_2"] == ("credited", None)
    assert outcomes["清河道", "mbr_3"] == (None, None)
    once = {outcomes["清河道", "mbr_1"], outcomes["值守", "mbr_1"]}
    assert once == {("credited", None), ("refused", "hours_counted")}
    total = await helpers.village.total("hh_1")
    assert total == 10 + 10 + (20 if outcomes["清河道", "mbr_1"][0] == "credited" else 10)
    batch = {"batch": answers[0].json()["batch"]}
    undone = await helpers.post("batch-reversals", batch, key=await helpers.key("admin"))
    assert undone.json()["posted"] == (2 if outcomes["清河道", "mbr_1"][0] == "credited" else 1)


class Hotline:
    """A system that reports with a secret of its own."""

    def __init__(self, office: Office, secret: str) -> None:
        self.office = office
        self.secret = secret

    async def send(
        self, told: dict[str, Any], *, ago: int = 0, secret: str | None = None, source: str = "hotline"
    ) -> Any:
        body = json.dumps(told).encode()
        timestamp = str(int(time.time()) - ago)
        signature = signature_of(secret or self.secret, timestamp, body)
        headers = {"Ledger-Timestamp": timestamp, "Ledger-Signature": f"sha256={signature}"}
        path = f"event-sources/{source}/events"
        headers["Content-Type"] = "application/json"
        return await self.office.call("POST", path, key=None, content=body, headers=headers)


def case(id: str, **change: Any) -> dict[str, Any]:
    facts = {"happened_on": date(2026, 9, 14).isoformat(), "quantities": {"minutes": 1}}
    return {"id": id, "event": "case-closed", "recipient": "hh_1", "facts": facts, **change}


async def test_a_signed_event_is_taken_once_for_ever(helpers: Office) -> None:
    admin = await helpers.key("admin")
    declared = [await helpers.post("event-sources", {"source": "hotline"}, key=admin) for _ in range(2)]
    assert declared[0].content == declared[1].content
    line = Hotline(helpers, declared[0].json()["secret"])
    stored = await helpers.village.rows("SELECT event_source::text FROM event_source")
    assert line.secret not in str(stored)
    answers = await asyncio.gather(*(line.send(case("e-1")) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 2
    assert (answers[0].json()["state"], await helpers.village.total("hh_1")) == ("awarded", 5)
    other = await line.send(case("e-1", recipient="hh_2"))
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    by_number = await line.send(case("e-2", event="case-seen", recipient=None, reference="x"))
    assert by_number.json()["code"] == "not_found"
    waiting = (await line.send(case("e-3", event="case-seen"))).json()
    assert (waiting["state"], waiting["transaction"]) == ("recorded", None)
    assert await helpers.village.total("hh_1") == 5
    renewed = await helpers.post("event-sources", {"source": "hotline", "new_secret": True}, key=admin)
    assert (await line.send(case("e-4"))).json()["code"] == "signature_wrong"
    line.secret = renewed.json()["secret"]
    assert (await line.send(case("e-4"))).status_code == 201
    assert (await helpers.post("event-sources/hotline/withdraw", None, key=admin)).status_code == 200
    assert (await line.send(case("e-5"))).json()["code"] == "signature_wrong"
    listed = (await helpers.call("GET", "event-sources", key=admin)).json()["sources"]
    assert [(one["source"], one["version"]) for one in listed] == [("hotline", 2)]


async def test_what_is_not_signed_in_time_or_leads_nowhere_is_refused(helpers: Office) -> None:
    admin = await helpers.key("admin")
    declared = await helpers.post("event-sources", {"source": "hotline"}, key=admin)
    line = Hotline(helpers, declared.json()["secret"])
    for sent, status, code in (
        (line.send(case("x"), secret="whs_wrong"), 401, "signature_wrong"),
        (line.send(case("x"), source="nobody"), 401, "signature_wrong"),
        (line.send(case("x"), ago=301), 401, "event_out_of_time"),
        (line.send(case("x"), ago=-320), 401, "event_out_of_time"),
        (line.send(case("x", event="by-hand")), 422, "event_not_mapped"),
        (line.send(case("x", event="nothing")), 422, "event_not_mapped"),
        (line.send(case("x", facts={"happened_on": "2026-09-14"})), 422, "fact_missing"),
        (line.send({"id": "x"}), 400, "malformed"),
        (line.send(case("x", recipient="hh_404")), 404, "not_found"),
    ):
        answer = await sent
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    bare = await helpers.call("POST", "event-sources/hotline/events", key=admin, json=case("x"))
    assert (bare.status_code, bare.json()["code"]) == (401, "signature_wrong")
    assert await helpers.village.rows("SELECT FROM foreign_event") == []
    assert await helpers.village.rows("SELECT FROM activity") == []


@pytest.mark.parametrize("field", ["timestamp", "body"])
def test_the_signature_covers_time_and_body(field: str) -> None:
    one = signature_of("s", "1", b"2")
    assert one != (signature_of("s", "2", b"2") if field == "timestamp" else signature_of("s", "1", b"3"))
