"""A shop joins the alliance of a programme, is stopped, taken up again, or leaves; whoever decides is on record."""

import asyncpg

from ledger.core.alliance import ACTIVE
from ledger.core.refusal import Reason, Refused
from ledger.db import merchants
from ledger.db.journal import show_programmes
from ledger.db.merchants import Contact, Enrolled
from ledger.db.owners import find_owner
from ledger.db.schemes import raise_revision

APPLIED, SUSPENDED, ENDED = "applied", "suspended", "ended"
MOVES = {
    "approve": ((APPLIED,), ACTIVE),
    "suspend": ((ACTIVE,), SUSPENDED),
    "resume": ((SUSPENDED,), ACTIVE),
    "end": ((APPLIED, ACTIVE, SUSPENDED), ENDED),
}
"""From which states a verb leads to which."""


async def apply_merchant(
    connection: asyncpg.Connection, programme: str, merchant: str, contact: Contact, *, by: str
) -> Enrolled:
    """Asked again, the application as it stands; it takes no points before somebody else has approved it."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        owner = await find_owner(connection, programme, merchant)
        if owner is None or owner["kind"] != "merchant":
            raise Refused(Reason.NOT_FOUND, owner=merchant)
        before = await merchants.find_enrolled(connection, programme, merchant)
        if before is None:
            await merchants.enrol_missing(connection, programme, [merchant], APPLIED, by=by)
            await raise_revision(connection, programme)
        if before is None or before.state == APPLIED:
            await merchants.put_contact(connection, programme, merchant, contact)
        return await require_enrolled(connection, programme, merchant)


async def move_merchant(
    connection: asyncpg.Connection, programme: str, merchant: str, verb: str, *, by: str, note: str | None
) -> Enrolled:
    """Refuses in this order: find it, one's own application, a state that the verb does not start from."""
    wanted, state = MOVES[verb]
    async with connection.transaction():
        await show_programmes(connection, [programme])
        enrolled = await merchants.lock_enrolled(connection, programme, merchant)
        if enrolled is None:
            raise Refused(Reason.NOT_FOUND, owner=merchant)
        if verb == "approve" and enrolled.applied_by == by:
            raise Refused(Reason.SECOND_APPROVER_NEEDED, asked_by=by)
        if enrolled.state == state:
            return enrolled
        if enrolled.state not in wanted:
            raise Refused(Reason.WRONG_STEP, merchant=merchant, state=enrolled.state, expected=list(wanted))
        # Nothing is refused below this line.
        await merchants.set_state(connection, programme, merchant, state, by=by, note=note)
        # No posting that begins after our commit goes by the scheme in which the shop was in its former state.
        await raise_revision(connection, programme)
        return await require_enrolled(connection, programme, merchant)


async def change_contact(
    connection: asyncpg.Connection, programme: str, merchant: str, contact: Contact | None
) -> Enrolled:
    async with connection.transaction():
        await show_programmes(connection, [programme])
        enrolled = await require_enrolled(connection, programme, merchant)
        await merchants.put_contact(connection, programme, merchant, contact)
        return enrolled


async def forget_contact(connection: asyncpg.Connection, programme: str, merchant: str) -> tuple[Enrolled, bool]:
    """Also what people wrote about the shop; whether it is new. The shop and its statements stay."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        enrolled = await require_enrolled(connection, programme, merchant)
        return enrolled, await merchants.erase_contact(connection, programme, merchant)


async def require_enrolled(connection: asyncpg.Connection, programme: str, merchant: str) -> Enrolled:
    found = await merchants.find_enrolled(connection, programme, merchant)
    if found is None:
        raise Refused(Reason.NOT_FOUND, owner=merchant)
    return found
