"""Late sales by card: what a card may pay without a network, how it stood when it was shown, who bears what is lost."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from ledger.actions.publish import publish_programme
from ledger.core.card import CardPolicy
from ledger.db.service_role import connect
from tests.api.client import Office
from tests.api.test_cards import issued
from tests.api.test_late_sales import SALES, SHUFFLE, late, send, till
from tests.village import Village, gift, programme_of, receive

PRICE = 5
A_DAY = 40 * PRICE


async def publish(village: Village, policy: CardPolicy) -> None:
    programme = msgspec.structs.replace(programme_of(village.slug), cards=policy)
    await publish_programme(village.connection, programme, node="nod_1", by="system:test")


async def rewind(office: Office, card: str, column: str, minutes: int) -> None:
    """What happened to a card happened so many minutes ago: only the administrator can write that."""
    admin = await connect(office.village.database.admin_url)
    at = datetime.now(UTC) - timedelta(minutes=minutes)
    await admin.execute("SET session_replication_role = replica")
    await admin.execute(f"UPDATE ledger.card SET {column} = $2 WHERE id = $1", card, at)
    await admin.close()


async def card_of(office: Office, worker: str, owner: str = "hh_1", **more: Any) -> dict[str, Any]:
    """In the hands of its holder since yesterday."""
    card = await issued(office, worker, owner=owner, **more)
    await rewind(office, card["card"], "activated_at", 24 * 60)
    return card


def by_card(sequence: int, card: dict[str, str], *, minutes: int = 30, pieces: int = 1, **more: Any) -> dict[str, Any]:
    sale = late(sequence, quantity=pieces)
    del sale["owner"]
    at = datetime.now(UTC) - timedelta(minutes=minutes)
    return {**sale, "card": card, "happened_at": at.isoformat(), **more}


async def test_two_hundred_with_cards_in_random_order_twice_stay_within_the_accounts_bound(office: Office) -> None:
    """By an account's two cards more was sold than it may: which sales wait is chance, how many is not."""
    device, key = await till(office)
    worker = await office.key("operator")
    await publish(office.village, CardPolicy(offline_per_day=A_DAY))
    cards = [await card_of(office, worker), await card_of(office, worker), await card_of(office, worker, "hh_2")]
    await office.village.post(("earn", gift()), ("goods", receive(500, item="soap")))
    draw = random.Random(SHUFFLE)
    sales = []
    for number in range(1, SALES + 1):
        sale = late(number, "hh_3")
        if number % 4:
            del sale["owner"]
            sale["card"] = {"code": cards[number % 4 - 1]["code"]}
        sales.append(sale)
    twice = [*sales, *sales]
    draw.shuffle(twice)
    parcels = [twice[start : start + 25] for start in range(0, len(twice), 25)]
    told = await asyncio.gather(*(send(office, device, key, *parcel) for parcel in parcels))
    outcomes = [one for answer in told for one in answer["answers"]]
    posted = {one["sequence"] for one in outcomes if one["outcome"] == "posted"}
    refused = {one["sequence"] for one in outcomes if one["outcome"] == "refused"}
    # hh_1 has two cards with fifty sales each, hh_2 one with fifty, hh_3 names no card: each account may take forty.
    assert (len(posted), len(refused), posted & refused) == (3 * 40, 60 + 10 + 10, set())
    assert sum(one["outcome"] == "repeated" for one in outcomes) == len(posted)
    assert {one["numbers"]["bound"] for one in outcomes if one["outcome"] == "refused"} == {"card_day"}
    for owner in ("hh_1", "hh_2", "hh_3"):
        assert await _taken(office, owner) == A_DAY
    waiting = [sale for sale in sales if sale["sequence"] in refused]
    both = await asyncio.gather(*(send(office, device, worker, *waiting, accept_beyond_bound=True) for _ in "ab"))
    counted = sorted(one["outcome"] for answer in both for one in answer["answers"])
    assert counted == ["posted"] * len(waiting) + ["repeated"] * len(waiting)
    rows = await office.village.rows(
        "SELECT (about ->> 'sequence')::bigint AS sequence FROM journal"
        " WHERE kind = 'late_sale' AND refusal IS NULL ORDER BY 1"
    )
    assert [row["sequence"] for row in rows] == [*range(1, SALES + 1)]
    assert await office.village.total("out_shop", "stock", "item:soap") == 500 - SALES
    assert await _taken(office, "hh_1") == 100 * PRICE


async def test_a_sale_at_once_and_a_number_alone_wait_for_a_worker_who_is_named(office: Office) -> None:
    device, key = await till(office)
    worker, auditor = await office.key("operator"), await office.key("auditor")
    await publish(office.village, CardPolicy(offline_per_sale=10))
    card = await card_of(office, worker, number="8001")
    code, number = {"code": card["code"]}, {"number": "8001"}
    await office.village.post(("earn", gift()), ("goods", receive(50, item="soap")))
    sales = [
        by_card(1, code, pieces=2),
        by_card(2, code, pieces=3),
        by_card(3, number),
        by_card(4, number, document_seen=True),
    ]
    told = (await send(office, device, key, *sales))["answers"]
    assert [one["outcome"] for one in told] == ["posted", "refused", "refused", "posted"]
    assert told[1]["numbers"] == {"bound": "card_sale", "required": 15, "limit": 10, "used": 0}
    assert told[2]["numbers"]["bound"] == "number_alone"
    refused = (await office.call("GET", "late-sales?which=refused", key=auditor)).json()["late_sales"]
    assert [(one["sequence"], one["card"], one["owner"]) for one in refused] == [
        (2, card["card"], "hh_1"),
        (3, card["card"], "hh_1"),
    ]
    other = {**sales[1], "lines": [{"item": "soap", "quantity": 9}]}
    changed = {"sales": [other], "accept_beyond_bound": True}
    answer = await office.call("POST", f"terminals/{device}/late-sales", key=worker, json=changed)
    assert answer.json()["code"] == "not_open", "what was refused is accepted, not what somebody makes of it"
    accepted = await send(office, device, worker, sales[1], sales[2], accept_beyond_bound=True)
    assert [one["outcome"] for one in accepted["answers"]] == ["posted", "posted"]
    everything = (await office.call("GET", "late-sales?which=all", key=auditor)).json()["late_sales"]
    assert [one["accepted_by"] for one in everything if one["code"] is None] == [None, None, *["operator:test"] * 2]
    assert await office.village.total("hh_1") == 100 - 7 * PRICE


