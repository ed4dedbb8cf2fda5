"""The pages of a counter as forms: one sale a basket, refusals with their numbers, nothing of another outlet."""

import asyncio
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from ledger.core.programme import LabelPolicy
from ledger.core.spending import CashPart, Spending
from ledger.web.presented import read_presented
from tests.api.client import Office
from tests.api.test_card_sales import PIN, counter, give_pin
from tests.api.test_market import dearer, publish
from tests.village import gift, receive, redeem
from tests.web.counters import PAGE, TILL, ask, card_of, form_of, sales, send, serving, stocked
from tests.web.scanner import scanned_codes


async def test_a_basket_that_is_sent_many_times_at_once_is_sold_once(office: Office) -> None:
    key = await serving(office)
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
    key = await serving(office)
    page = await ask(office, f"{TILL}/sale?owner=hh_1&basket=soap.1", key)
    made = await send(office, "sale", key, form_of(page.text))
    back = await office.call("GET", str(page.url.raw_path.decode()), key=key, headers=PAGE)
    assert back.status_code == 303
    assert urlsplit(back.headers["location"]).path == urlsplit(made.headers["location"]).path


def words(page: str) -> str:
    """What a page says, in one line."""
    return " ".join(re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL).split())


async def test_what_is_refused_names_its_numbers_and_may_be_tried_again_under_another_key(office: Office) -> None:
    key = await serving(office)
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
    key = await serving(office)
    page = await ask(office, f"{TILL}/sale?owner=hh_1&basket=soap.9", key)
    assert "on the shelf" in page.text
    refused = await send(office, "sale", key, form_of(page.text))
    assert refused.status_code == 422 and "one" in refused.text.split("<h2>")[1].split("</div>")[0]


async def test_a_price_that_changed_while_the_page_stood_is_refused_with_both(office: Office) -> None:
    key = await serving(office)
    fields = form_of((await ask(office, f"{TILL}/sale?owner=hh_1&basket=tissue.1", key)).text)
    refused = await send(office, "sale", key, {**fields, "label": "25"})
    assert refused.status_code == 409 and "25" in refused.text and "30" in refused.text
    assert form_of(refused.text)["label"] == "30"


async def test_scanning_puts_pieces_in_and_unknown_words_are_looked_for(office: Office) -> None:
    key = await serving(office)
    put = await office.call("GET", f"{TILL}/sale?owner=hh_1&basket=soap.1&scan=2*soap", key=key, headers=PAGE)
    assert parse_qs(urlsplit(put.headers["location"]).query)["basket"] == ["soap.3"]
    sought = await ask(office, f"{TILL}/sale?owner=hh_1&scan=nothing-of-the-kind", key)
    assert "Looking for" in sought.text and "0" in sought.text
    assert "Add one" in (await ask(office, f"{TILL}/sale?owner=hh_1&scan=ONE", key)).text


async def test_the_bars_of_a_printed_shelf_label_put_the_piece_in(office: Office) -> None:
    key = await serving(office)
    sheet = await office.call("GET", "label-sheets?paper=label", key=await office.key("operator"))
    assert sorted(scanned_codes(sheet.text)) == ["soap.1", "tissue.1"]
    for code in scanned_codes(sheet.text):
        put = await ask(office, f"{TILL}/sale?owner=hh_1&scan={code}", key)
        assert form_of(put.text)["item"] == code.removesuffix(".1") and "the price is now" not in words(put.text)
    unknown = await ask(office, f"{TILL}/sale?owner=hh_1&scan=soap.7", key)
    assert "Looking for" in unknown.text, "no such label was ever printed"


