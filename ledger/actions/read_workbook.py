"""Rows of a CSV or XLSX file from outside, bounded in every direction; cells are text, whatever they were."""

import csv
import importlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any
from xml.etree.ElementTree import ParseError

from msgspec import Struct

from ledger.actions.read_list import ListRefused, decode_list

BYTES_MAX = 32 * 1024 * 1024
UNPACKED_MAX = 128 * 1024 * 1024
PARTS_MAX = 1_000
ROWS_MAX = 200_000
COLUMNS_MAX = 50
EMPTY_ROWS_MAX = 10_000
_EXACT_MAX = 10**15  # above it a spreadsheet has rounded already
_ZIP = b"PK\x03\x04"
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    EOFError,
    NotImplementedError,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    OSError,
)


class BadCell(Struct, frozen=True):
    """A cell that says nothing certain, and why."""

    why: str


class Row(Struct, frozen=True):
    """`line` is the file's own number, the header being the first."""

    line: int
    cells: tuple[str | BadCell, ...]


def read_sheet(raw: bytes) -> Iterator[Row]:
    """The header first, empty rows left out; raises `ListRefused` for a file that cannot be read as a whole."""
    if len(raw) > BYTES_MAX:
        raise ListRefused(f"文件超过 {BYTES_MAX >> 20} MB", f"the file is larger than {BYTES_MAX >> 20} MB")
    rows = _workbook_rows(raw) if raw.startswith(_ZIP) else _csv_rows(raw)
    count = 0
    for row in rows:
        if not any(row.cells):
            continue
        count += 1
        if count > ROWS_MAX + 1:
            raise ListRefused(f"至多 {ROWS_MAX} 行", f"there may be at most {ROWS_MAX} rows")
        yield row
    if count == 0:
        raise ListRefused("文件是空的", "the file is empty")


def _csv_rows(raw: bytes) -> Iterator[Row]:
    text = decode_list(raw)
    delimiter = max(",\t;", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            _require_narrow(cells)
            yield Row(reader.line_num, tuple(_told(cell.strip()) for cell in cells))
    except csv.Error as error:
        raise ListRefused(f"第 {reader.line_num} 行不是 CSV", f"line {reader.line_num} is not CSV: {error}") from error


def _workbook_rows(raw: bytes) -> Iterator[Row]:
    """The first sheet. What a file claims to unpack to is looked at before anything of it is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
            if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_MAX:
                raise ListRefused("解压后过大", "it unpacks to far too much")
        # Not at the top: reading spreadsheets is rare, and loading their library took a quarter of every start.
        openpyxl = importlib.import_module("openpyxl")
        book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, keep_links=False)
        empty = 0
        # One column more than may be, so that a sheet that is too wide is seen.
        for line, cells in enumerate(book.worksheets[0].iter_rows(max_col=COLUMNS_MAX + 1, values_only=True), 1):
            told = tuple(_cell(value) for value in cells)
            _require_narrow([cell for cell in told if cell] if len(told) > COLUMNS_MAX and told[COLUMNS_MAX] else ())
            empty = 0 if any(told) else empty + 1
            if empty > EMPTY_ROWS_MAX:
                raise ListRefused("空行太多", "there are too many empty rows")
            yield Row(line, told)
    except _BROKEN as error:
        raise ListRefused("不是可读的 XLSX 文件", "this is no XLSX file that can be read") from error


def _require_narrow(cells: Sequence[Any]) -> None:
    if len(cells) > COLUMNS_MAX:
        raise ListRefused(f"至多 {COLUMNS_MAX} 列", f"there may be at most {COLUMNS_MAX} columns")


def _cell(value: Any) -> str | BadCell:
    """A number is told without the point that a spreadsheet gives it; a day as a day."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return _number(value)
        case datetime():
            return value.date().isoformat() if value.time() == time() else BadCell("time")
        case date():
            return value.isoformat()
        case str():
            return _told(value.strip())
        case _:
            return BadCell("unknown")


def _number(value: float) -> str | BadCell:
    if abs(value) >= _EXACT_MAX:
        return BadCell("rounded")
    return str(int(value)) if value == int(value) else str(value)


_FORMULA = re.compile(r"=|#(N/A|REF!|NAME\?|VALUE!|DIV/0!|NUM!|NULL!)$")


def _told(text: str) -> str | BadCell:
    """What begins as a formula may be one: its result is not in the file, and a name never begins so."""
    return BadCell("formula") if _FORMULA.match(text) else text
