"""A shop or a worker proposes what a shop gives for points; it counts once another person has approved it."""

from datetime import date

import asyncpg
import msgspec

from ledger.actions.enrol_merchant import require_enrolled
from ledger.core.alliance import ACTIVE
from ledger.core.refusal import Reason, Refused
from ledger.db import shop_offers
from ledger.db.journal import show_programmes
from ledger.db.schemes import raise_revision
from ledger.db.shop_offers import Proposal


async def propose_offer(
    connection: asyncpg.Connection, programme: str, new: Proposal, *, today: date
) -> tuple[Proposal, bool]:
    """The proposal, and whether it is new; under one id there is one. Refuses a first day that has passed."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        await require_enrolled(connection, programme, new.merchant)
        before = await shop_offers.find_proposal(connection, programme, new.merchant, new.id)
        if before is None:
            if new.effective_from < today:
                raise Refused(Reason.NOT_DUE, from_on=new.effective_from.isoformat(), today=today.isoformat())
            await shop_offers.insert_proposal(connection, programme, new)
        found = await _find(connection, programme, new.merchant, new.id)
        if (found.offer, found.title, found.kind, found.points) != (new.offer, new.title, new.kind, new.points):
            raise Refused(Reason.REFERENCE_TAKEN, reference=new.offer, owner=found.id)
        return found, before is None


async def approve_offer(
    connection: asyncpg.Connection, programme: str, merchant: str, id: str, *, by: str, today: date
) -> Proposal:
    """Refuses in this order: find it, one's own, decided otherwise, a shop that is not active.

    An approval that comes after the first day makes the day of the approval the first: no price holds in the past.
    """
    async with connection.transaction():
        await show_programmes(connection, [programme])
        offer = await _lock(connection, programme, merchant, id)
        if offer.proposed_by == by:
            raise Refused(Reason.SECOND_APPROVER_NEEDED, asked_by=by)
        if offer.state == "approved":
            return offer
        _require_state(offer, "proposed")
        enrolled = await require_enrolled(connection, programme, merchant)
        if enrolled.state != ACTIVE:
            raise Refused(Reason.MERCHANT_NOT_ACTIVE, merchant=merchant, state=enrolled.state)
        # Nothing is refused below this line.
        from_ = max(offer.effective_from, today)
        await shop_offers.decide_proposal(connection, programme, id, "approved", from_=from_, by=by)
        await raise_revision(connection, programme)
        return await _find(connection, programme, merchant, id)


async def end_offer(
    connection: asyncpg.Connection, programme: str, merchant: str, id: str, state: str, *, by: str
) -> Proposal:
    """Declined before it counted, or withdrawn, also afterwards: then it counts no more, at once."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        offer = await _lock(connection, programme, merchant, id)
        if offer.state == state:
            return offer
        _require_state(offer, "proposed", *(("approved",) if state == "withdrawn" else ()))
        # Nothing is refused below this line.
        await shop_offers.decide_proposal(connection, programme, id, state, from_=offer.effective_from, by=by)
        if offer.state == "approved":
            await raise_revision(connection, programme)
        return msgspec.structs.replace(offer, state=state, decided_by=by)


def _require_state(offer: Proposal, *expected: str) -> None:
    if offer.state not in expected:
        raise Refused(Reason.WRONG_STEP, offer=offer.id, state=offer.state, expected=list(expected))


async def _find(connection: asyncpg.Connection, programme: str, merchant: str, id: str) -> Proposal:
    found = await shop_offers.find_proposal(connection, programme, merchant, id)
    if found is None:
        raise Refused(Reason.NOT_FOUND, offer=id)
    return found


async def _lock(connection: asyncpg.Connection, programme: str, merchant: str, id: str) -> Proposal:
    found = await shop_offers.lock_proposal(connection, programme, merchant, id)
    if found is None:
        raise Refused(Reason.NOT_FOUND, offer=id)
    return found
