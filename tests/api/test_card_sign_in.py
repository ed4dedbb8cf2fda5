"""Residents sign in by card and PIN: nothing is learnt by guessing, and the session ends with the card."""

import asyncio
from collections import Counter

import httpx

from tests.api.client import Office

PIN = "804173"


async def card_of(office: Office, key: str, owner: str = "hh_1") -> tuple[str, str]:
    """A card in use with a PIN, and its code."""
    issued = await office.post("cards", {"owner": owner, "carrier": "qr"}, key=key)
    card = issued.json()["card"]
    code = (await office.call("POST", f"cards/{card}/print", key=key)).json()["code"]
    await office.call("POST", f"cards/{card}/activate", key=key)
    assert (await office.call("POST", f"cards/{card}/pin", key=key, json={"pin": PIN})).status_code == 200
    return card, code


async def sign_in(office: Office, code: str, pin: str = PIN) -> httpx.Response:
    return await office.call("POST", "sign-in", key=None, json={"card": {"code": code}, "pin": pin})


async def test_a_resident_signs_in_and_sees_his_own(office: Office) -> None:
    operator = await office.key("operator")
    card, code = await card_of(office, operator)
    signed_in = await sign_in(office, code)
    assert signed_in.headers["Cache-Control"] == "no-store"
    held = signed_in.json()["token"]
    for owner, status in (("hh_1", 200), ("hh_2", 404)):
        assert (await office.call("GET", f"accounts/{owner}/balances", key=held)).status_code == status
    assert (await office.call("GET", "/v1/people", key=held)).status_code == 403
    other, _ = await card_of(office, operator, "hh_2")
    assert (await office.call("POST", f"cards/{other}/pin", key=held, json={"pin": "571846"})).status_code == 404
    assert (await office.call("POST", f"cards/{card}/pin", key=held, json={"pin": "123456"})).status_code == 422
    assert (await office.call("POST", f"cards/{card}/pin", key=held, json={"pin": "571846"})).status_code == 200
    assert (await sign_in(office, code)).status_code == 401
    assert (await sign_in(office, code, "571846")).status_code == 200
    await office.call("POST", f"cards/{card}/block", key=operator, json={})
    await asyncio.sleep(2)
    assert (await office.call("GET", "accounts/hh_1/balances", key=held)).status_code == 401
    assert (await sign_in(office, code, "571846")).status_code == 401


async def test_a_card_that_is_not_there_answers_as_a_wrong_pin(office: Office) -> None:
    _, code = await card_of(office, await office.key("operator"))
    wrong, unknown = await sign_in(office, code, "571846"), await sign_in(office, "0000000000000000")
    assert wrong.status_code == 401 and {**wrong.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}


async def test_twenty_guesses_over_http_are_five(office: Office) -> None:
    _, code = await card_of(office, await office.key("operator"))
    said = Counter(
        answer.status_code
        for answer in await asyncio.gather(*(sign_in(office, code, f"80417{n % 3}") for n in range(16)))
    )
    assert said == {401: 5, 429: 11}
    assert (await sign_in(office, code)).status_code == 429
