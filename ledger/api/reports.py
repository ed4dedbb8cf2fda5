"""Reports of any period: issued, redeemed, expired, outstanding – by area, month, category, outlet, shop and item."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from ledger.actions.read_report import READERS, Whole, read_whole
from ledger.core.refusal import Reason, Refused
from ledger.core.title import Title
from ledger.db.reports import AreaRow, CategoryRow, ItemRow, MerchantRow, MonthRow, OutletRow
from ledger.db.trial_balance import Span
from ledger.hall.answer import answer
from ledger.hall.call import Call, Limit
from ledger.hall.fault import Fault, Faulty, Spot
from ledger.hall.plain import Csv, csv

_P = "/v1/programmes/{programme:str}"
_ROWS_MAX = 10_000

Day = Annotated[date, QueryParameter()]
Cursor = Annotated[str, QueryParameter(pattern="^[a-zA-Z0-9_:/-]{0,120}$")]


class Areas(msgspec.Struct, frozen=True):
    first: date
    last: date
    whole: Whole
    areas: tuple[AreaRow, ...]
    next_cursor: str | None


class Months(msgspec.Struct, frozen=True):
    first: date
    last: date
    whole: Whole
    months: tuple[MonthRow, ...]
    next_cursor: str | None


class Categories(msgspec.Struct, frozen=True):
    first: date
    last: date
    whole: Whole
    categories: tuple[CategoryRow, ...]
    next_cursor: str | None


class Outlets(msgspec.Struct, frozen=True):
    first: date
    last: date
    whole: Whole
    outlets: tuple[OutletRow, ...]
    next_cursor: str | None


class Merchants(msgspec.Struct, frozen=True):
    first: date
    last: date
    whole: Whole
    merchants: tuple[MerchantRow, ...]
    next_cursor: str | None


class Items(msgspec.Struct, frozen=True):
    """The most taken first."""

    first: date
    last: date
    whole: Whole
    items: tuple[ItemRow, ...]
    next_cursor: str | None


Report = Areas | Months | Categories | Outlets | Merchants | Items
_ANSWERS: dict[str, type[Any]] = {
    "areas": Areas, "months": Months, "categories": Categories, "outlets": Outlets, "merchants": Merchants,
    "items": Items,
}  # fmt: skip


@get(f"{_P}/reports/{{report:str}}")
async def report(
    report: FromPath[str], call: NamedDependency[Call], first: Day, last: Day, limit: Limit = 50, cursor: Cursor = ""
) -> Response[Areas | Months | Categories | Outlets | Merchants | Items]:
    """`areas`, `months`, `categories`, `outlets`, `merchants` or `items`: both days counted, in business days of the
    books; `whole` is the programme's, as the trial balance of the same period has it.
    """
    whole, rows = await _read(call, report, first, last, cursor, limit + 1)
    more = _name(report, rows[limit - 1]) if len(rows) > limit else None
    return answer(_ANSWERS[report](first, last, whole, tuple(rows[:limit]), more))


@get(f"{_P}/reports/{{report:str}}/csv")
async def report_csv(report: FromPath[str], call: NamedDependency[Call], first: Day, last: Day) -> Response[Csv]:
    """The same for a spreadsheet, all rows at once."""
    _, rows = await _read(call, report, first, last, "", _ROWS_MAX)
    columns = READERS[report][1].__struct_fields__
    cells = ([getattr(row, name) for name in columns] for row in rows)
    return csv(columns, cells, name=f"{call.programme}-{report}-{first}-{last}")


async def _read(
    call: Call, report: str, first: date, last: date, cursor: str, limit: int
) -> tuple[Whole, Sequence[Any]]:
    if report not in READERS:
        raise Refused(Reason.NOT_FOUND, report=report)
    if first > last:
        words = Title("不得早于 first", "must not be before `first`")
        raise Faulty(Fault.MALFORMED, spots=[Spot(words, parameter="last")])
    if report == "items" and cursor and not _is_item_cursor(cursor):
        raise Faulty(
            Fault.MALFORMED, spots=[Spot(Title("不是本报表的游标", "not a cursor of this report"), parameter="cursor")]
        )
    span = Span(call.programme, first, last)
    async with call.desk.auditing(call.programme) as connection:
        return await read_whole(connection, span), await READERS[report][0](connection, span, after=cursor, limit=limit)


def _name(report: str, row: Any) -> str:
    """By what the next page goes on."""
    if report == "items":
        return f"{row.pieces}/{row.merchant}/{row.item}"
    name: str = getattr(row, row.__struct_fields__[0])
    return name


def _is_item_cursor(cursor: str) -> bool:
    pieces, *names = cursor.split("/")
    return len(names) == 2 and pieces.removeprefix("-").isdecimal() and len(pieces) < 18
