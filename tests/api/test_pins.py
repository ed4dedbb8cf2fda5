"""PINs over HTTP: set at the desk or by the holder, never an easy one, never of somebody else's card."""

from tests.api.client import Office
from tests.api.test_card_sales import PIN, counter, soap
from tests.api.test_cards import issued


async def test_a_pin_is_set_changed_and_pays(office: Office) -> None:
    till, worker = await counter(office)
    card = await issued(office, worker, number="8001")
    path, told = f"cards/{card['card']}/pin", {"card": {"number": "8001"}}
    first = await office.call("POST", path, key=worker, json={"pin": PIN})
    assert (first.status_code, first.json()["card"]) == (200, card["card"]) and PIN not in first.text
    assert (await office.post("redemptions", soap(**told, pin=PIN), key=till)).status_code == 201
    holder = await office.key("resident", owner="hh_1")
    assert (await office.call("POST", path, key=holder, json={"pin": "771204"})).status_code == 200
    assert (await office.post("redemptions", soap(**told, pin=PIN), key=till)).json()["code"] == "pin_wrong"
    assert (await office.post("redemptions", soap(**told, pin="771204"), key=till)).status_code == 201


async def test_what_is_easy_or_foreign_is_refused(office: Office) -> None:
    _, worker = await counter(office)
    path = f"cards/{(await issued(office, worker))['card']}/pin"
    assert (await office.call("POST", path, key=worker, json={"pin": "123456"})).json()["code"] == "pin_too_easy"
    assert (await office.call("POST", path, key=worker, json={"pin": "1234567"})).status_code == 400
    stranger = await office.key("resident", owner="hh_2")
    assert (await office.call("POST", path, key=stranger, json={"pin": PIN})).status_code == 404
