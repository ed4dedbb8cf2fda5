"""An objection holds exactly the award it names: upheld, the award is cancelled; dismissed, its notice ends."""

from datetime import date

import asyncpg

from ledger.core.command import CancelPending, Request
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import Outcome
from ledger.db import objections
from ledger.db.identity import derived_id
from ledger.db.journal import load_sources, show_programmes
from ledger.db.objections import Objection
from ledger.db.schemes import SchemeShelf
from ledger.posting import post


async def raise_objection(
    connection: asyncpg.Connection, programme: str, award: str, *, note: str, principal: str, key: str
) -> tuple[Objection, bool]:
    """Refuses: an award that is not under notice, or not any more. True beside it when it is new."""
    id = derived_id("obj", programme, principal, key)
    async with connection.transaction():
        await show_programmes(connection, [programme])
        notice = await objections.lock_notice(connection, programme, award)
        before = await objections.find_objection(connection, programme, id)
        if before is not None:
            if (before.journal_id, before.note) != (award, note):
                raise Refused(Reason.IDEMPOTENCY_KEY_REUSED, key=key)
            return before, False
        if notice is None and award not in await load_sources(connection, programme, [award]):
            raise Refused(Reason.NOT_FOUND, transaction=award)
        if notice is None or notice.ended_by is not None:
            ended = None if notice is None else notice.ended_by
            raise Refused(Reason.NOT_OPEN, transaction=award, ended_by=ended)
        due_on = await _own_due_day(connection, programme, award, notice)
        await objections.insert_objection(connection, programme, id, award, note=note, by=principal, due_on=due_on)
        await objections.hold_notice(connection, programme, award)
        raised = await objections.find_objection(connection, programme, id)
    assert raised is not None, "it was just inserted"
    return raised, True


async def dismiss_objection(
    connection: asyncpg.Connection, programme: str, id: str, *, note: str | None, principal: str
) -> Objection:
    """The award goes on where it was: its notice ends on the day it would have, or now if that is past."""
    async with connection.transaction():
        objection = await _lock(connection, programme, id, principal)
        if objection.state != "open":
            return _as_decided(objection, "dismissed", principal)
        await objections.lock_notice(connection, programme, objection.journal_id)
        await objections.decide_objection(connection, programme, id, "dismissed", by=principal, note=note)
        await objections.release_notice(connection, programme, objection.journal_id, objection.due_on)
        return await _lock(connection, programme, id, principal)


async def uphold_objection(
    connection: asyncpg.Connection,
    programme: str,
    id: str,
    *,
    note: str | None,
    principal: str,
    key: str,
    shelf: SchemeShelf,
) -> tuple[Objection, Outcome | None]:
    """Inside the caller's database transaction; beside it the refusal, if the award could not be cancelled."""
    objection = await _lock(connection, programme, id, principal)
    if objection.state != "open":
        return _as_decided(objection, "upheld", principal), None
    request = Request(programme, principal, f"uphold:{id}:{key}", CancelPending(objection.journal_id, note))
    [outcome] = await post(connection, [request], shelf)
    if outcome.receipt is None:
        return objection, outcome
    await objections.decide_objection(
        connection, programme, id, "upheld", by=principal, note=note, cancelled_by=outcome.receipt.transaction
    )
    return await _lock(connection, programme, id, principal), None


async def _own_due_day(connection: asyncpg.Connection, programme: str, award: str, notice: objections.Notice) -> date:
    return await objections.first_due_day(connection, programme, award) or notice.due_on


async def _lock(connection: asyncpg.Connection, programme: str, id: str, principal: str) -> Objection:
    """Refuses: find it, one's own."""
    await show_programmes(connection, [programme])
    objection = await objections.lock_objection(connection, programme, id)
    if objection is None:
        raise Refused(Reason.NOT_FOUND, objection=id)
    if objection.raised_by == principal:
        raise Refused(Reason.CONFLICT_OF_INTEREST, reviewer=principal, about="self")
    return objection


def _as_decided(objection: Objection, state: str, principal: str) -> Objection:
    """The same person saying the same again is answered as before."""
    if (objection.state, objection.decided_by) != (state, principal):
        raise Refused(Reason.OBJECTION_DECIDED, objection=objection.id, state=objection.state)
    return objection
