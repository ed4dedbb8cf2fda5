"""The supermarket over HTTP: receipts to hold in the hand, labels for the shelf, prices that were, stock that was."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from ledger.actions.publish import publish_catalogue, publish_programme
from ledger.core.cap import Cap
from ledger.core.command import Open
from ledger.core.item import Catalogue, ItemSource, Price
from ledger.core.period import Span, business_day
from ledger.core.programme import LabelPolicy, Listed, Outlet
from ledger.core.spending import CashPart, GiftRatio, Spending
from ledger.core.unit import RuleUnit
from tests.api.client import Office
from tests.api.test_late_sales import late, send, till
from tests.village import BOTH, CATALOGUE, DAY, Village, gift, programme_of, receive

SOAP = {"owner": "hh_1", "outlet": "out_shop", "lines": [{"item": "soap"}]}
OLD, NEW = Price(label=1, from_=date(2026, 1, 1), points=5), Price(label=2, from_=date(2026, 2, 1), points=8, cash=50)


def dearer(**soap: Any) -> Catalogue:
    """Soap costs more since February, and cash beside points."""
    tissue, plain_soap = CATALOGUE.items
    changed = msgspec.structs.replace(plain_soap, **{"prices": (OLD, NEW), **soap})
    return msgspec.structs.replace(CATALOGUE, items=(tissue, changed))


async def publish(village: Village, catalogue: Catalogue | None = None, **policy: Any) -> None:
    programme = msgspec.structs.replace(programme_of(village.slug), **policy)
    await publish_programme(village.connection, programme, node="nod_1", by="system:test")
    if catalogue is not None:
        await publish_catalogue(village.connection, village.slug, catalogue, by="system:test")


def line(**label: int) -> dict[str, Any]:
    return {**SOAP, "lines": [{"item": "soap", **label}]}


async def test_a_receipt_tells_all_that_is_asked_at_the_counter(office: Office) -> None:
    device, key = await till(office)
    await publish(office.village, dearer())
    await office.village.post(("earn", gift()), ("goods", receive(50, item="soap")))
    opening = {"terminal": device, "served_by": "staff:li"}
    shift = (await office.post("shifts", opening, key=key)).json()["shift"]
    sold = (await office.post("redemptions", {**SOAP, "cash_fen": 50}, key=key)).json()
    told = (await office.call("GET", f"transactions/{sold['transaction']}/slip", key=key)).json()
    assert (told["number"], told["points"], told["fen"], told["before"], told["after"]) == (1, 8, 50, 100, 92)
    assert (told["served_by"], told["shift"], told["terminal"]) == ("staff:li", shift, device)
    assert (told["next_expiry"]["amount"], told["lines"][0]["quantity"]) == (92, 1)
    await office.post("redemptions", {**SOAP, "cash_fen": 50}, key=key)
    assert (await office.call("GET", f"transactions/{sold['transaction']}/slip", key=key)).json() == told
    assert (await office.call("GET", "outlets/out_shop/receipts/1", key=key)).json() == told
    assert (await office.call("GET", "outlets/out_shop/receipts/9", key=key)).status_code == 404
    assert (await office.call("GET", "outlets/out_shop/receipts/one", key=key)).status_code == 404
    listed = (await office.call("GET", f"outlets/out_shop/receipts?shift={shift}&limit=1", key=key)).json()
    assert ([one["number"] for one in listed["receipts"]], listed["next_cursor"]) == ([2], 2)
    text = await office.call("GET", f"transactions/{sold['transaction']}/slip/text?lang=en", key=key)
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert "No. 1\n" in text.text and "Served by staff:li\n" in text.text
    page = await office.call("GET", f"transactions/{sold['transaction']}/receipt?lang=en", key=key)
    assert "No. 1" in page.text and "staff:li" in page.text and "Next to lapse" in page.text
    other = await office.key("resident", owner="hh_2")
    assert (await office.call("GET", f"transactions/{sold['transaction']}/slip", key=other)).status_code == 404


async def test_an_old_label_is_refused_with_both_or_honoured(office: Office) -> None:
    key = await office.key("cashier", owner="out_shop")
    await publish(office.village, dearer())
    await office.village.post(("earn", gift()), ("goods", receive(50, item="soap")))
    refused = await office.post("redemptions", line(label=1), key=key)
    assert (refused.status_code, refused.json()["code"]) == (409, "label_changed")
    assert refused.json()["numbers"] == {"item": "soap", "shown": 1, "label": 5, "revision": 2, "price": 8}
    points = (await office.post("redemptions", line(label_points=5), key=key)).json()
    assert points["numbers"] == {"item": "soap", "label": 5, "revision": 2, "price": 8}
    assert (await office.post("redemptions", line(label_points=7), key=key)).json()["numbers"]["label"] == 7
    assert (await office.post("redemptions", {**line(label=2), "cash_fen": 50}, key=key)).status_code == 201
    await publish(office.village, labels=LabelPolicy.HONOUR)
    old = await office.post("redemptions", line(label=1, label_points=5), key=key)
    assert (old.status_code, old.json()["about"]["lines"][0]["points"]) == (201, 5)
    made_up = await office.post("redemptions", line(label_points=1), key=key)
    assert made_up.json()["code"] == "label_changed"


async def test_prices_that_were_are_public(office: Office) -> None:
    await publish(office.village, dearer())
    history = (await office.call("GET", "prices/history?item=soap", key=None)).json()["changes"]
    assert [(one["label"], one["points"], one["points_before"], one["cash"]) for one in history] == [
        (1, 5, None, 0),
        (2, 8, 5, 50),
    ]
    page = (await office.call("GET", "prices/history?limit=1", key=None)).json()
    rest = (await office.call("GET", f"prices/history?cursor={page['next_cursor']}", key=None)).json()
    assert [one["label"] for one in (*page["changes"], *rest["changes"])] == [1, 2, 1]
    table = await office.call("GET", "prices/history/csv", key=None)
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    today = business_day(datetime.now(UTC), "Asia/Shanghai").isoformat()
    assert history[1]["from_day"] == today, "set back to February, it was charged from today on"
    assert f"soap,2,一,one,2,{today},8,50,5,0\r\n" in table.text


async def test_no_later_catalogue_takes_a_price_out_of_the_history(office: Office) -> None:
    device, key = await till(office)
    await office.village.post(("earn", gift()), ("goods", receive(50, item="soap")))
    tissue, _ = CATALOGUE.items
    without_soap = msgspec.structs.replace(CATALOGUE, items=(tissue,))
    for catalogue in (without_soap, dearer(prices=(Price(label=3, from_=date(2026, 1, 1), points=9),)), without_soap):
        await publish(office.village, catalogue)
    history = (await office.call("GET", "prices/history?item=soap", key=None)).json()["changes"]
    assert [(one["number"], one["label"], one["points"], one["points_before"]) for one in history] == [
        (1, 1, 5, None),
        (2, None, None, 5),
        (3, 3, 9, None),
        (4, None, None, 9),
    ]
    table = await office.call("GET", "prices/history/csv", key=None)
    assert "soap,4,一,one,," in table.text
    told = await send(office, device, key, late(1))
    assert told["answers"][0]["outcome"] == "posted", "it was sold while it was still on the shelf"
    sale = await office.post("redemptions", SOAP, key=await office.key("cashier", owner="out_shop"))
    assert sale.json()["code"] == "unknown_item"


async def test_a_second_hand_piece_names_a_donation_that_there_is(office: Office) -> None:
    key = await office.key("admin")
    path = f"{office.base}/catalogues"

    async def ask(item: str, donation: str) -> Any:
        items = [msgspec.structs.replace(one, donation=donation) if one.id == item else one for one in CATALOGUE.items]
        body = msgspec.json.encode(msgspec.structs.replace(CATALOGUE, items=tuple(items)))
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/yaml"}
        return await office.client.post(path, content=body, headers=headers)

    nowhere = await ask("soap", f"don_{1:018d}")
    assert (nowhere.status_code, nowhere.json()["code"]) == (422, "donation_unknown")
    assert nowhere.json()["numbers"] == {"item": "soap", "donation": f"don_{1:018d}"}
    given = await give(office, "soap")
    assert (await ask("tissue", given)).json()["code"] == "donation_unknown", "it was another piece that was given"
    assert (await ask("soap", given)).status_code == 201


async def give(office: Office, item: str) -> str:
    """A piece is given and inspected; answers its donation."""
    award = {"rule": "plenty", "recipient": "hh_3", "facts": {"happened_on": DAY.isoformat()}}
    body = {"outlet": "out_station", "item": item, "award": award}
    given = await office.post("stock/donations", body, key=await office.key("operator"))
    assert given.status_code == 201, given.text
    return str(given.json()["transaction"].replace("txn_", "don_"))


async def test_labels_for_the_shelf(office: Office) -> None:
    donation = await give(office, "soap")
    await publish(office.village, dearer(source=ItemSource.SECOND_HAND, donation=donation, single=True))
    key = await office.key("operator")
    for paper, sheet in (("a4", "size:A4"), ("label", "size:40mm 30mm")):
        page = await office.call("GET", f"label-sheets?paper={paper}&lang=en", key=key)
        assert page.status_code == 200, page.text
        assert sheet in page.text and page.text.count('class="barcode"') == 2
        assert "8 points + ¥0.50" in page.text and "donated by a resident" in page.text
    one = await office.call("GET", "label-sheets?items=tissue", key=key)
    assert one.text.count('class="barcode"') == 1
    assert (await office.call("GET", "label-sheets?items=gold", key=key)).json()["code"] == "unknown_item"


async def test_what_runs_out_and_what_there_was(office: Office) -> None:
    outlets = (Outlet(id="shop", title=BOTH, low_stock=20), Outlet(id="fair", title=BOTH))
    await publish(office.village, dearer(low_stock=8), outlets=outlets)
    await office.village.post(("a", receive(5, item="soap")), ("b", receive(15)))
    key = await office.key("cashier", owner="out_shop")
    low = (await office.call("GET", "outlets/out_shop/low-stock", key=key)).json()["items"]
    assert [(one["item"], one["stock"], one["threshold"]) for one in low] == [("tissue", 15, 20), ("soap", 5, 8)]
    elsewhere = (await office.call("GET", "outlets/out_fair/low-stock", key=await office.key("auditor"))).json()
    assert [(one["item"], one["stock"]) for one in elsewhere["items"]] == [("soap", 0)]
    today = business_day(office.village.shelf.now(), "Asia/Shanghai")
    await office.village.let_days_pass(1)
    await office.village.post(("c", receive(9, item="soap")))
    then = (await office.call("GET", f"outlets/out_shop/stock?on={today.isoformat()}", key=key)).json()
    now = (await office.call("GET", "outlets/out_shop/stock", key=key)).json()
    assert [(one["item"], one["stock"]) for one in then["items"]] == [("soap", 5), ("tissue", 15)]
    assert [(one["item"], one["stock"]) for one in now["items"]] == [("soap", 14), ("tissue", 15)]


async def test_a_single_piece_comes_in_once(office: Office) -> None:
    await publish(office.village, dearer(single=True, source=ItemSource.SECOND_HAND))
    key = await office.key("operator")
    goods = {"outlet": "out_shop", "item": "soap", "quantity": 1, "source": "donated"}
    assert (await office.post("stock/receipts", {**goods, "quantity": 2}, key=key)).json()["code"] == "single_piece"
    assert (await office.post("stock/receipts", goods, key=key)).status_code == 201
    assert (await office.post("stock/receipts", goods, key=key)).json()["code"] == "single_piece"


async def test_an_outlet_has_opening_days_of_its_own(office: Office) -> None:
    today = business_day(office.village.shelf.now(), "Asia/Shanghai")
    fair = Outlet(id="fair", title=BOTH, opening_days=Listed((today + timedelta(days=9),)))
    await publish(office.village, outlets=(Outlet(id="shop", title=BOTH), fair))
    await office.village.post(
        ("earn", gift()), ("a", receive(9, item="soap")), ("b", receive(9, item="soap", outlet="out_fair"))
    )
    key = await office.key("operator")
    assert (await office.post("redemptions", SOAP, key=key)).status_code == 201
    closed = await office.post("redemptions", {**SOAP, "outlet": "out_fair"}, key=key)
    assert (closed.status_code, closed.json()["code"], closed.json()["numbers"]["outlet"]) == (
        422,
        "outlet_closed",
        "out_fair",
    )


async def test_policies_hold_at_the_counter(office: Office) -> None:
    """Base, gift points with earned ones, cash beside points, an item's own limit: a quote foretells each refusal."""
    spending = Spending(base=50, suspended_below=20, gift=GiftRatio(per_earned=1), cash=CashPart(fen_per_point=10))
    limited = dearer(prices=(OLD,), limits=(Cap(per=Span.MONTH, times=12),))
    await publish(office.village, limited, spending=spending, units=(RuleUnit.POINTS, RuleUnit.GIFT))
    await office.village.post(
        ("a", Open("hh_1", 70)), ("b", Open("hh_1", 100, "gift")), ("c", Open("hh_2", 10)),
        ("d", receive(99, item="soap")),
    )  # fmt: skip
    key = await office.key("cashier", owner="out_shop")

    def soaps(pieces: int, **more: Any) -> dict[str, Any]:
        return {**SOAP, "lines": [{"item": "soap", "quantity": pieces}], **more}

    for body, code in (
        (soaps(9), "insufficient_points"),
        (soaps(1, owner="hh_2"), "rights_suspended"),
        (soaps(13), "limit_reached"),
        (soaps(1, cash_fen=7), "cash_not_accepted"),
    ):
        quote = (await office.post("quotes", body, key=key)).json()
        answer = await office.post("redemptions", body, key=key)
        assert (answer.status_code, answer.json()["code"], quote["refusal"]["reason"]) == (422, code, code)
    sold = await office.post("redemptions", soaps(8, cash_fen=100), key=key)
    assert sold.status_code == 201, sold.text
    told = (await office.call("GET", f"transactions/{sold.json()['transaction']}/slip", key=key)).json()
    assert (told["points"], told["gift"], told["fen"], told["after"]) == (15, 15, 100, 55)
    back = {"lines": [{"item": "soap", "quantity": 8, "goods": "write_off"}]}
    refunded = await office.post(f"redemptions/{sold.json()['transaction']}/refund", back, key=key)
    assert refunded.status_code == 201, refunded.text
    assert (await office.village.total("hh_1"), await office.village.total("hh_1", "main", "gift")) == (70, 100)
    assert await office.village.total("programme", "written_off", "item:soap") == 8
