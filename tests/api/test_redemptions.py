"""Redemptions over HTTP: a receipt, a refusal, and the same answer to the same key."""

from tests.api.client import Office
from tests.village import gift, receive

TISSUE = {"owner": "hh_1", "outlet": "out_shop", "lines": [{"item": "tissue"}]}


async def stocked(office: Office) -> str:
    await office.village.post(("earn", gift()), ("stock", receive(5)))
    return await office.key("cashier", owner="out_shop")


async def test_a_redemption_answers_its_receipt(office: Office) -> None:
    key = await stocked(office)
    answer = await office.post("redemptions", TISSUE, key=key)
    assert answer.status_code == 201, answer.text
    receipt = answer.json()
    assert receipt["about"]["lines"] == [{"item": "tissue", "quantity": 1, "points": 30}]
    assert await office.village.total("hh_1") == 70


async def test_a_replay_answers_the_same_bytes(office: Office) -> None:
    key = await stocked(office)
    first = await office.post("redemptions", TISSUE, key=key, idempotency="till-1")
    again = await office.post("redemptions", TISSUE, key=key, idempotency="till-1")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
    assert await office.village.total("hh_1") == 70


async def test_a_refusal_says_the_numbers_in_the_callers_language(office: Office) -> None:
    key = await stocked(office)
    body = {**TISSUE, "owner": "hh_2"}
    answer = await office.post("redemptions", body, key=key, headers={"Accept-Language": "en-GB,en;q=0.9"})
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert problem["code"] == "insufficient_points"
    assert problem["numbers"] == {"required": 30, "available": 0, "missing": 30}
    assert "30 are missing" in problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]
