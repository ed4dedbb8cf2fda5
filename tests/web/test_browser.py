"""The two pages in Debian's Chromium: readable by axe's rules and in large print, and whole without script."""

from datetime import date
from typing import Any

import msgspec
from playwright.async_api import Browser, Page

from ledger.core.command import Deduct, Hold, Line
from tests.api.client import PEPPER, Office
from tests.api.serving import listening
from tests.api.test_card_sales import PIN, give_pin
from tests.village import gift, noticed, receive, redeem, sweep
from tests.web.browser import PHONE, TABLET, Visit, visiting
from tests.web.counters import card_of, sales


class Furnished(msgspec.Struct, frozen=True):
    """The terminal's key and two cards: hh_1 has something of everything, hh_2 has 100 points."""

    till: str
    cards: dict[str, str]


async def furnish(office: Office) -> Furnished:
    await office.village.post(
        ("goods", receive(9)), ("more goods", receive(9, item="soap")),
        ("gift", gift()), ("sale", redeem(quantity=2)), ("sweep", sweep()), ("notice", noticed()),
        ("hold", Hold("hh_1", (Line("soap"),), outlet="out_shop", until=date(2099, 1, 1))),
        ("fine", Deduct("hh_1", 100, "debt", "乱倒垃圾")), ("second", gift("hh_2")),
    )  # fmt: skip
    cards = {owner: await card_of(office, owner, number=f"100{owner[-1]}") for owner in ("hh_1", "hh_2")}
    for card in cards.values():
        await give_pin(office, card["card"])
    till = await office.key("cashier", owner="out_shop")
    return Furnished(till, {owner: card["code"] for owner, card in cards.items()})


async def scan(page: Page, field: str, text: str) -> None:
    """As a scanner on USB does: types, and presses Enter."""
    await page.locator(field).fill(text)
    await page.locator(field).press("Enter")


async def enter(page: Page, card: str) -> None:
    await page.goto("/my/village")
    await page.locator("#pin").fill(PIN)
    await scan(page, "#card", card)
    await page.wait_for_selector(".bignumber")


async def open_counter(page: Page, key: str) -> None:
    await page.goto("/counter/village")
    await scan(page, "#key", key)
    await page.wait_for_selector("#card")


async def test_every_state_is_readable(office: Office, browser: Browser) -> None:
    found = await furnish(office)
    with listening(office.village.database.url, data_folder=office.folder, pepper=PEPPER) as address:
        for language, size in (("zh-CN", TABLET), ("en", PHONE)):
            look: dict[str, Any] = {"language": language, "size": size}
            async with visiting(browser, address, **look) as visit:
                await walk_home(visit, found.cards["hh_1"])
            async with visiting(browser, address, **look) as visit:
                await walk_the_counter(visit, found)


async def walk_home(visit: Visit, card: str) -> None:
    page = visit.page
    await page.goto("/nowhere")
    await visit.require_readable()
    await page.goto("/my/village/sign-in?ended=yes")
    await visit.require_readable()
    await scan(page, "#card", "nobody")
    await page.wait_for_selector(".refusal")
    await visit.require_readable()
    await enter(page, card)
    await page.locator("summary").first.click()
    await visit.require_readable()
    await page.goto("/my/village?before=3")
    await visit.require_readable()


async def walk_the_counter(visit: Visit, found: Furnished) -> None:
    page = visit.page
    await page.goto("/counter/village")
    await visit.require_readable()
    await open_counter(page, found.till)
    await visit.require_readable()
    await scan(page, "#card", "nobody")
    await page.wait_for_selector(".refusal")
    await scan(page, "#card", "1002")
    await page.wait_for_selector("#scan")
    await visit.require_readable()
    await scan(page, "#scan", "soap")
    await page.wait_for_selector("#pin")
    await visit.require_readable()
    await page.goto("/counter/village")
    await scan(page, "#card", found.cards["hh_2"])
    await page.wait_for_selector("#scan")
    await scan(page, "#scan", "12*tissue")
    await page.wait_for_selector("p.short")
    await page.locator("button.full").click()
    await page.wait_for_selector(".refusal")
    await visit.require_readable()
    await page.goto("/counter/village/sale?owner=hh_2&basket=soap.1")
    await page.locator("button.full").click()
    await page.wait_for_selector(".done")
    await visit.require_readable()
    number = await page.locator("dd").last.inner_text()
    await page.locator("main a.button").click()
    await page.wait_for_selector("svg")
    await visit.require_readable(is_sheet=True)
    await page.goto("/counter/village/refund")
    await scan(page, "#code", number)
    await page.wait_for_selector("#quantity-1")
    await visit.require_readable()


async def test_the_whole_way_without_script(office: Office, browser: Browser) -> None:
    found = await furnish(office)
    before = await sales(office)
    with listening(office.village.database.url, data_folder=office.folder, pepper=PEPPER) as address:
        async with visiting(browser, address, script=False) as till:
            await open_counter(till.page, found.till)
            await scan(till.page, "#card", found.cards["hh_2"])
            await scan(till.page, "#scan", "2*tissue.1")
            await till.page.get_by_label("减一件").click()
            await till.page.get_by_label("加一件").click()
            await till.page.locator("button.full").dblclick()
            await till.page.wait_for_selector(".done")
            assert await sales(office) == before + 1
            await till.page.go_back()
            if await till.page.locator("button.full").count():
                await till.page.locator("button.full").click()
            await till.page.wait_for_selector(".done, .notice")
            assert await sales(office) == before + 1
            await till.page.goto("/counter/village")
            await till.page.get_by_text("收工").click()
            assert "已经退出" in await till.text()
        async with visiting(browser, address, script=False) as resident:
            await enter(resident.page, found.cards["hh_2"])
            assert await resident.page.locator(".bignumber").inner_text() == "40 分"
            assert "60 分" in await resident.page.locator("ol.lines li").first.inner_text()
            await resident.page.locator("summary").first.click()
            assert "每件 30 分" in await resident.text()
            await resident.page.get_by_text("English").click()
            assert "Points you can use now" in await resident.text()
            await resident.page.get_by_text("sign out").click()
            assert "You are signed out" in await resident.text()
            await resident.page.goto("/my/village")
            assert await resident.page.locator("#pin").count() == 1
