"""A day at a counter over HTTP: registered, opened, sold, looked at, closed; sent twice it happens once."""

from tests.api.client import Office
from tests.api.test_late_sales import late, send, till
from tests.village import gift, receive

SOAP = {"owner": "hh_1", "outlet": "out_shop", "lines": [{"item": "soap"}]}


async def test_a_day_at_the_counter(office: Office) -> None:
    device, key = await till(office)
    await office.village.post(("earn", gift()), ("goods", receive(50, item="soap")))
    early = await office.post("redemptions", SOAP, key=key)
    assert (early.status_code, early.json()["code"]) == (409, "no_shift_open")
    opening = {"terminal": device, "served_by": "staff:li", "float_fen": 300}
    opened = await office.post("shifts", opening, key=key, idempotency="open-1")
    again = await office.post("shifts", opening, key=key, idempotency="open-1")
    assert (opened.status_code, again.content) == (201, opened.content), opened.text
    assert (await office.post("shifts", opening, key=key)).json()["code"] == "shift_open"
    shift = opened.json()["shift"]
    sold = (await office.post("redemptions", SOAP, key=key)).json()
    assert (sold["about"]["shift"], sold["about"]["terminal"], sold["about"]["number"]) == (shift, device, 1)
    await send(office, device, key, late(2))
    seen = (await office.call("GET", f"shifts/{shift}", key=key)).json()
    assert [(kind["kind"], kind["receipts"], kind["points"]) for kind in seen["totals"]["kinds"]] == [
        ("late_sale", 1, 5),
        ("redeem", 1, 5),
    ]
    assert (seen["expected_fen"], seen["queue"]["gaps"]) == (300, [[1, 1]])
    gap = await office.post(f"shifts/{shift}/close", {"counted_fen": 300}, key=key)
    assert gap.json()["numbers"] == {"item": "late-sales", "expected": 2, "counted": 1, "difference": -1}
    counted = {"counted_fen": 300, "note": "till 1 still has one sale to send"}
    closed = await office.post(f"shifts/{shift}/close", counted, key=key, idempotency="close-1")
    twice = await office.post(f"shifts/{shift}/close", counted, key=key, idempotency="close-1")
    assert (closed.status_code, twice.content) == (200, closed.content), closed.text
    assert twice.headers["Idempotency-Replayed"] == "true"
    assert (await office.call("GET", f"shifts/{shift}", key=key)).content == closed.content
    assert (await office.post(f"shifts/{shift}/close", counted, key=key)).json()["code"] == "not_open"
    listed = (await office.call("GET", "outlets/out_shop/shifts", key=key)).json()["shifts"]
    assert [(line["shift"], line["closed_at"] is None) for line in listed] == [(shift, False)]


async def test_a_device_is_registered_under_the_name_of_its_key_and_once(office: Office) -> None:
    operator = await office.key("operator")
    named = f"trm_{7:018d}"
    key = await office.key("cashier", owner="out_shop", principal=named)
    await office.village.post(("earn", gift()), ("goods", receive(50, item="soap")))
    assert (await office.post("redemptions", SOAP, key=key)).json()["about"].get("terminal") is None
    body = {"outlet": "out_shop", "label": "till 7", "terminal": named}
    made = await office.post("terminals", body, key=operator)
    again = await office.post("terminals", body, key=operator)
    assert (made.json()["id"], again.content) == (named, made.content)
    other = await office.post("terminals", {**body, "outlet": "out_fair"}, key=operator)
    assert (other.status_code, other.json()["code"]) == (409, "reference_taken")
    assert (await office.post("redemptions", SOAP, key=key)).json()["code"] == "no_shift_open"


async def test_a_count_sheet_is_one_document(office: Office) -> None:
    operator = await office.key("operator")
    await office.village.post(("a", receive(9, item="soap")), ("b", receive(5)))
    lines = [{"item": "soap", "counted": 9}, {"item": "tissue", "counted": 3}]
    sheet = {"outlet": "out_shop", "lines": lines}
    refused = await office.post("stock/takes", sheet, key=operator)
    assert refused.json()["code"] == "difference_unexplained"
    explained = {**sheet, "lines": [lines[0], {**lines[1], "reason": "expired"}]}
    taken = await office.post("stock/takes", explained, key=operator, idempotency="sheet-1")
    assert taken.status_code == 201, taken.text
    assert taken.json()["about"]["sheet"] == [
        {"item": "soap", "expected": 9, "counted": 9},
        {"item": "tissue", "expected": 5, "counted": 3, "reason": "expired"},
    ]
    again = await office.post("stock/takes", explained, key=operator, idempotency="sheet-1")
    assert again.content == taken.content
    assert await office.village.total("out_shop", "stock", "item:tissue") == 3
    twice = {**sheet, "lines": [lines[0], lines[0]]}
    assert (await office.post("stock/takes", twice, key=operator)).status_code == 400
