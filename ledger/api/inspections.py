"""Inspections: a sheet for every household, filled by inspectors, previewed, posted and taken back as one batch."""

import asyncio
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter, RawBody
from litestar.response import Response

from ledger.actions.fill_inspection import (
    NewInspection,
    begin_posting,
    begin_reversing,
    fill_inspection,
    mark_inspection,
    open_inspection,
)
from ledger.actions.post_inspection import Previewed, preview_inspection
from ledger.actions.read_sheet import SheetRefused, read_sheet, written_sheet
from ledger.core.activity import Found
from ledger.core.refusal import Reason, Refused
from ledger.core.title import Slug, Text
from ledger.db import inspections
from ledger.db.inspections import Inspection, Line, Progress
from ledger.hall.answer import answer
from ledger.hall.call import Call, IdempotencyKey, Limit
from ledger.hall.decode import CSV, TAKES
from ledger.hall.fault import Fault, Faulty, Spot

_P = "/v1/programmes/{programme:str}"
SHEET_BYTES_MAX = 8 * 1024 * 1024
FILLED_MAX = 2_000

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
Mark = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
LineCursor = Annotated[str, QueryParameter(pattern="^[A-Za-z0-9_-]{0,60}$")]


class NewSheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By which rule and of which day; of one area, or of the whole programme."""

    rule: Slug
    title: Text
    happened_on: date
    area: Slug | None = None


class Filled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was found, by each household's id or number; a line sent again replaces what it said."""

    lines: Annotated[dict[Name, Found], msgspec.Meta(min_length=1, max_length=FILLED_MAX)]


class Marked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rater's marks of one fact; without a name the rater is whoever sends them."""

    fact: Slug
    marks: Annotated[dict[Name, Mark], msgspec.Meta(min_length=1, max_length=FILLED_MAX)]
    rater: Slug | None = None


class SheetView(msgspec.Struct, frozen=True):
    """A sheet and how far it has come: `percent` of what is filled has been posted, refused or taken back."""

    inspection: str
    rule: str
    title: str
    area: str | None
    happened_on: date
    state: str
    batch: str
    opened_by: str
    opened_at: datetime
    progress: Progress
    percent: int


class SheetList(msgspec.Struct, frozen=True):
    """One page; `next_cursor` asks for the one after it."""

    inspections: tuple[Inspection, ...]
    next_cursor: str | None


class LineList(msgspec.Struct, frozen=True):
    """One page of lines; `next_cursor` asks for the one after it."""

    lines: tuple[Line, ...]
    next_cursor: str | None


class Preview(msgspec.Struct, frozen=True):
    """One page of what posting would do now; nothing was posted."""

    lines: tuple[Previewed, ...]
    totals: Mapping[str, int]
    refused: int
    next_cursor: str | None


@post(f"{_P}/inspections")
async def open_sheet(data: JSONBody[NewSheet], key: IdempotencyKey, call: NamedDependency[Call]) -> Response[SheetView]:
    """A sheet with a line for every household of the area, or of the programme."""
    new = NewInspection(data.rule, data.title, data.happened_on, data.area)
    async with call.desk.connection() as connection:
        opened = await open_inspection(
            connection, call.programme, new, principal=call.principal, key=key, shelf=call.desk.shelf
        )
    return await _show(call, opened.inspection, status=201, is_replayed=not opened.is_new)


@get(f"{_P}/inspections")
async def sheets(
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^(ins_[0-9a-z]{18})?$")] = "",
) -> Response[SheetList]:
    """All sheets."""
    async with call.desk.reading(call.programme) as connection:
        found = await inspections.list_inspections(connection, call.programme, after=cursor, limit=limit + 1)
    page = tuple(found[:limit])
    return answer(SheetList(page, page[-1].id if len(found) > limit else None))


@get(f"{_P}/inspections/{{inspection:str}}")
async def sheet(inspection: FromPath[str], call: NamedDependency[Call]) -> Response[SheetView]:
    """How far it has come."""
    return await _show(call, await _load(call, inspection))


@get(f"{_P}/inspections/{{inspection:str}}/lines")
async def lines(
    inspection: FromPath[str], call: NamedDependency[Call], limit: Limit = 200, cursor: LineCursor = ""
) -> Response[LineList]:
    """What was found at each household, and what became of it."""
    await _load(call, inspection)
    async with call.desk.reading(call.programme) as connection:
        found = await inspections.read_lines(connection, call.programme, inspection, after=cursor, limit=limit + 1)
    page = tuple(found[:limit])
    return answer(LineList(page, page[-1].owner if len(found) > limit else None))


@post(f"{_P}/inspections/{{inspection:str}}/lines", status_code=200, request_max_body_size=SHEET_BYTES_MAX)
async def fill(inspection: FromPath[str], data: JSONBody[Filled], call: NamedDependency[Call]) -> Response[SheetView]:
    """Writes down what was found; all of these lines, or none."""
    async with call.desk.connection() as connection:
        done = await fill_inspection(connection, call.programme, inspection, data.lines, shelf=call.desk.shelf)
    return await _show(call, done)


