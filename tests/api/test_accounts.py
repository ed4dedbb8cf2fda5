"""Balances and statements over HTTP."""

import asyncio
import json
from pathlib import Path

import jsonschema_rs

from tests.api.client import Office
from tests.village import gift, haircut, receive, redeem

ROOT = Path(__file__).parents[2]


async def test_balances_tell_every_purse_with_its_version(office: Office) -> None:
    key = await office.key("auditor")
    await office.village.post(("a", gift()), ("b", receive(5)), ("c", redeem()))
    told = (await office.call("GET", "accounts/hh_1/balances", key=key)).json()
    [main] = told["balances"]
    assert told["available"] == 70
    assert (main["unit"], main["purse"], main["amount"], main["version"], main["scale"]) == ("points", "main", 70, 2, 0)
    assert main["next_expiry"]["amount"] == 70
    assert told["next_activation"] is None


async def test_somebody_without_points_has_nothing(office: Office) -> None:
    key = await office.key("auditor")
    told = (await office.call("GET", "accounts/hh_2/balances", key=key)).json()
    assert told == {"owner": "hh_2", "balances": [], "available": 0, "next_activation": None}
    nobody = await office.call("GET", "accounts/hh_404/balances", key=key)
    assert (nobody.status_code, nobody.json()["code"]) == (404, "not_found")


async def test_what_never_lapses_has_no_last_day_in_any_answer(office: Office) -> None:
    """A receipt says it as balances and statements do, also when it comes again and when it is asked for later."""
    key = await office.key("admin")
    hours = {"owner": "hh_1", "amount": 45, "unit": "service_minutes", "note": '"expires_on":"9999-01-01"'}
    first = await office.post("openings", hours, key=key, idempotency="o-1")
    again = await office.post("openings", hours, key=key, idempotency="o-1")
    later = await office.call("GET", f"transactions/{first.json()['transaction']}", key=key)
    assert (first.status_code, again.content, later.content) == (201, first.content, first.content)
    assert [entry["expires_on"] for entry in first.json()["entries"]] == [None, None]
    assert first.json()["about"]["note"] == hours["note"]
    validator = jsonschema_rs.validator_for(json.loads((ROOT / "schemas" / "receipt.json").read_bytes()))
    assert [str(error) for error in validator.iter_errors(first.json())] == []
    item = {"idempotency_key": "c", "command": {"verb": "open", **hours}}
    many = await office.call("POST", "commands", key=key, json={"commands": [item]})
    assert many.status_code == 200 and b'"expires_on":"9999' not in many.content, many.text
    told = (await office.call("GET", "accounts/hh_1/statement?unit=service_minutes", key=key)).json()
    assert {line["expires_on"] for line in told["lines"]} == {None}


async def test_many_ask_at_once_and_each_gets_its_own(office: Office) -> None:
    key = await office.key("auditor")
    await office.village.post(("a", gift("hh_1")), ("b", gift("hh_3")), ("c", gift("hh_3")))
    owners = ["hh_1", "hh_2", "hh_3"] * 20
    answers = await asyncio.gather(*(office.call("GET", f"accounts/{owner}/balances", key=key) for owner in owners))
    assert [answer.json()["available"] for answer in answers] == [100, 0, 200] * 20


async def test_statement_pages_are_complete_and_stay_while_new_lines_come(office: Office) -> None:
    key = await office.key("auditor")
    await office.village.post(*((f"g{n}", gift()) for n in range(7)), ("h", haircut()))
    seen, cursor = [], ""
    for page in range(4):
        answer = await office.call("GET", f"accounts/hh_1/statement?limit=3{cursor}", key=key)
        told = answer.json()
        seen += told["lines"]
        await office.village.post((f"later{page}", gift()))
        if told["next_cursor"] is None:
            break
        cursor = f"&cursor={told['next_cursor']}"
    assert [line["version"] for line in seen] == [8, 7, 6, 5, 4, 3, 2, 1]
    assert [line["balance"] for line in seen] == [680, 700, 600, 500, 400, 300, 200, 100]
    assert seen[0]["title"]["en"] == "Redemption: one ×1"
    assert seen[1]["title"] == {"zh": "一", "en": "one"}
    assert {line["kind"] for line in seen} == {"award", "redeem"}


async def test_the_last_full_page_has_no_cursor(office: Office) -> None:
    key = await office.key("auditor")
    await office.village.post(*((f"g{n}", gift()) for n in range(3)))
    told = (await office.call("GET", "accounts/hh_1/statement?limit=3", key=key)).json()
    assert (len(told["lines"]), told["next_cursor"]) == (3, None)


async def test_stock_is_told_by_item_page_after_page(office: Office) -> None:
    key = await office.key("cashier", owner="out_shop")
    await office.village.post(("a", receive(5)), ("b", receive(7, item="soap")))
    first = (await office.call("GET", "outlets/out_shop/stock?limit=1", key=key)).json()
    assert [(line["item"], line["stock"]) for line in first["items"]] == [("soap", 7)]
    rest = (await office.call("GET", f"outlets/out_shop/stock?limit=1&cursor={first['next_cursor']}", key=key)).json()
    assert [(line["item"], line["stock"]) for line in rest["items"]] == [("tissue", 5)]
    assert rest["next_cursor"] is None