async def test_an_old_label_is_told_with_both_prices_and_honoured_where_the_programme_says_so(office: Office) -> None:
    key = await serving(office)
    await publish(office.village, dearer())
    old = await ask(office, f"{TILL}/sale?owner=hh_1&scan=2*soap.1", key)
    assert "says 5 points, the price is now 8" in words(old.text) and "change the shelf label" in old.text
    assert form_of(old.text)["label"] == "8" and form_of(old.text)["fen"] == "100"
    await publish(office.village, labels=LabelPolicy.HONOUR)
    page = await ask(office, f"{TILL}/sale?owner=hh_1&scan=2*soap.1", key)
    assert "The label is honoured" in page.text
    fields = form_of(page.text)
    assert (fields["item"], fields["label"], fields["fen"]) == ("soap:1", "5", "0")
    more = await ask(
        office, re.findall(r'href="([^"]+)" aria-label="One more', page.text)[0].replace("&amp;", "&"), key
    )
    assert form_of(more.text)["quantity"] == "3"
    short = await send(office, "sale", key, {**fields, "quantity": "9"})
    assert short.status_code == 422 and form_of(short.text)["item"] == "soap:1"
    assert (await send(office, "sale", key, {**form_of(short.text), "quantity": "2"})).status_code == 303
    assert await office.village.total("hh_1") == 100 - 10


async def test_a_part_of_the_price_is_paid_in_money_where_the_programme_lets_it(office: Office) -> None:
    key = await serving(office)
    where = f"{TILL}/sale?owner=hh_1&basket=tissue.3"
    assert 'id="cash"' not in (await ask(office, where, key)).text
    await publish(office.village, spending=Spending(cash=CashPart(fen_per_point=10, least_points=20)))
    assert 'max="70"' in (await ask(office, where, key)).text
    page = await ask(office, f"{where}&cash=40", key)
    assert "Left after it 50" in words(page.text) and "¥4.00" in page.text
    much = await ask(office, f"{where}&cash=9999", key)
    assert form_of(much.text)["fen"] == "700", "no more than the programme lets"
    again = await send(office, "sale", key, {**form_of(page.text), "label": "29"})
    assert again.status_code == 409 and form_of(again.text)["fen"] == "400"
    assert (await send(office, "sale", key, form_of(again.text))).status_code == 303
    assert await office.village.total("hh_1") == 50
    assert await office.village.total("out_shop", "till", "cash") == 400


async def test_a_card_that_nobody_has_is_told_and_no_card_is_in_any_address(office: Office) -> None:
    key = await stocked(office)
    for card in ("", "nobody", "hh_1", "x' OR 1=1", "<script>", "0000-0000-0000-0000", "\u0000"):
        refused = await send(office, "card", key, {"card": card})
        assert refused.status_code == 404 and "<script>" not in refused.text, card
    code = (await card_of(office))["code"]
    shown = await send(office, "card", key, {"card": code.lower().replace("-", " ")})
    assert shown.status_code == 303 and urlsplit(shown.headers["location"]).path == f"{TILL}/sale"
    assert code.replace("-", "").casefold() not in shown.headers["location"].casefold()
    assert "HttpOnly; SameSite=Strict" in shown.headers["set-cookie"]


async def test_a_card_serves_its_owner_until_the_sale_is_made(office: Office) -> None:
    key = await serving(office)
    other = await ask(office, f"{TILL}/sale?owner=hh_2&basket=soap.1", key)
    assert "show the card once more" in other.text and 'name="label"' not in other.text
    key = await office.key("cashier", owner="out_shop")
    await send(office, "card", key, {"card": (await card_of(office))["code"]})
    fields = form_of((await ask(office, f"{TILL}/sale?owner=hh_1&basket=soap.1", key)).text)
    stranger = await send(office, "sale", key, {**fields, "owner": "hh_2"})
    assert (stranger.status_code, stranger.headers["location"]) == (303, f"{TILL}?again=yes")
    assert (await send(office, "sale", key, fields)).status_code == 303
    after = await send(office, "sale", key, {**fields, "key": "web_000000000000000000"})
    assert after.headers["location"] == f"{TILL}?again=yes"
    assert await sales(office) == 1


async def test_a_blocked_card_is_refused_also_between_two_pages(office: Office) -> None:
    key = await stocked(office)
    card = await card_of(office)
    await send(office, "card", key, {"card": card["code"]})
    fields = form_of((await ask(office, f"{TILL}/sale?owner=hh_1&basket=soap.1", key)).text)
    await office.call("POST", f"cards/{card['card']}/block", key=await office.key("operator"), json={})
    assert (await send(office, "sale", key, fields)).headers["location"] == f"{TILL}?again=yes"
    told = await send(office, "card", key, {"card": card["code"]})
    assert told.status_code == 409 and "is blocked" in told.text
    assert await sales(office) == 0