@post(f"{_P}/inspections/{{inspection:str}}/marks", status_code=200, request_max_body_size=SHEET_BYTES_MAX)
async def mark(inspection: FromPath[str], data: JSONBody[Marked], call: NamedDependency[Call]) -> Response[SheetView]:
    """One rater's marks; the rule says how those of several become one."""
    rater = data.rater or call.principal
    async with call.desk.connection() as connection:
        done = await mark_inspection(
            connection, call.programme, inspection, data.fact, rater, data.marks, shelf=call.desk.shelf
        )
    return await _show(call, done)


@get(f"{_P}/inspections/{{inspection:str}}/sheet")
async def blank_sheet(inspection: FromPath[str], call: NamedDependency[Call]) -> Response[bytes]:
    """The sheet as CSV, to be filled in a spreadsheet and sent back."""
    found = await _load(call, inspection)
    scheme = await call.scheme()
    compiled = scheme.rulebook_on(found.happened_on)
    rows: list[Line] = []
    async with call.desk.auditing(call.programme) as connection:
        while page := await inspections.read_lines(
            connection, call.programme, inspection, after=rows[-1].owner if rows else "", limit=5_000
        ):
            rows += page
    written = await asyncio.to_thread(written_sheet, compiled, found.rule, rows)
    headers = {"Content-Disposition": f'attachment; filename="{found.id}.csv"', "X-Content-Type-Options": "nosniff"}
    return Response(written, media_type="text/csv", headers=headers)


@post(
    f"{_P}/inspections/{{inspection:str}}/sheet",
    status_code=200,
    request_max_body_size=SHEET_BYTES_MAX,
    opt={TAKES: (CSV,)},
)
async def fill_from_sheet(inspection: FromPath[str], body: RawBody, call: NamedDependency[Call]) -> Response[SheetView]:
    """A filled CSV sheet: one line a household, one column a fact. With one bad line nothing is taken."""
    found = await _load(call, inspection)
    facts = (await call.scheme()).rulebook_on(found.happened_on).facts
    try:
        async with call.desk.reading_documents:
            filled = await asyncio.to_thread(read_sheet, body, facts)
    except SheetRefused as refused:
        spots = [Spot(words, line=number) for number, words in refused.problems]
        raise Faulty(Fault.DOCUMENT_REFUSED, spots=spots, numbers={"problems": len(spots)}) from refused
    async with call.desk.connection() as connection:
        done = await fill_inspection(connection, call.programme, inspection, filled, shelf=call.desk.shelf)
    return await _show(call, done)


@get(f"{_P}/inspections/{{inspection:str}}/preview")
async def preview(
    inspection: FromPath[str], call: NamedDependency[Call], limit: Limit = 200, cursor: LineCursor = ""
) -> Response[Preview]:
    """What each line would bring if it were posted now, page by page; nothing is posted."""
    await _load(call, inspection)
    async with call.desk.connection() as connection:
        tried, last = await preview_inspection(
            connection, call.programme, inspection, call.desk.shelf, after=cursor, limit=limit
        )
    totals: dict[str, int] = {}
    for line in tried:
        for unit, amount in line.amounts.items():
            totals[unit] = totals.get(unit, 0) + amount
    refused = sum(line.refused is not None for line in tried)
    return answer(Preview(tuple(tried), totals, refused, last))


@post(f"{_P}/inspections/{{inspection:str}}/post", status_code=202)
async def post_sheet(
    inspection: FromPath[str], key: IdempotencyKey, call: NamedDependency[Call]
) -> Response[SheetView]:
    """Begins to post it in the background, each household once however often this is asked.

    Asked again when it is posted, what was refused is tried again.
    """
    async with call.desk.connection() as connection:
        done = await begin_posting(connection, call.programme, inspection, principal=call.principal)
    return await _show(call, done, status=202)


@post(f"{_P}/inspections/{{inspection:str}}/reverse", status_code=202)
async def reverse_sheet(
    inspection: FromPath[str], key: IdempotencyKey, call: NamedDependency[Call]
) -> Response[SheetView]:
    """Begins to take all of it back in the background."""
    async with call.desk.connection() as connection:
        done = await begin_reversing(connection, call.programme, inspection, principal=call.principal)
    return await _show(call, done, status=202)


async def _load(call: Call, id: str) -> Inspection:
    async with call.desk.reading(call.programme) as connection:
        found = await inspections.find_inspection(connection, call.programme, id)
    if found is None:
        raise Refused(Reason.NOT_FOUND, inspection=id)
    return found


async def _show(call: Call, sheet: Inspection, *, status: int = 200, is_replayed: bool = False) -> Response[SheetView]:
    async with call.desk.reading(call.programme) as connection:
        progress = await inspections.count_lines(connection, call.programme, sheet.id)
    view = SheetView(
        inspection=sheet.id,
        rule=sheet.rule,
        title=sheet.title,
        area=sheet.area,
        happened_on=sheet.happened_on,
        state=sheet.state,
        batch=sheet.batch,
        opened_by=sheet.opened_by,
        opened_at=sheet.opened_at,
        progress=progress,
        percent=progress.percent(sheet.state),
    )
    return answer(view, status=status, is_replayed=is_replayed)
