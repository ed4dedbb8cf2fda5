"""Cards over HTTP: issued once, printed once, refused at once when blocked; helpers within their limits."""

import asyncio
import re
from typing import Any

import asyncpg
import pytest

from ledger.db.journal import show_programmes
from tests.api.client import Office


async def issued(office: Office, key: str, *, active: bool = True, **more: Any) -> dict[str, Any]:
    """A card with its code."""
    answer = await office.post("cards", {"owner": "hh_1", "carrier": "qr", **more}, key=key)
    assert answer.status_code == 201, answer.text
    card = answer.json()
    printed = await office.call("POST", f"cards/{card['card']}/print", key=key)
    if active:
        assert (await office.call("POST", f"cards/{card['card']}/activate", key=key)).json()["state"] == "active"
    return {**card, "code": printed.json()["code"]}


async def present(office: Office, key: str, **told: str) -> tuple[int, dict[str, Any]]:
    answer = await office.call("POST", "presented-cards", key=key, json=told)
    return answer.status_code, answer.json()


async def test_a_card_is_issued_once_and_only_its_hash_is_stored(office: Office) -> None:
    key = await office.key("operator")
    body = {"owner": "hh_1", "carrier": "qr", "number": "8001"}
    answers = await asyncio.gather(*(office.post("cards", body, key=key, idempotency="i") for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    other = await office.post("cards", {**body, "number": "8002"}, key=key, idempotency="i")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    taken = await office.post("cards", {**body, "owner": "hh_2"}, key=key)
    assert (taken.status_code, taken.json()["code"]) == (409, "number_taken")
    card = answers[0].json()["card"]
    code = (await office.call("POST", f"cards/{card}/print", key=key)).json()["code"]
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}", code)
    [row] = await office.village.rows("SELECT row_to_json(c)::text AS told FROM card AS c")
    assert code not in row["told"] and code.replace("-", "") not in row["told"]


async def test_a_code_is_printed_while_pending_and_only_the_newest_pays(office: Office) -> None:
    key, till = await office.key("operator"), await office.key("cashier", owner="out_shop")
    card = await issued(office, key, active=False)
    status, refused = await present(office, till, code=card["code"])
    assert (status, refused["code"]) == (409, "card_pending")
    newer = (await office.call("POST", f"cards/{card['card']}/print", key=key)).json()
    assert newer["printing"] == 2
    await office.call("POST", f"cards/{card['card']}/activate", key=key)
    assert (await present(office, till, code=card["code"]))[1]["code"] == "card_unknown"
    status, shown = await present(office, till, code=newer["code"].lower().replace("-", " "))
    assert (status, shown["owner"], shown["proves_possession"]) == (200, "hh_1", True)
    again = await office.call("POST", f"cards/{card['card']}/print", key=key)
    assert (again.status_code, again.json()["code"]) == (409, "card_in_use")


async def test_a_number_identifies_and_proves_nothing(office: Office) -> None:
    key, till = await office.key("operator"), await office.key("cashier", owner="out_shop")
    await issued(office, key, carrier="passbook", number="0042")
    await issued(office, key, carrier="nfc", nfc_number="04A2B3C4D5E6F7", owner="hh_2")
    status, shown = await present(office, till, number="0042")
    assert (status, shown["owner"], shown["proves_possession"]) == (200, "hh_1", False)
    status, shown = await present(office, till, nfc_number="04A2B3C4D5E6F7")
    assert (status, shown["owner"], shown["proves_possession"]) == (200, "hh_2", False)
    assert (await present(office, till, number="0043"))[0] == 404
    assert (await present(office, till, number="0042", code="0" * 16))[0] == 400


async def test_a_blocked_card_is_refused_in_the_very_next_call_and_for_ever(office: Office) -> None:
    key, till = await office.key("operator"), await office.key("cashier", owner="out_shop")
    own = await office.key("resident", owner="hh_1")
    card = await issued(office, key)
    assert (await present(office, till, code=card["code"]))[0] == 200
    blocked = await office.call("POST", f"cards/{card['card']}/block", key=own, json={"note": "丢失"})
    assert (blocked.json()["state"], blocked.json()["blocked_for"]) == ("blocked", "丢失")
    status, refused = await present(office, till, code=card["code"])
    assert (status, refused["code"]) == (409, "card_blocked")
    revived = await office.call("POST", f"cards/{card['card']}/activate", key=key)
    assert (revived.status_code, revived.json()["code"]) == (409, "card_blocked")


async def test_a_replaced_card_hands_on_its_number_and_keeps_its_history(office: Office) -> None:
    key, till = await office.key("operator"), await office.key("cashier", owner="out_shop")
    old = await issued(office, key, number="77")
    path = f"cards/{old['card']}/replace"
    answers = await asyncio.gather(*(office.post(path, {}, key=key, idempotency="r") for _ in range(3)))
    assert len({answer.json()["card"] for answer in answers}) == 1
    new = answers[0].json()
    assert (new["state"], new["number"], new["replaces"]) == ("pending", "77", old["card"])
    assert (await present(office, till, code=old["code"]))[1]["code"] == "card_replaced"
    assert (await present(office, till, number="77"))[1]["code"] == "card_pending"
    other = await office.post(path, {}, key=key)
    assert (other.status_code, other.json()["numbers"]["replaced_by"]) == (409, new["card"])
    history = (await office.call("GET", "accounts/hh_1/cards", key=key)).json()["cards"]
    assert [(card["state"], card["replaced_by"]) for card in history] == [("replaced", new["card"]), ("pending", None)]


async def test_a_helper_acts_for_an_elder_until_that_ends(office: Office) -> None:
    key, till = await office.key("operator"), await office.key("cashier", owner="out_shop")
    helper = (await office.call("POST", "members", key=key, json={"reference": "h", "name": "王小二"})).json()["id"]
    stranger = await office.post("cards", {"owner": "hh_1", "carrier": "qr", "member": helper}, key=key)
    assert (stranger.status_code, stranger.json()["code"]) == (422, "not_a_helper")
    wanted = {"owner": "hh_1", "member": helper, "per_day": 20, "per_spend": 10}
    twice = await asyncio.gather(*(office.post("helpers", wanted, key=key, idempotency="a") for _ in range(2)))
    assert {answer.status_code for answer in twice} == {201} and len({answer.content for answer in twice}) == 1
    again = await office.post("helpers", wanted, key=key)
    assert (again.status_code, again.json()["code"]) == (409, "helper_in_office")
    card = await issued(office, key, member=helper)
    status, shown = await present(office, till, code=card["code"])
    assert (status, shown["is_helper"], shown["member_name"]) == (200, True, "王*二")
    assert (shown["owner"], shown["helper_per_day"], shown["helper_per_spend"]) == ("hh_1", 20, 10)
    ended = await office.call("POST", f"helpers/{twice[0].json()['helper']}/end", key=key)
    assert ended.json()["ended_by"] == "operator:test"
    status, refused = await present(office, till, code=card["code"])
    assert (status, refused["code"]) == (409, "helper_ended")


async def test_a_helper_of_yesterday_is_refused_today(office: Office) -> None:
    key, till = await office.key("operator"), await office.key("cashier", owner="out_shop")
    helper = (await office.call("POST", "members", key=key, json={"reference": "h"})).json()["id"]
    await office.post("helpers", {"owner": "hh_1", "member": helper, "until": "2026-01-01"}, key=key)
    late = await office.post("cards", {"owner": "hh_1", "carrier": "qr", "member": helper}, key=key)
    assert late.json()["code"] == "not_a_helper"
    await office.post("helpers", {"owner": "hh_1", "member": helper, "until": "2099-01-01"}, key=key)
    card = await issued(office, key, member=helper)
    assert (await present(office, till, code=card["code"]))[0] == 200
    await office.village.let_days_pass(40_000)
    assert (await present(office, till, code=card["code"]))[1]["code"] == "helper_ended"


async def test_a_sheet_of_cards_shows_fresh_codes(office: Office) -> None:
    key, till = await office.key("operator"), await office.key("cashier", owner="out_shop")
    first = await issued(office, key, active=False)
    second = await issued(office, key, active=False, carrier="barcode", number="9")
    sheet = await office.call("POST", "card-sheets", key=key, json={"cards": [first["card"], second["card"]]})
    assert (sheet.status_code, sheet.headers["cache-control"]) == (200, "no-store")
    assert "svg" in sheet.text and "script" not in sheet.text
    codes = re.findall(r"<p>([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})</p>", sheet.text)
    assert len(codes) == 2 and first["code"] not in codes
    await office.call("POST", f"cards/{first['card']}/activate", key=key)
    assert (await present(office, till, code=codes[0]))[0] == 200
    refused = await office.call("POST", "card-sheets", key=key, json={"cards": [first["card"]]})
    assert refused.status_code == 409


async def test_a_card_of_nobody_or_nothing_is_refused(office: Office) -> None:
    key = await office.key("operator")
    for body in (
        {"carrier": "qr", "owner": "mer_barber"},
        {"carrier": "passbook"},
        {"carrier": "nfc"},
        {"carrier": "nfc", "nfc_number": "xyz"},
        {"carrier": "gold"},
        {"carrier": "qr", "number": "=1+1"},
        {"carrier": "qr", "number": "1\u202e2"},
        {"carrier": "qr", "number": "1\u0000"},
        {"carrier": "qr", "member": "hh_1"},
    ):
        answer = await office.post("cards", {"owner": "hh_1", **body}, key=key)
        assert answer.status_code == 400, body
    assert (await office.post("cards", {"owner": "hh_404", "carrier": "qr"}, key=key)).status_code == 404
    assert await office.village.rows("SELECT id FROM card") == []


async def test_the_database_itself_keeps_a_card_from_coming_back(office: Office) -> None:
    key = await office.key("operator")
    card = await issued(office, key)
    await office.call("POST", f"cards/{card['card']}/block", key=key, json={})
    connection = office.village.connection
    for change in (
        "UPDATE card SET state = 'active'",
        "UPDATE card SET code_hash = 'x'",
        "UPDATE card SET state = 'pending', blocked_at = NULL",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
            async with connection.transaction():
                await show_programmes(connection, [office.village.slug])
                await connection.execute(change)
        assert refused.value.constraint_name == "card_life_goes_forward"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("DELETE FROM card")
