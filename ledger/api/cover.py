"""Cover: what stands behind the points, and publications that leave too little and wait for a second signature."""

from datetime import date, datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from ledger.actions.measure_cover import BudgetUse, cover_of, read_budgets, read_held
from ledger.actions.publish_covered import decline_publication, sign_publication
from ledger.core.cover import share_written
from ledger.core.period import business_day
from ledger.core.ratio import fraction, written
from ledger.core.refusal import Number, Reason, Refused
from ledger.db.asked_publications import AskedPublication, find_asked, list_asked
from ledger.db.periods import read_clock
from ledger.hall.answer import answer
from ledger.hall.call import Call, Limit

_P = "/v1/programmes/{programme:str}"


class CoverView(msgspec.Struct, frozen=True):
    """All in points, but the fund also in fen. `cover` is stock and fund over outstanding and claims, as a fraction;
    without points outstanding there is none. `least` is what the programme demands.
    """

    on: date
    outstanding: int
    claims: int
    stock: int
    fund: int
    fund_fen: int
    cover: str | None
    least: str | None
    budgets: tuple[BudgetUse, ...]


class AskedView(msgspec.Struct, frozen=True):
    """`waiting`, `published` or `declined`; `numbers` say why one signature is not enough."""

    publication: str
    kind: str
    digest: str
    numbers: dict[str, Number]
    asked_by: str
    asked_at: datetime
    state: str
    decided_by: str | None
    decided_at: datetime | None
    version: str | None


class AskedList(msgspec.Struct, frozen=True):
    """Oldest first. `next_cursor` asks for those after these."""

    publications: tuple[AskedView, ...]
    next_cursor: str | None


@get(f"{_P}/cover")
async def cover(call: NamedDependency[Call]) -> Response[CoverView]:
    """Points outstanding against the stock at points prices and the fund, and what the budgets have left."""
    async with call.desk.auditing(call.programme) as connection:
        scheme = await call.desk.shelf.current(connection, call.programme)
        today = business_day(await read_clock(connection), scheme.policy.time_zone)
        found = cover_of(await read_held(connection, call.programme), scheme.items, scheme.policy, today)
        budgets = await read_budgets(connection, scheme, today)
    least = None if scheme.policy.cover is None else written(fraction(scheme.policy.cover.least))
    return answer(
        CoverView(
            today, found.outstanding, found.claims, found.stock, found.fund, found.fund_fen, share_written(found),
            least, budgets,
        )
    )  # fmt: skip


@get(f"{_P}/asked-publications")
async def asked_publications(
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^[a-z0-9_]{0,40}$")] = "",
) -> Response[AskedList]:
    """Those that wait for a second signature."""
    async with call.desk.reading(call.programme) as connection:
        found = await list_asked(connection, call.programme, after=cursor, limit=limit + 1)
    page = tuple(asked_view(asked) for asked in found[:limit])
    return answer(AskedList(page, page[-1].publication if len(found) > limit else None))


@get(f"{_P}/asked-publications/{{publication:str}}")
async def asked_publication(publication: FromPath[str], call: NamedDependency[Call]) -> Response[AskedView]:
    """One of them, decided or not."""
    async with call.desk.reading(call.programme) as connection:
        found = await find_asked(connection, call.programme, publication)
    if found is None:
        raise Refused(Reason.NOT_FOUND, publication=publication)
    return answer(asked_view(found))


@post(f"{_P}/asked-publications/{{publication:str}}/approve", status_code=200)
async def sign(publication: FromPath[str], call: NamedDependency[Call]) -> Response[AskedView]:
    """Publishes it as it was asked for; refused to the person who asked."""
    async with call.desk.connection() as connection:
        signed = await sign_publication(connection, call.programme, publication, by=call.principal)
    call.desk.shelf.forget(call.programme)
    return answer(asked_view(signed))


@post(f"{_P}/asked-publications/{{publication:str}}/decline", status_code=200)
async def decline(publication: FromPath[str], call: NamedDependency[Call]) -> Response[AskedView]:
    """It will not be published; who asked may withdraw it in the same way."""
    async with call.desk.connection() as connection:
        declined = await decline_publication(connection, call.programme, publication, by=call.principal)
    return answer(asked_view(declined))


def asked_view(asked: AskedPublication) -> AskedView:
    return AskedView(
        publication=asked.id,
        kind=asked.kind,
        digest=asked.digest,
        numbers=asked.numbers,
        asked_by=asked.asked_by,
        asked_at=asked.asked_at,
        state=asked.state,
        decided_by=asked.decided_by,
        decided_at=asked.decided_at,
        version=asked.version,
    )
