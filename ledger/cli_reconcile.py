"""A stock count, a merchant's list or a bank's list against the ledger, on the command line."""

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import asyncpg

from ledger.actions.read_list import NAMES, ListRefused, decode_list
from ledger.actions.reconcile import KEYS, WHY, Comparison, Reconciled, reconcile
from ledger.core.reconcile import Tolerance, Unmatched
from ledger.core.scale import decimal
from ledger.db.check import one_moment

_UNPRINTABLE = dict.fromkeys((*range(32), 127), "?")


def add_reconcile_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("reconcile", help="a CSV list against the ledger / 对账")
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV with a header / 带表头的 CSV 文件")
    parser.add_argument("--programme", metavar="SLUG", required=True, help="方案")
    parser.add_argument("--kind", choices=tuple(KEYS), required=True, help="stock count, merchant's list, bank's list")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, default=date.min, metavar="DAY", help="起始日")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, default=date.max, metavar="DAY", help="截止日")
    parser.add_argument("--key", action="append", default=[], choices=tuple(NAMES), help="must agree, repeatable / 键")
    parser.add_argument("--of", metavar="ID", help="the one outlet or merchant whose list it is / 哪个网点或店铺")
    parser.add_argument(
        "--amount-tolerance", type=int, default=0, metavar="N", help="of the smallest part / 数目容差（最小单位）"
    )
    parser.add_argument("--days-tolerance", type=int, default=0, metavar="N", help="日期容差")
    parser.add_argument(
        "--column", action="append", default=[], type=_column, metavar="NAME=HEADER", help="a column's name / 指定列名"
    )
    parser.add_argument("--opposite", action="store_true", help="the list shows the other sign / 名单的正负号相反")


async def reconcile_file(connection: asyncpg.Connection, options: argparse.Namespace) -> int:
    """One line for each line without a partner; 0 when there is none, 1 otherwise."""
    asked = Comparison(
        kind=options.kind,
        first=options.first,
        last=options.last,
        keys=tuple(options.key),
        of=options.of,
        tolerance=Tolerance(max(0, options.amount_tolerance), max(0, options.days_tolerance)),
        columns=dict(options.column),
        is_opposite=options.opposite,
    )
    try:
        text = decode_list(options.file.read_bytes())
        async with one_moment(connection):
            found = await reconcile(connection, options.programme, text, asked)
    except ListRefused as refused:
        return _refuse(refused.words.zh, refused.words.en)
    except OSError as error:
        return _refuse(f"无法读取 {options.file}：{error.strerror}", f"{options.file}: {error.strerror}")
    for line in found.unmatched:
        print(_told(line, found))
    print(_summary(found))
    return 1 if found.unmatched else 0


def _column(text: str) -> tuple[str, str]:
    name, mark, header = text.partition("=")
    if name not in NAMES or not mark or not header:
        raise argparse.ArgumentTypeError(f"NAME=HEADER, where NAME is one of {', '.join(NAMES)}")
    return name, header


def _told(line: Unmatched, found: Reconciled) -> str:
    words = WHY[line.why]
    parts = [f"line {' '.join(line.lines)}" if line.lines else "", " ".join(line.ledger)]
    parts += [f"{name}={value}" for name, value in zip(found.keys, line.key, strict=False)]
    parts += _figures(line, found.scale)
    parts += [f"column={line.column}"] if line.column else []
    where = "  ".join(filter(None, parts)).translate(_UNPRINTABLE)
    return f"{line.why:<16} {where}  {words.en} / {words.zh}"


def _figures(line: Unmatched, scale: int) -> Sequence[str]:
    told = []
    for name, amount, day in (("list", line.listed, line.listed_on), ("ledger", line.booked, line.booked_on)):
        if amount is not None:
            told.append(f"{name}: {decimal(amount, scale)}{f' on {day}' if day else ''}")
    return told


def _summary(found: Reconciled) -> str:
    listed, booked = decimal(found.listed_total, found.scale), decimal(found.booked_total, found.scale)
    return (
        f"{found.lines} lines, {found.booked} in the ledger, {found.matched} matched "
        f"({found.within_tolerance} within the tolerance), {len(found.unmatched)} alone; {listed} against {booked}\n"
        f"名单 {found.lines} 行，账上 {found.booked} 笔，相符 {found.matched}，其中在容差内 {found.within_tolerance}，"
        f"不符 {len(found.unmatched)}；{listed} 对 {booked}"
    )


def _refuse(chinese: str, english: str) -> int:
    print(english, file=sys.stderr)
    print(chinese, file=sys.stderr)
    return 2
