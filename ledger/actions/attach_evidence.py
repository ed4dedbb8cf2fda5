"""Attach a file to an activity: at most eight, and none that was used before."""

import asyncpg
import msgspec

from ledger.core.refusal import Reason, Refused
from ledger.db.activities import Activity, lock_activity
from ledger.db.evidence import Clean, Evidence, find_claim_of_file, has_alike, insert_evidence, list_evidence
from ledger.db.files import FileShelf
from ledger.db.identity import derived_id
from ledger.db.journal import show_programmes

FILES_MAX = 8
ALIKE_POINTS = 4
OPEN_STATES = ("recorded", "returned", "appealed")


class Attached(msgspec.Struct, frozen=True):
    """`is_new` is false when the very same file had been attached to this activity before."""

    evidence: Evidence
    is_new: bool


async def attach_evidence(
    connection: asyncpg.Connection, programme: str, activity_id: str, clean: Clean, files: FileShelf, *, principal: str
) -> Attached:
    """Refuses in this order: find it, a file used for another claim, state, too many."""
    files.keep(clean.content)
    id = derived_id("evd", programme, activity_id, clean.sha256)
    try:
        async with connection.transaction():
            await show_programmes(connection, [programme])
            activity = await lock_activity(connection, programme, activity_id)
            if activity is None:
                raise Refused(Reason.NOT_FOUND, activity=activity_id)
            before = await list_evidence(connection, programme, activity_id)
            is_new = all(one.id != id for one in before)
            if is_new:
                await _refuse_used(connection, programme, clean)
                _refuse_more(activity, len(before))
                warnings = await _warnings(connection, programme, activity, clean)
                await insert_evidence(connection, programme, id, activity_id, clean, warnings=warnings, by=principal)
                before = await list_evidence(connection, programme, activity_id)
    except asyncpg.UniqueViolationError as error:
        # Two claims with one picture at the same moment: the database lets one of them in.
        raise Refused(Reason.EVIDENCE_USED, sha256=clean.sent_sha256) from error
    return Attached(next(one for one in before if one.id == id), is_new)


async def _refuse_used(connection: asyncpg.Connection, programme: str, clean: Clean) -> None:
    """Says that it was used, and not by whom."""
    if await find_claim_of_file(connection, programme, [clean.sha256, clean.sent_sha256]) is not None:
        raise Refused(Reason.EVIDENCE_USED, sha256=clean.sent_sha256)


def _refuse_more(activity: Activity, attached: int) -> None:
    if activity.state not in OPEN_STATES:
        raise Refused(Reason.NOT_UNDER_REVIEW, activity=activity.id, state=activity.state)
    if attached >= FILES_MAX:
        raise Refused(Reason.TOO_MUCH_EVIDENCE, activity=activity.id, limit=FILES_MAX)


async def _warnings(connection: asyncpg.Connection, programme: str, activity: Activity, clean: Clean) -> list[str]:
    """What a reviewer should look at twice."""
    warnings = []
    if clean.look is not None and await has_alike(connection, programme, clean.look, points_max=ALIKE_POINTS):
        warnings.append("alike")
    if clean.taken_at is not None and clean.taken_at.date() != activity.facts.happened_on:
        warnings.append("taken_on_another_day")
    return warnings
