"""Inspection sheets, their lines and marks, and how far their posting has come."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import asyncpg
import msgspec

from ledger.core.activity import Found
from ledger.db.statements import load_statements

_SQL = load_statements("inspections")


class Inspection(msgspec.Struct, frozen=True):
    """One sheet. `attempt` counts how often what was refused has been tried."""

    id: str
    rule: str
    title: str
    area: str | None
    happened_on: date
    state: str
    attempt: int
    opened_by: str
    opened_at: datetime
    posted_by: str | None

    @property
    def batch(self) -> str:
        """Under which all of it is posted."""
        return f"inspection:{self.id}"


class Asked(msgspec.Struct, frozen=True):
    """A sheet to be opened."""

    id: str
    rule: str
    title: str
    area: str | None
    happened_on: date
    by: str


class Progress(msgspec.Struct, frozen=True):
    """How many lines there are and what has become of them; `kept` could not be reversed."""

    lines: int
    filled: int
    posted: int
    refused: int
    reversed: int
    kept: int

    def percent(self, state: str) -> int:
        """How much of the work at hand is done; everything is only when nothing is left."""
        done, whole = self.posted + self.refused + self.reversed + self.kept, self.filled
        if state in ("reversing", "reversed"):
            done, whole = self.reversed + self.kept, self.posted + self.reversed + self.kept
        return 100 if done >= whole else done * 100 // whole


class Line(msgspec.Struct, frozen=True):
    """A household's line as it stands."""

    owner: str
    reference: str | None
    area: str | None
    facts: Found | None
    outcome: str | None
    reason: str | None
    journal_id: str | None


class Ended(msgspec.Struct, frozen=True):
    """What became of a line: posted, refused, reversed, or kept because it could not be reversed."""

    owner: str
    outcome: str
    reason: str | None = None
    journal_id: str | None = None


_found_decoder = msgspec.json.Decoder(Found)


async def insert_inspection(connection: asyncpg.Connection, programme: str, one: Asked, *, holder: str) -> bool:
    """With a line for each holder; false if a sheet of that id is there already."""
    done = await connection.execute(
        _SQL["insert_inspection"], programme, one.id, one.rule, one.title, one.area, one.happened_on, one.by
    )
    if done != "INSERT 0 1":
        return False
    await connection.execute(_SQL["insert_lines"], programme, one.id, holder, one.area)
    return True


async def find_inspection(connection: asyncpg.Connection, programme: str, id: str) -> Inspection | None:
    row = await connection.fetchrow(_SQL["find_inspection"], programme, id)
    return None if row is None else Inspection(**row)


async def lock_inspection(connection: asyncpg.Connection, programme: str, id: str) -> Inspection | None:
    row = await connection.fetchrow(_SQL["lock_inspection"], programme, id)
    return None if row is None else Inspection(**row)


async def share_inspection(connection: asyncpg.Connection, programme: str, id: str) -> Inspection | None:
    """Its state stays what it is to the end of the database transaction."""
    row = await connection.fetchrow(_SQL["share_inspection"], programme, id)
    return None if row is None else Inspection(**row)


async def list_inspections(
    connection: asyncpg.Connection, programme: str, *, after: str, limit: int
) -> list[Inspection]:
    return [Inspection(**row) for row in await connection.fetch(_SQL["list_inspections"], programme, after, limit)]


async def count_lines(connection: asyncpg.Connection, programme: str, id: str) -> Progress:
    row = await connection.fetchrow(_SQL["count_lines"], programme, id)
    assert row is not None, "a count answers one row"
    return Progress(**row)


async def find_lines(connection: asyncpg.Connection, programme: str, id: str, names: Sequence[str]) -> dict[str, str]:
    """The owner of each line by its id and by its reference."""
    found = {}
    for row in await connection.fetch(_SQL["find_lines"], programme, id, list(names)):
        if row["reference"] is not None:
            found[row["reference"]] = row["owner"]
        found[row["owner"]] = row["owner"]
    return found


