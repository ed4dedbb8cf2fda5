"""Close the books up to a day: nothing takes a business day in them any more."""

from datetime import date, datetime

import asyncpg

from ledger.core.period import business_day
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.db import periods
from ledger.db.journal import show_programmes


async def close_period(connection: asyncpg.Connection, scheme: Scheme, through: date, *, by: str) -> datetime:
    """Waits for whoever is posting, then shuts; refuses a day that is not over and one that is shut already."""
    async with connection.transaction():
        await show_programmes(connection, [scheme.slug])
        await periods.stop_posting(connection, scheme.slug)
        now = await periods.read_clock(connection)
        today = business_day(now, scheme.policy.time_zone)
        closed = await periods.closed_through(connection, scheme.slug)
        if through >= today:
            raise Refused(Reason.NOT_DUE, through=through.isoformat(), today=today.isoformat())
        if closed is not None and through <= closed:
            raise Refused(Reason.PERIOD_CLOSED, through=through.isoformat(), closed_through=closed.isoformat())
        # Nothing is refused below this line.
        await periods.insert_closed(connection, scheme.slug, through, by, at=now)
        return now
