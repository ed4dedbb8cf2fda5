"""Public notices and bulletins for the wall: A4, masked names, the last checkpoint at the foot."""

from datetime import date
from typing import Annotated, Any

from litestar import get
from litestar.connection import Request
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Response

from ledger.actions.tell_notice import tell_bulletin, whole_notice
from ledger.core.unit import UNIT_TITLES
from ledger.db.seals import find_checkpoint
from ledger.hall.call import Call
from ledger.hall.html import Html
from ledger.web.sheet import Lang, Paper, show

_P = "/v1/programmes/{programme:str}"


@get(f"{_P}/notice/print")
async def notice_sheet(
    call: NamedDependency[Call],
    request: Request[Any, Any, Any],
    first: Annotated[date | None, QueryParameter()] = None,
    last: Annotated[date | None, QueryParameter()] = None,
    area: Annotated[str | None, QueryParameter(pattern="^[a-z0-9-]{1,40}$")] = None,
    lang: Lang = None,
) -> Response[Html]:
    """What is under public notice, to be printed and hung up."""
    scheme = await call.scheme()
    async with call.desk.auditing(call.programme) as connection:
        lines = await whole_notice(connection, scheme, first=first, last=last, area=area)
        checkpoint = await find_checkpoint(connection, call.programme)
    return show(
        request,
        "notice.html",
        paper=Paper.A4,
        time_zone=scheme.policy.time_zone,
        programme=scheme.policy.title,
        area=None if area is None else scheme.policy.choices("areas").get(area),
        lines=lines,
        units=UNIT_TITLES,
        checkpoint=None if checkpoint is None else checkpoint.note,
    )


@get(f"{_P}/bulletin/print")
async def bulletin_sheet(
    call: NamedDependency[Call],
    request: Request[Any, Any, Any],
    first: Annotated[date, QueryParameter()],
    last: Annotated[date, QueryParameter()],
    best: Annotated[int, QueryParameter(ge=0, le=100)] = 20,
    lang: Lang = None,
) -> Response[Html]:
    """A period's bulletin, to be printed and hung up."""
    scheme = await call.scheme()
    async with call.desk.auditing(call.programme) as connection:
        told = await tell_bulletin(connection, scheme, first=first, last=last, best=best)
    return show(
        request, "bulletin.html", paper=Paper.A4, time_zone=scheme.policy.time_zone, bulletin=told,
        areas=scheme.policy.choices("areas"),
    )  # fmt: skip
