"""The trial balance on the command line, and the way down from a heading to the rule behind an entry."""

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from itertools import groupby

import asyncpg
import msgspec

from ledger.core.refusal import Reason, Refused
from ledger.core.scale import decimal
from ledger.db.check import one_moment
from ledger.db.export import list_units, read_days
from ledger.db.trial_balance import (
    SIDES,
    AccountLine,
    Heading,
    Span,
    find_origin,
    list_accounts,
    list_entries,
    list_headings,
)

_COLUMNS = "{:<34} {:>9} {:>16} {:>16} {:>16} {:>16}"
_ACCOUNTS_MAX = 100_000


def add_books_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    trial = commands.add_parser("trial-balance", help="what every purse holds, by unit / 试算平衡表")
    trial.add_argument("--programme", metavar="SLUG", required=True, help="方案")
    trial.add_argument("--from", dest="first_day", type=date.fromisoformat, metavar="DAY", help="起始日")
    trial.add_argument("--to", dest="last_day", type=date.fromisoformat, metavar="DAY", help="截止日")
    trial.add_argument("--unit", help="with side and purse: the accounts below / 与 side、purse 一起列出账户")
    trial.add_argument("--side", choices=tuple(SIDES.values()))
    trial.add_argument("--purse")
    trial.add_argument("--owner", help="with unit and purse: the entries of one account / 列出一个账户的分录")
    trial.add_argument("--transaction", metavar="ID", help="where an entry came from / 分录的来源：活动与规则")


async def trial_balance(connection: asyncpg.Connection, options: argparse.Namespace) -> int:
    """Each option goes one step further down."""
    async with one_moment(connection):
        scales = {unit.unit: unit.scale for unit in await list_units(connection, options.programme)}
        days = await read_days(connection, options.programme)
        if not scales:
            raise Refused(Reason.NOT_FOUND, programme=options.programme)
        if days is None:
            print("nothing posted / 尚无流水")
            return 0
        span = Span(options.programme, options.first_day or days[0], options.last_day or days[1])
        if options.transaction:
            return await _print_origin(connection, options.programme, options.transaction)
        if options.owner and options.purse and options.unit:
            return await _print_entries(connection, span, options, scales.get(options.unit, 0))
        if options.side and options.purse and options.unit:
            return await _print_accounts(connection, span, options, scales.get(options.unit, 0))
        return _print_headings(span, await list_headings(connection, span), scales)


def _print_headings(span: Span, headings: Sequence[Heading], scales: dict[str, int]) -> int:
    """1 when a unit does not add to zero."""
    is_even = True
    print(f"{span.programme}  {span.first_day} … {span.last_day}")
    for unit, some in groupby(headings, lambda heading: heading.unit):
        lines = list(some)
        print(f"\n{unit}")
        print(_COLUMNS.format("", "accounts", "opening", "in", "out", "closing"))
        for line in lines:
            print(_amounts(f"{line.side} {line.purse}", line.accounts, line, scales[unit]))
        opening, closing = sum(line.opening for line in lines), sum(line.closing for line in lines)
        came, went = sum(line.came for line in lines), sum(line.went for line in lines)
        print(_amounts("Σ", sum(line.accounts for line in lines), AccountLine("", opening, came, went, closing), 0))
        is_even = is_even and opening == closing == 0 and came == went
    if not is_even:
        print("A unit does not add to zero. / 有单位不平。", file=sys.stderr)
    return 0 if is_even else 1


def _amounts(name: str, accounts: int | str, line: Heading | AccountLine, scale: int) -> str:
    figures = (decimal(amount, scale) for amount in (line.opening, line.came, line.went, line.closing))
    return _COLUMNS.format(name, accounts, *figures)


async def _print_accounts(connection: asyncpg.Connection, span: Span, options: argparse.Namespace, scale: int) -> int:
    after = ""
    for _ in range(_ACCOUNTS_MAX):
        page = await list_accounts(connection, span, options.side, options.purse, options.unit, after=after)
        for line in page:
            print(_amounts(line.owner, "", line, scale))
        if not page:
            return 0
        after = page[-1].owner
    return 0


async def _print_entries(connection: asyncpg.Connection, span: Span, options: argparse.Namespace, scale: int) -> int:
    after = 0
    for _ in range(_ACCOUNTS_MAX):
        page = await list_entries(connection, span, options.owner, options.purse, options.unit, after=after)
        for line in page:
            what = " ".join(filter(None, (line.kind, line.rule, line.activity)))
            amount, left = decimal(line.amount, scale), decimal(line.balance_after, scale)
            print(f"{line.account_version:>7} {line.effective_on} {line.journal_id} {amount:>14} {left:>14}  {what}")
        if not page:
            return 0
        after = page[-1].account_version
    return 0


async def _print_origin(connection: asyncpg.Connection, programme: str, transaction: str) -> int:
    origin = await find_origin(connection, programme, transaction)
    if origin is None:
        raise Refused(Reason.NOT_FOUND, transaction=transaction)
    print(msgspec.json.format(msgspec.json.encode(origin), indent=2).decode())
    return 0
