"""Takes in a file by hand: households, members or cards, with progress and a line for each bad row."""

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from ledger.actions.import_people import Report, import_people
from ledger.actions.people_rows import ROW_TYPES, BadRow
from ledger.actions.read_list import ListRefused
from ledger.core.refusal import Reason, Refused
from ledger.db.place import Place, open_administrator_url
from ledger.db.schemes import SchemeShelf
from ledger.db.service_role import connect, prepare_database
from ledger.hall.reason_words import REASONS
from ledger.hall.words import tell

PRINCIPAL = "system:import"


def add_import_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("import", help="households, members, cards from CSV or XLSX / 导入住户、成员、卡")
    parser.add_argument("kind", choices=sorted(ROW_TYPES))
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--programme", metavar="SLUG", required=True)
    parser.add_argument("--good-rows", action="store_true", help="bad rows keep only themselves out / 只跳过有错的行")


def import_commands(options: argparse.Namespace, place: Place) -> dict[str, Callable[[], int]]:
    return {"import": lambda: _import(options, place)}


def _import(options: argparse.Namespace, place: Place) -> int:
    """0 all in, 1 some rows were bad, 2 the file or the programme is refused."""
    if not options.file.is_file():
        return _refuse(f"There is no file {options.file}.", f"没有文件 {options.file}。")
    try:
        with open_administrator_url(place) as url:
            report = asyncio.run(_run(url, place, options))
    except ListRefused as refused:
        return _refuse(refused.words.en, refused.words.zh)
    except Refused:
        return _refuse(
            f"There is no programme {options.programme} with published policies.",
            f"没有已发布的方案 {options.programme}。",
        )
    for bad in report.bad_rows:
        print(_told(bad))
    kept = "" if report.is_kept else "; nothing kept / 未导入任何行"
    print(
        f"{report.rows} rows: new {report.created}, unchanged {report.unchanged}, bad {report.refused}{kept} / "
        f"共 {report.rows} 行，新增 {report.created}，不变 {report.unchanged}，有错 {report.refused}"
    )
    return 1 if report.refused else 0


async def _run(url: str, place: Place, options: argparse.Namespace) -> Report:
    connection = await connect(await prepare_database(url, place.service_password_file))
    try:
        return await import_people(
            connection,
            options.programme,
            options.file.read_bytes(),
            options.kind,
            SchemeShelf(),
            good_rows=options.good_rows,
            by=PRINCIPAL,
            told=_progress,
        )
    finally:
        await connection.close()


def _progress(report: Report, total: int) -> None:
    end = "\n" if report.rows >= total else "\r"
    print(f"{100 * report.rows // max(1, total)} %", end=end, file=sys.stderr, flush=True)


def _told(bad: BadRow) -> str:
    where = f"line {bad.line}" if bad.column is None else f"line {bad.line}, {bad.column}"
    if bad.words is not None:
        return f"{where}: {bad.words.en} / {bad.words.zh}"
    words = REASONS[Reason(bad.reason)]
    return f"{where}: {tell(words, bad.numbers, 'en')} / {tell(words, bad.numbers, 'zh')}"


def _refuse(english: str, chinese: str) -> int:
    print(english, file=sys.stderr)
    print(chinese, file=sys.stderr)
    return 2
