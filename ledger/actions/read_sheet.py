"""Inspection sheets as CSV: written for a spreadsheet, read back with every bad line told by its number."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ledger.core.activity import Found
from ledger.core.compiled import Compiled
from ledger.core.fact import Fact, FactType
from ledger.core.title import Title
from ledger.core.value import facts_of
from ledger.db.inspections import Line

LINES_MAX = 100_000
PROBLEMS_MAX = 100
_OWNER = ("owner", "reference")
_PLAIN = ("decision", "reason", "note", "area", "name")
_FIELDS = {
    FactType.QUANTITY: "quantities",
    FactType.CHOICE: "choices",
    FactType.FLAG: "flags",
    FactType.DAY: "days",
    FactType.RATING: "ratings",
}
_YES, _NO = ("1", "true", "yes", "是", "有"), ("0", "false", "no", "否", "无")


class SheetRefused(Exception):
    """Nothing was taken; each problem by its line."""

    def __init__(self, problems: Sequence[tuple[int, Title]]) -> None:
        super().__init__(len(problems))
        self.problems = problems


def written_sheet(compiled: Compiled, rule_id: str, lines: Sequence[Line]) -> bytes:
    """With a column for each fact that the rule looks at; with the mark by which spreadsheets know UTF-8."""
    moves = compiled.rules[rule_id].moves if rule_id in compiled.rules else ()
    wanted = list(dict.fromkeys(name for move in moves for name, _, _ in facts_of(move.value) if "." not in name))
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["owner", "reference", "area", *wanted, "decision", "note"])
    for line in lines:
        filled = msgspec.to_builtins(line.facts) if line.facts is not None else {}
        cells = [_cell(filled, compiled.facts.get(name)) for name in wanted]
        decision = filled.get("decision", {}).get("amount", "")
        row = [line.owner, line.reference or "", line.area or "", *cells, decision, filled.get("note", "")]
        writer.writerow([safe_cell(str(cell)) for cell in row])
    return file.getvalue().encode("utf-8-sig")


def safe_cell(text: str) -> str:
    """What a spreadsheet would take for a formula is marked as text."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def read_sheet(raw: bytes, catalogue: Mapping[str, Fact]) -> dict[str, Found]:
    """By owner, or by the village's own number where no owner stands; a line without any fact is left out."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", errors="replace")
    rows = csv.reader(io.StringIO(text, newline=""))
    problems: list[tuple[int, Title]] = []
    filled: dict[str, Found] = {}
    try:
        header = [cell.strip() for cell in next(rows, [])]
        _refuse_header(header, catalogue)
        for number, cells in enumerate(rows, start=2):
            if number > LINES_MAX:
                raise SheetRefused([(number, Title(f"至多 {LINES_MAX} 行", f"at most {LINES_MAX} lines"))])
            _read_line(header, cells, number, catalogue, filled, problems)
    except csv.Error as error:
        raise SheetRefused([(1, Title("不是有效的 CSV", "not valid CSV"))]) from error
    if problems:
        raise SheetRefused(problems[:PROBLEMS_MAX])
    if not filled:
        raise SheetRefused([(1, Title("表中没有已填写的行", "no line is filled in"))])
    return filled


def _refuse_header(header: Sequence[str], catalogue: Mapping[str, Fact]) -> None:
    unknown = [name for name in header if name and name not in (*_OWNER, *_PLAIN) and name not in catalogue]
    if unknown:
        told = ", ".join(name[:40] for name in unknown[:10])
        raise SheetRefused([(1, Title(f"不认识的列 {told}", f"unknown columns {told}"))])
    if not set(_OWNER) & set(header) or len(set(header)) < len(header):
        raise SheetRefused(
            [(1, Title("须有 owner 或 reference 列,列名不得重复", "needs `owner` or `reference`, once"))]
        )


def _read_line(
    header: Sequence[str],
    cells: Sequence[str],
    number: int,
    catalogue: Mapping[str, Fact],
    filled: dict[str, Found],
    problems: list[tuple[int, Title]],
) -> None:
    said = {name: cell.strip().removeprefix("'") for name, cell in zip(header, cells, strict=False) if cell.strip()}
    owner = said.pop("owner", "") or said.get("reference", "")
    said.pop("reference", None)
    for name in ("area", "name"):
        said.pop(name, None)
    if not said:
        return
    if not owner or owner in filled:
        problems.append((number, Title("缺少户号或户号重复", "no household, or one that stands there twice")))
        return
    try:
        filled[owner] = msgspec.convert(_told(said, catalogue), Found)
    except (msgspec.ValidationError, ValueError) as error:
        problems.append((number, Title(f"无法读取:{str(error)[:200]}", f"cannot be read: {str(error)[:200]}")))


def _told(said: Mapping[str, str], catalogue: Mapping[str, Fact]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if "decision" in said:
        told["decision"] = {"amount": int(said["decision"]), "reason": said.get("reason", "")}
    if "note" in said:
        told["note"] = said["note"]
    for name, cell in said.items():
        if name in _PLAIN:
            continue
        kind = catalogue[name].type
        told.setdefault(_FIELDS[kind], {})[name] = _answer(cell, kind)
    return told


def _answer(cell: str, kind: FactType) -> Any:
    match kind:
        case FactType.QUANTITY:
            return int(cell)
        case FactType.RATING:
            return [int(mark) for mark in cell.replace("、", " ").replace(";", " ").split()]
        case FactType.FLAG:
            if cell.lower() not in (*_YES, *_NO):
                raise ValueError(f"{cell[:20]}: 是/否 yes/no")
            return cell.lower() in _YES
        case _:
            return cell


def _cell(filled: Mapping[str, Any], fact: Fact | None) -> str:
    if fact is None:
        return ""
    answer = filled.get(_FIELDS[fact.type], {}).get(fact.id, "")
    return " ".join(map(str, answer)) if isinstance(answer, list | tuple) else str(answer)
