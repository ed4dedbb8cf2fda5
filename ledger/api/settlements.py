"""Statements of what shops may claim: drawn up, confirmed or disputed by line, paid in money or goods, closed."""

from datetime import date, datetime
from typing import Annotated, Literal

import asyncpg
import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response

from ledger.actions.answer_settlement import (
    Said,
    close_settlement,
    confirm_settlement,
    dispute_lines,
    resolve_lines,
)
from ledger.actions.draw_settlement import Account, draw_settlement
from ledger.actions.pay_settlement import Payment, pay_settlement
from ledger.actions.read_statement import Statement, read_statement
from ledger.core.command import MerchantId
from ledger.core.shop_payment import Fund
from ledger.core.title import Note
from ledger.core.transaction import Outcome, Receipt
from ledger.db.settlements import CLAIMS_MAX, KeptLine, Settlement, list_settlements
from ledger.hall.answer import answer
from ledger.hall.call import Call, IdempotencyKey, Limit
from ledger.hall.plain import Csv, csv
from ledger.hall.submit import DryRun, act, submit

_P = "/v1/programmes/{programme:str}"
_S = f"{_P}/settlements/{{settlement:str}}"
_ANSWERS_MAX = 500

Cursor = Annotated[str, QueryParameter(pattern="^[a-z0-9_]{0,40}$")]
LineNumber = Annotated[int, msgspec.Meta(ge=1, le=CLAIMS_MAX * 2)]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose claims are to be settled."""

    merchant: MerchantId
    unit: Literal["points", "gift"] = "points"


class Dispute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line and what the merchant objects to it."""

    line: LineNumber
    note: Note


class Disputes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lines: Annotated[tuple[Dispute, ...], msgspec.Meta(min_length=1, max_length=_ANSWERS_MAX)]


