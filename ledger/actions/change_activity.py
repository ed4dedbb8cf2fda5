"""What else becomes of an activity: completed and handed in again, revoked by reversal, appealed once."""

import asyncpg

from ledger.actions.review_activity import Reviewing, locked_activity, replayed_step
from ledger.core.command import Request, Reverse
from ledger.core.refusal import Reason, Refused
from ledger.db.activities import Activity, move_activity
from ledger.db.reviews import insert_step, list_steps
from ledger.db.schemes import SchemeShelf
from ledger.posting import post


async def submit_activity(
    connection: asyncpg.Connection, programme: str, id: str, *, note: str | None, principal: str, key: str
) -> Reviewing:
    """What was returned is complete now; approvals begin anew, for what was approved was not complete."""
    activity = await locked_activity(connection, programme, id)
    before = await replayed_step(connection, programme, activity, "submit", note, by=principal, key=key)
    if before is not None:
        return Reviewing(before, is_replayed=True)
    _require_state(activity, "returned")
    return await _begin_round(connection, programme, activity, "submit", "recorded", note, principal, key)


async def appeal_activity(
    connection: asyncpg.Connection, programme: str, id: str, *, note: str, principal: str, key: str
) -> Reviewing:
    """Once, against a rejection or a revocation; somebody who has not decided yet looks at it again."""
    activity = await locked_activity(connection, programme, id)
    before = await replayed_step(connection, programme, activity, "appeal", note, by=principal, key=key)
    if before is not None:
        return Reviewing(before, is_replayed=True)
    _require_state(activity, "rejected", "revoked")
    if any(step.deed == "appeal" for step in await list_steps(connection, programme, id)):
        raise Refused(Reason.APPEALED_BEFORE, activity=id)
    return await _begin_round(connection, programme, activity, "appeal", "appealed", note, principal, key)


async def revoke_activity(
    connection: asyncpg.Connection, programme: str, id: str, *, note: str, principal: str, key: str, shelf: SchemeShelf
) -> Reviewing:
    """The award is reversed and the activity revoked, or neither. Refuses: find it, replay, state, as a reversal."""
    activity = await locked_activity(connection, programme, id)
    before = await replayed_step(connection, programme, activity, "revoke", note, by=principal, key=key)
    if before is not None:
        return Reviewing(before, is_replayed=True)
    _require_state(activity, "awarded")
    assert activity.journal_id is not None, "what is awarded has a transaction"
    undo = Request(programme, principal, f"revoke:{id}:{key}", Reverse(activity.journal_id, note=note))
    [outcome] = await post(connection, [undo], shelf)
    if outcome.receipt is None:
        return Reviewing(None, outcome)
    await move_activity(connection, programme, id, "revoked", activity.round)
    step = await insert_step(
        connection, programme, id, round=activity.round, deed="revoke", by=principal, key=key, state="revoked",
        note=note, journal_id=outcome.receipt.transaction,
    )  # fmt: skip
    return Reviewing(step)


def _require_state(activity: Activity, *states: str) -> None:
    if activity.state not in states:
        raise Refused(Reason.NOT_UNDER_REVIEW, activity=activity.id, state=activity.state)


async def _begin_round(
    connection: asyncpg.Connection,
    programme: str,
    activity: Activity,
    deed: str,
    state: str,
    note: str | None,
    principal: str,
    key: str,
) -> Reviewing:
    await move_activity(connection, programme, activity.id, state, activity.round + 1)
    step = await insert_step(
        connection, programme, activity.id, round=activity.round + 1, deed=deed, by=principal, key=key, state=state,
        note=note,
    )  # fmt: skip
    return Reviewing(step)
