"""What a receipt tells whoever gets it in the hand, and as 32 columns of plain text for a 58 mm printer."""

import unicodedata
from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from ledger.core.title import Title

COLUMNS = 32
_WIDE = frozenset("WF")


class SlipLine(Struct, frozen=True):
    """Goods or an offer; `points` and `fen` are for the whole line."""

    item: str
    title: Title
    quantity: int
    points: int
    fen: int


class Lapse(Struct, frozen=True):
    """So many points lapse after that day."""

    amount: int
    on: date


class Slip(Struct, frozen=True):
    """A receipt. `before` and `after` are the holder's points, `next_expiry` as it was right after the transaction.

    `points` and `fen` were taken; less than nothing was given back. Whoever acted is told by a masked name.
    """

    transaction: str
    kind: str
    what: Title
    programme: Title
    number: int | None
    outlet: str | None
    place: Title
    recorded_at: datetime
    happened_on: date | None
    lines: tuple[SlipLine, ...]
    points: int
    gift: int
    fen: int
    before: int | None
    after: int | None
    owed: int
    next_expiry: Lapse | None
    terminal: str | None
    shift: str | None
    served_by: str | None
    card: str | None
    acted_by: str | None
    acted_name: str | None
    follows: str | None


def slip_text(slip: Slip, language: str, time_zone: str) -> str:
    """Lines of 32 columns, in which a Chinese character takes two."""
    return "".join(f"{line.rstrip()}\n" for line in _lines(slip, language, ZoneInfo(time_zone)))


def width(text: str) -> int:
    """Columns on a printer or a terminal."""
    return sum(_columns(character) for character in text)


def _lines(slip: Slip, language: str, zone: ZoneInfo) -> Iterator[str]:
    def say(zh: str, en: str) -> str:
        return zh if language == "zh" else en

    yield from _centred(_told(slip.place, language))
    yield from _centred(_told(slip.what, language))
    if slip.number is not None:
        yield from _centred(f"No. {slip.number}")
    yield f"{slip.recorded_at.astimezone(zone):%Y-%m-%d %H:%M}"
    if slip.happened_on is not None:
        yield _pair(say("发生日期", "Happened on"), slip.happened_on.isoformat())
    yield "-" * COLUMNS
    for line in slip.lines:
        yield from _wrapped(_told(line.title, language))
        money = f" + ¥{_yuan(line.fen)}" if line.fen else ""
        yield _pair(f"  x{line.quantity}", f"{line.points}{money}")
    yield "-" * COLUMNS
    yield _pair(say("积分", "Points"), str(slip.points))
    if slip.gift:
        yield _pair(say("赠分", "Gift points"), str(slip.gift))
    if slip.fen:
        yield _pair(say("现金", "Cash"), f"¥{_yuan(slip.fen)}")
    if slip.before is not None and slip.after is not None:
        yield _pair(say("原有", "Before"), str(slip.before))
        yield _pair(say("现有", "After"), str(slip.after))
    if slip.owed:
        yield _pair(say("欠分", "Owed"), str(slip.owed))
    if slip.next_expiry is not None:
        yield _pair(say("最近到期", "Next to lapse"), str(slip.next_expiry.amount))
        yield _pair("", slip.next_expiry.on.isoformat())
    if slip.served_by is not None:
        yield from _wrapped(say("经办 ", "Served by ") + slip.served_by)
    if slip.acted_by is not None:
        yield from _wrapped(say("代办 ", "For them ") + (slip.acted_name or slip.acted_by))
    yield from _wrapped(slip.transaction)


def _pair(name: str, figure: str) -> str:
    return name + " " * max(1, COLUMNS - width(name) - width(figure)) + figure


def _centred(text: str) -> Iterator[str]:
    for line in _wrapped(text):
        yield " " * ((COLUMNS - width(line)) // 2) + line


def _wrapped(text: str) -> Iterator[str]:
    line, columns = "", 0
    for character in text:
        wide = _columns(character)
        if columns + wide > COLUMNS:
            yield line
            line, columns = "", 0
        line, columns = line + character, columns + wide
    yield line


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Me", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def _yuan(fen: int) -> str:
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02}"


def _told(title: Title, language: str) -> str:
    return title.zh if language == "zh" else title.en
