"""Files of people: the good rows or nothing, a word for each bad row, and the same file again changes nothing."""

import asyncio
import csv
import io
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl

from tests.api.client import Office
from tests.test_cli import points_ledger
from tests.village import Village

CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADER = ["户号", "户主", "入住日期"]
GOOD: list[list[Any]] = [
    ["1-1", "李小明", "2024/3/5"],
    ["1-2", "<b>阿&</b>", ""],
    ["1-3", "王😀", "2024年12月1日"],
    ["1-4", "O'Neil", "2024-01-02"],
]
BAD: list[list[Any]] = [
    ["", "nobody", ""],
    ["2-2", "a\u202eb", ""],
    ["2-3", "a\x00b", ""],
    ["2-4", "=HYPERLINK(1)", ""],
    ["2-5", "x" * 201, ""],
    ["2-6", "late", "2024-02-31"],
    ["1-1", "张三", ""],
]


def as_csv(rows: list[list[Any]], encoding: str = "utf-8-sig") -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue().encode(encoding)


def as_xlsx(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


async def take_in(office: Office, raw: bytes, kind: str = "households", *, good: bool = False, type: str = CSV) -> Any:
    key = await office.key("operator")
    path = f"imports/{kind}" + ("?good_rows=true" if good else "")
    return await office.call("POST", path, key=key, content=raw, headers={"Content-Type": type})


async def households(office: Office) -> list[tuple[str, str]]:
    rows = await office.village.rows(
        "SELECT o.reference, p.name FROM owner AS o JOIN person AS p ON p.owner = o.id WHERE o.kind = 'household'"
    )
    return sorted((row["reference"], row["name"]) for row in rows)


async def test_one_bad_row_keeps_all_out_or_only_itself(office: Office) -> None:
    file = as_csv([HEADER, *GOOD, *BAD])
    nothing = (await take_in(office, file)).json()
    assert (nothing["is_kept"], nothing["created"], nothing["refused"]) == (False, 0, len(BAD))
    assert await households(office) == []
    told = [(bad["line"], bad["column"], bad["reason"]) for bad in nothing["bad_rows"]]
    assert told == [
        (6, "reference", "malformed"), (7, "name", "malformed"), (8, "name", "malformed"), (9, "name", "malformed"),
        (10, "name", "malformed"), (11, "moved_in_on", "malformed"), (12, "reference", "reference_taken"),
    ]  # fmt: skip
    assert all(bad["zh"] and bad["en"].isascii() for bad in nothing["bad_rows"])
    some = (await take_in(office, file, good=True)).json()
    assert (some["is_kept"], some["created"], some["refused"]) == (True, len(GOOD), len(BAD))
    assert await households(office) == [(row[0], row[1]) for row in GOOD]
    again = (await take_in(office, file, good=True)).json()
    assert (again["created"], again["unchanged"], again["refused"]) == (0, len(GOOD), len(BAD))
    whole = (await take_in(office, as_csv([HEADER, *GOOD], "utf-8"))).json()
    assert (whole["is_kept"], whole["unchanged"]) == (True, len(GOOD))


async def test_a_household_taken_in_is_the_one_that_is_opened_by_its_number(office: Office) -> None:
    await take_in(office, as_csv([HEADER, *GOOD[:1]], "gb18030"))
    key = await office.key("operator")
    body = {"reference": "1-1", "name": "李小明", "moved_in_on": "2024-03-05"}
    opened = await office.call("POST", "households", key=key, json=body)
    assert (opened.status_code, opened.headers["Idempotency-Replayed"]) == (201, "true")
    balances = await office.call("GET", f"accounts/{opened.json()['id']}/balances", key=key)
    assert balances.status_code == 200


async def test_a_workbook_says_the_same_and_its_formulas_nothing(office: Office) -> None:
    rows: list[list[Any]] = [
        HEADER,
        [11, "李小明", datetime(2024, 3, 5)],
        [12.0, "王", None],
        [13, "=1+1", None],
        [1e17, "长", None],
    ]
    told = (await take_in(office, as_xlsx(rows), good=True, type=XLSX)).json()
    assert (told["created"], [(bad["line"], bad["column"]) for bad in told["bad_rows"]]) == (
        2, [(4, "name"), (5, "reference")],
    )  # fmt: skip
    assert [reference for reference, _ in await households(office)] == ["11", "12"]
    same = (await take_in(office, as_csv([HEADER, ["11", "李小明", "2024-03-05"]]))).json()
    assert same["unchanged"] == 1


async def test_files_that_are_none_are_refused_whole(office: Office) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (129 * 1024 * 1024))
    laughs = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(as_xlsx([HEADER]))) as whole, zipfile.ZipFile(laughs, "w") as changed:
        for part in whole.namelist():
            text = whole.read(part)
            if part.endswith("sheet1.xml"):
                entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha" * 10}">' for n in range(12))
                cells = '<row><c t="str"><v>&l11;</v></c></row>'
                text = f"<!DOCTYPE x [{entities}]><worksheet><sheetData>{cells}</sheetData></worksheet>".encode()
            changed.writestr(part, text)
    for raw in (
        b"", b"\xff\xfe\x00", b"PK\x03\x04 no workbook", bomb.getvalue(), laughs.getvalue(),
        as_csv([["户主"], ["x"]]), as_csv([["户号", "户号"], ["1", "2"]]), as_csv([["户号", "工资"], ["1", "2"]]),
        b'reference,name\n1,"open', as_csv([["户号", *[""] * 60], ["1"]]), as_csv([["户号"], ["x" * 10_000_000]]),
    ):  # fmt: skip
        answer = await take_in(office, raw, type=XLSX if raw.startswith(b"PK") else CSV)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed"), raw[:40]
    assert (await take_in(office, b"x", "goats")).status_code == 422
    assert (await take_in(office, b"x", type="application/json")).status_code == 415
    assert (await take_in(office, b"x" * (33 * 1024 * 1024))).status_code == 413


