"""The two pages in Debian's Chromium: readable by axe's rules and in large print, and whole without script."""

from datetime import date
from typing import Any

from playwright.async_api import Browser, Page

from ledger.core.command import Deduct, Hold, Line
from tests.api.client import Office
from tests.api.serving import listening
from tests.village import gift, noticed, receive, redeem, sweep
from tests.web.browser import PHONE, TABLET, Visit, visiting
from tests.web.counters import card_of, sales


async def furnish(office: Office) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Two households, one of which has something of everything; how a page knows its visitor, and their cards."""
    await office.village.post(
        ("goods", receive(9)), ("more goods", receive(9, item="soap")),
        ("gift", gift()), ("sale", redeem(quantity=2)), ("sweep", sweep()), ("notice", noticed()),
        ("hold", Hold("hh_1", (Line("soap"),), outlet="out_shop", until=date(2099, 1, 1))),
        ("fine", Deduct("hh_1", 100, "debt", "乱倒垃圾")), ("second", gift("hh_2")),
    )  # fmt: skip
    keys = {"till": await office.key("cashier", owner="out_shop")}
    keys |= {owner: await office.key("resident", owner=owner) for owner in ("hh_1", "hh_2")}
    cards = {owner: (await card_of(office, owner))["code"] for owner in ("hh_1", "hh_2")}
    return {name: {"Authorization": f"Bearer {key}"} for name, key in keys.items()}, cards


async def scan(page: Page, field: str, text: str) -> None:
    """As a scanner on USB does: types, and presses Enter."""
    await page.locator(field).fill(text)
    await page.locator(field).press("Enter")


async def test_every_state_is_readable(office: Office, browser: Browser) -> None:
    headers, cards = await furnish(office)
    with listening(office.village.database.url) as address:
        for language, size in (("zh-CN", TABLET), ("en", PHONE)):
            look: dict[str, Any] = {"language": language, "size": size}
            async with visiting(browser, address, headers=headers["hh_1"], **look) as visit:
                await visit.page.goto("/my/village")
                await visit.page.locator("summary").first.click()
                await visit.require_readable()
                await visit.page.goto("/my/village?before=3")
                await visit.require_readable()
            async with visiting(browser, address, headers=headers["till"], **look) as visit:
                await walk_the_counter(visit, cards["hh_2"])
            async with visiting(browser, address, **look) as visit:
                for lost in ("/my/village", "/nowhere"):
                    await visit.page.goto(lost)
                    await visit.require_readable()


async def walk_the_counter(visit: Visit, card: str) -> None:
    page = visit.page
    await page.goto("/counter/village")
    await visit.require_readable()
    await scan(page, "#card", "nobody")
    await page.wait_for_selector(".refusal")
    await visit.require_readable()
    await scan(page, "#card", card)
    await page.wait_for_selector("#scan")
    await visit.require_readable()
    await scan(page, "#scan", "12*tissue")
    await page.wait_for_selector("p.short")
    await visit.require_readable()
    await page.locator("button.full").click()
    await page.wait_for_selector(".refusal")
    await visit.require_readable()
    await page.goto("/counter/village/sale?owner=hh_2&basket=soap.1")
    await page.locator("button.full").click()
    await page.wait_for_selector(".done")
    await visit.require_readable()
    await page.locator("main a.button").click()
    await page.wait_for_selector("svg")
    await visit.require_readable(is_sheet=True)


async def test_the_whole_way_without_script(office: Office, browser: Browser) -> None:
    headers, cards = await furnish(office)
    before = await sales(office)
    with listening(office.village.database.url) as address:
        async with visiting(browser, address, script=False, headers=headers["till"]) as till:
            await till.page.goto("/counter/village")
            await scan(till.page, "#card", cards["hh_2"])
            await scan(till.page, "#scan", "2*tissue")
            await till.page.get_by_label("减一件").click()
            await till.page.get_by_label("加一件").click()
            await till.page.locator("button.full").dblclick()
            await till.page.wait_for_selector(".done")
            assert await sales(office) == before + 1
            await till.page.go_back()
            if await till.page.locator("button.full").count():
                await till.page.locator("button.full").click()
            await till.page.wait_for_selector(".done")
            assert await sales(office) == before + 1
            await till.page.locator("main a.button").click()
            assert "40" in await till.text()
        async with visiting(browser, address, script=False, headers=headers["hh_2"]) as resident:
            await resident.page.goto("/my/village")
            assert await resident.page.locator(".bignumber").inner_text() == "40 分"
            assert "60 分" in await resident.page.locator("ol.lines li").first.inner_text()
            await resident.page.locator("summary").first.click()
            assert "每件 30 分" in await resident.text()
            await resident.page.get_by_text("English").click()
            assert "Points you can use now" in await resident.text()
