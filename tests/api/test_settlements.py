"""Statements of shops over HTTP: from the first redemption to paid, and what follows afterwards."""

import asyncio
from collections.abc import AsyncIterator
from fractions import Fraction
from typing import Any

import pytest_asyncio

from ledger.actions.check import check_ledger
from ledger.actions.seal import seal_waiting
from ledger.actions.seal_key import SealKey
from ledger.core.command import Line, Receive, Redeem, Refund
from ledger.db.service_role import connect
from tests.api.alliance import done, pass_days, set_terms
from tests.api.client import Office
from tests.village import gift

BARBER = {"merchant": "mer_barber"}


class Shop:
    """The office with the keys of everybody who has to do with a statement."""

    def __init__(self, office: Office, keys: dict[str, str]) -> None:
        self.office, self.village, self.keys = office, office.village, keys

    async def post(self, role: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        if body is None:
            return await self.office.call("POST", path, key=self.keys[role], idempotency=key)
        return await self.office.post(path, body, key=self.keys[role], idempotency=key)

    async def get(self, path: str, role: str = "admin") -> Any:
        answer = await self.office.call("GET", path, key=self.keys[role])
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def draw(self) -> Any:
        answer = await self.post("operator", "settlements", BARBER)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def cut(self, key: str, pieces: int = 1) -> str:
        sale = Redeem("hh_1", (Line("haircut", pieces),), merchant="mer_barber")
        return (await done(self.village, key, sale)).transaction

    async def require_whole(self) -> None:
        """Nothing is broken that `check` looks at."""
        admin = await connect(self.village.database.admin_url)
        broken = [finding for finding in await check_ledger(admin) if finding.broken]
        await admin.close()
        assert broken == []


@pytest_asyncio.fixture
async def shop(office: Office) -> AsyncIterator[Shop]:
    await set_terms(office.village)
    keys = {role: await office.key(role) for role in ("admin", "operator", "auditor")}
    keys |= {"merchant": await office.key("merchant", owner="mer_barber")}
    await office.village.post(*((f"earn {number}", gift()) for number in range(9)))
    yield Shop(office, keys)


async def test_from_the_first_redemption_to_paid(shop: Shop) -> None:
    """Refunds before and after; what is paid, once, is the sum of lines, each at the rate of its own day."""
    id, late = await draw_two(shop)
    await pay_once(shop, id)
    # What comes back after its settlement goes to the next statement, as a line below zero.
    await done(shop.village, "late refund", Refund(late, ()))
    await shop.cut("four", 1)
    await pass_days(shop.office, 5)
    third = await shop.post("operator", "settlements", BARBER)
    assert (third.status_code, third.json()["code"]) == (409, "nothing_to_settle")
    assert third.json()["numbers"]["points"] == -20
    await shop.require_whole()


async def draw_two(shop: Shop) -> tuple[str, str]:
    """The first statement, and the sale that stands in the second: it was younger than the hold window."""
    village = shop.village
    first = await shop.cut("one", 2)
    await done(village, "back", Refund(first, ()))
    await shop.cut("two", 3)
    await pass_days(shop.office, 12)
    late = await shop.cut("three", 2)
    early = await shop.post("operator", "settlements", BARBER)
    assert early.status_code == 201 and early.json()["sums"]["points"] == 60, "the younger sale is within its window"
    admin = await connect(village.database.admin_url)
    while await seal_waiting(admin, SealKey(bytes(32))):
        pass
    await admin.close()
    await pass_days(shop.office, 20)
    statement = await shop.draw()
    lines = (await shop.get(f"settlements/{early.json()['settlement']}/lines"))["lines"]
    assert [(line["points"], line["rate"], line["kind"]) for line in lines] == [
        (40, "100/3", "redeem"), (-40, "100/3", "refund"), (60, "100/3", "redeem"),
    ]  # fmt: skip
    assert sum(line["fen"] for line in lines) == early.json()["sums"]["fen"] == 2_000
    assert early.json()["sums"]["commission_fen"] == 66 and early.json()["sums"]["net_fen"] == 1_934
    assert (statement["number"], statement["first_version"], statement["last_version"]) == (2, 4, 4)
    [line] = (await shop.get(f"settlements/{statement['settlement']}/lines"))["lines"]
    assert (line["points"], line["rate"], line["share"], line["fen"]) == (40, "50", "1/7", 2_000)
    assert "points-ledger" in statement["checkpoint"] or "village" in statement["checkpoint"]

    return early.json()["settlement"], late


async def pay_once(shop: Shop, id: str) -> None:
    """Agreed by the merchant, paid under one key however often it is sent, and closed."""
    own = await shop.post("operator", f"settlements/{id}/confirm")
    assert (own.status_code, own.json()["code"]) == (422, "second_approver_needed")
    unpaid = await shop.post("admin", f"settlements/{id}/pay", {"method": "cash"})
    assert (unpaid.status_code, unpaid.json()["code"]) == (409, "wrong_step")
    confirmed = await shop.post("merchant", f"settlements/{id}/confirm")
    assert confirmed.json()["state"] == "confirmed"
    paid = await shop.post("admin", f"settlements/{id}/pay", {"method": "cash", "reference": "slip 7"}, key="pay")
    assert paid.status_code == 201, paid.text
    again = await shop.post("admin", f"settlements/{id}/pay", {"method": "cash", "reference": "slip 7"}, key="pay")
    assert (again.content, again.headers["Idempotency-Replayed"]) == (paid.content, "true")
    other = await shop.post("admin", f"settlements/{id}/pay", {"method": "cash", "reference": "slip 8"}, key="pay")
    assert other.json()["code"] == "idempotency_key_reused"
    moved = {(one["purse"], one["unit"]): one["amount"] for one in paid.json()["entries"]}
    assert moved == {
        ("claims", "points"): -60, ("settled", "points"): 58, ("commission", "points"): 2,
        ("fund", "cash"): -1_934, ("cash_outside", "cash"): 1_934,
    }  # fmt: skip
    undone = await shop.post("admin", f"transactions/{paid.json()['transaction']}/reverse", {})
    assert undone.json()["code"] == "not_reversible"
    closed = await shop.post("admin", f"settlements/{id}/close")
    assert (closed.json()["state"], closed.json()["transaction"]) == ("closed", paid.json()["transaction"])


async def test_a_disputed_line_is_kept_or_goes_to_the_next_statement_with_its_numbers(shop: Shop) -> None:
    for number in range(3):
        await shop.cut(f"cut {number}")
    await pass_days(shop.office, 5)
    id = (await shop.draw())["settlement"]
    objections = {"lines": [{"line": 1, "note": "not mine"}, {"line": 2, "note": "twice"}]}
    for _ in range(2):
        disputed = await shop.post("merchant", f"settlements/{id}/dispute", objections)
        assert (disputed.json()["state"], disputed.json()["disputed"]) == ("disputed", 2), disputed.text
    nowhere = await shop.post("merchant", f"settlements/{id}/dispute", {"lines": [{"line": 9, "note": "n"}]})
    assert nowhere.json()["code"] == "wrong_step"
    half = await shop.post("admin", f"settlements/{id}/resolve", {"lines": [{"line": 1, "keep": True, "note": "seen"}]})
    assert (half.json()["state"], half.json()["disputed"]) == ("disputed", 1)
    answer = {"lines": [{"line": 2, "keep": False, "note": "to be looked at"}]}
    for _ in range(2):
        whole = await shop.post("admin", f"settlements/{id}/resolve", answer)
        assert (whole.json()["state"], whole.json()["sums"]["points"], whole.json()["carried"]) == ("resolved", 40, 1)
    lines = (await shop.get(f"settlements/{id}/lines", "merchant"))["lines"]
    assert [line["state"] for line in lines] == ["kept", "carried", "open"]
    paid = await shop.post("admin", f"settlements/{id}/pay", {"method": "cash"})
    kept = sum(line["fen"] - line["commission_fen"] for line in lines if line["state"] != "carried")
    assert {one["amount"] for one in paid.json()["entries"] if one["purse"] == "fund"} == {-kept}
    await pass_days(shop.office, 5)
    following = await shop.draw()
    [carried] = (await shop.get(f"settlements/{following['settlement']}/lines"))["lines"]
    same = ("account_version", "points", "rate", "share", "fen", "commission_fen", "commission_points")
    assert {name: carried[name] for name in same} == {name: lines[1][name] for name in same}
    assert (carried["carried_from"], following["opening"], following["settled"], following["closing"]) == (
        id, 60, -40, 20,
    )  # fmt: skip
    exact = 60 * Fraction(100, 3)
    assert sum(line["fen"] for line in lines) == int(exact)
    await shop.require_whole()


async def test_claims_that_refunds_outweigh_after_a_dispute_are_carried_whole(shop: Shop) -> None:
    sale = await shop.cut("first", 2)
    await pass_days(shop.office, 5)
    first = (await shop.draw())["settlement"]
    await shop.post("merchant", f"settlements/{first}/confirm")
    await shop.post("admin", f"settlements/{first}/pay", {"method": "cash"})
    await done(shop.village, "back", Refund(sale, ()))
    await shop.cut("second", 3)
    await pass_days(shop.office, 5)
    id = (await shop.draw())["settlement"]
    assert (await shop.get(f"settlements/{id}"))["sums"]["points"] == 20
    await shop.post("merchant", f"settlements/{id}/dispute", {"lines": [{"line": 2, "note": "too little"}]})
    answer = {"lines": [{"line": 2, "keep": False, "note": "true"}]}
    carried = await shop.post("operator", f"settlements/{id}/resolve", answer)
    assert (carried.json()["state"], carried.json()["carried"]) == ("carried", 2)
    await pass_days(shop.office, 5)
    following = await shop.draw()
    assert (following["sums"]["points"], following["sums"]["lines"]) == (20, 2)
    await shop.require_whole()


async def test_many_at_once_draw_one_statement_and_pay_it_once(shop: Shop) -> None:
    for number in range(3):
        await shop.cut(f"cut {number}")
    await pass_days(shop.office, 5)
    drawn = await asyncio.gather(
        *(
            shop.post(role, "settlements", BARBER, key=f"d{number}")
            for number in range(4)
            for role in ("admin", "operator")
        )
    )
    assert sorted(answer.status_code for answer in drawn) == [201, *[409] * 7]
    [one] = [answer.json() for answer in drawn if answer.status_code == 201]
    id = one["settlement"]
    assert (await shop.post("merchant", f"settlements/{id}/confirm")).status_code == 200
    paid = await asyncio.gather(
        *(shop.post("admin", f"settlements/{id}/pay", {"method": "cash"}, key=f"p{n % 4}") for n in range(8))
    )
    statuses = [answer.status_code for answer in paid]
    assert set(statuses) == {201, 409} and statuses.count(201) == 2, "two of the eight have the key that paid"
    assert len({answer.content for answer in paid if answer.status_code == 201}) == 1
    assert await shop.village.total("mer_barber", "claims") == 0
    again = await shop.post("operator", "settlements", BARBER)
    assert again.json()["code"] == "nothing_to_settle"
    await shop.require_whole()


async def test_a_statement_is_paid_in_goods_and_what_they_leave_in_money(shop: Shop) -> None:
    await shop.village.post(("goods", Receive("out_shop", "soap", 20)))
    await shop.cut("five", 5)
    await pass_days(shop.office, 5)
    id = (await shop.draw())["settlement"]
    await shop.post("merchant", f"settlements/{id}/confirm")
    soap = {"method": "goods", "outlet": "out_shop", "goods": [{"item": "soap", "quantity": 20}]}
    much = await shop.post("admin", f"settlements/{id}/pay", soap)
    assert (much.json()["code"], much.json()["numbers"]) == (
        "more_than_there_was", {"settlement": id, "required": 100, "left": 97},
    )  # fmt: skip
    soap["goods"] = [{"item": "soap", "quantity": 19}]
    tried = await shop.post("admin", f"settlements/{id}/pay?dry_run=true", soap)
    paid = await shop.post("admin", f"settlements/{id}/pay", soap)
    assert (tried.status_code, paid.status_code) == (200, 201), paid.text
    net_fen = 3333 - 111
    moved = {(one["owner"], one["purse"], one["unit"]): one["amount"] for one in paid.json()["entries"]}
    assert moved["out_shop", "stock", "item:soap"] == -19
    assert moved["programme", "fund", "cash"] == -(net_fen - net_fen * 95 // 97)
    assert (await shop.get(f"settlements/{id}"))["payment"]["outlet"] == "out_shop"
    await shop.require_whole()


async def test_a_statement_as_a_table_has_its_sums_and_no_formula(shop: Shop) -> None:
    await shop.cut("cut")
    await pass_days(shop.office, 5)
    id = (await shop.draw())["settlement"]
    await shop.post("merchant", f"settlements/{id}/dispute", {"lines": [{"line": 1, "note": '=HYPERLINK("x")'}]})
    table = await shop.office.call("GET", f"settlements/{id}/csv", key=shop.keys["merchant"])
    assert table.headers["content-type"].startswith("text/csv")
    text = table.content.decode()
    assert text.startswith("\ufeffline,account_version") and '"\'=HYPERLINK(""x"")"' in text
    assert "\r\nnet,,,,,,20," in text


async def test_a_statement_is_printed_in_both_languages(shop: Shop) -> None:
    sale = await shop.cut("cut")
    admin = await connect(shop.village.database.admin_url)
    await seal_waiting(admin, SealKey(bytes(32)))
    await admin.close()
    await pass_days(shop.office, 5)
    id = (await shop.draw())["settlement"]
    note = {"lines": [{"line": 1, "note": "<b>x</b>"}]}
    await shop.post("merchant", f"settlements/{id}/dispute", note)
    for language, word in (("zh", "商户结算单"), ("en", "Statement of a shop")):
        path = f"settlements/{id}/page?lang={language}"
        page = await shop.office.call("GET", path, key=shop.keys["merchant"])
        assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
        for told in (word, id, sale, "100/3", "&lt;b&gt;x&lt;/b&gt;", "¥6.66", "¥0.22"):
            assert told in page.text, told
        assert (await shop.get(f"settlements/{id}"))["checkpoint"].splitlines()[0] in page.text


async def test_a_shop_sees_its_own_statements_only(shop: Shop) -> None:
    await shop.cut("cut")
    await pass_days(shop.office, 5)
    id = (await shop.draw())["settlement"]
    tea = await shop.office.key("merchant", owner="mer_tea")
    for path in (f"settlements/{id}", f"settlements/{id}/lines", f"settlements/{id}/csv"):
        assert (await shop.office.call("GET", path, key=tea)).status_code == 404
    assert (await shop.office.call("POST", f"settlements/{id}/confirm", key=tea)).status_code == 404
    mine = await shop.get("merchants/mer_barber/settlements", "merchant")
    assert [one["settlement"] for one in mine["settlements"]] == [id]


async def test_without_a_rate_nothing_is_drawn(shop: Shop) -> None:
    await set_terms(shop.village, rates=())
    await shop.cut("cut")
    await pass_days(shop.office, 5)
    answer = await shop.post("operator", "settlements", BARBER)
    assert (answer.status_code, answer.json()["code"]) == (422, "no_rate_in_force")
    assert await shop.village.rows("SELECT FROM settlement") == []
