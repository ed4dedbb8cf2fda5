"""A correction by hand: posted at once, or, above the programme's limit, kept until a second person approves it."""

import asyncpg
import msgspec

from ledger.core.command import Adjust, Request
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import Outcome
from ledger.db import adjustments
from ledger.db.adjustments import Asked
from ledger.db.journal import load_outcomes, show_programmes
from ledger.db.schemes import SchemeShelf
from ledger.posting import post


async def adjust_owner(connection: asyncpg.Connection, request: Request, shelf: SchemeShelf) -> Outcome | Asked:
    """The refusal for want of a second person claims the key for ever and names what waits for that person."""
    command = request.command
    assert isinstance(command, Adjust) and command.approved_by is None, "approval is another person's call"
    async with connection.transaction():
        [outcome] = await post(connection, [request], shelf)
        if outcome.refusal is None or outcome.refusal.reason != Reason.SECOND_APPROVER_NEEDED:
            return outcome
        id = f"adj_{(outcome.transaction or '').removeprefix('txn_')}"
        await adjustments.insert_adjustment(
            connection, request.programme, id, command, effective_on=request.effective_on, by=request.principal
        )
        asked = await adjustments.find_adjustment(connection, request.programme, id)
        assert asked is not None, "it is there, now or from before"
        return asked


async def approve_adjustment(
    connection: asyncpg.Connection, programme: str, id: str, shelf: SchemeShelf, *, by: str, key: str
) -> Outcome:
    """Inside the caller's database transaction, which a dry run rolls back; posts in the asker's name.

    Refuses in this order: find it, one's own, declined or approved by another.

    A refusal of the ledger itself (too few points by now) stands under this key; it may be approved again under
    another one.
    """
    await show_programmes(connection, [programme])
    asked = await _lock(connection, programme, id)
    if asked.asked_by == by:
        raise Refused(Reason.SECOND_APPROVER_NEEDED, asked_by=by)
    if asked.journal_id is not None and asked.decided_by == by:
        return (await load_outcomes(connection, programme, [asked.journal_id]))[asked.journal_id]
    if asked.state != "waiting":
        raise Refused(Reason.NOT_OPEN, adjustment=id, decided_by=asked.decided_by)
    command = msgspec.structs.replace(asked.command, approved_by=by)
    key = f"approve:{id}:{by}:{key}"
    request = Request(programme, asked.asked_by, key, command, effective_on=asked.effective_on)
    [outcome] = await post(connection, [request], shelf)
    if outcome.receipt is not None:
        journal_id = outcome.receipt.transaction
        await adjustments.decide_adjustment(connection, programme, id, "posted", by=by, journal_id=journal_id)
    return outcome


async def decline_adjustment(connection: asyncpg.Connection, programme: str, id: str, *, by: str) -> Asked:
    """By anybody who may approve, also by whoever asked: then it is withdrawn."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        asked = await _lock(connection, programme, id)
        if asked.state == "waiting":
            await adjustments.decide_adjustment(connection, programme, id, "declined", by=by, journal_id=None)
        elif (asked.state, asked.decided_by) != ("declined", by):
            raise Refused(Reason.NOT_OPEN, adjustment=id, decided_by=asked.decided_by)
        return await _lock(connection, programme, id)


async def _lock(connection: asyncpg.Connection, programme: str, id: str) -> Asked:
    asked = await adjustments.lock_adjustment(connection, programme, id)
    if asked is None:
        raise Refused(Reason.NOT_FOUND, adjustment=id)
    return asked
