"""What becomes of a statement before it is paid: the merchant confirms it or disputes lines, and these are resolved."""

from collections.abc import Sequence

import asyncpg
from msgspec import Struct

from ledger.actions.draw_settlement import is_payable
from ledger.core.refusal import Reason, Refused
from ledger.db import settlements
from ledger.db.journal import show_programmes
from ledger.db.settlements import Settlement

DRAWN, DISPUTED, RESOLVED, CONFIRMED, PAID, CARRIED, CLOSED = (
    "drawn", "disputed", "resolved", "confirmed", "paid", "carried", "closed",
)  # fmt: skip
KEPT = "kept"


class Said(Struct, frozen=True):
    """About one line: what the merchant objects, or how the objection was answered and whether the line stays."""

    line: int
    note: str
    state: str = DISPUTED


async def confirm_settlement(connection: asyncpg.Connection, programme: str, id: str, *, by: str) -> Settlement:
    """By the merchant, or by somebody else than who drew it up, who has the merchant's word."""
    async with connection.transaction():
        statement = await lock_statement(connection, programme, id)
        _refuse_own(statement, by)
        if statement.state == CONFIRMED and statement.answered_by == by:
            return statement
        require_state(statement, DRAWN)
        # Nothing is refused below this line.
        await settlements.answer_settlement(connection, programme, id, CONFIRMED, by=by)
        return await lock_statement(connection, programme, id)


async def dispute_lines(
    connection: asyncpg.Connection, programme: str, id: str, said: Sequence[Said], *, by: str
) -> Settlement:
    """Line by line, each with its reason, as long as the statement is not resolved; the same again changes nothing."""
    async with connection.transaction():
        statement = await lock_statement(connection, programme, id)
        _refuse_own(statement, by)
        if await _is_said(connection, programme, id, said):
            return statement
        require_state(statement, DRAWN, DISPUTED)
        done = await settlements.dispute_lines(connection, programme, id, [(one.line, one.note) for one in said])
        _refuse_undone(id, said, done, expected="open")
        await settlements.answer_settlement(connection, programme, id, DISPUTED, by=by)
        return await lock_statement(connection, programme, id)


async def resolve_lines(
    connection: asyncpg.Connection, programme: str, id: str, said: Sequence[Said], *, by: str
) -> Settlement:
    """Kept, or carried to the next statement. With the last of them the statement can be paid; where nothing is left
    to pay, all its lines are carried.
    """
    async with connection.transaction():
        statement = await lock_statement(connection, programme, id)
        if statement.answered_by == by:
            raise Refused(Reason.SECOND_APPROVER_NEEDED, asked_by=by)
        if await _is_said(connection, programme, id, said):
            return statement
        require_state(statement, DISPUTED)
        answers = [(one.line, one.state, one.note) for one in said]
        done = await settlements.resolve_lines(connection, programme, id, answers)
        _refuse_undone(id, said, done, expected=DISPUTED)
        # Nothing is refused below this line.
        statement = await lock_statement(connection, programme, id)
        if statement.disputed:
            return statement
        if not is_payable(statement):
            await settlements.carry_rest(connection, programme, id)
        state = RESOLVED if is_payable(statement) else CARRIED
        await settlements.set_state(connection, programme, id, state)
        return await lock_statement(connection, programme, id)


async def close_settlement(connection: asyncpg.Connection, programme: str, id: str, *, by: str) -> Settlement:
    """Paid and received: nothing happens to it any more."""
    async with connection.transaction():
        statement = await lock_statement(connection, programme, id)
        if statement.state == CLOSED:
            return statement
        require_state(statement, PAID)
        await settlements.close_settlement(connection, programme, id, by=by)
        return await lock_statement(connection, programme, id)


async def lock_statement(connection: asyncpg.Connection, programme: str, id: str) -> Settlement:
    await show_programmes(connection, [programme])
    found = await settlements.lock_settlement(connection, programme, id)
    if found is None:
        raise Refused(Reason.NOT_FOUND, settlement=id)
    return found


def require_state(statement: Settlement, *expected: str) -> None:
    if statement.state not in expected:
        raise Refused(Reason.WRONG_STEP, settlement=statement.id, state=statement.state, expected=list(expected))


def _refuse_own(statement: Settlement, by: str) -> None:
    if statement.drawn_by == by:
        raise Refused(Reason.SECOND_APPROVER_NEEDED, asked_by=by)


def _refuse_undone(id: str, said: Sequence[Said], done: set[int], *, expected: str) -> None:
    for one in said:
        if one.line not in done:
            raise Refused(Reason.WRONG_STEP, settlement=id, line=one.line, expected=expected)


async def _is_said(connection: asyncpg.Connection, programme: str, id: str, said: Sequence[Said]) -> bool:
    """Whether a retry says what stands there already."""
    kept = {line.line: line for line in await settlements.read_lines(connection, programme, id)}
    for one in said:
        line = kept.get(one.line)
        note = None if line is None else line.dispute if one.state == DISPUTED else line.answer
        if line is None or note != one.note or (one.state != DISPUTED and line.state != one.state):
            return False
    return True
