"""Sheets: shown in the caller's language under a strict policy, escaped, with marks that a scanner reads."""

import base64
import hashlib
import itertools
import re
from datetime import date
from pathlib import Path

import httpx
import jinja2
import pytest

from ledger.core.title import Title
from ledger.hall.sent import Sent
from ledger.web import sheet
from ledger.web.marks import BAR_HEIGHT, QUIET_MODULES, bar_code, qr_code
from ledger.web.sheet import Paper, page_headers, show
from tests.api.client import Office
from tests.village import gift, receive, redeem

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
TEMPLATES = Path(sheet.__file__).parent / "templates"
# The widths of bars and spaces of "AB" in Code 128 by the standard's table: start B, A, B, check 102, stop.
CODE_128_AB = "211214" + "111323" + "131123" + "411131" + "2331112"


async def sale(office: Office) -> str:
    outcomes = await office.village.post(("a", gift()), ("b", receive(5)), ("c", redeem(quantity=2)))
    return str(outcomes[2].transaction)


async def shown(office: Office, path: str, key: str | None, **headers: str) -> httpx.Response:
    return await office.call("GET", path, key=key, headers={**HTML, **headers})


def asked(query: str = "", **headers: str) -> Sent:
    scope = {"method": "GET", "path": "/here", "state": {}, "query_string": query.encode()}
    return Sent(scope, lambda: None, {}, headers, bytes_max=0)  # type: ignore[arg-type]


async def test_a_receipt_tells_what_was_sold_and_what_is_left(office: Office) -> None:
    transaction = await sale(office)
    key = await office.key("cashier", owner="out_shop")
    page = await shown(office, f"transactions/{transaction}/receipt", key)
    assert page.status_code == 200
    text = re.sub(r"<[^>]+>|\s", " ", page.text)
    figures = re.findall(r"\b\d+\b(?= )", text)
    assert {"2", "60", "100", "40"} <= set(figures), figures
    assert transaction in text


async def test_the_language_is_asked_for_remembered_or_preferred(office: Office) -> None:
    key = await office.key("auditor")
    path = f"transactions/{await sale(office)}/receipt"
    assert '<html lang="zh-CN">' in (await shown(office, path, key)).text
    assert '<html lang="en">' in (await shown(office, path, key, **{"Accept-Language": "en-GB"})).text
    assert '<html lang="en">' in (await shown(office, path, key, Cookie="lang=en")).text
    chosen = await shown(office, f"{path}?lang=zh-CN", key, Cookie="lang=en", **{"Accept-Language": "en"})
    assert '<html lang="zh-CN">' in chosen.text
    assert chosen.headers["content-language"] == "zh-CN"
    assert chosen.headers["set-cookie"].startswith("lang=zh;")
    office.client.cookies.clear()


async def test_pages_carry_a_policy_that_fits_what_they_hold(office: Office) -> None:
    page = await shown(office, f"transactions/{await sale(office)}/receipt", await office.key("auditor"))
    [style] = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = page.headers["content-security-policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "script" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["cache-control"] == "no-store"
    assert "<script" not in page.text and " style=" not in page.text and "<img" not in page.text


def test_no_template_needs_what_the_policy_forbids() -> None:
    for template in TEMPLATES.glob("*.html"):
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"<script|\sstyle=|\son\w+=|https?://|\|\s*safe|<img", text), template.name
    for style in TEMPLATES.glob("*.css"):
        assert not re.search(r"url\(|@import", style.read_text(encoding="utf-8")), style.name
    assert {paper for paper in Paper if "style-src 'sha256-" in page_headers(paper)["Content-Security-Policy"]}


async def test_refusals_of_pages_are_pages_and_those_of_the_api_stay_problems(office: Office) -> None:
    key = await office.key("auditor")
    page = await shown(office, "transactions/txn_none/receipt", key, **{"Accept-Language": "en"})
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "There is no transaction txn_none" in page.text and page.headers["x-content-type-options"] == "nosniff"
    unknown = await shown(office, "transactions/txn_none/receipt", None)
    assert unknown.status_code == 401 and "未认证" in unknown.text
    lost = await shown(office, "/no/such/page", None)
    assert lost.status_code == 404 and "<h1>没有这个地址</h1>" in lost.text
    for path, accept in (("transactions/txn_none", HTML["Accept"]), ("transactions/txn_none/receipt", "*/*")):
        problem = await office.call("GET", path, key=key, headers={"Accept": accept})
        assert problem.headers["content-type"] == "application/problem+json"


def test_what_is_shown_is_escaped_and_what_is_missing_is_an_error() -> None:
    page = show(asked(), "refusal.html", title="<b>&", detail="<script>", pointed=["'\""], request_id="")
    assert b"&lt;b&gt;&amp;" in page.content and b"&lt;script&gt;" in page.content
    with pytest.raises(jinja2.UndefinedError):
        show(asked(), "refusal.html", title="only this")


def test_words_follow_the_language() -> None:
    zh, en = (sheet._words(language, sheet.ZoneInfo("Asia/Shanghai")) for language in ("zh", "en"))
    assert zh["day"](date(2026, 9, 6)) == "2026年9月6日" and en["day"](date(2026, 9, 6)) == "6 September 2026"
    assert zh["told"](Title("肥皂", "Soap")) == "肥皂" and en["told"](Title("肥皂", "Soap")) == "Soap"
    assert zh["number"](1234567) == "1,234,567" and zh["yuan"](105) == "1.05"


def test_a_bar_code_has_the_bars_of_the_standard() -> None:
    path = re.search(r' d="([^"]+)"', bar_code("AB"))
    assert path is not None
    bars = [(int(x), int(w)) for x, w in re.findall(r"M(\d+) 0h(\d+)v", path[1])]
    edges = [edge for x, w in bars for edge in (x, x + w)]
    widths = [after - before for before, after in itertools.pairwise(edges)]
    assert bars[0][0] == QUIET_MODULES
    assert "".join(map(str, widths)) == CODE_128_AB
    assert f"v{BAR_HEIGHT}" in path[1]


def test_marks_carry_words_for_who_cannot_see_them() -> None:
    assert 'aria-label="&lt;card&gt;"' in qr_code("pl-1", "<card>")
    assert 'role="img"' in bar_code("A1") and 'aria-label="A1"' in bar_code("A1")
