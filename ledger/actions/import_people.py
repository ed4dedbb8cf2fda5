"""Takes in a file of households, members or cards: the good rows, or all or nothing; the same again changes nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import asyncpg
import msgspec

from ledger.actions.open_owner import read_by_reference, require_listed
from ledger.actions.people_rows import ROLES, BadRow, CardRow, HouseholdRow, MemberRow, PersonRow, read_people
from ledger.actions.read_workbook import read_sheet
from ledger.core.account import OWNER_PREFIX
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.db import cards
from ledger.db.cards import NewCard
from ledger.db.identity import derived_id
from ledger.db.journal import show_programmes
from ledger.db.owners import Owner, open_owners
from ledger.db.schemes import SchemeShelf

CHUNK = 2_000
BAD_ROWS_MAX = 1_000
_TRIES = 3


class Report(msgspec.Struct):
    """How an import went so far. All bad rows are counted, the first thousand are told."""

    rows: int = 0
    created: int = 0
    unchanged: int = 0
    refused: int = 0
    bad_rows: list[BadRow] = []
    is_kept: bool = True

    def add_bad(self, bad: BadRow) -> None:
        self.refused += 1
        if len(self.bad_rows) < BAD_ROWS_MAX:
            self.bad_rows.append(bad)


class _NothingKept(Exception):
    """Takes back all that was written of a file with bad rows."""


class _Writing(msgspec.Struct):
    """What the chunks of one import share: who is there already, those just written among them."""

    connection: asyncpg.Connection
    programme: str
    scheme: Scheme
    by: str
    report: Report
    there: dict[str, Owner] = {}
    homes: dict[str, Owner] = {}
    people: dict[str, Owner] = {}
    cards: set[str] = set()
    numbers: set[str] = set()


Rows = Sequence[tuple[int, PersonRow]]


async def import_people(
    connection: asyncpg.Connection,
    programme: str,
    raw: bytes,
    kind: str,
    shelf: SchemeShelf,
    *,
    good_rows: bool,
    by: str,
    told: Callable[[Report, int], None] = lambda _, __: None,
) -> Report:
    """`told` hears after each chunk how it stands and how many rows there are. Raises `ListRefused` for a bad file.

    With `good_rows` each chunk is kept as it is written, so that a broken import is simply run again.
    """
    parsed = await asyncio.to_thread(lambda: list(read_people(read_sheet(raw), kind)))
    async with connection.transaction():
        await show_programmes(connection, [programme])
        scheme = await shelf.current(connection, programme)
    report = Report(bad_rows=[])
    writing = _Writing(connection, programme, scheme, by, report)
    good = []
    for read in parsed:
        if isinstance(read, BadRow):
            report.add_bad(read)
        else:
            good.append(read)
    report.rows = report.refused
    if good_rows:
        await _write_all(writing, good, len(parsed), told)
    else:
        try:
            async with connection.transaction():
                await _write_all(writing, good, len(parsed), told)
                if report.refused:
                    raise _NothingKept
        except _NothingKept:
            report.created, report.is_kept = 0, False
    report.bad_rows.sort(key=lambda bad: bad.line)
    return report


async def _write_all(writing: _Writing, rows: Rows, total: int, told: Callable[[Report, int], None]) -> None:
    await _look_up(writing, rows)
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        await _write_again(writing, chunk)
        writing.report.rows += len(chunk)
        told(writing.report, total)


async def _look_up(writing: _Writing, rows: Rows) -> None:
    """Once for the whole file: while it is written the planner's figures are those of an empty table."""
    connection, programme = writing.connection, writing.programme
    async with connection.transaction():
        await show_programmes(connection, [programme])
        if not rows:
            return
        if isinstance(rows[0][1], CardRow):
            given = [row for _, row in rows if isinstance(row, CardRow)]
            writing.homes = await read_by_reference(connection, programme, "household", (r.household for r in given))
            writing.people = await read_by_reference(connection, programme, "member", (r.member for r in given))
            told = [_card(writing, row) for row in given]
            made = [card for card in told if isinstance(card, NewCard)]
            writing.cards = await cards.find_cards(connection, programme, [card.id for card in made])
            writing.numbers = await cards.numbers_in_use(connection, programme, made)
            return
        kind = "household" if isinstance(rows[0][1], HouseholdRow) else "member"
        references = (row.reference for _, row in rows if not isinstance(row, CardRow))
        writing.there = await read_by_reference(connection, programme, kind, references)
        homes = (row.household for _, row in rows if isinstance(row, MemberRow))
        writing.homes = await read_by_reference(connection, programme, "household", homes)


