"""Record what somebody did; nothing is awarded yet."""

from datetime import datetime

import asyncpg
import msgspec

from ledger.core.command import Award
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.db.activities import Activity, find_activity, insert_activity
from ledger.db.identity import derived_id
from ledger.db.journal import show_programmes
from ledger.db.owners import find_owners
from ledger.db.schemes import SchemeShelf


class Recorded(msgspec.Struct, frozen=True):
    """The activity; `is_new` is false when the same key had recorded the very same before."""

    activity: Activity
    is_new: bool


async def record_activity(
    connection: asyncpg.Connection,
    programme: str,
    award: Award,
    *,
    principal: str,
    key: str,
    shelf: SchemeShelf,
    hours: tuple[datetime, datetime] | None = None,
) -> Recorded:
    """`award` says which rule, who and what. Refuses in this order: key, rule, people."""
    id = derived_id("act", programme, principal, key)
    async with connection.transaction():
        await show_programmes(connection, [programme])
        is_new = False
        if await find_activity(connection, programme, id) is None:
            await _require_known(connection, programme, award, await shelf.current(connection, programme))
            is_new = await insert_activity(
                connection,
                programme,
                id=id,
                rule=award.rule,
                recipient=award.recipient,
                facts=award.facts,
                by=principal,
                hours=hours,
            )
        activity = await find_activity(connection, programme, id)
    assert activity is not None, "what was just inserted, by us or by a twin, is there"
    told = (activity.rule, activity.recipient, activity.facts, activity.started_at, activity.ended_at)
    if told != (award.rule, award.recipient, award.facts, *(hours or (None, None))):
        raise Refused(Reason.IDEMPOTENCY_KEY_REUSED, key=key)
    return Recorded(activity, is_new)


async def _require_known(connection: asyncpg.Connection, programme: str, award: Award, scheme: Scheme) -> None:
    if award.rule not in scheme.rulebook_on(award.facts.happened_on).rules:
        raise Refused(Reason.UNKNOWN_RULE, rule=award.rule)
    people = [award.recipient] if award.facts.person is None else [award.recipient, award.facts.person.id]
    known = await find_owners(connection, programme, people)
    for owner in people:
        if owner not in known:
            raise Refused(Reason.NOT_FOUND, owner=owner)
