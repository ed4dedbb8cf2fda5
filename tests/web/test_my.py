"""What the resident's page tells: balances by the ledger's own figures, lines with their reasons, one holder only."""

from datetime import date

import httpx

from ledger.core.command import Adjust, Deduct, Hold, Line
from tests.api.client import Office
from tests.village import gift, haircut, noticed, receive, redeem, sweep


async def home(office: Office, owner: str = "hh_1", query: str = "", language: str = "en") -> httpx.Response:
    key = await office.key("resident", owner=owner)
    headers = {"Accept": "text/html", "Accept-Language": language}
    return await office.call("GET", f"/my/village{query}", key=key, headers=headers)


async def a_life(office: Office) -> None:
    """Something of everything that the page tells: 100 + 5 - 60 - 20 - 5 held, 10 under notice, 75 owed."""
    await office.village.post(
        ("goods", receive(9)), ("more goods", receive(9, item="soap")),
        ("gift", gift()), ("sale", redeem(quantity=2)), ("sweep", sweep()), ("notice", noticed()), ("cut", haircut()),
        ("hold", Hold("hh_1", (Line("soap"),), outlet="out_shop", until=date(2099, 1, 1))),
        ("fine", Deduct("hh_1", 100, "debt", "乱倒垃圾")),
    )  # fmt: skip


async def test_everything_is_told(office: Office) -> None:
    await a_life(office)
    told = (await home(office)).text
    assert '<p class="bignumber">0 ' in told
    assert "You owe 80 points" in told
    assert "Kept for you until the end of <strong>1 January 2099</strong>" in told
    assert "is the first day you can use them" in told
    assert "one: 2 at 30 points each, 60 points in all" in told and "at one" in told
    assert "乱倒垃圾" in told
    assert told.count("<summary>") == 6


async def test_what_can_be_spent_and_what_lapses(office: Office) -> None:
    await office.village.post(("gift", gift()))
    told = (await home(office, language="zh-CN")).text
    assert '<p class="bignumber">100 ' in told
    assert "<strong>100</strong>" in told and "过后作废" in told
    assert "没有快要到期" in (await home(office, "hh_2", language="zh-CN")).text


async def test_older_lines_are_a_page_further(office: Office) -> None:
    await office.village.post(*((f"a{number}", Adjust("hh_1", number, f"note {number}")) for number in range(1, 26)))
    first = (await home(office)).text
    assert "note 25" in first and "note 16" in first and "note 15<" not in first
    cursor = first.split("/my/village?before=")[1].split('"')[0]
    second = (await home(office, query=f"?before={cursor}")).text
    assert "note 15" in second and "note 16" not in second and 'class="bignumber"' not in second
    assert "Show older" in second
    last = (await home(office, query="?before=6")).text
    assert "note 5" in last and "Show older" not in last


async def test_nobody_else_is_told(office: Office) -> None:
    await office.village.post(("other", gift("hh_2")))
    assert 'bignumber">0 ' in (await home(office)).text
    key = await office.key("resident", programme="village")
    assert (await office.call("GET", "/my/village", key=key, headers={"Accept": "text/html"})).status_code == 403
