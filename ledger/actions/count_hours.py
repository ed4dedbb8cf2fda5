"""The same hour of the same person counts once anywhere in a programme, also when two ask at the same moment."""

from collections.abc import Sequence

import asyncpg

from ledger.core.refusal import Reason, Refused
from ledger.db.hours import Hours, find_counted, lock_persons


async def refuse_counted_hours(connection: asyncpg.Connection, programme: str, hours: Sequence[Hours]) -> None:
    """Inside the caller's database transaction, which then awards them and inserts them."""
    for counted in await counted_hours(connection, programme, hours):
        raise Refused(
            Reason.HOURS_COUNTED,
            person=counted.person,
            started_at=counted.started_at.isoformat(),
            ended_at=counted.ended_at.isoformat(),
        )


async def counted_hours(connection: asyncpg.Connection, programme: str, hours: Sequence[Hours]) -> list[Hours]:
    """What of these was counted before; the persons stay locked, so that it remains so."""
    if not hours:
        return []
    await lock_persons(connection, programme, [one.person for one in hours])
    return await find_counted(connection, programme, hours)
