"""Pages and printable sheets: one function shows a template, in the caller's language, under a policy without scripts.

How to add a sheet, say the label sheet of an outlet:

1. `templates/labels.html` extends `sheet.html` (or `screen.html` for a page with forms) and fills the block `body`.
   Both languages stand side by side: `say("兑换", "Redeem")`; a `Title` is told by `told(title)`, a day by `day(date)`,
   an instant by `clock(at)`, a number by `number(points)`; `bar_code(text)` and `qr_code(text)` draw. Everything is
   escaped, a name that is not there is an error, and the policy forbids `style=` and scripts.
2. The route in `ledger/web/labels.py` answers `Response[Html]`, takes `request: Request` and `lang: Lang = None` (and
   a form as `data: URLEncodedBody[Struct]`), reads as any handler does, and ends in
   `show(request, "labels.html", paper=Paper.LABEL, time_zone=…, …values)`.
3. Its rows: `hall/access.py` TABLE, `routes.py`, and by hand `tests/api/matrix.py`. What it refuses becomes a page.
4. Papers: SCREEN; A4 (`.labels` a grid of 40×30 mm, `.cards` of 86×54 mm, tables repeat their head); LABEL (each
   `.label` is one piece of 40×30 mm); RECEIPT (58 mm roll, 48 mm printed). `.screen-only` is not printed.
"""

import base64
import calendar
import enum
import hashlib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import jinja2
from litestar.datastructures import Cookie
from litestar.params import QueryParameter
from litestar.response import Response
from markupsafe import Markup

from ledger.core.title import Title
from ledger.hall.html import Html
from ledger.hall.sent import Asked
from ledger.hall.words import preferred_language
from ledger.web.marks import bar_code, qr_code

Lang = Annotated[Literal["zh", "zh-CN", "en"] | None, QueryParameter(name="lang")]
"""`?lang=` beats what the browser prefers; it is remembered for the next pages."""

LANGUAGE_COOKIE = "lang"
MEDIA_TYPE = "text/html; charset=utf-8"
_FOLDER = Path(__file__).parent / "templates"
_TAGS = {"zh": "zh-CN", "en": "en"}
_MONTHS = tuple(calendar.month_name)


class Paper(enum.StrEnum):
    """What it is shown on; each has a style sheet of its own."""

    SCREEN = "screen"
    A4 = "a4"
    LABEL = "label"
    RECEIPT = "receipt"


_environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_FOLDER, encoding="utf-8"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def show(
    request: Asked,
    template: str,
    *,
    paper: Paper = Paper.SCREEN,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    time_zone: str = "Asia/Shanghai",
    **values: Any,
) -> Response[Html]:
    """The whole answer. Every page may hold what concerns one person, so none is kept anywhere on the way."""
    language = language_of(request)
    text = _environment.get_template(template).render(
        **_words(language, ZoneInfo(time_zone)),
        style=Markup(_style(paper)),
        **{"here": here_of(request), **values},
        bar_code=bar_code,
        qr_code=qr_code,
    )
    given = {**page_headers(paper), "Content-Language": _TAGS[language], **(headers or {})}
    chosen = Cookie(LANGUAGE_COOKIE, value=language, max_age=365 * 86_400, samesite="lax")
    return Response(
        Html(text.encode()),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers=given,
        cookies=[chosen] if "lang" in request.query_params else [],
    )


def page_headers(paper: Paper) -> dict[str, str]:
    """No script, no frame, nothing from elsewhere, nothing kept.

    `same-origin` and not `no-referrer`: under the latter a browser hides the origin of our own forms from us.
    """
    return {
        "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; "
        f"style-src '{_style_hash(paper)}'",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Cache-Control": "no-store",
        "Vary": "Accept-Language, Cookie",
    }


def language_of(request: Asked) -> str:
    """`zh` or `en`: asked for in the address, else remembered, else what the browser prefers."""
    asked = request.query_params.get("lang") or cookies_of(request).get(LANGUAGE_COOKIE, "")
    short = asked.partition("-")[0]
    return short if short in _TAGS else preferred_language(request.headers.get("accept-language", ""))


def here_of(request: Asked) -> str:
    """The address of this page without its language; a page that answers a form gives its own."""
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    path: str = request.scope["path"]
    return f"{path}?{urlencode(query)}" if query else path


def cookies_of(request: Asked) -> dict[str, str]:
    """What cannot be read is none."""
    try:
        sent = SimpleCookie(request.headers.get("cookie", "")[:4096])
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in sent.items()}


def _words(language: str, zone: ZoneInfo) -> dict[str, Any]:
    """What templates say things with."""

    def say(zh: str, en: str) -> str:
        return zh if language == "zh" else en

    def day(on: date) -> str:
        return say(f"{on.year}年{on.month}月{on.day}日", f"{on.day} {_MONTHS[on.month]} {on.year}")

    def clock(at: datetime) -> str:
        local = at.astimezone(zone)
        return f"{day(local.date())} {local:%H:%M}"

    words: dict[str, Callable[..., str]] = {
        "say": say,
        "told": lambda title: _told(title, language),
        "day": day,
        "clock": clock,
        "number": lambda amount: f"{amount:,}",
        "yuan": lambda fen: f"{fen // 100:,}.{fen % 100:02}",
    }
    return {"lang": _TAGS[language], "other_lang": "en" if language == "zh" else "zh", **words}


def _told(title: Title, language: str) -> str:
    return title.zh if language == "zh" else title.en


@cache
def _style(paper: Paper) -> str:
    files = ("screen.css",) if paper is Paper.SCREEN else ("sheet.css", f"{paper}.css")
    return "\n".join((_FOLDER / file).read_text(encoding="utf-8") for file in files)


@cache
def _style_hash(paper: Paper) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(_style(paper).encode()).digest()).decode()}"
