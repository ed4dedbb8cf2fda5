"""Shifts: opened with a float, closed by one document in the database transaction that posts its differences."""

import hashlib
from datetime import datetime

import asyncpg
import msgspec

from ledger.core.command import Request
from ledger.core.refusal import Reason, Refused
from ledger.core.sheet import CloseShift, OpenShift
from ledger.core.transaction import CountedLine, Outcome
from ledger.db import shifts
from ledger.db.identity import derived_id
from ledger.db.journal import is_claimed, show_programmes
from ledger.db.schemes import SchemeShelf
from ledger.db.seals import find_checkpoint
from ledger.db.shifts import Shift, Totals
from ledger.db.terminals import Sequences, Terminal, find_terminal, read_sequences, take_terminal
from ledger.posting import post

GAPS_MAX = 50


class Anchor(msgspec.Struct, frozen=True):
    """The last sealed checkpoint: who keeps the printed report holds the ledger to it."""

    size: int
    note: str


class Report(msgspec.Struct, frozen=True):
    """An X report: what a shift has done so far. `expected_fen` should lie in the drawer."""

    shift: str
    terminal: str
    outlet: str
    served_by: str
    opened_at: datetime
    float_fen: int
    totals: Totals
    expected_fen: int
    queue: Sequences
    checkpoint: Anchor | None


class Closed(msgspec.Struct, frozen=True):
    """A Z report: the whole shift, what was counted, and why it differs. `digest` stands in the sealed journal."""

    report: Report
    digest: str
    closed_at: datetime
    closed_by: str
    sheet: tuple[CountedLine, ...]
    note: str | None
    transaction: str


_encoder = msgspec.json.Encoder(order="deterministic")
_closed_decoder = msgspec.json.Decoder(Closed)


async def load_terminal(connection: asyncpg.Connection, programme: str, id: str) -> Terminal:
    found = await find_terminal(connection, programme, id)
    if found is None:
        raise Refused(Reason.NOT_FOUND, terminal=id)
    return found


async def load_shift(connection: asyncpg.Connection, programme: str, id: str) -> Shift:
    found = await shifts.find_shift(connection, programme, id)
    if found is None:
        raise Refused(Reason.NOT_FOUND, shift=id)
    return found


async def open_shift(connection: asyncpg.Connection, request: Request, shelf: SchemeShelf) -> Outcome:
    """Inside the caller's database transaction. Refuses in this order: another shift open there, a blocked device.

    The shift's id is made of the key, so the same opening sent again finds the shift that it opened.
    """
    command, programme = request.command, request.programme
    assert isinstance(command, OpenShift), "the door made it"
    await show_programmes(connection, [programme])
    await take_terminal(connection, programme, command.terminal)
    terminal = await load_terminal(connection, programme, command.terminal)
    id = shift_id(request)
    if not await is_claimed(connection, programme, request.principal, request.key):
        other = await shifts.find_open_shift(connection, programme, terminal.id)
        if other is not None:
            raise Refused(Reason.SHIFT_OPEN, terminal=terminal.id, shift=other)
        if terminal.state == "blocked":
            raise Refused(Reason.TERMINAL_BLOCKED, terminal=terminal.id)
    made = msgspec.structs.replace(request, command=msgspec.structs.replace(command, shift=id), sent=command)
    [outcome] = await post(connection, [made], shelf)
    receipt = outcome.receipt
    if receipt is not None and not outcome.is_replayed:
        opened = Shift(
            id=id,
            terminal=terminal.id,
            outlet=terminal.outlet,
            served_by=command.served_by,
            float_fen=command.float_fen,
            opened_by=request.principal,
            opened_at=receipt.recorded_at,
            opened_in=receipt.transaction,
        )
        await shifts.insert_shift(connection, programme, opened)
    return outcome


def shift_id(opening: Request) -> str:
    return derived_id("shf", opening.programme, opening.principal, opening.key)


async def report_shift(connection: asyncpg.Connection, programme: str, shift: Shift) -> Report:
    """As of this moment."""
    totals = await shifts.read_totals(connection, programme, shift.id)
    found = await find_checkpoint(connection, programme)
    return Report(
        shift=shift.id,
        terminal=shift.terminal,
        outlet=shift.outlet,
        served_by=shift.served_by,
        opened_at=shift.opened_at,
        float_fen=shift.float_fen,
        totals=totals,
        expected_fen=shift.float_fen + totals.fen,
        queue=await read_sequences(connection, programme, shift.terminal, limit=GAPS_MAX),
        checkpoint=None if found is None else Anchor(found.size, found.note),
    )


async def close_shift(connection: asyncpg.Connection, request: Request, shelf: SchemeShelf) -> Outcome:
    """Inside the caller's database transaction, alone at the terminal from the first line on: a sale is in or out.

    Refuses in this order: find the shift, closed before, late sales missing without a note, then as the command does.
    """
    sent, programme = request.command, request.programme
    assert isinstance(sent, CloseShift), "the door made it"
    await show_programmes(connection, [programme])
    await take_terminal(connection, programme, sent.terminal)
    shift = await load_shift(connection, programme, sent.shift)
    is_again = await is_claimed(connection, programme, request.principal, request.key)
    if shift.closed_at is not None and not is_again:
        raise Refused(Reason.NOT_OPEN, shift=shift.id, closed_by=shift.closed_by)
    report = await report_shift(connection, programme, shift)
    if report.queue.missing and sent.note is None and not is_again:
        _refuse_gaps(report.queue)
    digest = hashlib.blake2b(_encoder.encode(report), digest_size=16).hexdigest()
    command = msgspec.structs.replace(sent, expected_fen=report.expected_fen, digest=digest)
    [outcome] = await post(connection, [msgspec.structs.replace(request, command=command, sent=sent)], shelf)
    receipt = outcome.receipt
    if receipt is not None and not outcome.is_replayed:
        closed = Closed(
            report=report,
            digest=digest,
            closed_at=receipt.recorded_at,
            closed_by=request.principal,
            sheet=receipt.about.sheet,
            note=receipt.about.note,
            transaction=receipt.transaction,
        )
        await shifts.close_shift(
            connection,
            programme,
            shift.id,
            by=request.principal,
            at=receipt.recorded_at,
            journal_id=receipt.transaction,
            document=_encoder.encode(closed).decode(),
        )
    return outcome


def closing_document(shift: Shift) -> Closed:
    """As it was when the shift was closed."""
    assert shift.document is not None, "asked of a closed shift only"
    return _closed_decoder.decode(shift.document)


def _refuse_gaps(queue: Sequences) -> None:
    raise Refused(
        Reason.DIFFERENCE_UNEXPLAINED,
        item="late-sales",
        expected=queue.last_sequence,
        counted=queue.received,
        difference=-queue.missing,
    )