async def test_members_and_cards_follow_their_households(office: Office) -> None:
    await take_in(office, as_csv([HEADER, *GOOD[:2]]))
    members = [
        ["成员编号", "姓名", "所属户", "关系", "年龄", "常住", "手机"],
        ["m1", "李", "1-1", "户主", "71", "是", "13800138000"],
        ["m2", "骑手", "", "", "", "否"],
        ["m3", "谁", "9-9", "", "", ""],
        ["m4", "谁", "1-1", "王", "", ""],
    ]
    told = (await take_in(office, as_csv(members), "members", good=True)).json()
    assert (told["created"], [bad["reason"] for bad in told["bad_rows"]]) == (2, ["not_found", "unknown_choice"])
    cards = [["所属户", "成员", "卡类型", "卡号"], ["1-1", "", "存折", "0001"], ["1-1", "m1", "二维码", "0002"],
             ["1-2", "", "存折", "0001"], ["1-2", "m1", "存折", "0003"], ["", "m2", "条码", "0004"]]  # fmt: skip
    for created, unchanged in ((3, 0), (0, 3)):
        told = (await take_in(office, as_csv(cards), "cards", good=True)).json()
        assert (told["created"], told["unchanged"]) == (created, unchanged)
        assert [bad["reason"] for bad in told["bad_rows"]] == ["number_taken", "not_a_helper"]
    rows = await office.village.rows("SELECT number, state, member IS NOT NULL AS held FROM card ORDER BY number")
    assert [tuple(row.values()) for row in rows] == [
        ("0001", "pending", False), ("0002", "pending", True), ("0004", "pending", False)
    ]  # fmt: skip


async def test_the_command_line_takes_in_a_file_and_tells_each_bad_row(village: Village, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(as_csv([HEADER, *GOOD, BAD[0]]))
    settings = {"DATABASE_URL": village.database.admin_url, "LEDGER_DATA": str(tmp_path)}
    command = ("import", "households", file, "--programme", village.slug)
    nothing = await asyncio.to_thread(points_ledger, *command, settings=settings)
    assert (nothing.returncode, "nothing kept" in nothing.stdout) == (1, True), nothing.stderr
    assert "line 6, reference: " in nothing.stdout
    some = await asyncio.to_thread(points_ledger, *command, "--good-rows", settings=settings)
    assert "new 4, unchanged 0, bad 1" in some.stdout and "100 %" in some.stderr