@pytest.mark.parametrize(
    ("column", "state", "code"),
    [("blocked_at", "blocked", "card_blocked"), ("replaced_at", "replaced", "card_replaced")],
)
async def test_what_counts_is_how_the_card_stood_when_it_was_shown(
    office: Office, column: str, state: str, code: str
) -> None:
    device, key = await till(office)
    worker = await office.key("operator")
    card = await card_of(office, worker)
    await office.village.post(("earn", gift()), ("goods", receive(50, item="soap")))
    verb = {"blocked": "block", "replaced": "replace"}[state]
    assert (await office.post(f"cards/{card['card']}/{verb}", {}, key=worker)).status_code in (200, 201)
    await rewind(office, card["card"], column, 60)
    shown = {"code": card["code"]}
    before, after = by_card(1, shown, minutes=90), by_card(2, shown, minutes=30)
    told = (await send(office, device, key, before, after))["answers"]
    assert [(one["outcome"], one.get("code")) for one in told] == [("posted", None), ("refused", code)]
    assert await office.village.total("hh_1") == 100 - PRICE
    accepted = (await send(office, device, worker, after, accept_beyond_bound=True))["answers"]
    assert (accepted[0]["outcome"], accepted[0]["shortfall"]) == ("posted", PRICE)
    assert await office.village.total("hh_1") == 100 - PRICE, "a blocked card pays nothing"
    assert await office.village.total("programme", "offline_shortfall") == -PRICE
    assert await office.village.total("out_shop", "stock", "item:soap") == 48


async def test_unknown_and_pending_cards_and_a_sale_without_a_payer_are_told(office: Office) -> None:
    device, key = await till(office)
    worker = await office.key("operator")
    young = await issued(office, worker)
    unknown = by_card(1, {"code": "0000-0000-0000-0000"})
    told = await send(office, device, key, unknown, by_card(2, {"code": young["code"]}, minutes=60))
    assert [one["code"] for one in told["answers"]] == ["card_unknown", "card_pending"]
    nobody = late(3)
    del nobody["owner"]
    path = f"terminals/{device}/late-sales"
    assert (await office.call("POST", path, key=key, json={"sales": [nobody]})).status_code == 400
    accepted = (await send(office, device, worker, unknown, accept_beyond_bound=True))["answers"]
    assert (accepted[0]["outcome"], accepted[0]["shortfall"]) == ("posted", PRICE)


async def test_a_helpers_limits_hold_without_a_network_too(office: Office) -> None:
    device, key = await till(office)
    worker = await office.key("operator")
    await office.village.open("mbr_7")
    helper = {"owner": "hh_2", "member": "mbr_7", "per_spend": 10, "per_day": 15}
    assert (await office.post("helpers", helper, key=worker)).status_code == 201
    card = await card_of(office, worker, "hh_2", member="mbr_7")
    await office.village.post(("earn", gift("hh_2")), ("goods", receive(50, item="soap")))
    shown = {"code": card["code"]}
    sales = (by_card(1, shown, pieces=3), by_card(2, shown, pieces=2), by_card(3, shown, pieces=2))
    told = (await send(office, device, key, *sales))["answers"]
    assert [one["outcome"] for one in told] == ["refused", "posted", "refused"]
    assert [told[0]["numbers"]["bound"], told[2]["numbers"]["bound"]] == ["helper_sale", "helper_day"]
    [sold] = await office.village.rows("SELECT about FROM journal WHERE kind = 'late_sale' AND refusal IS NULL")
    assert '"acted_by":"mbr_7"' in sold["about"]


async def test_what_a_household_took_before_it_merged_is_owed_by_the_other(office: Office) -> None:
    device, key = await till(office)
    worker = await office.key("operator")
    await office.village.post(("goods", receive(50, item="soap")))
    merged = await office.post("households/hh_3/merge", {"into": "hh_2", "note": "wedding"}, key=worker)
    assert merged.status_code in (200, 201), merged.text
    told = (await send(office, device, key, late(1, "hh_3")))["answers"]
    assert (told[0]["outcome"], told[0]["shortfall"]) == ("posted", PRICE)
    assert await office.village.total("hh_2", "debt") == -PRICE


async def _taken(office: Office, owner: str) -> int:
    [row] = await office.village.rows(
        "SELECT coalesce(-sum(e.amount), 0)::bigint AS taken FROM entry AS e JOIN journal AS j ON j.id = e.journal_id"
        " WHERE j.kind = 'late_sale' AND e.owner = $1 AND e.unit = 'points'",
        owner,
    )
    return int(row["taken"])
