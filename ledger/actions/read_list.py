"""Reads a list from outside, as spreadsheets save it: the header names the columns, a bad line is told, not guessed."""

import csv
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from msgspec import Struct

from ledger.core.balance import BALANCE_MAX
from ledger.core.reconcile import Claimed, Unmatched, Why
from ledger.core.title import Title

LINES_MAX = 20_000
CELLS_MAX = 200
_CELL_SHOWN = 60
_AMOUNT_LENGTH = 25

NAMES: Mapping[str, tuple[str, ...]] = {
    "amount": ("amount", "quantity", "points", "pieces", "金额", "数量", "积分", "实盘数", "件数"),
    "day": ("day", "date", "日期", "交易日期", "记账日期"),
    "transaction": ("transaction", "reference", "交易号", "流水号", "单号", "摘要", "附言"),
    "item": ("item", "商品", "物品", "商品编号"),
    "outlet": ("outlet", "网点", "超市"),
    "merchant": ("merchant", "shop", "店铺", "商户", "联盟商家"),
    "owner": ("owner", "household", "member", "账户", "户", "户号"),
}
"""What each column may be called in the header, unless the caller says otherwise."""

_PREFIXES = {"outlet": "out_", "merchant": "mer_"}
_TRANSACTION = re.compile(r"txn_[0-9a-z]{18}")
_DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T].*)?")


class ListRefused(Exception):
    """The list as a whole cannot be read."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.words = Title(zh, en)


class Wanted(Struct, frozen=True):
    """How to read: the declared keys, names of columns that differ, values for keys without a column, decimals."""

    keys: tuple[str, ...]
    columns: Mapping[str, str] = {}
    fixed: Mapping[str, str] = {}
    scale: int = 0
    is_opposite: bool = False


class Listed(Struct, frozen=True):
    """The lines that could be read, and those that could not."""

    lines: tuple[Claimed, ...]
    unreadable: tuple[Unmatched, ...]


def decode_list(raw: bytes) -> str:
    """UTF-8, or what spreadsheets in China save."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            return raw.decode("gb18030")
        except UnicodeDecodeError as error:
            raise ListRefused("文件编码既非 UTF-8 也非 GB18030", "the file is neither UTF-8 nor GB18030") from error


def read_list(text: str, wanted: Wanted) -> Listed:
    """Line numbers are the file's own, the header being the first."""
    rows = _rows(text)
    if not rows:
        raise ListRefused("名单是空的", "the list is empty")
    if len(rows) - 1 > LINES_MAX:
        raise ListRefused(f"名单至多 {LINES_MAX} 行", f"a list has at most {LINES_MAX} lines")
    places = _places(rows[0][1], wanted)
    lines, unreadable = [], []
    for number, cells in rows[1:]:
        try:
            lines.append(_line(number, cells, places, wanted))
        except _BadCell as bad:
            unreadable.append(Unmatched(Why.UNREADABLE, (str(number),), column=bad.column))
    return Listed(tuple(lines), tuple(unreadable))


class _BadCell(Exception):
    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


def _rows(text: str) -> list[tuple[int, list[str]]]:
    head = text.lstrip("\ufeff").split("\n", 1)[0]
    delimiter = max(",\t;", key=head.count)
    reader = csv.reader(text.lstrip("\ufeff").splitlines(keepends=True), delimiter=delimiter, strict=True)
    rows = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num, [cell.strip() for cell in cells[:CELLS_MAX]]))
            if len(rows) > LINES_MAX + 1:
                break
    except csv.Error as error:
        raise ListRefused(f"第 {reader.line_num} 行不是 CSV", f"line {reader.line_num} is not CSV: {error}") from error
    return rows


def _places(header: Sequence[str], wanted: Wanted) -> dict[str, int]:
    """Where each column stands. Amount and keys must be there; a day is compared where there is one."""
    places: dict[str, int] = {}
    lowered = [cell.lower() for cell in header]
    for name, known in NAMES.items():
        asked = wanted.columns.get(name)
        found = [place for place, cell in enumerate(lowered) if cell in ((asked.lower(),) if asked else known)]
        if len(found) > 1:
            raise ListRefused(f"有多列可作 {name}，请指明", f"several columns could be {name}: name one")
        if found:
            places[name] = found[0]
        elif asked or name == "amount" or (name in wanted.keys and name not in wanted.fixed):
            called = asked or " / ".join(known)
            raise ListRefused(f"缺少 {name} 列（{called}）", f"there is no column for {name} ({called})")
    return places


def _line(number: int, cells: Sequence[str], places: Mapping[str, int], wanted: Wanted) -> Claimed:
    def cell(name: str) -> str:
        text = cells[places[name]] if places[name] < len(cells) else ""
        if not text:
            raise _BadCell(name)
        return text

    amount = _amount(cell("amount"), wanted.scale)
    day = _day(cell("day")) if "day" in places else None
    key = tuple(key_value(name, cell(name) if name in places else wanted.fixed[name]) for name in wanted.keys)
    return Claimed((str(number),), key, -amount if wanted.is_opposite else amount, day)


def key_value(name: str, text: str) -> str:
    """As both sides are compared: ids without their prefix, a transaction's number out of whatever surrounds it."""
    if name == "transaction":
        found = _TRANSACTION.search(text.lower())
        return found[0] if found else text[:_CELL_SHOWN]
    return text.lower().removeprefix(_PREFIXES.get(name, "")).removeprefix("item:")[:_CELL_SHOWN]


def _amount(text: str, scale: int) -> int:
    """Exact; more decimals than the unit has are not rounded away."""
    if len(text) > _AMOUNT_LENGTH:
        raise _BadCell("amount")
    try:
        exact = Decimal(text.replace(",", "").replace("，", "").lstrip("¥￥").strip()).scaleb(scale)
    except InvalidOperation as error:
        raise _BadCell("amount") from error
    if not exact.is_finite() or abs(exact) > BALANCE_MAX or exact != exact.to_integral_value():
        raise _BadCell("amount")
    return int(exact)


def _day(text: str) -> date:
    found = _DAY.fullmatch(text)
    try:
        year, month, day = map(int, found.groups()) if found else (0, 0, 0)
        return date(year, month, day)
    except ValueError as error:
        raise _BadCell("day") from error
