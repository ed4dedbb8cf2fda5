"""Back-entry of what was kept on paper: a file of deeds, each posted on its own day as far as the books are open."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated

import asyncpg
from msgspec import Meta, Struct

from ledger.actions.fill_requests import fill_requests
from ledger.actions.open_owner import read_by_reference
from ledger.actions.people_rows import BadRow, Reference, read_rows
from ledger.actions.read_list import ListRefused
from ledger.actions.read_workbook import read_sheet
from ledger.core.activity import Evidence, Facts, Person, Quantity
from ledger.core.command import Award, Request
from ledger.core.refusal import Number, Reason, Refused
from ledger.core.title import Note, Slug, Title
from ledger.core.transaction import Outcome
from ledger.db.journal import show_programmes
from ledger.db.owners import Owner
from ledger.db.schemes import SchemeShelf
from ledger.posting import post

LINES_MAX = 10_000
CHUNK = 100


class PaperLine(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of a notebook: `number` is its own, once in the file. A member with a household did it for that one."""

    number: Annotated[str, Meta(pattern="^[0-9A-Za-z._-]{1,40}$")]
    day: date
    rule: Slug
    household: Reference | None = None
    member: Reference | None = None
    fact: Slug | None = None
    quantity: Quantity | None = None
    photos: Annotated[int, Meta(ge=0, le=1000)] = 0
    documents: Annotated[int, Meta(ge=0, le=1000)] = 0
    note: Note | None = None

    def __post_init__(self) -> None:
        if self.household is None and self.member is None:
            raise ValueError("须有户号或成员编号 / a household or a member is needed")
        if (self.fact is None) != (self.quantity is None):
            raise ValueError("事实与数量须同时填写 / fact and quantity belong together")


class LineOutcome(Struct, frozen=True):
    """What became of one line; a line that could not be read has words, one that the ledger refused a reason."""

    line: int
    number: str | None
    state: str
    transaction: str | None = None
    effective_on: date | None = None
    column: str | None = None
    reason: str | None = None
    words: Title | None = None
    numbers: dict[str, Number] = {}


class Backlog(Struct):
    """How it went so far; what has not been looked at when the time is over is done by sending the file again."""

    lines: int = 0
    posted: int = 0
    replayed: int = 0
    refused: int = 0
    outcomes: list[LineOutcome] = []

    @property
    def is_complete(self) -> bool:
        return len(self.outcomes) == self.lines

    def add(self, outcome: LineOutcome) -> None:
        self.outcomes.append(outcome)
        self.posted += outcome.state == "posted"
        self.replayed += outcome.state == "replayed"
        self.refused += outcome.state == "refused"


async def post_backlog(
    connection: asyncpg.Connection,
    programme: str,
    raw: bytes,
    batch: str,
    shelf: SchemeShelf,
    *,
    by: str,
    is_over: Callable[[], bool] = lambda: False,
) -> Backlog:
    """Each line under a key of the batch and its own number: killed and sent again, nothing is posted twice.

    Raises `ListRefused` for a file that cannot be read. Lines of closed days go to the first open day and keep the
    day on which it happened; a refusal stands, whoever sends the line again under the same batch.
    """
    read = await asyncio.to_thread(lambda: list(read_rows(read_sheet(raw), PaperLine)))
    if len(read) > LINES_MAX:
        raise ListRefused(f"至多 {LINES_MAX} 行", f"there may be at most {LINES_MAX} lines")
    backlog = Backlog(lines=len(read), outcomes=[])
    async with connection.transaction():
        await show_programmes(connection, [programme])
        people = await _people(connection, programme, [line for line in read if not isinstance(line, BadRow)])
    seen: set[str] = set()
    for start in range(0, len(read), CHUNK):
        if is_over():
            break
        chunk = [_request(line, people, seen, programme, batch, by) for line in read[start : start + CHUNK]]
        for outcome in await _post(connection, programme, chunk, shelf):
            backlog.add(outcome)
        await asyncio.sleep(0)
    return backlog


Asked = tuple[int, str, Request]


async def _people(
    connection: asyncpg.Connection, programme: str, lines: list[tuple[int, PaperLine]]
) -> Mapping[tuple[str, str], Owner]:
    """By kind and reference, for the whole file at once."""
    found: dict[tuple[str, str], Owner] = {}
    for kind in ("household", "member"):
        named = await read_by_reference(connection, programme, kind, (getattr(line, kind) for _, line in lines))
        found |= {(kind, reference): owner for reference, owner in named.items()}
    return found


def _request(
    read: tuple[int, PaperLine] | BadRow,
    people: Mapping[tuple[str, str], Owner],
    seen: set[str],
    programme: str,
    batch: str,
    by: str,
) -> Asked | LineOutcome:
    if isinstance(read, BadRow):
        return LineOutcome(read.line, None, "refused", column=read.column, reason=read.reason, words=read.words)
    line, said = read
    if said.number in seen:
        words = Title("编号在文件中出现两次", "the number stands twice in the file")
        return LineOutcome(line, said.number, "refused", column="number", reason="malformed", words=words)
    seen.add(said.number)
    home, person = (people.get((kind, getattr(said, kind) or "")) for kind in ("household", "member"))
    for reference, found in ((said.household, home), (said.member, person)):
        if reference is not None and found is None:
            numbers: dict[str, Number] = {"owner": reference}
            return LineOutcome(line, said.number, "refused", reason=Reason.NOT_FOUND, numbers=numbers)
    recipient = home or person
    assert recipient is not None, "a line names a household or a member"
    facts = Facts(
        happened_on=said.day,
        quantities={} if said.fact is None or said.quantity is None else {said.fact: said.quantity},
        note=said.note,
        evidence=Evidence(photos=said.photos, documents=said.documents),
        person=None if home is None or person is None else Person(id=person.id),
    )
    award = Award(said.rule, recipient.id, facts)
    key = f"backlog:{batch}:{said.number}"
    return line, said.number, Request(programme, by, key, award, effective_on=said.day, batch=f"backlog:{batch}")


async def _post(
    connection: asyncpg.Connection, programme: str, chunk: list[Asked | LineOutcome], shelf: SchemeShelf
) -> list[LineOutcome]:
    """In one database transaction and in the order of the file; a refusal harms no neighbour."""
    asked = [one for one in chunk if not isinstance(one, LineOutcome)]
    told: dict[int, LineOutcome] = {one.line: one for one in chunk if isinstance(one, LineOutcome)}
    async with connection.transaction():
        await show_programmes(connection, [programme])
        scheme = await shelf.current(connection, programme)
        filled = await fill_requests(connection, scheme, [request for *_, request in asked])
        outcomes = iter(await post(connection, [one for one in filled if isinstance(one, Request)], shelf))
    for (line, number, _), one in zip(asked, filled, strict=True):
        if isinstance(one, Refused):
            told[line] = LineOutcome(line, number, "refused", reason=one.reason, numbers=dict(one.numbers))
        else:
            told[line] = _told(line, number, next(outcomes))
    return [told[line] for line in sorted(told)]


def _told(line: int, number: str, outcome: Outcome) -> LineOutcome:
    if outcome.receipt is None:
        assert outcome.refusal is not None, "an outcome is a receipt or a refusal"
        refusal = outcome.refusal
        return LineOutcome(
            line, number, "refused", outcome.transaction, reason=refusal.reason, numbers=dict(refusal.numbers)
        )
    state = "replayed" if outcome.is_replayed else "posted"
    return LineOutcome(line, number, state, outcome.receipt.transaction, outcome.receipt.effective_on)
