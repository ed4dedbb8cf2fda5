"""Award a recorded activity: its row and its points change in one database transaction, or neither does."""

import asyncpg
import msgspec

from ledger.actions.count_hours import refuse_counted_hours
from ledger.actions.fill_facts import filled_award
from ledger.core.activity import Facts
from ledger.core.command import Award, Request
from ledger.core.refusal import Reason, Refused
from ledger.core.review import approvals_needed
from ledger.core.transaction import Outcome
from ledger.db.activities import Activity, lock_activity, mark_awarded
from ledger.db.evidence import list_evidence
from ledger.db.hours import Hours, insert_hours
from ledger.db.journal import is_claimed, show_programmes
from ledger.db.schemes import SchemeShelf
from ledger.posting import post


async def award_activity(
    connection: asyncpg.Connection, programme: str, activity_id: str, *, principal: str, key: str, shelf: SchemeShelf
) -> Outcome:
    """Inside the caller's database transaction, which a dry run rolls back. For rules that ask for no review.

    Refuses in this order: an activity that is not there, replay, awarded before, state, a rule that wants approvals,
    then as any award.
    """
    await show_programmes(connection, [programme])
    activity = await lock_activity(connection, programme, activity_id)
    if activity is None:
        raise Refused(Reason.NOT_FOUND, activity=activity_id)
    if not await is_claimed(connection, programme, principal, key):
        if activity.journal_id is not None:
            raise Refused(Reason.ALREADY_AWARDED, activity=activity_id, transaction=activity.journal_id)
        if activity.state != "recorded":
            raise Refused(Reason.NOT_UNDER_REVIEW, activity=activity_id, state=activity.state)
        await _refuse_unreviewed(connection, programme, activity, shelf)
    return await claim_and_post(connection, programme, activity, principal=principal, key=key, shelf=shelf)


async def claim_and_post(
    connection: asyncpg.Connection, programme: str, activity: Activity, *, principal: str, key: str, shelf: SchemeShelf
) -> Outcome:
    """Under the activity's lock: its evidence counts, its hours count once, and it is marked as awarded."""
    sent = Award(activity.rule, activity.recipient, activity.facts, activity.id)
    award = await filled_award(connection, programme, sent, principal=principal, key=key)
    hours = _hours_of(activity)
    if not await is_claimed(connection, programme, principal, key):
        facts = await _with_evidence(connection, programme, activity, award.facts)
        award = msgspec.structs.replace(award, facts=facts)
        await refuse_counted_hours(connection, programme, hours)
    [outcome] = await post(connection, [Request(programme, principal, key, award, sent)], shelf)
    if outcome.receipt is not None and not outcome.is_replayed:
        await mark_awarded(connection, programme, activity.id, outcome.receipt.transaction)
        await insert_hours(connection, programme, [(hour, outcome.receipt.transaction) for hour in hours])
    return outcome


async def _refuse_unreviewed(
    connection: asyncpg.Connection, programme: str, activity: Activity, shelf: SchemeShelf
) -> None:
    compiled = (await shelf.current(connection, programme)).rulebook_on(activity.facts.happened_on)
    rule = compiled.rules.get(activity.rule)
    needed = approvals_needed(None if rule is None else rule.rule.review, 0)
    if needed:
        raise Refused(Reason.APPROVALS_MISSING, activity=activity.id, needed=needed)


async def _with_evidence(connection: asyncpg.Connection, programme: str, activity: Activity, facts: Facts) -> Facts:
    """What is attached counts where it is more than was reported: paper that a reviewer saw has no file."""
    attached = await list_evidence(connection, programme, activity.id)
    if not attached:
        return facts
    documents = sum(one.media_type == "application/pdf" for one in attached)
    told = facts.evidence
    evidence = msgspec.structs.replace(
        told,
        photos=max(told.photos, len(attached) - documents),
        documents=max(told.documents, documents),
        place=told.place or any(one.latitude is not None for one in attached),
    )
    return msgspec.structs.replace(facts, evidence=evidence)


def _hours_of(activity: Activity) -> list[Hours]:
    if activity.started_at is None or activity.ended_at is None:
        return []
    person = activity.recipient if activity.facts.person is None else activity.facts.person.id
    return [Hours(person, activity.started_at, activity.ended_at)]
