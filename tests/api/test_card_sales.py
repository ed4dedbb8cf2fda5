"""Cards at a counter: what a card pays alone, what needs a PIN or a document, whom a helper acts for, blocking."""

import asyncio
from typing import Any

import msgspec
import pytest

from ledger.actions.check_pin import set_pin
from ledger.actions.publish import publish_programme
from ledger.actions.slow_hash import SlowHash
from ledger.core.card import CardPolicy
from ledger.db.service_role import connect
from tests.api.client import PEPPER, Office
from tests.api.test_cards import issued
from tests.village import Village, gift, programme_of, receive

PIN = "583920"
POLICY = CardPolicy(by_card_alone_per_day=10, by_card_alone_per_merchant=20, helper_per_day=15)


async def counter(office: Office, policy: CardPolicy = POLICY) -> tuple[str, str]:
    """Stocked, with a policy for cards; keys of a till and of a worker."""
    village = office.village
    await _publish(village, policy)
    await village.post(("earn", gift()), ("more", gift()), ("goods", receive(90, item="soap")))
    return await office.key("cashier", owner="out_shop"), await office.key("operator")


async def _publish(village: Village, policy: CardPolicy) -> None:
    programme = msgspec.structs.replace(programme_of(village.slug), cards=policy)
    await publish_programme(village.connection, programme, node="nod_1", by="system:test")


async def give_pin(office: Office, card: str) -> None:
    connection = await connect(office.village.database.url)
    slow = SlowHash(PEPPER)
    await set_pin(connection, slow, office.village.slug, card, PIN, by="system:test")
    slow.stop()
    await connection.close()


def soap(pieces: int = 1, **told: Any) -> dict[str, Any]:
    """Five points a piece."""
    return {"outlet": "out_shop", "lines": [{"item": "soap", "quantity": pieces}], **told}


async def test_a_card_pays_alone_up_to_its_limit_and_beyond_it_with_the_pin(office: Office) -> None:
    till, worker = await counter(office)
    card = await issued(office, worker)
    shown = {"card": {"code": card["code"]}}
    sold = await office.post("redemptions", soap(2, **shown), key=till)
    assert sold.status_code == 201, sold.text
    about = sold.json()["about"]
    assert (about["owner"], about["card"], about["proof"]) == ("hh_1", card["card"], "card")
    more = await office.post("redemptions", soap(1, **shown), key=till)
    assert (more.status_code, more.json()["code"]) == (422, "pin_needed")
    assert more.json()["numbers"] == {"required": 5, "limit": 10, "used": 10}
    await give_pin(office, card["card"])
    quote = (await office.post("quotes", soap(1, **shown), key=till)).json()
    assert (quote["would_pass"], quote["refusal"]["reason"]) == (False, "pin_needed")
    wrong = await office.post("redemptions", soap(1, **shown, pin="583921"), key=till)
    assert wrong.json()["code"] == "pin_wrong"
    right = await office.post("redemptions", soap(1, **shown, pin=PIN), key=till)
    assert (right.status_code, right.json()["about"]["proof"]) == (201, "pin")
    nothing = await office.post("redemptions", soap(1, **shown, owner="hh_1"), key=till)
    assert nothing.status_code == 400


async def test_a_number_alone_pays_nothing(office: Office) -> None:
    till, worker = await counter(office)
    await issued(office, worker, number="8001")
    told = {"card": {"number": "8001"}}
    assert (await office.post("redemptions", soap(**told), key=till)).json()["code"] == "pin_needed"
    seen = await office.post("redemptions", soap(**told, document_seen=True), key=till)
    assert (seen.status_code, seen.json()["about"]["proof"]) == (201, "document")
    shop = await office.key("merchant", owner="mer_barber")
    haircut = {"merchant": "mer_barber", "lines": [{"item": "haircut"}], **told, "document_seen": True}
    assert (await office.post("redemptions", haircut, key=shop)).status_code == 403
    unknown = await office.post("redemptions", soap(card={"number": "404"}, document_seen=True), key=till)
    assert unknown.json()["code"] == "card_unknown"


