"""Shops of the alliance: let in by another person, stopped at once; offers, codes, bookings and hours of service."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from ledger.actions.publish import publish_rulebook
from ledger.core.activity import Facts
from ledger.core.command import Award, Hold, Line, Refund
from ledger.core.measured import PerUnit
from ledger.core.rulebook import Give, RecipientKind, Rule
from tests.api.alliance import CHANGE, done, pass_days, set_terms
from tests.api.client import Office
from tests.village import BOTH, DAY, RULEBOOK, TODAY, gift, haircut, receive

CONTACT = {"contact": {"name": "王师傅", "phone": "138 0000 0000"}}
CUT = {"owner": "hh_1", "merchant": "mer_barber", "lines": [{"item": "haircut"}]}
WASH = {"offer": "wash", "title": {"zh": "洗头", "en": "Wash"}, "kind": "service", "points": 8, "from": str(TODAY)}


async def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


async def test_a_shop_is_let_in_by_another_person_and_stopped_at_once(office: Office) -> None:
    await office.village.post(("earn", gift()))
    operator, admin = await office.key("operator"), await office.key("admin")
    await office.post("merchants", {"reference": "tea", "name": "茶馆"}, key=operator)
    for _ in range(2):
        applied = await office.post("merchants/mer_tea/enrolment", CONTACT, key=operator)
        assert (applied.status_code, applied.json()["state"]) == (201, "applied"), applied.text
    early = await office.post("merchants/mer_tea/offers", {**WASH, "offer": "tea"}, key=operator)
    refused = await office.call("POST", f"merchants/mer_tea/offers/{early.json()['id']}/approve", key=admin)
    assert await code_of(refused) == (409, "merchant_not_active")
    approved = await office.post("merchants/mer_tea/approve", {"note": "visited"}, key=admin)
    assert [step["state"] for step in approved.json()["steps"]] == ["active", "applied"]
    assert approved.json()["contact"]["name"] == "王师傅"
    seen = await office.call("GET", "merchants/mer_tea/enrolment", key=await office.key("auditor"))
    assert seen.json()["contact"] is None, "the contact is personal"
    gone = await office.post("merchants/mer_tea/contact", {"contact": None}, key=operator)
    assert gone.json()["contact"] is None and await office.village.rows("SELECT FROM merchant_contact") == []

    merchant = await office.key("merchant", owner="mer_barber")
    assert (await office.post("redemptions", CUT, key=merchant)).status_code == 201
    booked = (await office.post("holds", {**CUT, "until": "2099-01-01"}, key=merchant)).json()["transaction"]
    for _ in range(2):
        assert (await office.post("merchants/mer_barber/suspend", {}, key=admin)).json()["state"] == "suspended"
    assert await code_of(await office.post("redemptions", CUT, key=merchant)) == (409, "merchant_not_active")
    assert await code_of(await office.post("quotes", CUT, key=merchant)) == (200, "")
    shown = await office.post("merchants/mer_barber/codes", {"lines": CUT["lines"]}, key=merchant)
    assert await code_of(shown) == (409, "merchant_not_active")
    captured = await office.post(f"holds/{booked}/capture", {}, key=merchant)
    assert await code_of(captured) == (409, "merchant_not_active")
    assert (await office.post("merchants/mer_barber/resume", {}, key=admin)).json()["state"] == "active"
    assert (await office.post(f"holds/{booked}/capture", {}, key=merchant)).status_code == 201
    assert (await office.post("merchants/mer_barber/end", {}, key=admin)).json()["state"] == "ended"
    back = await office.post("merchants/mer_barber/resume", {}, key=admin)
    assert await code_of(back) == (409, "wrong_step")
    assert await office.village.total("mer_barber", "claims") == 40


async def test_whoever_applied_does_not_approve(office: Office) -> None:
    admin = await office.key("admin")
    await office.post("merchants", {"reference": "tea"}, key=admin)
    await office.post("merchants/mer_tea/enrolment", CONTACT, key=admin)
    assert await code_of(await office.post("merchants/mer_tea/approve", {}, key=admin)) == (
        422, "second_approver_needed",
    )  # fmt: skip
    assert (await office.post("merchants/mer_404/approve", {}, key=admin)).status_code == 404


async def test_an_offer_counts_once_another_person_approved_it(office: Office) -> None:
    await office.village.post(("earn", gift()))
    merchant, operator = await office.key("merchant", owner="mer_barber"), await office.key("operator")
    wash = {**CUT, "lines": [{"item": "wash"}]}
    one, same = [await office.post("merchants/mer_barber/offers", WASH, key=merchant, idempotency="w") for _ in "ab"]
    assert (one.status_code, one.json()["id"]) == (201, same.json()["id"])
    assert same.headers["Idempotency-Replayed"] == "true"
    offer = f"merchants/mer_barber/offers/{one.json()['id']}"
    assert await code_of(await office.post("redemptions", wash, key=merchant)) == (422, "unknown_offer")
    assert (await office.call("POST", f"{offer}/approve", key=merchant)).status_code == 403
    assert (await office.call("POST", f"{offer}/approve", key=operator)).json()["state"] == "approved"
    sold = await office.post("redemptions", wash, key=merchant)
    assert sold.json()["about"]["lines"][0]["points"] == 8
    listed = {row["offer"]: row["points"] for row in (await office.call("GET", "offers", key=None)).json()["offers"]}
    assert listed == {"haircut": 20, "wash": 8}

    dearer = {**WASH, "offer": "haircut", "points": 25, "from": str(CHANGE)}
    new = (await office.post("merchants/mer_barber/offers", dearer, key=operator)).json()
    own = await office.call("POST", f"merchants/mer_barber/offers/{new['id']}/approve", key=operator)
    assert await code_of(own) == (422, "second_approver_needed")
    admin = await office.key("admin")
    await office.call("POST", f"merchants/mer_barber/offers/{new['id']}/approve", key=admin)
    before = await office.post("redemptions", CUT, key=merchant)
    await pass_days(office, 10)
    after = await office.post("redemptions", CUT, key=merchant)
    assert [one.json()["about"]["lines"][0]["points"] for one in (before, after)] == [20, 25]
    assert (await office.call("POST", f"{offer}/withdraw", key=merchant)).json()["state"] == "withdrawn"
    assert await code_of(await office.post("redemptions", wash, key=merchant)) == (422, "unknown_offer")
    past = {**WASH, "offer": "dye", "from": "2026-01-01"}
    assert await code_of(await office.post("merchants/mer_barber/offers", past, key=merchant)) == (409, "not_due")
    declined = (
        await office.post("merchants/mer_barber/offers", {**WASH, "offer": "x", "from": "2099-01-01"}, key=merchant)
    ).json()
    for _ in range(2):
        answer = await office.call("POST", f"merchants/mer_barber/offers/{declined['id']}/decline", key=operator)
        assert answer.json()["state"] == "declined"
    late = await office.call("POST", f"merchants/mer_barber/offers/{declined['id']}/approve", key=operator)
    assert await code_of(late) == (409, "wrong_step")


async def test_a_code_is_confirmed_once_by_the_resident(office: Office) -> None:
    await set_terms(office.village)
    await office.village.post(("earn", gift()), ("too", gift("hh_2")))
    merchant, resident = await office.key("merchant", owner="mer_barber"), await office.key("resident", owner="hh_1")
    other = await office.key("resident", owner="hh_2")
    lines = {"lines": [{"item": "haircut"}]}
    shown, again = [await office.post("merchants/mer_barber/codes", lines, key=merchant, idempotency="c") for _ in "ab"]
    code = shown.json()["code"]
    assert (shown.json()["points"], again.json()["code"]) == (20, code)
    seen = await office.call("GET", f"shop-codes/{code.upper()}", key=resident)
    assert (seen.json()["points"], seen.json()["state"]) == (20, "shown")
    theirs = await office.post(f"shop-codes/{code}/confirm", {"owner": "hh_1"}, key=other)
    assert theirs.status_code == 404
    confirmed = await asyncio.gather(
        *(office.post(f"shop-codes/{code}/confirm", {"owner": owner}, key=key)
          for owner, key in (("hh_1", resident), ("hh_2", other)) for _ in range(4))
    )  # fmt: skip
    assert sorted(answer.status_code for answer in confirmed) == [201] * 4 + [409] * 4
    assert len({answer.content for answer in confirmed if answer.status_code == 201}) == 1
    assert await office.village.total("mer_barber", "claims") == 20
    poor = (
        await office.post("merchants/mer_barber/codes", {"lines": [{"item": "haircut", "quantity": 9}]}, key=merchant)
    ).json()
    short = await office.post(f"shop-codes/{poor['code']}/confirm", {"owner": "hh_1"}, key=resident)
    assert await code_of(short) == (422, "insufficient_points")
    lapsing = (await office.post("merchants/mer_barber/codes", lines, key=merchant)).json()["code"]
    await pass_days(office, 1)
    lapsed = await office.post(f"shop-codes/{lapsing}/confirm", {"owner": "hh_1"}, key=resident)
    assert await code_of(lapsed) == (409, "code_lapsed")


async def test_a_booked_service_is_held_captured_in_part_and_refunded_within_its_window(office: Office) -> None:
    await set_terms(office.village)
    await office.village.post(("earn", gift()))
    resident, merchant = await office.key("resident", owner="hh_1"), await office.key("merchant", owner="mer_barber")
    tea = await office.key("merchant", owner="mer_tea")
    booking = {**CUT, "lines": [{"item": "haircut", "quantity": 3}], "until": str(TODAY + timedelta(days=9))}
    held = (await office.post("holds", booking, key=resident)).json()["transaction"]
    assert (await office.post(f"holds/{held}/capture", {}, key=tea)).status_code == 404
    part = {"lines": [{"item": "haircut", "quantity": 2}]}
    taken = (await office.post(f"holds/{held}/capture", part, key=merchant)).json()["transaction"]
    totals = [await office.village.total(*purse) for purse in (("hh_1",), ("hh_1", "held"), ("mer_barber", "claims"))]
    assert totals == [60, 0, 40]
    back = {"lines": [{"item": "haircut", "quantity": 1, "goods": "restock"}]}
    assert (await office.post(f"redemptions/{taken}/refund", back, key=tea)).status_code == 404
    await pass_days(office, 30)
    assert (await office.post(f"redemptions/{taken}/refund", back, key=merchant)).status_code == 201
    await pass_days(office, 1)
    late = await office.post(f"redemptions/{taken}/refund", back, key=merchant)
    assert await code_of(late) == (422, "refund_window_over")
    assert late.json()["numbers"] == {
        "days": 30, "sold_on": str(TODAY), "last_day": str(TODAY + timedelta(days=30)),
        "today": str(TODAY + timedelta(days=31)),
    }  # fmt: skip
    assert await office.village.total("mer_barber", "claims") == 20


async def test_points_earned_by_service_are_spent_and_claims_never_are(office: Office) -> None:
    hours = Rule(
        id="hours", title=BOTH, category="clean", recipient=RecipientKind.MERCHANT,
        gives=(Give(value=PerUnit(of="minutes", each=60, amount=10)),),
    )  # fmt: skip
    rules = msgspec.structs.replace(RULEBOOK, rulebook="2026-02", rules=(*RULEBOOK.rules, hours))
    village = office.village
    await publish_rulebook(village.connection, village.slug, rules, by="system:test")
    await village.post(("earn", gift()), ("soap", receive(9, item="soap")))
    for number in range(4):
        await done(village, f"cut {number}", haircut())
    till = await office.key("cashier", owner="out_shop")
    soap = {"owner": "mer_barber", "outlet": "out_shop", "lines": [{"item": "soap"}]}
    without = await office.post("redemptions", soap, key=till)
    assert without.json()["numbers"] == {"required": 5, "available": 0, "missing": 5}, "claims are not to be spent"
    served = Facts(happened_on=DAY, quantities={"minutes": 90})
    await done(village, "hours", Award("hours", "mer_barber", served))
    assert (await office.post("redemptions", soap, key=till)).status_code == 201
    assert (await village.total("mer_barber"), await village.total("mer_barber", "claims")) == (5, 80)


@pytest.mark.parametrize("state", ["suspended", "ended"])
async def test_points_come_back_from_a_shop_that_is_stopped(office: Office, state: str) -> None:
    await office.village.post(("earn", gift()))
    sold = await done(office.village, "cut", haircut())
    held = await done(office.village, "book", Hold("hh_1", (Line("haircut"),), merchant="mer_barber", until=CHANGE))
    admin = await office.key("admin")
    await office.post(f"merchants/mer_barber/{'suspend' if state == 'suspended' else 'end'}", {}, key=admin)
    await done(office.village, "back", Refund(sold.transaction, ()))
    assert (await office.call("POST", f"holds/{held.transaction}/void", key=admin, idempotency="v")).status_code == 201
    assert await office.village.total("hh_1") == 100
