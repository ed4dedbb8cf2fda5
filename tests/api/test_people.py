"""Account holders over HTTP: opened once, shown in full only to those who work with people."""

import asyncio
from typing import Any

from tests.api.client import Office


async def test_the_same_reference_opens_one_household(office: Office) -> None:
    key = await office.key("operator")
    body = {"reference": "3组12号", "name": "李小明", "area": "north"}
    answers = await asyncio.gather(*(office.call("POST", "households", key=key, json=body) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sorted(answer.headers.get("Idempotency-Replayed", "") for answer in answers) == ["", "true", "true", "true"]
    other = await office.call("POST", "households", key=key, json={**body, "name": "王"})
    assert (other.status_code, other.json()["code"]) == (409, "reference_taken")


async def test_without_a_reference_the_key_opens_once(office: Office) -> None:
    key = await office.key("operator")
    first = await office.post("members", {"name": "骑手"}, key=key, idempotency="m-1")
    again = await office.post("members", {"name": "骑手"}, key=key, idempotency="m-1")
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    neither = await office.call("POST", "members", key=key, json={"name": "骑手"})
    assert (neither.status_code, neither.json()["code"]) == (400, "reference_missing")


async def test_a_member_belongs_to_a_household_that_is_there(office: Office) -> None:
    key = await office.key("operator")
    body: dict[str, Any] = {"reference": "m1", "household": "hh_1", "class": "elder", "age": 71, "resident": True}
    answer = await office.call("POST", "members", key=key, json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["traits"] == {"class": "elder", "age": 71, "resident": True}
    lost = await office.call("POST", "members", key=key, json={"reference": "m2", "household": "hh_404"})
    assert (lost.status_code, lost.json()["numbers"]) == (404, {"owner": "hh_404"})
    shop = await office.call("POST", "members", key=key, json={"reference": "m3", "household": "hh_1 "})
    assert shop.json()["errors"][0]["pointer"] == "/household"


async def test_a_shop_that_the_catalogue_has_opened_is_not_opened_again(office: Office) -> None:
    key = await office.key("operator")
    same = await office.call("POST", "merchants", key=key, json={"reference": "barber"})
    assert (same.status_code, same.headers["Idempotency-Replayed"]) == (201, "true")
    new = await office.call("POST", "merchants", key=key, json={"reference": "tea-house", "name": "茶社"})
    assert (new.json()["id"], new.json()["kind"]) == ("mer_tea-house", "merchant")


async def test_a_phone_belongs_to_a_name_and_to_those_who_work_with_people(office: Office) -> None:
    operator, cashier = await office.key("operator"), await office.key("cashier", owner="out_shop")
    body = {"reference": "p", "name": "李小明", "phone": "138-0013-8000"}
    opened = (await office.call("POST", "members", key=operator, json=body)).json()
    path = f"members/{opened['id']}"
    assert (await office.call("GET", path, key=operator)).json()["phone"] == "138-0013-8000"
    assert (await office.call("GET", path, key=cashier)).json()["phone"] is None
    for bad in ({"phone": "=1+1"}, {"phone": "138\u202e00138000"}, {"name": None}):
        assert (await office.call("POST", "members", key=operator, json={**body, **bad})).status_code == 400, bad


async def test_names_are_masked_for_those_who_need_not_know(office: Office) -> None:
    operator, cashier = await office.key("operator"), await office.key("cashier", owner="out_shop")
    opened = (await office.call("POST", "members", key=operator, json={"reference": "m", "name": "李小明"})).json()
    path = f"members/{opened['id']}"
    assert (await office.call("GET", path, key=operator)).json()["name"] == "李小明"
    assert (await office.call("GET", path, key=cashier)).json()["name"] == "李*明"
    own = await office.key("resident", owner=opened["id"])
    assert (await office.call("GET", path, key=own)).json()["name"] == "李小明"
    wrong = await office.call("GET", f"households/{opened['id']}", key=operator)
    assert wrong.status_code == 404
