"""Numbered paper vouchers over HTTP: series, paying in, voiding, reconciling."""

from datetime import date, datetime
from typing import Annotated, Literal

import asyncpg
import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response

from ledger.actions.issue_vouchers import activate_series, issue_series, pay_voucher, void_vouchers
from ledger.core.command import RecipientId
from ledger.core.paper import SeriesName, VoucherCode, voucher_label
from ledger.core.refusal import Reason, Refused
from ledger.core.title import Note
from ledger.core.transaction import Outcome, Receipt
from ledger.db.identity import derived_id
from ledger.db.vouchers import Series, find_series, list_series, read_vouchers, reconcile_series
from ledger.hall.answer import answer
from ledger.hall.call import Call, IdempotencyKey, Limit
from ledger.hall.submit import act

_P = "/v1/programmes/{programme:str}"
_Count = Annotated[int, msgspec.Meta(ge=1, le=1_000)]


class NewSeries(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`count` vouchers worth `points` each, numbered from 1; good until the end of `valid_until`."""

    name: SeriesName
    points: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    count: _Count
    valid_until: date | None = None


class VoucherVoid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which numbers, and why: spoiled, lost, never handed out."""

    numbers: Annotated[tuple[_Count, ...], msgspec.Meta(min_length=1, max_length=1_000)]
    note: Note


class VoucherPayment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands on the voucher, and who gets its points."""

    voucher: VoucherCode
    owner: RecipientId


class SeriesView(msgspec.Struct, frozen=True):
    """A series; handed out once it is active."""

    series: str
    name: str
    points: int
    count: int
    valid_until: date | None
    printings: int
    issued_by: str
    issued_at: datetime | None
    activated_at: datetime | None


class SeriesList(msgspec.Struct, frozen=True):
    """Oldest first; `cursor` asks for the next page."""

    series: tuple[SeriesView, ...]
    cursor: str | None


class SeriesBalance(msgspec.Struct, frozen=True):
    """Issued = redeemed + void + outstanding, in vouchers and in points.

    `posted_points` is what the ledger's own entries say was issued for them; `difference` is 0 unless something broke.
    """

    series: str
    name: str
    issued: int
    redeemed: int
    void: int
    outstanding: int
    issued_points: int
    redeemed_points: int
    void_points: int
    outstanding_points: int
    transactions: int
    posted_points: int
    difference: int


class VoucherView(msgspec.Struct, frozen=True):
    """One voucher, without its check letters."""

    voucher: str
    number: int
    state: str
    owner: str | None
    transaction: str | None
    ended_at: datetime | None
    ended_for: str | None


class VoucherList(msgspec.Struct, frozen=True):
    """By number; `cursor` asks for the next page."""

    vouchers: tuple[VoucherView, ...]
    cursor: int | None


@post(f"{_P}/voucher-series")
async def issue(data: JSONBody[NewSeries], key: IdempotencyKey, call: NamedDependency[Call]) -> Response[SeriesView]:
    """A pending series, once for a key; print it, then activate it."""
    id = derived_id("vch", call.programme, call.principal, key)
    new = Series(id, data.name, data.points, data.count, data.valid_until, 0, call.principal)
    async with call.desk.connection() as connection:
        series, is_new = await issue_series(connection, call.programme, new, key=key)
    return answer(_view(series), status=201, is_replayed=not is_new)


@get(f"{_P}/voucher-series")
async def series_list(
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^[a-z0-9_]{0,40}$")] = "",
) -> Response[SeriesList]:
    """All of them."""
    async with call.desk.reading(call.programme) as connection:
        found = await list_series(connection, call.programme, after=cursor, limit=limit + 1)
    page = tuple(_view(one) for one in found[:limit])
    return answer(SeriesList(page, page[-1].series if len(found) > limit else None))


@post(f"{_P}/voucher-series/{{series:str}}/activate", status_code=200)
async def activate(series: FromPath[str], call: NamedDependency[Call]) -> Response[SeriesView]:
    """They are handed out, and may be paid in from now on."""
    async with call.desk.connection() as connection:
        return answer(_view(await activate_series(connection, call.programme, series, by=call.principal)))


@post(f"{_P}/voucher-series/{{series:str}}/retire", status_code=200)
async def retire(
    series: FromPath[str], data: JSONBody[VoucherVoid], call: NamedDependency[Call]
) -> Response[SeriesBalance]:
    """These will never be paid in; refused whole if one of them has been. Answers how the series stands."""
    numbers = sorted(set(data.numbers))
    async with call.desk.connection() as connection:
        await void_vouchers(connection, call.programme, series, numbers, by=call.principal, why=data.note)
    return await balance(call, series)


@get(f"{_P}/voucher-series/{{series:str}}")
async def reconciled(series: FromPath[str], call: NamedDependency[Call]) -> Response[SeriesBalance]:
    """How the series stands, on paper and in the ledger."""
    return await balance(call, series)


@get(f"{_P}/voucher-series/{{series:str}}/vouchers")
async def voucher_list(
    series: FromPath[str],
    call: NamedDependency[Call],
    only: Annotated[Literal["issued", "redeemed", "void"] | None, QueryParameter(name="state")] = None,
    limit: Limit = 50,
    cursor: Annotated[int, QueryParameter(ge=0, le=1_000)] = 0,
) -> Response[VoucherList]:
    """One by one; `state` asks for those of one state, such as the outstanding ones (`issued`)."""
    async with call.desk.reading(call.programme) as connection:
        found = await find_series(connection, call.programme, series)
        if found is None:
            raise Refused(Reason.NOT_FOUND, series=series)
        rows = await read_vouchers(connection, call.programme, series, after=cursor, state=only, limit=limit + 1)
    page = tuple(
        VoucherView(
            voucher_label(found.name, row.number), row.number, row.state, row.owner, row.journal_id, row.ended_at,
            row.ended_for,
        )
        for row in rows[:limit]
    )  # fmt: skip
    return answer(VoucherList(page, page[-1].number if len(rows) > limit else None))


@post(f"{_P}/voucher-payments")
async def pay(data: JSONBody[VoucherPayment], key: IdempotencyKey, call: NamedDependency[Call]) -> Response[Receipt]:
    """A voucher's points go to an account, once: however many bring a copy of it."""

    async def paid(connection: asyncpg.Connection, key: str) -> Outcome:
        return await pay_voucher(
            connection, call.programme, data.voucher, data.owner, call.desk.shelf, by=call.principal, key=key
        )

    return await act(call, key, paid)


async def balance(call: Call, id: str) -> Response[SeriesBalance]:
    async with call.desk.reading(call.programme) as connection:
        series = await find_series(connection, call.programme, id)
        if series is None:
            raise Refused(Reason.NOT_FOUND, series=id)
        found = await reconcile_series(connection, call.programme, id)
    worth = series.points
    return answer(
        SeriesBalance(
            series=id,
            name=series.name,
            issued=series.count,
            redeemed=found.redeemed,
            void=found.void,
            outstanding=found.outstanding,
            issued_points=series.count * worth,
            redeemed_points=found.redeemed * worth,
            void_points=found.void * worth,
            outstanding_points=found.outstanding * worth,
            transactions=found.transactions,
            posted_points=found.posted_points,
            difference=found.redeemed * worth - found.posted_points,
        )
    )


def _view(series: Series) -> SeriesView:
    told = msgspec.structs.asdict(series)
    return SeriesView(series=told.pop("id"), **told)
