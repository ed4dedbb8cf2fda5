"""Closed books: nothing takes a business day in them any more; what comes late is booked to the first open day."""

from datetime import date, datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from litestar.response import Response

from ledger.actions.close_period import close_period
from ledger.core.balance import NEVER
from ledger.db.periods import ClosedPeriod, list_closed
from ledger.hall.answer import answer
from ledger.hall.call import Call, Limit

_P = "/v1/programmes/{programme:str}"


class Closing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last day to be closed; it must be over."""

    through: date


class PeriodView(msgspec.Struct, frozen=True):
    """The books up to and including a day, who closed them and when."""

    through: date
    closed_by: str
    closed_at: datetime


class PeriodList(msgspec.Struct, frozen=True):
    """Latest first: the books are open from the day after the first. `next_cursor` asks for what was closed before."""

    periods: tuple[PeriodView, ...]
    next_cursor: date | None


@post(f"{_P}/periods")
async def close(data: JSONBody[Closing], call: NamedDependency[Call]) -> Response[PeriodView]:
    """Closes the books through a day, for good; waits for whoever is posting. A second time is `period_closed`."""
    scheme = await call.scheme()
    async with call.desk.connection() as connection:
        closed_at = await close_period(connection, scheme, data.through, by=call.principal)
    return answer(PeriodView(data.through, call.principal, closed_at), status=201)


@get(f"{_P}/periods")
async def periods(
    call: NamedDependency[Call], limit: Limit = 50, cursor: Annotated[date, QueryParameter()] = NEVER
) -> Response[PeriodList]:
    """What has been closed."""
    async with call.desk.reading(call.programme) as connection:
        found = await list_closed(connection, call.programme, before=cursor, limit=limit + 1)
    page = tuple(_view(period) for period in found[:limit])
    return answer(PeriodList(page, page[-1].through if len(found) > limit else None))


def _view(period: ClosedPeriod) -> PeriodView:
    return PeriodView(period.closed_through, period.closed_by, period.closed_at)
