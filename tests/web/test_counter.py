"""The pages of a counter as forms: one sale a basket, refusals with their numbers, nothing of another outlet."""

import asyncio
import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.api.client import Office
from tests.village import gift, receive, redeem

PAGE = {"Accept": "text/html", "Accept-Language": "en"}
TILL = "/counter/village"


async def stocked(office: Office) -> str:
    """A key of the shop's terminal; hh_1 has 100 points, and there are 5 packs of tissue at 30."""
    await office.village.post(("a", gift()), ("b", receive(5)), ("c", receive(5, item="soap")))
    return await office.key("cashier", owner="out_shop")


async def ask(office: Office, path: str, key: str) -> httpx.Response:
    return await office.call("GET", path, key=key, headers=PAGE, follow_redirects=True)


async def send(office: Office, path: str, key: str, fields: Mapping[str, str | list[str]]) -> httpx.Response:
    return await office.call("POST", f"{TILL}/{path}", key=key, headers=PAGE, data=fields)


def form_of(page: str) -> dict[str, str | list[str]]:
    """The hidden fields of the form that sells."""
    form = page[page.index('method="post"') :].split("</form>")[0]
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form):
        fields.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


async def sales(office: Office) -> int:
    [row] = await office.village.rows("SELECT count(*) AS rows FROM journal WHERE kind = 'redeem' AND entry_count > 0")
    return int(row["rows"])


async def test_a_basket_that_is_sent_many_times_at_once_is_sold_once(office: Office) -> None:
    key = await stocked(office)
    page = await ask(office, f"{TILL}/sale?owner=hh_1&basket=tissue.2,soap.1", key)
    fields = form_of(page.text)
    answers = await asyncio.gather(*(send(office, "sale", key, fields) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {303}
    assert len({urlsplit(answer.headers["location"]).path for answer in answers}) == 1
    assert await sales(office) == 1
    assert await office.village.total("hh_1") == 100 - 65
    again = await ask(office, answers[0].headers["location"].partition("?")[0] + "?again=yes", key)
    assert "nothing was taken a second time" in again.text


async def test_the_address_of_a_sale_that_was_made_leads_to_what_was_made(office: Office) -> None:
    key = await stocked(office)
    page = await ask(office, f"{TILL}/sale?owner=hh_1&basket=soap.1", key)
    made = await send(office, "sale", key, form_of(page.text))
    back = await office.call("GET", str(page.url.raw_path.decode()), key=key, headers=PAGE)
    assert back.status_code == 303
    assert urlsplit(back.headers["location"]).path == urlsplit(made.headers["location"]).path


async def test_what_is_refused_names_its_numbers_and_may_be_tried_again_under_another_key(office: Office) -> None:
    key = await stocked(office)
    page = await ask(office, f"{TILL}/sale?owner=hh_1&basket=tissue.4", key)
    assert "Missing" in page.text and ">20 points<" in page.text
    fields = form_of(page.text)
    refused = await send(office, "sale", key, fields)
    assert refused.status_code == 422
    assert re.search(r"120.*100.*20", re.sub(r"<[^>]+>|\s+", " ", refused.text))
    later = form_of(refused.text)
    assert later["key"] != fields["key"]
    await office.village.post(("more", gift()))
    assert (await send(office, "sale", key, fields)).status_code == 422
    assert (await send(office, "sale", key, later)).status_code == 303
    assert await sales(office) == 1


async def test_goods_are_named_when_they_are_not_there(office: Office) -> None:
    key = await stocked(office)
    page = await ask(office, f"{TILL}/sale?owner=hh_1&basket=soap.9", key)
    assert "on the shelf" in page.text
    refused = await send(office, "sale", key, form_of(page.text))
    assert refused.status_code == 422 and "one" in refused.text.split("<h2>")[1].split("</div>")[0]


async def test_a_price_that_changed_while_the_page_stood_is_refused_with_both(office: Office) -> None:
    key = await stocked(office)
    fields = form_of((await ask(office, f"{TILL}/sale?owner=hh_1&basket=tissue.1", key)).text)
    refused = await send(office, "sale", key, {**fields, "label": "25"})
    assert refused.status_code == 409 and "25" in refused.text and "30" in refused.text
    assert form_of(refused.text)["label"] == "30"


async def test_scanning_puts_pieces_in_and_unknown_words_are_looked_for(office: Office) -> None:
    key = await stocked(office)
    put = await office.call("GET", f"{TILL}/sale?owner=hh_1&basket=soap.1&scan=2*soap", key=key, headers=PAGE)
    assert parse_qs(urlsplit(put.headers["location"]).query)["basket"] == ["soap.3"]
    sought = await ask(office, f"{TILL}/sale?owner=hh_1&scan=nothing-of-the-kind", key)
    assert "Looking for" in sought.text and "0" in sought.text
    assert "Add one" in (await ask(office, f"{TILL}/sale?owner=hh_1&scan=ONE", key)).text


async def test_a_card_that_nobody_has_is_told_and_not_in_any_address(office: Office) -> None:
    key = await stocked(office)
    for card in ("", "nobody", "out_shop", "x' OR 1=1", "<script>"):
        refused = await send(office, "card", key, {"card": card})
        assert refused.status_code == 404 and "<script>" not in refused.text
    shown = await send(office, "card", key, {"card": "hh_1"})
    assert shown.status_code == 303 and urlsplit(shown.headers["location"]).path == f"{TILL}/sale"


async def test_what_another_outlet_sold_is_not_shown(office: Office) -> None:
    key = await stocked(office)
    await office.village.post(("fair", receive(5, outlet="out_fair")))
    [elsewhere] = await office.village.post(("sold", redeem(outlet="out_fair")))
    assert (await ask(office, f"{TILL}/sales/{elsewhere.transaction}", key)).status_code == 404
    unbound = await office.key("cashier", programme="village")
    assert (await ask(office, TILL, unbound)).status_code == 403


async def test_what_a_page_never_sends_is_malformed(office: Office) -> None:
    key = await stocked(office)
    good = {"owner": "hh_1", "key": "web_000000000000000000", "item": "soap", "quantity": "1", "label": "5"}
    for change in ({"quantity": "0"}, {"quantity": ["1", "2"]}, {"key": "mine"}, {"owner": "out_shop"}, {"fen": "-1"}):
        answer = await send(office, "sale", key, {**good, **change})
        assert (answer.status_code, answer.headers["content-type"][:9]) == (400, "text/html"), change
    for query in ("owner=hh_1&basket=soap", "owner=hh_1&basket=soap.0", "basket=soap.1", "owner=hh_1&key=1"):
        assert (await ask(office, f"{TILL}/sale?{query}", key)).status_code == 400, query
    assert await sales(office) == 0