class Resolution(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a disputed line stays, or goes to the next statement, and why."""

    line: LineNumber
    keep: bool
    note: Note


class Resolutions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lines: Annotated[tuple[Resolution, ...], msgspec.Meta(min_length=1, max_length=_ANSWERS_MAX)]


class Sums(msgspec.Struct, frozen=True):
    """Of the lines that the statement does not carry over: what was claimed, kept as commission, and is to be paid."""

    lines: int
    points: int
    commission_points: int
    net_points: int
    fen: int
    commission_fen: int
    net_fen: int


class StatementView(msgspec.Struct, frozen=True):
    """A range of versions of one claims account: opening, its own lines and what was paid meanwhile make the closing.

    `carried` lines wait for the next statement. `checkpoint` is the last one sealed when it was drawn up.
    """

    settlement: str
    merchant: str
    unit: str
    number: int
    state: str
    first_version: int
    last_version: int
    through: date
    opening: int
    settled: int
    closing: int
    sums: Sums
    disputed: int
    carried: int
    checkpoint: str | None
    drawn_by: str
    drawn_at: datetime
    answered_by: str | None
    answered_at: datetime | None
    payment: Payment | None
    paid_by: str | None
    paid_at: datetime | None
    transaction: str | None
    closed_by: str | None
    closed_at: datetime | None


class StatementList(msgspec.Struct, frozen=True):
    """In the order in which they were drawn up; `next_cursor` asks for those after these."""

    settlements: tuple[StatementView, ...]
    next_cursor: str | None


class LineList(msgspec.Struct, frozen=True):
    """In the order of the account, carried ones first; `next_cursor` asks for the lines after these."""

    lines: tuple[KeptLine, ...]
    next_cursor: int | None


@post(f"{_P}/settlements")
async def draw(data: JSONBody[Wanted], key: IdempotencyKey, call: NamedDependency[Call]) -> Response[StatementView]:
    """All claims of a shop that are due by the programme's cycle and hold window, each at the rate of its own day."""
    account = Account(data.merchant, data.unit)
    async with call.desk.connection() as connection:
        shelf = call.desk.shelf
        drawn, is_new = await draw_settlement(connection, call.programme, account, shelf, by=call.principal, key=key)
    return answer((await _read(call, drawn.id)), status=201, is_replayed=not is_new)


@get(f"{_P}/settlements")
async def settlements(
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Cursor = "",
    only: Annotated[str | None, QueryParameter(name="state", pattern="^[a-z]{1,20}$")] = None,
) -> Response[StatementList]:
    """All statements, or those in one state."""
    return answer(await _list(call, None, only, cursor, limit))


@get(f"{_P}/merchants/{{merchant:str}}/settlements")
async def of_merchant(
    merchant: FromPath[str], call: NamedDependency[Call], limit: Limit = 50, cursor: Cursor = ""
) -> Response[StatementList]:
    """Those of one shop."""
    return answer(await _list(call, merchant, None, cursor, limit))


@get(_S)
async def settlement(settlement: FromPath[str], call: NamedDependency[Call]) -> Response[StatementView]:
    """One statement with its sums."""
    return answer(await _read(call, settlement))


@get(f"{_S}/lines")
async def lines(
    settlement: FromPath[str],
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[int, QueryParameter(ge=0, le=2**31 - 1)] = 0,
) -> Response[LineList]:
    """Its lines; the sums are theirs."""
    found = await _own(call, settlement, after=cursor, limit=limit + 1)
    page = found.lines[:limit]
    return answer(LineList(page, page[-1].line if len(found.lines) > limit else None))


@get(f"{_S}/csv")
async def as_csv(settlement: FromPath[str], call: NamedDependency[Call]) -> Response[Csv]:
    """All its lines for a spreadsheet, then the sums and the checkpoint."""
    found = await _own(call, settlement, limit=CLAIMS_MAX * 2)
    one = found.settlement
    rows: list[list[str | int | date | None]] = [
        [getattr(line, name) for name in KeptLine.__struct_fields__] for line in found.lines
    ]
    rows.append(["total", None, None, None, None, None, one.points, None, None, one.commission_points, one.fen,
                 one.commission_fen])  # fmt: skip
    note = None if found.checkpoint is None else found.checkpoint.note
    rows.append(["net", None, None, None, None, None, one.net_points, None, None, None, one.net_fen])
    rows.append(["checkpoint", note])
    return csv(KeptLine.__struct_fields__, rows, name=settlement)


@post(f"{_S}/confirm", status_code=200)
async def confirm(settlement: FromPath[str], call: NamedDependency[Call]) -> Response[StatementView]:
    """The merchant agrees; refused to whoever drew it up."""
    await _own(call, settlement, limit=1)
    async with call.desk.connection() as connection:
        await confirm_settlement(connection, call.programme, settlement, by=call.principal)
    return answer(await _read(call, settlement))


@post(f"{_S}/dispute", status_code=200)
async def dispute(
    settlement: FromPath[str], data: JSONBody[Disputes], call: NamedDependency[Call]
) -> Response[StatementView]:
    """Line by line, each with its reason."""
    await _own(call, settlement, limit=1)
    said = [Said(one.line, one.note) for one in data.lines]
    async with call.desk.connection() as connection:
        await dispute_lines(connection, call.programme, settlement, said, by=call.principal)
    return answer(await _read(call, settlement))


@post(f"{_S}/resolve", status_code=200)
async def resolve(
    settlement: FromPath[str], data: JSONBody[Resolutions], call: NamedDependency[Call]
) -> Response[StatementView]:
    """Disputed lines are kept, or go to the next statement; with the last of them it can be paid."""
    said = [Said(one.line, one.note, "kept" if one.keep else "carried") for one in data.lines]
    async with call.desk.connection() as connection:
        await resolve_lines(connection, call.programme, settlement, said, by=call.principal)
    return answer(await _read(call, settlement))


@post(f"{_S}/pay")
async def pay(
    settlement: FromPath[str],
    data: JSONBody[Payment],
    key: IdempotencyKey,
    call: NamedDependency[Call],
    dry_run: DryRun = False,
) -> Response[Receipt]:
    """Once, in money out of the fund or in goods of an outlet; answers the receipt of the transaction."""

    async def paid(connection: asyncpg.Connection, key: str) -> Outcome:
        return await pay_settlement(
            connection, call.programme, settlement, data, call.desk.shelf, by=call.principal, key=key
        )

    return await act(call, key, paid, dry_run=dry_run)


@post(f"{_S}/close", status_code=200)
async def close(settlement: FromPath[str], call: NamedDependency[Call]) -> Response[StatementView]:
    """Paid and received."""
    async with call.desk.connection() as connection:
        await close_settlement(connection, call.programme, settlement, by=call.principal)
    return answer(await _read(call, settlement))


@post(f"{_P}/funds")
async def fund(
    data: JSONBody[Fund], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """Money comes into the programme's fund, or leaves it: fen, with the reason."""
    return await submit(call, key, data, dry_run=dry_run)


async def _list(call: Call, merchant: str | None, state: str | None, cursor: str, limit: int) -> StatementList:
    async with call.desk.reading(call.programme) as connection:
        found = await list_settlements(connection, call.programme, merchant, state, after=cursor, limit=limit + 1)
    page = tuple(_view(Statement(one, (), None)) for one in found[:limit])
    return StatementList(page, page[-1].settlement if len(found) > limit else None)


async def _read(call: Call, id: str) -> StatementView:
    return _view(await _own(call, id, limit=1))


async def _own(call: Call, id: str, *, after: int = 0, limit: int) -> Statement:
    """A shop sees its own."""
    async with call.desk.reading(call.programme) as connection:
        found = await read_statement(connection, call.programme, id, after=after, limit=limit)
    await call.require_own(found.settlement.merchant, settlement=id)
    return found


def _view(found: Statement) -> StatementView:
    one: Settlement = found.settlement
    sums = Sums(one.lines, one.points, one.commission_points, one.net_points, one.fen, one.commission_fen, one.net_fen)
    same = ("merchant", "unit", "number", "state", "first_version", "last_version", "opening", "settled", "closing",
            "disputed", "carried", "drawn_by", "drawn_at", "answered_by", "answered_at", "paid_by", "paid_at",
            "closed_by", "closed_at")  # fmt: skip
    return StatementView(
        settlement=one.id,
        through=one.through_on,
        sums=sums,
        checkpoint=None if found.checkpoint is None else found.checkpoint.note,
        payment=None if one.payment is None else msgspec.json.decode(one.payment, type=Payment),
        transaction=one.journal_id,
        **{name: getattr(one, name) for name in same},
    )
