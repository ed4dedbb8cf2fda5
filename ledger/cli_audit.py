"""The auditor's side of the command line: check, export and the way to the books."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg

from ledger.actions.backup import needs_administrator
from ledger.actions.check import PROMISES, check_ledger, check_recent
from ledger.actions.explain_award import explain_award
from ledger.actions.export import WRITERS, export_ledger
from ledger.actions.export_sealed import export_sealed
from ledger.actions.seal_key import SealKey, find_seal_key, seal_key_of
from ledger.cli_books import add_books_parsers, trial_balance
from ledger.cli_reconcile import add_reconcile_parser, reconcile_file
from ledger.core.refusal import Refused
from ledger.db.check import Finding
from ledger.db.journal import show_programmes
from ledger.db.migrate import MigrationProblem, schema_is_current
from ledger.db.place import Place, open_administrator_url
from ledger.db.schemes import SchemeShelf
from ledger.db.service_role import connect

Look = Callable[[asyncpg.Connection], Coroutine[None, None, int]]

SEALED = "sealed"
_OUTPUT_BYTES = 1 << 20
_SPANS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SPAN_MAX = 10_000


def add_audit_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    check = commands.add_parser("check", help="look for broken invariants / 核对账本不变量")
    check.add_argument(
        "--since", type=_since, metavar="WHEN",
        help="only lines since an instant (2026-09-14T08:00:00+08:00) or for so long (2m, 3h) / 只核对此后的流水",
    )  # fmt: skip
    export = commands.add_parser("export", help="journal for other programs / 导出")
    export.add_argument("--format", choices=(*WRITERS, SEALED), required=True)
    export.add_argument("--programme", metavar="SLUG", help="one programme, not all / 只导出一个方案")
    explain = commands.add_parser("explain", help="why an award gave what it gave / 说明一笔积分的由来")
    explain.add_argument("programme", metavar="SLUG")
    explain.add_argument("transaction", metavar="TRANSACTION")
    add_books_parsers(commands)
    add_reconcile_parser(commands)
    export.add_argument("--output", type=Path, metavar="FILE", help="a new file, not standard output / 输出到新文件")


def audit_commands(options: argparse.Namespace, place: Place) -> dict[str, Callable[[], int]]:
    return {
        "check": lambda: _look(place, lambda connection: check(connection, options.since, find_seal_key(place))),
        "explain": lambda: _look(place, lambda connection: explain(connection, options)),
        "export": lambda: _look(place, lambda connection: export(connection, options, place)),
        "trial-balance": lambda: _look(place, lambda connection: trial_balance(connection, options)),
        "reconcile": lambda: _look(place, lambda connection: reconcile_file(connection, options)),
    }


async def check(
    connection: asyncpg.Connection, since: datetime | timedelta | None = None, key: SealKey | None = None
) -> int:
    """One line for each promise; also while a service runs on the same ledger."""
    if since is None:
        findings = await check_ledger(connection, key)
        _print_findings(findings)
    else:
        recent = await check_recent(connection, since)
        findings = recent.findings
        _print_findings(findings)
        print(f"next / 下次：--since {recent.next_since.isoformat(timespec='seconds')}")
    return 1 if any(finding.broken for finding in findings) else 0


def _since(text: str) -> datetime | timedelta:
    """An instant with its zone, or how long ago."""
    number, unit = text[:-1], text[-1:]
    if number.isdecimal() and unit in _SPANS and int(number) <= _SPAN_MAX:
        return timedelta(**{_SPANS[unit]: int(number)})
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no time zone / 缺少时区")
    return instant


async def export(connection: asyncpg.Connection, options: argparse.Namespace, place: Place) -> int:
    if options.format == SEALED:
        pieces = export_sealed(connection, seal_key_of(place), options.programme)
    else:
        pieces = export_ledger(connection, options.format, options.programme)
    try:
        await _write(pieces, options.output)
    except FileExistsError:
        return _refuse(f"{options.output} exists already.", f"{options.output} 已存在。")
    except BrokenPipeError:
        sys.stderr.close()  # Whoever reads has seen enough, as `head` does; nothing is left to say to it.
        return 1
    return 0


async def explain(connection: asyncpg.Connection, options: argparse.Namespace) -> int:
    """One sentence a step, Chinese first."""
    async with connection.transaction():
        await show_programmes(connection, [options.programme])
        told = await explain_award(connection, options.programme, options.transaction, shelf=SchemeShelf())
    for step in told.steps:
        print(f"{step.zh}\n    {step.en}")
    return 0


def _look(place: Place, look: Look) -> int:
    with open_administrator_url(place, is_old=True) as url:
        try:
            return asyncio.run(_look_at(url, look))
        except Refused as refused:
            return _refuse(f"{refused.reason}: {refused.numbers}", f"{refused.reason}：{refused.numbers}")
        except asyncpg.InsufficientPrivilegeError as error:
            raise needs_administrator() from error


async def _look_at(url: str, look: Look) -> int:
    connection = await connect(url)
    try:
        if not await schema_is_current(connection):
            raise MigrationProblem("run `points-ledger migrate` first: this ledger is of another release")
        return await look(connection)
    finally:
        await connection.close()


async def _write(pieces: AsyncIterator[str], file: Path | None) -> None:
    out = sys.stdout if file is None else file.open("x", encoding="utf-8", newline="", buffering=_OUTPUT_BYTES)
    try:
        async for piece in pieces:
            out.write(piece)
        out.flush()
    finally:
        if file is not None:
            out.close()


def _print_findings(findings: list[Finding]) -> None:
    for finding in findings:
        promise = PROMISES[finding.line]
        print(f"{finding.line:<8} {finding.broken:>6}  {promise.en} / {promise.zh}")
        for example in finding.examples:
            print(f"{'':<16}  {example}")


def _refuse(english: str, chinese: str) -> int:
    print(english, file=sys.stderr)
    print(chinese, file=sys.stderr)
    return 2
