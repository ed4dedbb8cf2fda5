"""Activities and awards over HTTP: recorded once, awarded once, told from the register and not from outside."""

import asyncio
from typing import Any

from tests.api.client import Office
from tests.village import SWEEPS_A_MONTH, gift

SWEEP: dict[str, Any] = {"rule": "sweep", "recipient": "hh_1", "facts": {"happened_on": "2026-09-14"}}


async def recorded(office: Office, key: str) -> str:
    answer = await office.post("activities", SWEEP, key=key)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["activity"])


async def test_a_recorded_activity_is_awarded_once(office: Office) -> None:
    key = await office.key("operator")
    activity = await recorded(office, key)
    assert await office.village.total("hh_1") == 0
    first = await office.post(f"activities/{activity}/award", None, key=key)
    assert first.status_code == 201, first.text
    second = await office.post(f"activities/{activity}/award", None, key=key)
    assert (second.status_code, second.json()["code"]) == (409, "already_awarded")
    assert second.json()["numbers"]["transaction"] == first.json()["transaction"]
    shown = (await office.call("GET", f"activities/{activity}", key=key)).json()
    assert (shown["state"], shown["transaction"]) == ("awarded", first.json()["transaction"])
    assert await office.village.total("hh_1") == 5


async def test_twins_award_an_activity_once(office: Office) -> None:
    key = await office.key("operator")
    activity = await recorded(office, key)
    answers = await asyncio.gather(*(office.post(f"activities/{activity}/award", None, key=key) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert await office.village.total("hh_1") == 5


async def test_the_same_key_awards_again_with_the_same_bytes(office: Office) -> None:
    key = await office.key("operator")
    activity = await recorded(office, key)
    first = await office.post(f"activities/{activity}/award", None, key=key, idempotency="a-1")
    again = await office.post(f"activities/{activity}/award", None, key=key, idempotency="a-1")
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")


async def test_a_refused_award_leaves_the_activity_open(office: Office) -> None:
    key = await office.key("operator")
    for _ in range(SWEEPS_A_MONTH):
        assert (await office.post("awards", SWEEP, key=key)).status_code == 201
    activity = await recorded(office, key)
    refused = await office.post(f"activities/{activity}/award", None, key=key)
    assert (refused.status_code, refused.json()["code"]) == (422, "limit_reached")
    assert refused.json()["numbers"]["resets_on"] == "2026-10-01"
    assert (await office.call("GET", f"activities/{activity}", key=key)).json()["state"] == "recorded"


async def test_recording_twice_under_one_key_records_once(office: Office) -> None:
    key = await office.key("operator")
    first = await office.post("activities", SWEEP, key=key, idempotency="r-1")
    again = await office.post("activities", SWEEP, key=key, idempotency="r-1")
    other = await office.post("activities", {**SWEEP, "recipient": "hh_2"}, key=key, idempotency="r-1")
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(await office.village.rows("SELECT FROM activity")) == 1


async def test_what_cannot_be_is_not_recorded(office: Office) -> None:
    key = await office.key("operator")
    for change, code in (
        ({"rule": "nothing"}, "unknown_rule"),
        ({"recipient": "hh_404"}, "not_found"),
        ({"facts": {"happened_on": "2025-01-01"}}, "rule_not_in_force"),
    ):
        answer = await office.post("activities", {**SWEEP, **change}, key=key)
        assert answer.json()["code"] == code, answer.text
    assert await office.village.rows("SELECT FROM activity") == []


async def test_the_register_is_not_told_from_outside(office: Office) -> None:
    key = await office.key("operator")
    for facts in ({"household": {"id": "hh_1"}}, {"person": {"id": "mbr_1"}}):
        body = {**SWEEP, "facts": {**SWEEP["facts"], **facts}}
        answer = await office.post("awards", body, key=key)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
        assert answer.json()["errors"][0]["pointer"].startswith("/facts/")


async def test_an_award_explains_itself_in_both_languages(office: Office) -> None:
    key = await office.key("operator")
    award = (await office.post("awards", SWEEP, key=key)).json()
    told = (await office.call("GET", f"awards/{award['transaction']}/explain", key=key)).json()
    assert told["about"]["rulebook"] == award["about"]["rulebook"]
    assert all(step["zh"] and step["en"] for step in told["steps"])
    [receipt] = await office.village.post(("r", gift()))
    stock = await office.call("GET", f"awards/{receipt.transaction}/explain", key=key)
    assert stock.status_code == 200
    assert (await office.call("GET", "awards/txn_404/explain", key=key)).json()["code"] == "not_found"


async def test_reversing_over_http_takes_the_points_back(office: Office) -> None:
    key = await office.key("operator")
    award = (await office.post("awards", SWEEP, key=key)).json()
    undone = await office.post(f"transactions/{award['transaction']}/reverse", {"note": "mistake"}, key=key)
    assert (undone.status_code, undone.json()["about"]["reverses"]) == (201, award["transaction"])
    again = await office.post(f"transactions/{award['transaction']}/reverse", {}, key=key)
    assert (again.status_code, again.json()["code"]) == (409, "already_reversed")
    shown = await office.call("GET", f"transactions/{again.json()['transaction']}", key=key)
    assert shown.json()["refusal"]["reason"] == "already_reversed"
    assert (await office.call("GET", f"transactions/{award['transaction']}", key=key)).json() == award
    assert await office.village.total("hh_1") == 0
