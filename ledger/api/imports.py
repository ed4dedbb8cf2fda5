"""Files of households, members and cards over HTTP: good rows, or all or nothing; each bad row is told."""

from typing import Annotated

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, RawBody
from litestar.response import Response

from ledger.actions.import_people import Report, import_people
from ledger.actions.people_rows import ROW_TYPES, BadRow
from ledger.actions.read_list import ListRefused
from ledger.actions.read_workbook import BYTES_MAX
from ledger.core.refusal import Number, Reason, Refused
from ledger.hall.answer import answer
from ledger.hall.call import Call
from ledger.hall.decode import CSV, TAKES
from ledger.hall.fault import Fault, Faulty, Spot
from ledger.hall.reason_words import REASONS
from ledger.hall.words import tell

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

GoodRows = Annotated[bool, QueryParameter(name="good_rows")]


class BadRowView(msgspec.Struct, frozen=True):
    """`line` is the file's own number, the header being the first; what is wrong stands there in both languages."""

    line: int
    column: str | None
    reason: str
    zh: str
    en: str
    numbers: dict[str, Number]


class ImportView(msgspec.Struct, frozen=True):
    """`is_kept` is false when nothing was taken in because of a bad row. The first 1,000 bad rows are told."""

    rows: int
    created: int
    unchanged: int
    refused: int
    is_kept: bool
    bad_rows: tuple[BadRowView, ...]


@post(
    "/v1/programmes/{programme:str}/imports/{kind:str}",
    status_code=200,
    request_max_body_size=BYTES_MAX,
    opt={TAKES: (CSV, XLSX)},
)
async def take_in(
    kind: FromPath[str], body: RawBody, call: NamedDependency[Call], good_rows: GoodRows = False
) -> Response[ImportView]:
    """A file of `households`, `members` or `cards`, CSV or XLSX. The same file again changes nothing.

    Without `good_rows` one bad row keeps all others out; with it, those are taken in. Send `Request-Timeout: 120` with
    a large file.
    """
    if kind not in ROW_TYPES:
        raise Refused(Reason.UNKNOWN_CHOICE, fact="kind", choice=kind, choices=sorted(ROW_TYPES))
    try:
        async with call.desk.reading_documents, call.desk.connection() as connection:
            report = await import_people(
                connection, call.programme, body, kind, call.desk.shelf, good_rows=good_rows, by=call.principal
            )
    except ListRefused as refused:
        raise Faulty(Fault.MALFORMED, spots=[Spot(refused.words, pointer="")]) from refused
    return answer(_view(report))


def _view(report: Report) -> ImportView:
    return ImportView(
        rows=report.rows,
        created=report.created,
        unchanged=report.unchanged,
        refused=report.refused,
        is_kept=report.is_kept,
        bad_rows=tuple(bad_row_view(bad) for bad in report.bad_rows),
    )


def bad_row_view(bad: BadRow) -> BadRowView:
    """A reason of the ledger is told as everywhere else."""
    if bad.words is not None:
        return BadRowView(bad.line, bad.column, bad.reason, bad.words.zh, bad.words.en, bad.numbers)
    words = REASONS[Reason(bad.reason)]
    zh, en = (tell(words, bad.numbers, language) for language in ("zh", "en"))
    return BadRowView(bad.line, bad.column, bad.reason, zh, en, bad.numbers)
