"""What the columns of a file of households, members or cards are called, and what a row of it says."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from ledger.actions.open_owner import require_name
from ledger.actions.read_list import ListRefused
from ledger.actions.read_rules import in_both
from ledger.actions.read_workbook import BadCell, Row
from ledger.core.card import Carrier, NfcNumber, PassbookNumber
from ledger.core.refusal import Number
from ledger.core.title import READABLE, Phone, Slug, Text, Title

Reference = Annotated[str, Meta(min_length=1, max_length=60, pattern=READABLE)]
Kind = Literal["households", "members", "cards"]


class HouseholdRow(Struct, frozen=True, forbid_unknown_fields=True, rename={"class_": "class"}, omit_defaults=True):
    """`reference` is the village's own number."""

    reference: Reference
    name: Text | None = None
    phone: Phone | None = None
    area: Slug | None = None
    class_: Slug | None = None
    cohort: Slug | None = None
    moved_in_on: date | None = None

    def __post_init__(self) -> None:
        require_name(self.name, self.phone)


class MemberRow(Struct, frozen=True, forbid_unknown_fields=True, rename={"class_": "class"}, omit_defaults=True):
    """`household` is the household's reference."""

    reference: Reference
    name: Text | None = None
    phone: Phone | None = None
    household: Reference | None = None
    role: str | None = None
    area: Slug | None = None
    class_: Slug | None = None
    age: Annotated[int, Meta(ge=0, le=150)] | None = None
    resident: bool | None = None
    moved_in_on: date | None = None

    def __post_init__(self) -> None:
        require_name(self.name, self.phone)


class CardRow(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Of a household or of a member, by reference; both is a card of the household in the member's hands."""

    carrier: Carrier
    household: Reference | None = None
    member: Reference | None = None
    number: PassbookNumber | None = None
    nfc_number: NfcNumber | None = None

    def __post_init__(self) -> None:
        if self.household is None and self.member is None:
            raise ValueError("须有户号或成员编号 / a household or a member is needed")
        if self.number is None and self.nfc_number is None:
            raise ValueError("须有卡号或芯片号 / a number or an nfc_number is needed")


R = TypeVar("R", bound=Struct)
PersonRow = HouseholdRow | MemberRow | CardRow
ROW_TYPES: Mapping[str, type[HouseholdRow] | type[MemberRow] | type[CardRow]] = {
    "households": HouseholdRow,
    "members": MemberRow,
    "cards": CardRow,
}

_NAMES: Mapping[str, tuple[str, ...]] = {
    "reference": ("编号", "户号", "成员编号", "id"),
    "name": ("姓名", "户主", "名称"),
    "phone": ("电话", "手机", "联系电话"),
    "household": ("所属户", "所属户号", "户号"),
    "member": ("成员", "成员编号"),
    "role": ("与户主关系", "关系"),
    "area": ("片区", "网格"),
    "class": ("类别",),
    "cohort": ("批次",),
    "age": ("年龄",),
    "resident": ("常住", "本地居民"),
    "moved_in_on": ("入住日期",),
    "carrier": ("介质", "卡类型"),
    "number": ("卡号", "存折号", "序号"),
    "nfc_number": ("芯片号",),
    "day": ("日期",),
    "rule": ("规则",),
    "fact": ("事实",),
    "quantity": ("数量",),
    "photos": ("照片张数",),
    "documents": ("材料份数",),
    "note": ("备注",),
}
ROLES = {
    "户主": "head", "配偶": "spouse", "子女": "child", "父母": "parent", "祖父母": "grandparent",
    "孙子女": "grandchild", "兄弟姐妹": "sibling", "亲属": "relative", "租户": "tenant", "照护人": "carer",
    "其他": "other",
}  # fmt: skip
_WORDS: Mapping[str, Mapping[str, str]] = {
    "role": ROLES,
    "resident": {"是": "true", "否": "false", "yes": "true", "no": "false"},
    "carrier": {"二维码": "qr", "条码": "barcode", "芯片": "nfc", "存折": "passbook"},
}
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_CELL_MAX = 2_000
_BAD_CELLS = {
    "formula": Title("是公式，不是内容", "a formula, not a value"),
    "rounded": Title(
        "数字过长，已被表格四舍五入，请设为文本", "too long a number, rounded by the sheet: make it a text"
    ),
    "time": Title("带有时刻，应只有日期", "a time of day where a day belongs"),
    "unknown": Title("内容无法识别", "of an unknown kind"),
    "long": Title("内容过长", "too long"),
}


class BadRow(Struct, frozen=True):
    """A row that was not taken in: what is wrong with it in words, or a reason of the ledger with its numbers."""

    line: int
    column: str | None
    reason: str
    words: Title | None = None
    numbers: dict[str, Number] = {}


def read_people(rows: Iterator[Row], kind: str) -> Iterator[tuple[int, PersonRow] | BadRow]:
    """Row by row; raises `ListRefused` when a needed column is not there or one is not known."""
    yield from read_rows(rows, ROW_TYPES[kind])


def read_rows(rows: Iterator[Row], row_type: type[R]) -> Iterator[tuple[int, R] | BadRow]:
    """The same of any kind of row whose columns are named here."""
    columns = _columns(next(rows), row_type)
    for row in rows:
        yield _read(row, columns, row_type)


def _columns(header: Row, row_type: type[Struct]) -> tuple[str, ...]:
    """A column that nobody knows is refused: it may be a misspelt one that matters."""
    fields = {field.encode_name: field.required for field in msgspec.structs.fields(row_type)}
    found = []
    for cell in header.cells:
        title = cell.lower() if isinstance(cell, str) else "="
        fitting = [name for name in fields if title == name or title in _NAMES[name]]
        if not title and cell == "":
            found.append("")
        elif not fitting:
            raise ListRefused(f"不认识的列 {title[:40]}", f"the column {title[:40]} is not known here")
        elif fitting[0] in found:
            raise ListRefused(f"{fitting[0]} 有两列", f"there are two columns for {fitting[0]}")
        else:
            found.append(fitting[0])
    for name, is_required in fields.items():
        if is_required and name not in found:
            raise ListRefused(f"缺少列 {name}", f"the column {name} is missing")
    return tuple(found)


def _read(row: Row, columns: tuple[str, ...], row_type: type[R]) -> tuple[int, R] | BadRow:
    told: dict[str, str] = {}
    for name, cell in zip(columns, row.cells, strict=False):
        why = cell.why if isinstance(cell, BadCell) else "long" if len(cell) > _CELL_MAX else None
        if why is not None:
            return BadRow(row.line, name or None, "malformed", _BAD_CELLS[why])
        if cell and name:
            told[name] = _said(name, str(cell))
    try:
        return row.line, msgspec.convert(told, row_type, strict=False)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at ")
        missing = re.search("field `([^`]+)`", message)
        column = missing[1] if missing else path.strip("`$.") or None
        return BadRow(row.line, column, "malformed", in_both(message))


def _said(name: str, text: str) -> str:
    """In the words of the ledger: Chinese words and days as people write them."""
    if name in ("moved_in_on", "day") and (day := _DAY.fullmatch(text)):
        return f"{int(day[1]):04}-{int(day[2]):02}-{int(day[3]):02}"
    known = _WORDS.get(name)
    return text if known is None else known.get(text, text.lower())
