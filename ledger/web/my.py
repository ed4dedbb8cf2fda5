"""The page of a resident: what can be spent, what lapses, waits or is owed, and the last lines with their reasons."""

from typing import Annotated, Any

from litestar import get
from litestar.connection import Request
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Response

from ledger.actions.tell_home import tell_home
from ledger.core.balance import BALANCE_MAX
from ledger.hall.call import Call
from ledger.hall.fault import Fault, Faulty
from ledger.hall.html import Html
from ledger.web.form import own_form
from ledger.web.sheet import Lang, show

_P = "/my/{programme:str}"
Before = Annotated[int | None, QueryParameter(ge=1, le=BALANCE_MAX)]


@get(_P)
async def home(
    call: NamedDependency[Call], request: Request[Any, Any, Any], before: Before = None, lang: Lang = None
) -> Response[Html]:
    """What the holder of the card wants to know, in large print."""
    owner = None if call.caller is None else call.caller.owner
    if owner is None:
        raise Faulty(Fault.FORBIDDEN)
    async with call.desk.reading(call.programme) as connection:
        scheme = await call.desk.shelf.current(connection, call.programme)
        told = await tell_home(connection, call.programme, owner, shelf=call.desk.shelf, before=before)
    return show(
        request,
        "my.html",
        time_zone=scheme.policy.time_zone,
        programme=scheme.policy.title,
        home=told,
        token=own_form(call),
        home_href=f"/my/{call.programme}",
        is_first=before is None,
    )
