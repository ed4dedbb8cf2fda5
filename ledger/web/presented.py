"""A card as it was scanned or typed into a page, and where a counter keeps it while one customer is served."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import asyncpg
import msgspec

from ledger.core.card import Card, PresentedCard
from ledger.core.refusal import Reason, Refused
from ledger.db.cards import find_presented_card
from ledger.hall.sent import Asked
from ledger.web.sheet import cookies_of

COOKIE = "card"
KEPT_SECONDS = 15 * 60

_CODE = re.compile(r"[0-9A-Za-z]([ -]?[0-9A-Za-z]){15}")
_NFC = re.compile(r"([0-9A-F]{8}|[0-9A-F]{14}|[0-9A-F]{20})")


def read_presented(text: str) -> tuple[PresentedCard, ...]:
    """All that it may be, the likeliest first; full-width letters, as a Chinese keyboard types them, are letters."""
    plain = unicodedata.normalize("NFKC", text).strip()
    told: list[dict[str, str]] = [{"code": plain}] if _CODE.fullmatch(plain) else []
    upper = plain.upper()
    told += [{"number": upper}, *([{"nfc_number": upper}] if _NFC.fullmatch(upper) else [])]
    found = []
    for one in told:
        try:
            found.append(msgspec.convert(one, PresentedCard))
        except msgspec.ValidationError:
            continue
    return tuple(found)


async def find_typed_card(connection: asyncpg.Connection, programme: str, text: str) -> tuple[PresentedCard, Card]:
    """The first of these that there is; refuses as `find_presented_card` does."""
    for presented in read_presented(text):
        try:
            return presented, await find_presented_card(connection, programme, presented)
        except Refused as refused:
            if refused.reason is not Reason.CARD_UNKNOWN:
                raise
    raise Refused(Reason.CARD_UNKNOWN)


def kept_card(request: Asked) -> PresentedCard | None:
    """The card of whom this counter is serving. What a browser sends in its place is as good as what a hand types."""
    kind, _, text = cookies_of(request).get(COOKIE, "").partition(".")
    try:
        return msgspec.convert({kind: text}, PresentedCard)
    except msgspec.ValidationError:
        return None


def keep_card(scope: Mapping[str, Any], programme: str, presented: PresentedCard | None) -> str:
    """In no address and no history: in a cookie that ends with this customer, or by itself after a quarter of an hour.

    Without a card it is forgotten.
    """
    [(kind, text)] = (msgspec.to_builtins(presented) if presented is not None else {"": ""}).items()
    value = f"{kind}.{text.replace(' ', '')}" if kind else ""
    secure = "; Secure" if scope["scheme"] == "https" else ""
    seconds = KEPT_SECONDS if presented is not None else 0
    return f"{COOKIE}={value}; Path=/counter/{programme}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
