"""Debian's Chromium as a person would use it, and what must hold of every page that it shows."""

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
NO_BROWSER = "no browser: install Debian's chromium (apt-get install chromium fonts-noto-cjk)"
BODY_PX = 18
TARGET_PX = 60
TABLET = {"width": 1024, "height": 768}
PHONE = {"width": 360, "height": 740}

# Everything a finger is meant for, with its size; what is not on the screen is not measured.
_MEASURE = """() => {
  const seen = element => { const box = element.getBoundingClientRect(); return box.width > 2 && box.height > 2; };
  const name = element => `${element.tagName} ${(element.innerText || element.name || '').trim().slice(0, 40)}`;
  const touched = [...document.querySelectorAll('a, button, input:not([type=hidden]), select, summary')].filter(seen);
  const small = touched
    .map(element => [name(element), element.getBoundingClientRect()])
    .filter(([, box]) => box.width < TARGET - 0.5 || box.height < TARGET - 0.5)
    .map(([called, box]) => `${called}: ${box.width}x${box.height}`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const tiny = [];
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), holder = walker.currentNode.parentElement;
    if (!text || !seen(holder) || holder.closest('.visually-hidden')) continue;
    const size = parseFloat(getComputedStyle(holder).fontSize);
    if (size < BODY) tiny.push(`${text.slice(0, 40)}: ${size}`);
  }
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  return {small, tiny, wide};
}"""


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """One for all tests; says so and skips where there is none."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(NO_BROWSER)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def visiting(
    browser: Browser,
    address: str,
    *,
    language: str = "zh-CN",
    size: Mapping[str, int] = TABLET,
    script: bool = True,
    headers: Mapping[str, str] | None = None,
) -> AsyncIterator["Visit"]:
    """A visitor of its own: no cookie of another's."""
    context = await browser.new_context(
        base_url=address,
        locale=language,
        viewport={"width": size["width"], "height": size["height"]},
        java_script_enabled=script,
        extra_http_headers=dict(headers or {}),
    )
    context.set_default_timeout(8_000)
    page = await context.new_page()
    complaints: list[str] = []
    # Chromium reports every answer above 399 as an error; what the policy blocks is what must not be.
    page.on("console", lambda message: complaints.append(message.text) if "Security" in message.text else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield Visit(context, page, complaints)
    finally:
        await context.close()
    assert complaints == []


class Visit:
    """A page in a browser, with the questions that are asked of every page."""

    def __init__(self, context: BrowserContext, page: Page, complaints: list[str]) -> None:
        self.context = context
        self.page = page
        self.complaints = complaints

    async def text(self) -> str:
        return await self.page.inner_text("main")

    async def require_readable(self, *, is_sheet: bool = False) -> None:
        """No violation that axe knows; large print and large targets; nothing to be scrolled sideways."""
        found: Any = (await Axe().run(self.page)).response
        told = [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found["violations"]]
        assert told == [], self.page.url
        if is_sheet:
            return
        measured = await self.page.evaluate(_MEASURE.replace("TARGET", str(TARGET_PX)).replace("BODY", str(BODY_PX)))
        assert measured == {"small": [], "tiny": [], "wide": 0}, (self.page.url, measured)
