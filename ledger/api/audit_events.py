"""Who did what from which device, for auditors: changes and reads of what is about persons, newest first."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Response

from ledger.db.audit_events import NO_PROGRAMME, Event, list_events
from ledger.hall.answer import answer
from ledger.hall.call import Call, Limit

Principal = Annotated[str | None, QueryParameter(pattern="^[A-Za-z0-9:._-]{1,100}$(?!\\n)")]
Verb = Annotated[str | None, QueryParameter(pattern="^((GET|POST) /[A-Za-z0-9/{}_-]{0,200}|retention)$(?!\\n)")]
Day = Annotated[date | None, QueryParameter()]
Cursor = Annotated[str, QueryParameter(pattern="^[a-z0-9_]{0,40}$(?!\\n)")]

_FIRST, _LAST = date(1900, 1, 1), date(2200, 1, 1)


class EventList(msgspec.Struct, frozen=True):
    """`cursor` asks for the next page. An `address` is the same for the same address, and tells nothing else of it."""

    events: tuple[Event, ...]
    cursor: str | None


class _Asked(msgspec.Struct, frozen=True):
    principal: str | None
    verb: str | None
    first: date | None
    last: date | None
    limit: int
    cursor: str


@get("/v1/audit-events")
async def outside(
    call: NamedDependency[Call],
    principal: Principal = None,
    verb: Verb = None,
    first: Day = None,
    last: Day = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Response[EventList]:
    """Of what belongs to no programme (people, keys, sessions), by callers of one's node and below; days are UTC's."""
    assert call.caller is not None, "the table gives this route to roles only"
    below = call.caller.node
    return await _answer(call, NO_PROGRAMME, _Asked(principal, verb, first, last, limit, cursor), UTC, below)


@get("/v1/programmes/{programme:str}/audit-events")
async def inside(
    call: NamedDependency[Call],
    principal: Principal = None,
    verb: Verb = None,
    first: Day = None,
    last: Day = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Response[EventList]:
    """A verb is a method and a route, as in `POST /v1/programmes/{programme}/cards`; days are the programme's."""
    zone = ZoneInfo((await call.scheme()).policy.time_zone)
    return await _answer(call, call.programme, _Asked(principal, verb, first, last, limit, cursor), zone, None)


async def _answer(call: Call, programme: str, asked: _Asked, zone: tzinfo, below: str | None) -> Response[EventList]:
    await call.desk.events.settle()
    async with call.desk.reading(programme) as connection:
        found = await list_events(
            connection,
            programme,
            principal=asked.principal,
            verb=asked.verb,
            begins_at=_start_of(asked.first, zone),
            ends_at=_start_of(asked.last, zone, days=1),
            before=asked.cursor,
            limit=asked.limit + 1,
            below=below,
        )
    page = tuple(found[: asked.limit])
    return answer(EventList(page, page[-1].event if len(found) > asked.limit else None))


def _start_of(day: date | None, zone: tzinfo, *, days: int = 0) -> datetime | None:
    """A day far outside any history is as good as the nearest one that can be reckoned with."""
    if day is None:
        return None
    return datetime.combine(min(max(day, _FIRST), _LAST) + timedelta(days=days), time(), zone)
