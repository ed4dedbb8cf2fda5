"""Devices at counters, and the numbers under which they sold while they were offline."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import asyncpg
import msgspec

from ledger.core.transaction import About, RefusalNote
from ledger.db.statements import load_statements

_SQL = load_statements("terminals")
_about_decoder = msgspec.json.Decoder(About)
_refusal_decoder = msgspec.json.Decoder(RefusalNote)
_found_decoder = msgspec.json.Decoder(dict[str, int])


class Terminal(msgspec.Struct, frozen=True):
    """A registered device. While offline it may sell for so many points at once and a day."""

    id: str
    outlet: str
    label: str
    offline_sale_max: int
    offline_day_max: int
    state: str
    registered_by: str
    registered_at: datetime


class Sequences(msgspec.Struct, frozen=True):
    """How many of a terminal's numbers have come, the highest, and what is missing below it (the first ranges)."""

    received: int
    last_sequence: int
    missing: int
    gaps: tuple[tuple[int, int], ...]


class Fork(msgspec.Struct, frozen=True):
    """A second content under a number that stands for another sale."""

    terminal: str
    sequence: int
    fingerprint: str
    content: msgspec.Raw
    found_at: datetime


class LateLine(msgspec.Struct, frozen=True):
    """A sale that came late: what it is about, or why it was refused; `found` are pieces that the books lacked."""

    transaction: str
    principal: str
    recorded_at: datetime
    happened_on: date | None
    about: About
    refusal: RefusalNote | None
    found: Mapping[str, int]


async def insert_terminal(connection: asyncpg.Connection, programme: str, terminal: Terminal) -> None:
    """Does nothing if it is there: the same registration sent again."""
    await connection.execute(
        _SQL["insert_terminal"],
        programme,
        terminal.id,
        terminal.outlet,
        terminal.label,
        terminal.offline_sale_max,
        terminal.offline_day_max,
        terminal.registered_by,
    )


async def find_terminal(connection: asyncpg.Connection, programme: str, id: str) -> Terminal | None:
    row = await connection.fetchrow(_SQL["find_terminal"], programme, id)
    return None if row is None else Terminal(*row.values())


async def list_terminals(
    connection: asyncpg.Connection, programme: str, *, outlet: str | None, after: str, limit: int
) -> list[Terminal]:
    rows = await connection.fetch(_SQL["list_terminals"], programme, outlet, after, limit)
    return [Terminal(*row.values()) for row in rows]


async def take_terminal(connection: asyncpg.Connection, programme: str, id: str) -> None:
    """Alone, to the end of this database transaction: who posts at it is done, who comes later waits."""
    await connection.execute(_SQL["take_terminal"], programme, id)


async def set_state(connection: asyncpg.Connection, programme: str, id: str, state: str) -> None:
    await connection.execute(_SQL["set_state"], programme, id, state)


async def read_sequences(connection: asyncpg.Connection, programme: str, terminal: str, *, limit: int) -> Sequences:
    """Gapless if nothing is missing below the highest."""
    row = await connection.fetchrow(_SQL["count_sequences"], programme, terminal)
    assert row is not None, "an aggregate answers one row"
    gaps = await connection.fetch(_SQL["find_gaps"], programme, terminal, limit)
    return Sequences(
        row["received"],
        row["last_sequence"],
        row["last_sequence"] - row["received"],
        tuple((gap["first_missing"], gap["last_missing"]) for gap in gaps),
    )


async def insert_forks(
    connection: asyncpg.Connection, programme: str, terminal: str, forks: Sequence[tuple[int, str, str]]
) -> None:
    """Of (sequence, fingerprint, content as JSON); what is known is left as it is."""
    await connection.execute(
        _SQL["insert_forks"],
        programme,
        terminal,
        [sequence for sequence, _, _ in forks],
        [fingerprint for _, fingerprint, _ in forks],
        [content for _, _, content in forks],
    )


async def list_forks(
    connection: asyncpg.Connection, programme: str, *, after: tuple[str, int, str], limit: int
) -> list[Fork]:
    rows = await connection.fetch(_SQL["list_forks"], programme, *after, limit)
    return [
        Fork(
            row["terminal"], row["sequence"], row["fingerprint"], msgspec.Raw(row["content"].encode()), row["found_at"]
        )
        for row in rows
    ]


async def list_late_sales(
    connection: asyncpg.Connection, programme: str, which: str, *, after: str, limit: int
) -> list[LateLine]:
    rows = await connection.fetch(_SQL["list_late_sales"], programme, after, which, limit)
    return [
        LateLine(
            transaction=row["id"],
            principal=row["principal"],
            recorded_at=row["recorded_at"],
            happened_on=row["happened_on"],
            about=_about_decoder.decode(row["about"]),
            refusal=None if row["refusal"] is None else _refusal_decoder.decode(row["refusal"]),
            found={} if row["found"] is None else _found_decoder.decode(row["found"]),
        )
        for row in rows
    ]
