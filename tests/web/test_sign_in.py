"""The doors of the pages: who is let in, what is told to whom is not, and what a stranger's page cannot do."""

import re
from typing import Any

import httpx

from tests.api.client import ADDRESS, Office
from tests.api.test_card_sales import PIN, give_pin
from tests.api.test_sessions import PASSWORD, add
from tests.web.counters import PAGE, TILL, card_of, sales, stocked

HERE = {**PAGE, "Origin": ADDRESS}
MY = "/my/village"


async def post(office: Office, path: str, fields: dict[str, Any], **headers: str) -> httpx.Response:
    return await office.call("POST", path, key=None, headers={**HERE, **headers}, data=fields)


async def see(office: Office, path: str) -> httpx.Response:
    return await office.call("GET", path, key=None, headers=PAGE)


async def resident(office: Office) -> str:
    """The code of a card with its PIN."""
    card = await card_of(office, number="8001")
    await give_pin(office, card["card"])
    return str(card["code"])


def token_of(page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


async def test_a_resident_enters_by_card_and_pin_and_leaves(office: Office) -> None:
    code = await resident(office)
    door = await see(office, MY)
    assert (door.status_code, door.headers["location"]) == (303, f"{MY}/sign-in")
    entered = await post(office, f"{MY}/sign-in", {"card": code, "pin": "５８３９２０"})
    assert (entered.status_code, entered.headers["location"]) == (303, MY)
    assert "HttpOnly; SameSite=Lax" in entered.headers["set-cookie"]
    home = await see(office, MY)
    assert home.status_code == 200 and "bignumber" in home.text
    cookie = office.client.cookies["ledger"]
    left = await post(office, f"{MY}/sign-out", {"token": token_of(home.text)})
    assert left.headers["location"] == f"{MY}/sign-in?bye=yes" and "ledger" not in office.client.cookies
    office.client.cookies.set("ledger", cookie, domain="ledger.test")
    ended = await see(office, MY)
    assert ended.headers["location"] == f"{MY}/sign-in?ended=yes"
    assert "Nothing is lost" in (await see(office, f"{MY}/sign-in?ended=yes")).text


async def test_by_number_too_and_wrong_pins_come_to_an_end(office: Office) -> None:
    await resident(office)
    told = [await post(office, f"{MY}/sign-in", {"card": "8001", "pin": "583921"}) for _ in range(6)]
    assert [answer.status_code for answer in told] == [401] * 5 + [429]
    assert "card or password is not right" in told[0].text and "Try again in" in told[5].text
    locked = await post(office, f"{MY}/sign-in", {"card": "8001", "pin": PIN})
    assert locked.status_code == 429 and "set-cookie" not in locked.headers


async def test_cards_that_nobody_has_are_counted_and_not_told_apart(office: Office) -> None:
    told = [await post(office, f"{MY}/sign-in", {"card": str(card), "pin": PIN}) for card in range(9000, 9007)]
    assert [answer.status_code for answer in told] == [401] * 5 + [429] * 2
    assert "card or password is not right" in told[0].text


async def test_another_page_signs_nobody_in_and_sends_no_form(office: Office) -> None:
    code = await resident(office)
    for origin in ("https://elsewhere.test", "null", ""):
        answer = await post(office, f"{MY}/sign-in", {"card": code, "pin": PIN}, Origin=origin)
        assert answer.status_code == 403 and "set-cookie" not in answer.headers
    key = await stocked(office)
    assert (await post(office, f"{TILL}/sign-in", {"key": key}, Origin="null")).status_code == 403
    assert (await post(office, f"{TILL}/sign-in", {"key": key})).status_code == 303
    counter = await see(office, TILL)
    for token in ("", "0" * 32):
        refused = await post(office, f"{TILL}/card", {"card": code, "token": token})
        assert refused.status_code == 403, token
    foreign = await post(office, f"{TILL}/card", {"card": code, "token": token_of(counter.text)}, Origin="null")
    assert foreign.status_code == 403
    shown = await post(office, f"{TILL}/card", {"card": code, "token": token_of(counter.text)})
    assert shown.status_code == 303
    sale = {"owner": "hh_1", "key": "web_000000000000000000", "item": "soap", "quantity": "1", "label": "5"}
    assert (await post(office, f"{TILL}/sale", sale)).status_code == 403
    assert await sales(office) == 0
    done = await post(office, f"{TILL}/sale", {**sale, "token": token_of(counter.text)})
    assert done.status_code == 303 and await sales(office) == 1


async def test_a_counter_is_opened_by_its_key_or_a_cashiers_password_alone(office: Office) -> None:
    admin = await office.key("admin")
    wrong = [
        await office.key("operator"), await office.key("merchant", owner="mer_barber"), "pl_nothing",
        await office.key("cashier", programme="village"),
    ]  # fmt: skip
    for key in wrong:
        refused = await post(office, f"{TILL}/sign-in", {"key": key})
        assert refused.status_code == 401 and key not in refused.text
    till = {"role": "cashier", "programme": "village", "owner": "out_shop"}
    await add(office, admin, "wang", **till)
    await add(office, admin, "li")
    assert (await post(office, f"{TILL}/sign-in", {"user_name": "li", "password": PASSWORD})).status_code >= 400
    assert (await post(office, f"{TILL}/sign-in", {"user_name": "wang", "password": "no"})).status_code == 401
    entered = await post(office, f"{TILL}/sign-in", {"user_name": "wang", "password": PASSWORD})
    assert entered.status_code == 303
    assert "Next resident" in (await see(office, TILL)).text


async def test_a_withdrawn_key_closes_the_counter(office: Office) -> None:
    key = await office.key("cashier", owner="out_shop")
    await post(office, f"{TILL}/sign-in", {"key": key})
    assert (await see(office, TILL)).status_code == 200
    admin = await office.key("admin")
    revoked = await office.call("POST", f"/v1/keys/key_{key.split('_')[1]}/revoke", key=admin)
    assert revoked.status_code == 200, revoked.text
    assert (await see(office, TILL)).headers["location"] == f"{TILL}/sign-in?ended=yes"
