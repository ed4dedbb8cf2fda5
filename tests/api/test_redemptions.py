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


async def test_a_quote_prices_and_foretells_without_posting(office: Office) -> None:
    key = await stocked(office)
    quote = (await office.post("quotes", TISSUE, key=key)).json()
    assert (quote["points"], quote["available"], quote["would_pass"], quote["refusal"]) == (30, 100, True, None)
    short = (await office.post("quotes", {**TISSUE, "lines": [{"item": "tissue", "quantity": 4}]}, key=key)).json()
    assert (short["would_pass"], short["refusal"]["reason"]) == (False, "insufficient_points")
    gone = {**TISSUE, "lines": [{"item": "soap"}]}
    assert (await office.post("quotes", gone, key=key)).json()["refusal"]["reason"] == "out_of_stock"
    assert await office.village.total("hh_1") == 100


async def test_a_quote_of_what_is_not_there_is_a_problem(office: Office) -> None:
    key = await stocked(office)
    for change, code in (
        ({"owner": "hh_404"}, "not_found"),
        ({"lines": [{"item": "gold"}]}, "unknown_item"),
        ({"lines": [{"item": "tissue", "label_points": 7}]}, "label_changed"),
    ):
        assert (await office.post("quotes", {**TISSUE, **change}, key=key)).json()["code"] == code


async def test_an_offer_is_redeemed_at_the_shop(office: Office) -> None:
    await stocked(office)
    key = await office.key("merchant", owner="mer_barber")
    body = {"owner": "hh_1", "merchant": "mer_barber", "lines": [{"item": "haircut"}]}
    answer = await office.post("redemptions", body, key=key)
    assert answer.status_code == 201, answer.text
    assert (await office.village.total("hh_1"), await office.village.total("mer_barber", "claims")) == (80, 20)


async def test_goods_come_in(office: Office) -> None:
    key = await office.key("operator")
    body = {"outlet": "out_fair", "item": "soap", "quantity": 12, "source": "donated"}
    assert (await office.post("stock/receipts", body, key=key)).status_code == 201
    assert await office.village.total("out_fair", "stock", "item:soap") == 12