async def test_at_a_shop_the_cards_own_limit_counts_too(office: Office) -> None:
    _, worker = await counter(office, CardPolicy(by_card_alone_per_day=90, by_card_alone_per_merchant=20))
    card = await issued(office, worker)
    shop = await office.key("merchant", owner="mer_barber")
    haircut = {"merchant": "mer_barber", "lines": [{"item": "haircut"}], "card": {"code": card["code"]}}
    assert (await office.post("redemptions", haircut, key=shop)).status_code == 201
    assert (await office.post("redemptions", haircut, key=shop)).json()["numbers"] == {
        "required": 20,
        "limit": 20,
        "used": 20,
    }


async def test_a_helper_acts_within_limits_and_is_named(office: Office) -> None:
    till, worker = await counter(office)
    await office.village.open("mbr_7")
    helper = {"owner": "hh_2", "member": "mbr_7", "per_spend": 10}
    assert (await office.post("helpers", helper, key=worker)).status_code == 201
    await office.village.post(("for the elder", gift("hh_2")))
    card = await issued(office, worker, owner="hh_2", member="mbr_7")
    shown = {"card": {"code": card["code"]}}
    at_once = await office.post("redemptions", soap(3, **shown), key=till)
    assert (at_once.json()["code"], at_once.json()["numbers"]["limit"]) == ("limit_reached", 10)
    sold = await office.post("redemptions", soap(2, **shown), key=till)
    assert (sold.json()["about"]["owner"], sold.json()["about"]["acted_by"]) == ("hh_2", "mbr_7")
    await give_pin(office, card["card"])
    assert (await office.post("redemptions", soap(1, **shown, pin=PIN), key=till)).status_code == 201
    a_day = await office.post("redemptions", soap(1, **shown, pin=PIN), key=till)
    assert (a_day.json()["code"], a_day.json()["numbers"]["limit"]) == ("limit_reached", 15)


@pytest.mark.parametrize("pause", [0.0, 0.02, 0.05])
async def test_a_blocked_card_pays_nothing_more_also_under_a_race(office: Office, pause: float) -> None:
    till, worker = await counter(office, CardPolicy())
    card = await issued(office, worker)
    shown = {"card": {"code": card["code"]}}
    first = await office.post("redemptions", soap(**shown), key=till, idempotency="first")

    async def sell(number: int) -> Any:
        await asyncio.sleep(0.005 * number)
        return await office.post("redemptions", soap(**shown), key=till)

    async def block() -> Any:
        await asyncio.sleep(pause)
        return await office.call("POST", f"cards/{card['card']}/block", key=worker, json={})

    *sales, blocked = await asyncio.gather(*(sell(number) for number in range(16)), block())
    assert blocked.status_code == 200
    told = {answer.json().get("code", "posted") for answer in sales}
    assert told <= {"posted", "card_blocked"}, told
    after = await office.post("redemptions", soap(**shown), key=till)
    assert (after.status_code, after.json()["code"]) == (409, "card_blocked")
    posted = 1 + sum(answer.status_code == 201 for answer in sales)
    assert await office.village.total("hh_1") == 200 - 5 * posted
    again = await office.post("redemptions", soap(**shown), key=till, idempotency="first")
    assert (again.status_code, again.content) == (201, first.content)
    other = await office.post("redemptions", soap(2, **shown), key=till, idempotency="first")
    assert other.json()["code"] == "idempotency_key_reused"


async def test_a_card_reserves_until_a_day(office: Office) -> None:
    till, worker = await counter(office)
    card = await issued(office, worker)
    held = await office.post("holds", soap(card={"code": card["code"]}, until="2099-01-01"), key=till)
    assert (held.status_code, held.json()["about"]["card"]) == (201, card["card"])
    taken = await office.call(
        "POST", f"holds/{held.json()['transaction']}/capture", key=till, json={}, idempotency="take"
    )
    assert (taken.status_code, taken.json()["about"]["number"]) == (201, 1)
