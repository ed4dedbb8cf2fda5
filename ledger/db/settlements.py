"""Statements of merchants: ranges of their claims accounts, line by line, and what became of each."""

from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction

import asyncpg
import msgspec

from ledger.core.settlement import Claim, Rests, StatementLine
from ledger.db.statements import load_statements

_SQL = load_statements("settlements")
CLAIMS_MAX = 20_000


class Last(msgspec.Struct, frozen=True):
    """Where the merchant's latest statement ended; the first one begins at nothing."""

    id: str | None = None
    number: int = 0
    last_version: int = 0
    closing: int = 0
    rests: Rests = Rests()


class Moved(msgspec.Struct, frozen=True):
    """One entry of the claims account with the balance it left."""

    claim: Claim
    balance_after: int


class Drawn(msgspec.Struct, frozen=True):
    """A new statement before its lines. `settled` is what was paid within the range, which is no line."""

    id: str
    merchant: str
    unit: str
    number: int
    first_version: int
    last_version: int
    through_on: date
    opening: int
    settled: int
    closing: int
    rests: Rests
    checkpoint_size: int | None
    drawn_by: str


class Settlement(msgspec.Struct, frozen=True):
    """A statement as it stands; its sums are those of its lines that it does not carry over."""

    id: str
    merchant: str
    unit: str
    number: int
    first_version: int
    last_version: int
    through_on: date
    opening: int
    settled: int
    closing: int
    checkpoint_size: int | None
    drawn_by: str
    drawn_at: datetime
    state: str
    answered_by: str | None
    answered_at: datetime | None
    paid_by: str | None
    paid_at: datetime | None
    payment: msgspec.Raw | None
    journal_id: str | None
    closed_by: str | None
    closed_at: datetime | None
    lines: int
    points: int
    commission_points: int
    fen: int
    commission_fen: int
    disputed: int
    carried: int

    @property
    def net_points(self) -> int:
        return self.points - self.commission_points

    @property
    def net_fen(self) -> int:
        return self.fen - self.commission_fen


class KeptLine(msgspec.Struct, frozen=True):
    """One line of a statement; `rate` is fen a point and `share` the commission."""

    line: int
    account_version: int
    journal_id: str
    kind: str
    effective_on: date
    rated_on: date
    points: int
    rate: str
    share: str
    commission_points: int
    fen: int
    commission_fen: int
    state: str
    carried_from: str | None
    carried_to: str | None
    dispute: str | None
    answer: str | None


async def last_settlement(connection: asyncpg.Connection, programme: str, merchant: str, unit: str) -> Last:
    row = await connection.fetchrow(_SQL["last_settlement"], programme, merchant, unit)
    if row is None:
        return Last()
    kept, fen, kept_fen = (
        Fraction(row[name]) for name in ("rest_commission_points", "rest_fen", "rest_commission_fen")
    )
    return Last(row["id"], row["number"], row["last_version"], row["closing"], Rests(kept, fen, kept_fen))


async def claims_after(
    connection: asyncpg.Connection, programme: str, merchant: str, unit: str, version: int
) -> list[Moved]:
    """What moved the account since, oldest first, as much as one statement holds."""
    rows = await connection.fetch(_SQL["claims_after"], programme, merchant, unit, version, CLAIMS_MAX)
    return [
        Moved(
            Claim(
                row["account_version"], row["journal_id"], row["kind"], row["effective_on"], row["rated_on"],
                row["amount"],
            ),
            row["balance_after"],
        )
        for row in rows
    ]  # fmt: skip


async def waiting_points(connection: asyncpg.Connection, programme: str, merchant: str, unit: str) -> tuple[int, int]:
    """How many lines wait to be carried into the next statement, and their points."""
    row = await connection.fetchrow(_SQL["waiting_points"], programme, merchant, unit)
    assert row is not None, "an aggregate has one row"
    return row["lines"], row["points"]