async def _write_again(writing: _Writing, chunk: Rows) -> None:
    """Somebody may open one of these at the same moment; then we look again."""
    before = msgspec.structs.replace(writing.report, bad_rows=list(writing.report.bad_rows))
    for tries in range(1, _TRIES + 1):
        try:
            async with writing.connection.transaction():
                await show_programmes(writing.connection, [writing.programme])
                await _WRITERS[type(chunk[0][1])](writing, chunk)
                return
        except asyncpg.UniqueViolationError:
            if tries == _TRIES:
                raise
            for field in Report.__struct_fields__:
                setattr(writing.report, field, getattr(before, field))
            await _look_up(writing, chunk)


async def _write_owners(writing: _Writing, rows: Rows) -> None:
    """Refuses a row in this order: its household, a word that is not listed, a reference that stands for another."""
    new = []
    for line, row in rows:
        try:
            owner = _owner(writing, row)
        except Refused as refused:
            writing.report.add_bad(BadRow(line, None, refused.reason, numbers=dict(refused.numbers)))
            continue
        assert owner.reference is not None, "rows without a reference are refused"
        before = writing.there.get(owner.reference)
        if before is None:
            new.append(owner)
            writing.there[owner.reference] = owner
            writing.report.created += 1
        elif msgspec.structs.replace(before, id=owner.id) == owner:
            writing.report.unchanged += 1
        else:
            numbers = {"reference": owner.reference, "owner": before.id}
            writing.report.add_bad(BadRow(line, "reference", Reason.REFERENCE_TAKEN, numbers=dict(numbers)))
    if new:
        await open_owners(writing.connection, writing.programme, new)


def _owner(writing: _Writing, row: PersonRow) -> Owner:
    kind = "household" if isinstance(row, HouseholdRow) else "member"
    told = msgspec.to_builtins(row)
    reference, household = told.pop("reference"), told.pop("household", None)
    if household is not None and household not in writing.homes:
        raise Refused(Reason.NOT_FOUND, owner=household)
    if told.get("role", "other") not in ROLES.values():
        raise Refused(Reason.UNKNOWN_CHOICE, fact="role", choice=told["role"], choices=sorted(ROLES.values()))
    owner = Owner(
        id=derived_id(OWNER_PREFIX[kind], writing.programme, kind, reference),
        kind=kind,
        reference=reference,
        household=None if household is None else writing.homes[household].id,
        area=told.pop("area", None),
        name=told.pop("name", None),
        phone=told.pop("phone", None),
        traits=told,
    )
    require_listed(writing.scheme, owner)
    return owner


async def _write_cards(writing: _Writing, rows: Rows) -> None:
    """Pending, to be printed; refuses a row in this order: its people, a stranger, a number that is in use."""
    new = []
    for line, row in rows:
        assert isinstance(row, CardRow), "a file is of one kind"
        card = _card(writing, row)
        if isinstance(card, Refused):
            writing.report.add_bad(BadRow(line, None, card.reason, numbers=dict(card.numbers)))
            continue
        given = [number for number in (card.number, card.nfc_number) if number is not None]
        taken = [number for number in given if number in writing.numbers]
        if card.id in writing.cards:
            writing.report.unchanged += 1
        elif taken:
            writing.report.add_bad(BadRow(line, None, Reason.NUMBER_TAKEN, numbers={"number": taken[0]}))
        else:
            new.append(card)
            writing.cards.add(card.id)
            writing.numbers.update(given)
            writing.report.created += 1
    if new:
        await cards.insert_cards(writing.connection, writing.programme, new, by=writing.by)


def _card(writing: _Writing, row: CardRow) -> NewCard | Refused:
    home = None if row.household is None else writing.homes.get(row.household)
    person = None if row.member is None else writing.people.get(row.member)
    for reference, found in ((row.household, home), (row.member, person)):
        if reference is not None and found is None:
            return Refused(Reason.NOT_FOUND, owner=reference)
    holder = home or person
    assert holder is not None, "a row names a household or a member"
    if home is not None and person is not None and person.household != home.id:
        return Refused(Reason.NOT_A_HELPER, owner=home.id, member=person.id)
    member = None if home is None or person is None else person.id
    parts = (holder.id, member or "", row.carrier, row.number or "", row.nfc_number or "")
    return NewCard(
        derived_id("crd", writing.programme, "import", *parts),
        holder.id,
        row.carrier,
        member,
        number=row.number,
        nfc_number=row.nfc_number,
    )


_WRITERS: Mapping[type, Callable[[_Writing, Rows], Awaitable[None]]] = {
    HouseholdRow: _write_owners,
    MemberRow: _write_owners,
    CardRow: _write_cards,
}