async def test_a_number_pays_with_its_pin_or_a_document_and_the_card_alone_within_its_limit(office: Office) -> None:
    key, _ = await counter(office)
    card = await card_of(office, number="8001")
    await give_pin(office, card["card"])
    await send(office, "card", key, {"card": "８００１"})
    page = await ask(office, f"{TILL}/sale?owner=hh_1&basket=soap.1", key)
    assert 'name="pin"' in page.text and 'name="document_seen"' in page.text
    refused = await send(office, "sale", key, form_of(page.text))
    assert refused.status_code == 422 and 'name="pin"' in refused.text
    wrong = await send(office, "sale", key, {**form_of(refused.text), "pin": "583921"})
    assert wrong.status_code >= 400 and 'name="pin"' in wrong.text and await sales(office) == 0
    right = await send(office, "sale", key, {**form_of(wrong.text), "pin": PIN})
    assert right.status_code == 303
    await send(office, "card", key, {"card": "8001"})
    page = await ask(office, f"{TILL}/sale?owner=hh_1&basket=soap.1", key)
    assert (await send(office, "sale", key, {**form_of(page.text), "document_seen": "yes"})).status_code == 303
    await send(office, "card", key, {"card": card["code"]})
    within = await ask(office, f"{TILL}/sale?owner=hh_1&basket=soap.2", key)
    assert 'name="pin"' not in within.text
    assert 'name="pin"' in (await ask(office, f"{TILL}/sale?owner=hh_1&basket=soap.3", key)).text


@pytest.mark.parametrize(
    ("typed", "kinds"),
    [
        ("ABCD-EFGH-JKMN-PQRS", ["code", "number"]), ("8001", ["number"]),
        ("０４ａｂ１２ｆｆ", ["number", "nfc_number"]), ("", []), ("a b", []), ("卡", []),
    ],
)  # fmt: skip
def test_what_is_typed_is_taken_for_what_it_may_be(typed: str, kinds: list[str]) -> None:
    told = [
        next(kind for kind in ("code", "number", "nfc_number") if getattr(presented, kind) is not None)
        for presented in read_presented(typed)
    ]
    assert told == kinds


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


async def test_goods_come_back_by_the_code_of_their_receipt_once(office: Office) -> None:
    key = await stocked(office)
    [sold, elsewhere_goods, elsewhere] = await office.village.post(
        ("sold", redeem(quantity=2)), ("goods", receive(5, outlet="out_fair")), ("fair", redeem(outlet="out_fair"))
    )
    assert elsewhere_goods.receipt is not None
    found = await ask(office, f"{TILL}/refund?code={str(sold.transaction).upper()}", key)
    assert found.status_code == 200 and 'max="2"' in found.text
    address = found.url.raw_path.decode()
    [kept] = re.findall(r'name="key" value="([^"]+)"', found.text)
    assert kept in address and kept in (await ask(office, address, key)).text, "a reload keeps its key"
    form: dict[str, str | list[str]] = {
        "transaction": str(sold.transaction), "key": kept, "item": "tissue", "quantity": "1",
        "goods": "restock",
    }  # fmt: skip
    nothing = await send(office, "refund", key, {**form, "quantity": "0"})
    assert nothing.status_code == 409 and "nothing was posted" in nothing.text
    answers = [await send(office, "refund", key, form) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {303}
    assert await office.village.total("hh_1") == 100 - 60 - 30 + 30
    done = await ask(office, answers[1].headers["location"], key)
    assert "Taken back: 30" in done.text and "nothing was given back a second time" in done.text
    back = await ask(office, address, key)
    assert "nothing was given back a second time" in back.text, "the page of a refund that was made leads to it"
    more = await send(office, "refund", key, {**form, "key": "web_000000000000000002", "quantity": "2"})
    refused = await ask(office, f"{address.partition('&key')[0]}&key=web_000000000000000002", key)
    assert "web_000000000000000002" not in refused.text, "a key that was refused is not used again"
    assert more.status_code == 422 and "2" in more.text and await office.village.total("hh_1") == 40
    for code in (str(elsewhere.transaction), "txn_none", "'"):
        assert (await ask(office, f"{TILL}/refund?code={code}", key)).status_code == 404
    foreign = await send(office, "refund", key, {**form, "transaction": str(elsewhere.transaction)})
    assert foreign.status_code == 404