async def insert_settlement(
    connection: asyncpg.Connection, programme: str, new: Drawn, lines: Sequence[StatementLine], carried: int
) -> None:
    """With the lines that were carried over before its own."""
    await connection.execute(
        _SQL["insert_settlement"], programme, new.id, new.merchant, new.unit, new.number, new.first_version,
        new.last_version, new.through_on, new.opening, new.settled, new.closing, str(new.rests.commission_points),
        str(new.rests.fen), str(new.rests.commission_fen), new.checkpoint_size, new.drawn_by,
    )  # fmt: skip
    await connection.execute(_SQL["take_up_carried"], programme, new.id, new.merchant, new.unit)
    rows = [
        {
            "line": number,
            **msgspec.structs.asdict(line.claim),
            "rate": line.rate,
            "share": line.share,
            "commission_points": line.commission_points,
            "fen": line.fen,
            "commission_fen": line.commission_fen,
        }
        for number, line in enumerate(lines, start=1)
    ]
    encoded = msgspec.json.encode(rows).decode()
    await connection.execute(_SQL["insert_lines"], programme, new.id, new.merchant, new.unit, carried, encoded)


async def find_settlement(connection: asyncpg.Connection, programme: str, id: str) -> Settlement | None:
    rows = await connection.fetch(_SQL["read_settlements"], programme, id, None, None, "", 1)
    return _settlement(rows[0]) if rows else None


async def lock_settlement(connection: asyncpg.Connection, programme: str, id: str) -> Settlement | None:
    """Locked first, read afterwards: what waited sees what the one before it did."""
    if await connection.fetchval(_SQL["lock_settlement"], programme, id) is None:
        return None
    return await find_settlement(connection, programme, id)


async def list_settlements(
    connection: asyncpg.Connection, programme: str, merchant: str | None, state: str | None, *, after: str, limit: int
) -> list[Settlement]:
    """By id, which rises with time; one page."""
    rows = await connection.fetch(_SQL["read_settlements"], programme, None, merchant, state, after, limit)
    return [_settlement(row) for row in rows]


async def read_lines(
    connection: asyncpg.Connection, programme: str, id: str, *, after: int = 0, limit: int = CLAIMS_MAX * 2
) -> list[KeptLine]:
    rows = await connection.fetch(_SQL["read_lines"], programme, id, after, limit)
    return [KeptLine(**row) for row in rows]


async def dispute_lines(
    connection: asyncpg.Connection, programme: str, id: str, lines: Sequence[tuple[int, str]]
) -> set[int]:
    """Those that were open, with what the merchant says."""
    numbers, notes = [line for line, _ in lines], [note for _, note in lines]
    rows = await connection.fetch(_SQL["dispute_lines"], programme, id, numbers, notes)
    return {row["line"] for row in rows}


async def resolve_lines(
    connection: asyncpg.Connection, programme: str, id: str, lines: Sequence[tuple[int, str, str]]
) -> set[int]:
    """Those that were disputed: kept in this statement, or carried into the next."""
    numbers, states, notes = [each[0] for each in lines], [each[1] for each in lines], [each[2] for each in lines]
    rows = await connection.fetch(_SQL["resolve_lines"], programme, id, numbers, states, notes)
    return {row["line"] for row in rows}


async def carry_rest(connection: asyncpg.Connection, programme: str, id: str) -> None:
    await connection.execute(_SQL["carry_rest"], programme, id)


async def answer_settlement(connection: asyncpg.Connection, programme: str, id: str, state: str, *, by: str) -> None:
    await connection.execute(_SQL["answer_settlement"], programme, id, state, by)


async def set_state(connection: asyncpg.Connection, programme: str, id: str, state: str) -> None:
    await connection.execute(_SQL["set_state"], programme, id, state)


async def pay_settlement(
    connection: asyncpg.Connection, programme: str, id: str, payment: str, *, by: str, journal_id: str
) -> None:
    """In the database transaction that posts it."""
    await connection.execute(_SQL["pay_settlement"], programme, id, by, payment, journal_id)


async def close_settlement(connection: asyncpg.Connection, programme: str, id: str, *, by: str) -> None:
    await connection.execute(_SQL["close_settlement"], programme, id, by)


def _settlement(row: asyncpg.Record) -> Settlement:
    payment = None if row["payment"] is None else msgspec.Raw(row["payment"].encode())
    return Settlement(**{**row, "payment": payment})
