"""Review over HTTP: approvals by number and capacity, nobody his own, and the award in the last of them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest_asyncio

from ledger.actions.publish import publish_rulebook
from ledger.core.review import MoreAbove, Review, Verifier
from ledger.core.rulebook import Give, Rule
from ledger.core.value import FixedValue
from ledger.db.journal import show_programmes
from ledger.db.owners import Owner, open_owners
from tests.api.client import Office
from tests.village import BOTH, RULEBOOK

DEED: dict[str, Any] = {"rule": "reviewed", "recipient": "hh_1", "facts": {"happened_on": "2026-09-14"}}


class Panel:
    """An office whose rule wants two of the panel, with a key for each reviewer."""

    def __init__(self, office: Office, keys: dict[str, str]) -> None:
        self.office = office
        self.keys = keys
        self.resident = keys["resident"]

    async def record(self, **change: Any) -> str:
        answer = await self.office.post("activities", {**DEED, **change}, key=self.resident)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["activity"])

    async def say(self, activity: str, by: str, decision: str = "approve", **more: Any) -> Any:
        key = more.pop("idempotency", None)
        body = {"decision": decision, **more}
        return await self.office.post(f"activities/{activity}/reviews", body, key=self.keys[by], idempotency=key)

    async def state(self, activity: str) -> str:
        shown = await self.office.call("GET", f"activities/{activity}", key=self.keys["admin"])
        return str(shown.json()["state"])


async def key_of(office: Office, name: str, role: str = "reviewer") -> str:
    """A key whose principal is named after the person."""
    key = await office.key(role)
    await office.village.rows("UPDATE api_key SET principal = $2 WHERE id = $1", f"key_{key.split('_')[1]}", name)
    return key


@pytest_asyncio.fixture
async def panel(office: Office) -> AsyncIterator[Panel]:
    village = office.village
    review = Review((Verifier.PANEL,), approvals=2, more_above=MoreAbove(100, 3))
    rules = tuple(
        Rule(id=id, title=BOTH, category="clean", gives=(Give(value=FixedValue(points)),), review=review)
        for id, points in (("reviewed", 20), ("large", 500))
    )
    changed = msgspec.structs.replace(RULEBOOK, rulebook="2026-03", rules=(*RULEBOOK.rules, *rules))
    await publish_rulebook(village.connection, village.slug, changed, by="system:test")
    async with village.connection.transaction():
        await show_programmes(village.connection, [village.slug])
        members = [Owner("mbr_1", "member", household="hh_1"), Owner("mbr_2", "member", household="hh_2")]
        await open_owners(village.connection, village.slug, members)
    keys = {name: await key_of(office, name) for name in ("ann", "bob", "cai", "dan", "family", "aunt", "nobody")}
    keys["admin"] = await office.key("admin")
    keys["resident"] = await office.key("resident", owner="hh_1")
    people: dict[str, dict[str, Any]] = {
        "ann": {"member": "mbr_2"}, "bob": {}, "cai": {}, "dan": {"capacities": ["grid_worker"]},
        "family": {"member": "mbr_1"}, "aunt": {"kin": ["hh_1"]},
    }  # fmt: skip
    for name, more in people.items():
        body = {"principal": name, "capacities": ["panel"], **more}
        declared = await office.call("POST", "reviewers", key=keys["admin"], json=body)
        assert declared.status_code == 200, declared.text
    yield Panel(office, keys)


async def test_the_last_approval_awards(panel: Panel) -> None:
    activity = await panel.record()
    early = await panel.office.post(f"activities/{activity}/award", None, key=panel.keys["admin"])
    assert (early.status_code, early.json()["code"]) == (422, "approvals_missing")
    first = (await panel.say(activity, "ann")).json()
    assert (first["state"], first["approvals"], first["needed"], first["transaction"]) == ("recorded", 1, 2, None)
    assert await panel.office.village.total("hh_1") == 0
    last = await panel.say(activity, "bob", idempotency="b-1")
    assert (last.json()["state"], last.json()["approvals"]) == ("awarded", 2)
    assert await panel.office.village.total("hh_1") == 20
    again = await panel.say(activity, "bob", idempotency="b-1")
    assert (again.content, again.headers["Idempotency-Replayed"]) == (last.content, "true")
    late = await panel.say(activity, "cai")
    assert (late.status_code, late.json()["code"]) == (409, "not_under_review")


async def test_two_last_approvals_at_once_award_once(panel: Panel) -> None:
    for round in range(3):
        activity = await panel.record(facts={"happened_on": f"2026-09-{10 + round}"})
        await panel.say(activity, "ann")
        answers = await asyncio.gather(*(panel.say(activity, name) for name in ("bob", "cai")))
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        assert await panel.office.village.total("hh_1") == 20 * (round + 1)


async def test_nobody_reviews_what_is_close(panel: Panel) -> None:
    activity = await panel.record()
    for name, code, about in (
        ("family", "conflict_of_interest", "household"),
        ("aunt", "conflict_of_interest", "kin"),
        ("dan", "not_eligible", None),
        ("nobody", "not_eligible", None),
    ):
        refused = await panel.say(activity, name)
        assert (refused.status_code, refused.json()["code"]) == (422, code), name
        assert refused.json()["numbers"].get("about") == about
    await panel.say(activity, "ann")
    twice = await panel.say(activity, "ann")
    assert (twice.json()["code"], twice.json()["numbers"]["about"]) == ("conflict_of_interest", "again")
    own = await panel.office.post("activities", DEED, key=panel.keys["bob"])
    refused = await panel.say(own.json()["activity"], "bob")
    assert (refused.json()["code"], refused.json()["numbers"]["about"]) == ("conflict_of_interest", "self")


async def test_many_points_need_more_approvals(panel: Panel) -> None:
    activity = await panel.record(rule="large")
    states = [(await panel.say(activity, name)).json()["state"] for name in ("ann", "bob", "cai")]
    assert states == ["recorded", "recorded", "awarded"]


async def test_what_was_returned_is_approved_anew(panel: Panel) -> None:
    activity = await panel.record()
    await panel.say(activity, "ann")
    silent = await panel.say(activity, "bob", "return")
    assert (silent.status_code, silent.json()["code"]) == (400, "malformed")
    returned = (await panel.say(activity, "bob", "return", note="照片看不清")).json()
    assert returned["state"] == "returned"
    assert (await panel.say(activity, "cai")).json()["code"] == "not_under_review"
    handed_in = await panel.office.post(f"activities/{activity}/submit", {}, key=panel.resident)
    assert (handed_in.json()["state"], handed_in.json()["round"]) == ("recorded", 2)
    assert (await panel.say(activity, "ann")).json()["approvals"] == 1
    assert (await panel.say(activity, "bob")).json()["state"] == "awarded"
    told = (await panel.office.call("GET", f"activities/{activity}/steps", key=panel.resident)).json()["steps"]
    assert [step["decision"] for step in told] == ["approve", "return", "submit", "approve", "approve"]


async def test_a_rejection_is_appealed_once_to_others(panel: Panel) -> None:
    activity = await panel.record()
    assert (await panel.say(activity, "ann", "reject", note="不是本月")).json()["state"] == "rejected"
    appeal = await panel.office.post(f"activities/{activity}/appeal", {"note": "是本月"}, key=panel.resident)
    assert appeal.json()["state"] == "appealed"
    assert (await panel.say(activity, "ann")).json()["numbers"]["about"] == "again"
    assert (await panel.say(activity, "bob", "reject", note="确实不是")).json()["state"] == "rejected"
    second = await panel.office.post(f"activities/{activity}/appeal", {"note": "再看"}, key=panel.resident)
    assert (second.status_code, second.json()["code"]) == (409, "appealed_before")


async def test_revoking_reverses_and_an_appeal_awards_anew(panel: Panel) -> None:
    activity = await panel.record()
    await panel.say(activity, "ann")
    await panel.say(activity, "bob")
    path = f"activities/{activity}/revoke"
    first = await panel.office.post(path, {"note": "冒名"}, key=panel.keys["admin"], idempotency="v-1")
    again = await panel.office.post(path, {"note": "冒名"}, key=panel.keys["admin"], idempotency="v-1")
    assert (first.json()["state"], again.content) == ("revoked", first.content)
    assert (await panel.office.village.total("hh_1"), await panel.state(activity)) == (0, "revoked")
    await panel.office.post(f"activities/{activity}/appeal", {"note": "不是冒名"}, key=panel.resident)
    key = panel.keys["dan"] = await key_of(panel.office, "eve")
    body = {"principal": "eve", "capacities": ["panel"]}
    await panel.office.call("POST", "reviewers", key=panel.keys["admin"], json=body)
    assert key and (await panel.say(activity, "cai")).json()["state"] == "appealed"
    assert (await panel.say(activity, "dan")).json()["state"] == "awarded"
    assert await panel.office.village.total("hh_1") == 20


async def test_what_is_reversed_at_another_door_is_revoked(panel: Panel) -> None:
    activity = await panel.record()
    await panel.say(activity, "ann")
    awarded = (await panel.say(activity, "bob")).json()["transaction"]
    await panel.office.post(f"transactions/{awarded}/reverse", {"note": "误"}, key=panel.keys["admin"])
    assert await panel.state(activity) == "revoked"
    kept = await panel.record()
    await panel.say(kept, "ann")
    await panel.say(kept, "bob")
    for state, expected in (("revoked", [activity]), ("awarded", [kept])):
        listed = await panel.office.call("GET", f"activities?state={state}", key=panel.keys["admin"])
        assert [(one["activity"], one["state"]) for one in listed.json()["activities"]] == [(expected[0], state)]


async def test_a_refused_award_leaves_no_approval(panel: Panel) -> None:
    """The limit is used up; the last approval is refused with the ledger's reason, and may be tried again later."""
    activities = []
    for number in range(5):
        body = {"rule": "sweep", "recipient": "hh_1", "facts": {"happened_on": f"2026-09-0{number + 1}"}}
        activities.append((await panel.office.post("activities", body, key=panel.resident)).json()["activity"])
    done = [await panel.say(activity, "bob") for activity in activities]
    assert [answer.status_code for answer in done] == [201] * 4 + [422]
    assert done[4].json()["code"] == "limit_reached"
    assert await panel.state(activities[4]) == "recorded"
    lists = await panel.office.call("GET", "activities?state=recorded", key=panel.keys["admin"])
    assert [one["activity"] for one in lists.json()["activities"]] == [activities[4]]


