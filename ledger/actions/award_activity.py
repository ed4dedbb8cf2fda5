"""Award a recorded activity: its row and its points change in one database transaction, or neither does."""

import asyncpg

from ledger.actions.fill_facts import filled_award
from ledger.core.command import Award, Request
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import Outcome
from ledger.db.activities import lock_activity, mark_awarded
from ledger.db.journal import is_claimed, show_programmes
from ledger.db.schemes import SchemeShelf
from ledger.posting import post


async def award_activity(
    connection: asyncpg.Connection, programme: str, activity_id: str, *, principal: str, key: str, shelf: SchemeShelf
) -> Outcome:
    """Inside the caller's database transaction, which a dry run rolls back.

    Refuses in this order: an activity that is not there, replay, awarded before, then as any award.
    """
    await show_programmes(connection, [programme])
    activity = await lock_activity(connection, programme, activity_id)
    if activity is None:
        raise Refused(Reason.NOT_FOUND, activity=activity_id)
    if activity.journal_id is not None and not await is_claimed(connection, programme, principal, key):
        raise Refused(Reason.ALREADY_AWARDED, activity=activity_id, transaction=activity.journal_id)
    sent = Award(activity.rule, activity.recipient, activity.facts, activity_id)
    award = await filled_award(connection, programme, sent, principal=principal, key=key)
    [outcome] = await post(connection, [Request(programme, principal, key, award, sent)], shelf)
    if outcome.receipt is not None and not outcome.is_replayed:
        await mark_awarded(connection, programme, activity_id, outcome.receipt.transaction)
    return outcome
