"""A helper is appointed by somebody who works here, once, within the programme's ceilings; ended, it is at once."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from ledger.core.card import lowest
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.db import appointments
from ledger.db.appointments import Appointment
from ledger.db.identity import derived_id
from ledger.db.journal import show_programmes
from ledger.db.owners import find_owner
from ledger.db.schemes import SchemeShelf


class Wanted(msgspec.Struct, frozen=True):
    """Who shall help whom; limits in points, `until` the last good day."""

    owner: str
    member: str
    per_day: int | None = None
    per_spend: int | None = None
    until: date | None = None


async def appoint_helper(
    connection: asyncpg.Connection, programme: str, wanted: Wanted, shelf: SchemeShelf, *, by: str, key: str
) -> tuple[Appointment, bool]:
    """The appointment and whether it is new; refuses in this order: the key for another, people, one in office."""
    id = derived_id("hlp", programme, by, key)
    async with connection.transaction():
        await show_programmes(connection, [programme])
        appointment = _appointment(id, wanted, await shelf.current(connection, programme), by)
        before = await appointments.find_appointment(connection, programme, id)
        if before is None:
            await _require_people(connection, programme, wanted)
            await appointments.lock_owner(connection, programme, wanted.owner)
            before = await appointments.find_appointment(connection, programme, id)
        if before is not None:
            if (before.owner, before.member, before.ends_at) != (wanted.owner, wanted.member, appointment.ends_at):
                raise Refused(Reason.IDEMPOTENCY_KEY_REUSED, key=key)
            return before, False
        if await appointments.find_in_office(connection, programme, wanted.owner, wanted.member) is not None:
            raise Refused(Reason.HELPER_IN_OFFICE, owner=wanted.owner, member=wanted.member)
        # One whose time is over makes room for the next.
        await appointments.end_appointments(connection, programme, wanted.owner, wanted.member, by=by)
        await appointments.insert_appointment(connection, programme, appointment)
        made = await appointments.find_appointment(connection, programme, id)
        assert made is not None, "what was just inserted is there"
        return made, True


async def end_helper(connection: asyncpg.Connection, programme: str, id: str, *, by: str) -> Appointment:
    """The next call with the helper's card is refused; one that has ended stays as it is."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        found = await appointments.find_appointment(connection, programme, id)
        if found is None:
            raise Refused(Reason.NOT_FOUND, helper=id)
        if found.ended_at is None:
            await appointments.end_appointments(connection, programme, found.owner, found.member, by=by)
        ended = await appointments.find_appointment(connection, programme, id)
        assert ended is not None, "appointments are never removed"
        return ended


def _appointment(id: str, wanted: Wanted, scheme: Scheme, by: str) -> Appointment:
    policy = scheme.policy.cards
    ends_at = None
    if wanted.until is not None:
        ends_at = datetime.combine(wanted.until + timedelta(days=1), time(), ZoneInfo(scheme.policy.time_zone))
    return Appointment(
        id=id,
        owner=wanted.owner,
        member=wanted.member,
        per_day=lowest(wanted.per_day, policy.helper_per_day),
        per_spend=lowest(wanted.per_spend, policy.helper_per_spend),
        ends_at=ends_at,
        appointed_by=by,
    )


async def _require_people(connection: asyncpg.Connection, programme: str, wanted: Wanted) -> None:
    for id, kinds in ((wanted.owner, ("household", "member")), (wanted.member, ("member",))):
        found = await find_owner(connection, programme, id)
        if found is None or found["kind"] not in kinds:
            raise Refused(Reason.NOT_FOUND, owner=id)
