"""The passbook of an account: its last lines on paper, or those since the last print."""

from typing import Annotated, Any

import msgspec
from litestar import get
from litestar.connection import Request
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from ledger.actions.open_owner import load_holder
from ledger.core.account import POINTS
from ledger.core.balance import BALANCE_MAX
from ledger.core.heading import heading
from ledger.core.title import Title
from ledger.db.accounts import Line, read_lines
from ledger.hall.call import Call, Limit
from ledger.hall.html import Html
from ledger.web.sheet import Lang, Paper, show

_Unit = Annotated[str, QueryParameter(pattern="^(points|gift|score|service_minutes)$")]
_After = Annotated[int, QueryParameter(ge=0, le=BALANCE_MAX)]


class PassbookLine(msgspec.Struct, frozen=True):
    """One change: `number` is its place in the account, which has no gaps."""

    number: int
    line: Line
    what: Title


@get("/v1/programmes/{programme:str}/accounts/{owner:str}/passbook")
async def passbook(
    owner: FromPath[str],
    call: NamedDependency[Call],
    request: Request[Any, Any, Any],
    lang: Lang = None,
    unit: _Unit = POINTS,
    limit: Limit = 30,
    after: _After = 0,
) -> Response[Html]:
    """The last lines, oldest first; `after` is the number of the last line that is printed already."""
    async with call.desk.reading(call.programme) as connection:
        holder = await load_holder(connection, call.programme, owner)
        found = await read_lines(connection, call.programme, (owner, "main", unit), before=BALANCE_MAX, limit=limit)
        scheme = await call.desk.shelf.current(connection, call.programme)
    lines = [
        PassbookLine(line.account_version, line, heading(scheme, line.kind, line.about))
        for line in reversed(found)
        if line.account_version > after
    ]
    return show(
        request,
        "passbook.html",
        paper=Paper.A4,
        time_zone=scheme.policy.time_zone,
        programme=scheme.policy.title,
        holder=holder,
        lines=lines,
    )