async def test_who_reviews_is_listed(panel: Panel) -> None:
    listed = (await panel.office.call("GET", "reviewers?limit=2", key=panel.keys["admin"])).json()
    assert [one["principal"] for one in listed["reviewers"]] == ["ann", "aunt"]
    more = (await panel.office.call("GET", "reviewers?cursor=aunt", key=panel.keys["admin"])).json()
    assert [one["principal"] for one in more["reviewers"]] == ["bob", "cai", "dan", "family"]
    unknown = {"principal": "x", "capacities": ["panel"], "member": "mbr_404"}
    refused = await panel.office.call("POST", "reviewers", key=panel.keys["admin"], json=unknown)
    assert refused.status_code == 404


async def test_the_same_hour_counts_once(panel: Panel) -> None:
    def hours(start: str, end: str) -> dict[str, str]:
        return {"started_at": f"2026-09-14T{start}:00+08:00", "ended_at": f"2026-09-14T{end}:00+08:00"}

    admin = panel.keys["admin"]
    claims = [await panel.record(rule="plenty", **hours(*times)) for times in (("09:00", "11:00"), ("10:30", "12:00"))]
    answers = await asyncio.gather(
        *(panel.office.post(f"activities/{claim}/award", None, key=admin) for claim in claims)
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    refused = next(answer.json() for answer in answers if answer.status_code == 409)
    assert (refused["code"], refused["numbers"]["person"]) == ("hours_counted", "hh_1")
    after = await panel.record(rule="plenty", **hours("12:00", "13:00"))
    assert (await panel.office.post(f"activities/{after}/award", None, key=admin)).status_code == 201
    won = next(answer.json()["transaction"] for answer in answers if answer.status_code == 201)
    await panel.office.post(f"transactions/{won}/reverse", {}, key=admin)
    lost = next(claim for claim, answer in zip(claims, answers, strict=True) if answer.status_code == 409)
    assert (await panel.office.post(f"activities/{lost}/award", None, key=admin)).status_code == 201
