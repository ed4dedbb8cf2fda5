"""Shifts at counters: opened with a float, looked at (X), closed by one document (Z)."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response

from ledger.actions.run_shift import (
    Closed,
    Report,
    close_shift,
    closing_document,
    load_shift,
    open_shift,
    report_shift,
    shift_id,
)
from ledger.api.terminals import own_terminal
from ledger.core.command import Points, Principal, Request
from ledger.core.refusal import Reason, Refused
from ledger.core.sheet import CloseShift, CountLine, OpenShift, WhyDiffers
from ledger.core.title import Note
from ledger.core.transaction import Outcome
from ledger.db.owners import find_owners
from ledger.db.shifts import Shift, list_shifts
from ledger.hall.answer import Declined, answer, count_outcome
from ledger.hall.call import Call, IdempotencyKey, Limit

_P = "/v1/programmes/{programme:str}"
LAST = "shf_zzzzzzzzzzzzzzzzzz"
TerminalId = Annotated[str, msgspec.Meta(pattern=r"^trm_[0-9a-z]{18}$(?!\n)")]


class NewShift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who serves, at which device, and how much cash lies in the drawer to begin with."""

    terminal: TerminalId
    served_by: Principal
    float_fen: Points = 0


class ShiftOpened(msgspec.Struct, frozen=True):
    """From now on what is sold at the terminal belongs to this shift."""

    shift: str
    terminal: str
    outlet: str
    served_by: str
    float_fen: int
    opened_at: datetime


class Counted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The cash in the drawer, goods as far as they were counted, and why anything differs.

    `note` also tells of late sales that have not come yet. The drawer is emptied: all of it is handed in.
    """

    counted_fen: Points
    cash_reason: WhyDiffers | None = None
    lines: Annotated[tuple[CountLine, ...], msgspec.Meta(max_length=200)] = ()
    note: Note | None = None

    def __post_init__(self) -> None:
        CloseShift(
            outlet="",
            terminal="",
            shift="",
            counted_fen=0,
            cash_reason=self.cash_reason,
            lines=self.lines,
            note=self.note,
        )


class ShiftLine(msgspec.Struct, frozen=True):
    """A shift; `closed_at` is null while it is open."""

    shift: str
    terminal: str
    served_by: str
    opened_at: datetime
    closed_at: datetime | None


class ShiftList(msgspec.Struct, frozen=True):
    """Newest first. `next_cursor` asks for those before these."""

    shifts: tuple[ShiftLine, ...]
    next_cursor: str | None


@post(f"{_P}/shifts")
async def open(data: JSONBody[NewShift], key: IdempotencyKey, call: NamedDependency[Call]) -> Response[ShiftOpened]:
    """Opens a shift at a terminal, which may have one open at a time; the float comes out of the programme's fund."""
    device = await own_terminal(call, data.terminal)
    command = OpenShift(device.outlet, device.id, data.served_by, data.float_fen)
    request = Request(call.programme, call.principal, key, command)
    async with call.desk.connection() as connection:
        async with connection.transaction():
            outcome = await open_shift(connection, request, call.desk.shelf)
        _require_posted(outcome)
        shift = await _load(call, shift_id(request))
    opened = ShiftOpened(shift.id, shift.terminal, shift.outlet, shift.served_by, shift.float_fen, shift.opened_at)
    return answer(opened, status=201, is_replayed=outcome.is_replayed)


@get(f"{_P}/shifts/{{shift:str}}")
async def shift(shift: FromPath[str], call: NamedDependency[Call]) -> Response[Report | Closed]:
    """An X report while it is open: what it has done so far, closing nothing. Afterwards the Z report that did."""
    found = await _own(call, shift)
    if found.closed_at is not None:
        return answer(closing_document(found))
    async with call.desk.reading(call.programme) as connection:
        return answer(await report_shift(connection, call.programme, found))


@post(f"{_P}/shifts/{{shift:str}}/close", status_code=200)
async def close(
    shift: FromPath[str], data: JSONBody[Counted], key: IdempotencyKey, call: NamedDependency[Call]
) -> Response[Closed]:
    """Closes it by one document; refused while a difference has no reason. A sale meanwhile is in it or comes too late.

    Differences are posted and the cash is handed in, in the same database transaction; the sealed journal keeps the
    digest of what the document says.
    """
    found = await _own(call, shift)
    command = CloseShift(
        outlet=found.outlet,
        terminal=found.terminal,
        shift=found.id,
        counted_fen=data.counted_fen,
        cash_reason=data.cash_reason,
        lines=data.lines,
        note=data.note,
    )
    request = Request(call.programme, call.principal, key, command)
    async with call.desk.connection() as connection, connection.transaction():
        outcome = await close_shift(connection, request, call.desk.shelf)
    _require_posted(outcome)
    return answer(closing_document(await _load(call, shift)), is_replayed=outcome.is_replayed)


@get(f"{_P}/outlets/{{outlet:str}}/shifts")
async def shifts_of(
    outlet: FromPath[str],
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^shf_[0-9a-z]{18}$")] = LAST,
) -> Response[ShiftList]:
    """All shifts at an outlet."""
    async with call.desk.reading(call.programme) as connection:
        if not (outlet.startswith("out_") and await find_owners(connection, call.programme, [outlet])):
            raise Refused(Reason.NOT_FOUND, owner=outlet)
        found = await list_shifts(connection, call.programme, outlet, before=cursor, limit=limit + 1)
    page = tuple(ShiftLine(one.id, one.terminal, one.served_by, one.opened_at, one.closed_at) for one in found[:limit])
    return answer(ShiftList(page, page[-1].shift if len(found) > limit else None))


def _require_posted(outcome: Outcome) -> None:
    count_outcome(outcome)
    if outcome.receipt is None:
        raise Declined(outcome)


async def _own(call: Call, id: str) -> Shift:
    found = await _load(call, id)
    try:
        await own_terminal(call, found.terminal)
    except Refused as refused:
        raise Refused(Reason.NOT_FOUND, shift=id) from refused
    return found


async def _load(call: Call, id: str) -> Shift:
    async with call.desk.reading(call.programme) as connection:
        return await load_shift(connection, call.programme, id)