async def fill_lines(connection: asyncpg.Connection, programme: str, id: str, found: Mapping[str, Found]) -> None:
    """What was found at each of these, in place of what was said before."""
    rows = [{"owner": owner, "facts": one} for owner, one in found.items()]
    await connection.execute(_SQL["fill_lines"], programme, id, msgspec.json.encode(rows).decode())


async def put_marks(
    connection: asyncpg.Connection, programme: str, id: str, fact: str, rater: str, marks: Mapping[str, int]
) -> None:
    """One rater's marks, in place of those the same rater gave before."""
    owners = list(marks)
    await connection.execute(_SQL["put_marks"], programme, id, fact, rater, owners, [marks[one] for one in owners])
    await connection.execute(_SQL["touch_lines"], programme, id, owners)


async def read_lines(connection: asyncpg.Connection, programme: str, id: str, *, after: str, limit: int) -> list[Line]:
    """One page; with the marks among the facts."""
    rows = await connection.fetch(_SQL["read_lines"], programme, id, after, limit)
    marks = await _marks(connection, programme, id, [row["owner"] for row in rows])
    return [
        Line(
            owner=row["owner"],
            reference=row["reference"],
            area=row["area"],
            facts=None if row["facts"] is None else _with_marks(row["facts"], marks.get(row["owner"], {})),
            outcome=row["outcome"],
            reason=row["reason"],
            journal_id=row["journal_id"],
        )
        for row in rows
    ]


async def take_filled(connection: asyncpg.Connection, programme: str, id: str, limit: int) -> list[tuple[str, Found]]:
    """Lines that are filled and not posted, locked to the end of the database transaction."""
    rows = await connection.fetch(_SQL["take_filled"], programme, id, limit)
    marks = await _marks(connection, programme, id, [row["owner"] for row in rows])
    return [(row["owner"], _with_marks(row["facts"], marks.get(row["owner"], {}))) for row in rows]


async def take_posted(connection: asyncpg.Connection, programme: str, id: str, limit: int) -> list[tuple[str, str]]:
    """Lines that are posted and not reversed, with their transactions, locked likewise."""
    rows = await connection.fetch(_SQL["take_posted"], programme, id, limit)
    return [(row["owner"], row["journal_id"]) for row in rows]


async def end_lines(connection: asyncpg.Connection, programme: str, id: str, ended: Sequence[Ended]) -> None:
    """In the database transaction that posts them."""
    await connection.execute(
        _SQL["end_lines"],
        programme,
        id,
        [one.owner for one in ended],
        [one.outcome for one in ended],
        [one.reason for one in ended],
        [one.journal_id for one in ended],
    )


async def move_inspection(
    connection: asyncpg.Connection, programme: str, id: str, state: str, *, by: str, attempt: int
) -> None:
    await connection.execute(_SQL["move_inspection"], programme, id, state, by, attempt)


async def reopen_refused(connection: asyncpg.Connection, programme: str, id: str) -> None:
    """What was refused is tried again with the next posting."""
    await connection.execute(_SQL["reopen_refused"], programme, id)


async def end_if_done(connection: asyncpg.Connection, programme: str, id: str) -> bool:
    """Whether nothing is left to do, as which it is then marked; under the lock, so that no chunk is on its way."""
    return await connection.execute(_SQL["end_if_done"], programme, id) == "UPDATE 1"


async def list_at_work(connection: asyncpg.Connection) -> list[tuple[str, str]]:
    """Programme and id of every sheet that is being posted or reversed."""
    return [(row["programme"], row["id"]) for row in await connection.fetch(_SQL["list_at_work"])]


async def _marks(
    connection: asyncpg.Connection, programme: str, id: str, owners: Sequence[str]
) -> dict[str, dict[str, list[int]]]:
    marks: dict[str, dict[str, list[int]]] = {}
    for row in await connection.fetch(_SQL["read_marks"], programme, id, list(owners)):
        marks.setdefault(row["owner"], {})[row["fact"]] = row["marks"]
    return marks


def _with_marks(facts: str, marks: Mapping[str, list[int]]) -> Found:
    found = _found_decoder.decode(facts)
    if not marks:
        return found
    return msgspec.structs.replace(
        found, ratings={**found.ratings, **{fact: tuple(all) for fact, all in marks.items()}}
    )
