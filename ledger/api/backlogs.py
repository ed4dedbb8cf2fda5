"""Back-entry of a paper backlog over HTTP: up to 10,000 lines in a file, each answered in its place."""

from datetime import date

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from litestar.response import Response

from ledger.actions.post_backlog import Backlog, LineOutcome, post_backlog
from ledger.actions.read_list import ListRefused
from ledger.actions.read_workbook import BYTES_MAX
from ledger.api.imports import XLSX
from ledger.core.refusal import Number, Reason
from ledger.hall.answer import answer
from ledger.hall.call import Call
from ledger.hall.decode import CSV, TAKES
from ledger.hall.fault import Fault, Faulty, Spot
from ledger.hall.reason_words import REASONS
from ledger.hall.words import tell

CHUNK_SECONDS = 1.0


class BacklogLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """`state` is posted, replayed or refused; a refusal is told in both languages.

    `effective_on` is the day of the books: the line's own, or the first open one after it.
    """

    line: int
    number: str | None
    state: str
    transaction: str | None = None
    effective_on: date | None = None
    column: str | None = None
    reason: str | None = None
    numbers: dict[str, Number] = {}
    zh: str | None = None
    en: str | None = None


class BacklogView(msgspec.Struct, frozen=True):
    """`is_complete` is false when the time was over before the file: send it again, what is done is not done twice."""

    lines: int
    posted: int
    replayed: int
    refused: int
    is_complete: bool
    outcomes: tuple[BacklogLine, ...]


@post(
    "/v1/programmes/{programme:str}/backlogs/{batch:str}",
    status_code=200,
    request_max_body_size=BYTES_MAX,
    opt={TAKES: (CSV, XLSX)},
)
async def enter_backlog(batch: FromPath[str], body: RawBody, call: NamedDependency[Call]) -> Response[BacklogView]:
    """Lines of a notebook as CSV or XLSX: number, day, rule, household or member, and fact and quantity if need be.

    `batch` is the notebook's name: with the number of a line it is the line's key. All of a notebook can be taken back
    as the batch `backlog:<name>`.
    """
    try:
        async with call.desk.reading_documents, call.desk.connection() as connection:
            done = await post_backlog(
                connection,
                call.programme,
                body,
                batch,
                call.desk.shelf,
                by=call.principal,
                is_over=lambda: call.seconds_left < CHUNK_SECONDS,
            )
    except ListRefused as refused:
        raise Faulty(Fault.MALFORMED, spots=[Spot(refused.words, pointer="")]) from refused
    return answer(_view(done))


def _view(done: Backlog) -> BacklogView:
    outcomes = tuple(_line(one) for one in done.outcomes)
    return BacklogView(done.lines, done.posted, done.replayed, done.refused, done.is_complete, outcomes)


def _line(one: LineOutcome) -> BacklogLine:
    told = {name: getattr(one, name) for name in one.__struct_fields__ if name != "words"}
    if one.words is not None:
        return BacklogLine(**told, zh=one.words.zh, en=one.words.en)
    if one.reason is None:
        return BacklogLine(**told)
    words = REASONS[Reason(one.reason)]
    return BacklogLine(**told, zh=tell(words, one.numbers, "zh"), en=tell(words, one.numbers, "en"))
