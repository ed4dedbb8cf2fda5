"""A counter to be tried: goods, a card for a household, and the ways of its pages."""

import re
from collections.abc import Mapping
from typing import Any

import httpx

from tests.api.client import Office
from tests.api.test_cards import issued
from tests.village import gift, receive

PAGE = {"Accept": "text/html", "Accept-Language": "en"}
TILL = "/counter/village"


async def stocked(office: Office) -> str:
    """A key of the shop's terminal; hh_1 has 100 points, and there are 5 packs of tissue at 30 and 5 soaps at 5."""
    await office.village.post(("a", gift()), ("b", receive(5)), ("c", receive(5, item="soap")))
    return await office.key("cashier", owner="out_shop")


async def card_of(office: Office, owner: str = "hh_1", **more: Any) -> dict[str, Any]:
    """In use, with its code."""
    return await issued(office, await office.key("operator"), owner=owner, **more)


async def ask(office: Office, path: str, key: str) -> httpx.Response:
    return await office.call("GET", path, key=key, headers=PAGE, follow_redirects=True)


async def send(office: Office, path: str, key: str, fields: Mapping[str, str | list[str]]) -> httpx.Response:
    return await office.call("POST", f"{TILL}/{path}", key=key, headers=PAGE, data=fields)


async def serving(office: Office) -> str:
    """The same, with the card of hh_1 shown."""
    key = await stocked(office)
    shown = await send(office, "card", key, {"card": (await card_of(office))["code"]})
    assert shown.status_code == 303, shown.text
    return key


def form_of(page: str) -> dict[str, str | list[str]]:
    """The hidden fields of the form that sells."""
    form = next(form for form in page.split("<form ")[1:] if 'name="label"' in form).split("</form>")[0]
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form):
        fields.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


async def sales(office: Office) -> int:
    [row] = await office.village.rows("SELECT count(*) AS rows FROM journal WHERE kind = 'redeem' AND entry_count > 0")
    return int(row["rows"])
