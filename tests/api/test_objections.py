"""Objections hold one award under notice; donations are told with their provenance."""

import asyncio

from tests.api.client import Office


async def test_an_objection_holds_exactly_that_award(office: Office) -> None:
    operator, resident = await office.key("operator"), await office.key("resident", owner="hh_3")
    awards = []
    for household in ("hh_1", "hh_2"):
        body = {"rule": "noticed", "recipient": household, "facts": {"happened_on": "2026-09-14"}}
        awards.append((await office.post("awards", body, key=operator)).json()["transaction"])
    path = f"awards/{awards[0]}/objections"
    raised = await office.post(path, {"note": "那天不在家"}, key=resident, idempotency="o-1")
    again = await office.post(path, {"note": "那天不在家"}, key=resident, idempotency="o-1")
    assert (raised.status_code, again.content) == (201, raised.content)
    waits = (await office.call("GET", "accounts/hh_1/balances", key=operator)).json()
    assert waits["next_activation"] is None, "nobody knows the day before it is decided"
    own = await office.post(f"objections/{raised.json()['id']}/dismiss", {}, key=resident)
    assert own.status_code == 403
    await office.village.let_days_pass(30)
    early = await office.post(f"awards/{awards[0]}/activate", None, key=operator)
    assert (early.status_code, early.json()["code"]) == (409, "not_due")
    assert (await office.post(f"awards/{awards[1]}/activate", None, key=operator)).status_code == 201
    late = await office.post(f"awards/{awards[1]}/objections", {"note": "n"}, key=resident)
    assert (late.status_code, late.json()["code"]) == (409, "not_open")
    dismissed = await office.post(f"objections/{raised.json()['id']}/dismiss", {"note": "有照片"}, key=operator)
    assert dismissed.json()["state"] == "dismissed"
    upheld = await office.post(f"objections/{raised.json()['id']}/uphold", {}, key=operator)
    assert (upheld.status_code, upheld.json()["code"]) == (409, "objection_decided")
    assert (await office.post(f"awards/{awards[0]}/activate", None, key=operator)).status_code == 201
    assert [await office.village.total(one) for one in ("hh_1", "hh_2")] == [10, 10]


async def test_an_upheld_objection_cancels_the_award(office: Office) -> None:
    operator, reviewer = await office.key("operator"), await office.key("reviewer")
    body = {"rule": "noticed", "recipient": "hh_1", "facts": {"happened_on": "2026-09-14"}}
    award = (await office.post("awards", body, key=operator)).json()["transaction"]
    raised = [
        (await office.post(f"awards/{award}/objections", {"note": "n"}, key=reviewer)).json()["id"] for _ in range(2)
    ]
    self_judged = await office.post(f"objections/{raised[0]}/uphold", {}, key=reviewer)
    assert self_judged.json()["code"] == "conflict_of_interest"
    path = f"objections/{raised[0]}/uphold"
    answers = await asyncio.gather(*(office.post(path, {"note": "属实"}, key=operator) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["cancelled_by"] for answer in answers}) == 1
    assert await office.village.total("hh_1", "pending") == 0
    left = await office.post(f"objections/{raised[1]}/uphold", {}, key=operator)
    assert (left.status_code, left.json()["code"]) == (409, "not_open")
    assert (await office.post(f"objections/{raised[1]}/dismiss", {}, key=operator)).status_code == 200
    listed = (await office.call("GET", "objections?state=upheld", key=operator)).json()["objections"]
    assert [one["id"] for one in listed] == [raised[0]]
    assert (await office.post("awards", body, key=operator)).status_code == 201  # its once-a-year limit is given back


async def test_a_donation_is_one_transaction_with_its_provenance(office: Office) -> None:
    operator = await office.key("operator")
    deed = {"rule": "plenty", "recipient": "hh_1", "facts": {"happened_on": "2026-09-14", "note": "绘本三册"}}
    body = {"outlet": "out_shop", "item": "soap", "quantity": 2, "award": deed}
    receipt = (await office.post("stock/donations", body, key=operator)).json()
    assert {entry["purse"] for entry in receipt["entries"] if entry["owner"] != "programme"} == {"main", "stock"}
    id = f"don_{receipt['transaction'][4:]}"
    found = (await office.call("GET", f"donations/{id}", key=operator)).json()
    assert (found["item"], found["quantity"], found["donor"]) == ("soap", 2, "hh_1")
    assert (found["note"], found["inspected_by"], found["is_undone"]) == ("绘本三册", "operator:test", False)
    refused = await office.post("stock/donations", {**body, "item": "gold"}, key=operator)
    assert refused.json()["code"] == "unknown_item"
    assert (await office.call("GET", "donations?item=soap", key=operator)).json()["donations"] == [found]
    await office.post(f"transactions/{receipt['transaction']}/reverse", {}, key=operator)
    assert (await office.call("GET", f"donations/{id}", key=operator)).json()["is_undone"] is True
    assert (await office.call("GET", "donations/don_404", key=operator)).status_code == 404
