"""Who may look at activities, and every step that was taken with one."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("reviews")


class Declared(msgspec.Struct, frozen=True):
    """A reviewer as an administrator declared it; `household` is that of the member, from the register."""

    principal: str
    member: str | None
    capacities: tuple[str, ...]
    kin: tuple[str, ...]
    household: str | None = None


class Step(msgspec.Struct, frozen=True):
    """What somebody did about an activity, and how it stood afterwards; never changed."""

    activity: str
    number: int
    round: int
    deed: str
    done_by: str
    key: str
    capacity: str | None
    note: str | None
    state: str
    approvals: int
    needed: int
    journal_id: str | None
    done_at: datetime


async def declare_reviewer(connection: asyncpg.Connection, programme: str, declared: Declared, *, by: str) -> None:
    """Anew, if the same principal was declared before."""
    await connection.execute(
        _SQL["declare_reviewer"],
        programme,
        declared.principal,
        declared.member,
        list(declared.capacities),
        list(declared.kin),
        by,
    )


async def find_reviewer(connection: asyncpg.Connection, programme: str, principal: str) -> Declared | None:
    row = await connection.fetchrow(_SQL["find_reviewer"], programme, principal)
    return None if row is None else _declared(row)


async def list_reviewers(
    connection: asyncpg.Connection, programme: str, *, after: str, limit: int
) -> Sequence[Declared]:
    """One page, by principal."""
    return [_declared(row) for row in await connection.fetch(_SQL["list_reviewers"], programme, after, limit)]


async def insert_step(
    connection: asyncpg.Connection,
    programme: str,
    activity: str,
    *,
    round: int,
    deed: str,
    by: str,
    key: str,
    state: str,
    capacity: str | None = None,
    note: str | None = None,
    approvals: int = 0,
    needed: int = 0,
    journal_id: str | None = None,
) -> Step:
    """Under the activity's lock, so that the numbers have no gap."""
    row = await connection.fetchrow(
        _SQL["insert_step"], programme, activity, round, deed, by, key, capacity, note, state, approvals, needed,
        journal_id,
    )  # fmt: skip
    assert row is not None, "an insert without a condition answers its row"
    return Step(**row)


async def find_step_by_key(connection: asyncpg.Connection, programme: str, by: str, key: str) -> Step | None:
    """What this caller did under this key."""
    row = await connection.fetchrow(_SQL["find_step_by_key"], programme, by, key)
    return None if row is None else Step(**row)


async def list_steps(connection: asyncpg.Connection, programme: str, activity: str) -> list[Step]:
    """From the first on; an activity that was sent to and fro more than two hundred times shows those."""
    return [Step(**row) for row in await connection.fetch(_SQL["list_steps"], programme, activity)]


def _declared(row: asyncpg.Record) -> Declared:
    return Declared(row["principal"], row["member"], tuple(row["capacities"]), tuple(row["kin"]), row["household"])
