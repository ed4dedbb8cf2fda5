"""Public notices and bulletins, as JSON and as CSV."""

from datetime import date
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response

from ledger.actions.tell_notice import (
    Bulletin,
    NoticeLine,
    bulletin_csv,
    notice_csv,
    tell_bulletin,
    tell_notice,
    whole_notice,
)
from ledger.core.refusal import Reason, Refused
from ledger.db import notices
from ledger.db.journal import show_programmes
from ledger.db.owners import find_owners
from ledger.hall.answer import answer
from ledger.hall.call import Call, Limit

_P = "/v1/programmes/{programme:str}"
Day = Annotated[date | None, QueryParameter()]
AreaName = Annotated[str | None, QueryParameter(pattern="^[a-z0-9-]{1,40}$")]
Best = Annotated[int, QueryParameter(ge=0, le=100)]


class NoticePage(msgspec.Struct, frozen=True):
    """One page of what is under public notice; `next_cursor` asks for the one after it."""

    lines: tuple[NoticeLine, ...]
    next_cursor: str | None


class Listing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether somebody may be named in bulletins."""

    listed: bool


class ListingView(msgspec.Struct, frozen=True):
    """As it stands now."""

    owner: str
    listed: bool


@get(f"{_P}/notice")
async def notice(
    call: NamedDependency[Call],
    first: Day = None,
    last: Day = None,
    area: AreaName = None,
    limit: Limit = 200,
    cursor: Annotated[str, QueryParameter(pattern="^(txn_[0-9a-z]{18})?$")] = "",
) -> Response[NoticePage]:
    """What is under public notice, with masked names and the last day to object."""
    scheme = await call.scheme()
    async with call.desk.reading(call.programme) as connection:
        found = await tell_notice(connection, scheme, first=first, last=last, area=area, after=cursor, limit=limit + 1)
    page = tuple(found[:limit])
    return answer(NoticePage(page, page[-1].transaction if len(found) > limit else None))


@get(f"{_P}/notice/csv")
async def notice_as_csv(
    call: NamedDependency[Call], first: Day = None, last: Day = None, area: AreaName = None
) -> Response[bytes]:
    """The same, all of it, for a spreadsheet."""
    scheme = await call.scheme()
    async with call.desk.auditing(call.programme) as connection:
        lines = await whole_notice(connection, scheme, first=first, last=last, area=area)
    return csv_answer(notice_csv(lines), "notice")


@get(f"{_P}/bulletin")
async def bulletin(
    call: NamedDependency[Call],
    first: Annotated[date, QueryParameter()],
    last: Annotated[date, QueryParameter()],
    best: Best = 20,
) -> Response[Bulletin]:
    """Areas by points a head with their participation, the best by masked name, what was issued and redeemed."""
    scheme = await call.scheme()
    async with call.desk.auditing(call.programme) as connection:
        return answer(await tell_bulletin(connection, scheme, first=first, last=last, best=best))


@get(f"{_P}/bulletin/csv")
async def bulletin_as_csv(
    call: NamedDependency[Call],
    first: Annotated[date, QueryParameter()],
    last: Annotated[date, QueryParameter()],
    best: Best = 20,
) -> Response[bytes]:
    """The same for a spreadsheet."""
    scheme = await call.scheme()
    async with call.desk.auditing(call.programme) as connection:
        told = await tell_bulletin(connection, scheme, first=first, last=last, best=best)
    return csv_answer(bulletin_csv(told), "bulletin")


@post(f"{_P}/accounts/{{owner:str}}/bulletin-listing", status_code=200)
async def list_in_bulletins(
    owner: FromPath[str], data: JSONBody[Listing], call: NamedDependency[Call]
) -> Response[ListingView]:
    """Whether somebody may be named in bulletins; without a word, yes."""
    async with call.desk.connection() as connection, connection.transaction():
        await show_programmes(connection, [call.programme])
        if owner not in await find_owners(connection, call.programme, [owner]):
            raise Refused(Reason.NOT_FOUND, owner=owner)
        if data.listed:
            await notices.list_again(connection, call.programme, owner)
        else:
            await notices.unlist(connection, call.programme, owner, by=call.principal)
    return answer(ListingView(owner, data.listed))


def csv_answer(content: bytes, name: str) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type="text/csv", headers=headers)
