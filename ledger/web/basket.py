"""A basket as a part of an address: what is in it stands in the browser, so that the Back button cannot spoil it."""

import re
import unicodedata
from typing import Annotated

from litestar.params import QueryParameter

LINES_MAX = 50
PIECES_MAX = 999
_PIECE = r"[a-z0-9-]{1,40}(:[1-9][0-9]{0,5})?\.[1-9][0-9]{0,2}"
_PATTERN = rf"^({_PIECE}(,{_PIECE}){{0,49}})?$(?!\n)"

BasketText = Annotated[str, QueryParameter(pattern=_PATTERN, max_length=50 * 52)]

_TIMES = re.compile(r"([1-9][0-9]{0,2}) ?[*xX×] ?(.+)")


def read_basket(text: str) -> dict[str, int]:
    """`soap.2,tissue:3.1`: pieces by item, or by item and old label where that is honoured, as they were put in."""
    pieces: dict[str, int] = {}
    for part in text.split(",") if text else ():
        item, _, quantity = part.rpartition(".")
        pieces[item] = min(PIECES_MAX, pieces.get(item, 0) + int(quantity))
    return pieces


def write_basket(pieces: dict[str, int]) -> str:
    return ",".join(f"{item}.{quantity}" for item, quantity in pieces.items() if quantity > 0)


def with_pieces(pieces: dict[str, int], item: str, more: int) -> dict[str, int]:
    """One more or one less; what comes to nothing is not there, and a full basket takes nothing new."""
    if item not in pieces and len(pieces) >= LINES_MAX:
        return pieces
    changed = {**pieces, item: min(PIECES_MAX, pieces.get(item, 0) + more)}
    return {name: quantity for name, quantity in changed.items() if quantity > 0}


def read_scan(text: str) -> tuple[int, str]:
    """`3*soap` is three of it; full-width digits, as a Chinese keyboard types them, are digits."""
    plain = unicodedata.normalize("NFKC", text).strip()
    times = _TIMES.fullmatch(plain)
    return (1, plain) if times is None else (int(times[1]), times[2].strip())


def read_label(text: str) -> tuple[str, int | None]:
    """A shelf label's bar code is the item and the revision: `soap.2`; a plain item has none."""
    item, point, revision = text.rpartition(".")
    return (item, int(revision)) if point and re.fullmatch("[1-9][0-9]{0,5}", revision) else (text, None)
