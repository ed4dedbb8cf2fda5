"""Sign-up lists: who wants to come, who came from when to when, and what they were credited."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("sign_ups")


class SignUpList(msgspec.Struct, frozen=True):
    """A call for helpers, by the rule that credits those who came."""

    id: str
    rule: str
    title: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    state: str
    opened_by: str
    opened_at: datetime

    @property
    def batch(self) -> str:
        """Under which all who came are credited."""
        return f"sign-up:{self.id}"


class AskedList(msgspec.Struct, frozen=True):
    """A list to be opened."""

    rule: str
    title: str
    starts_at: datetime
    ends_at: datetime
    capacity: int


class SignUp(msgspec.Struct, frozen=True):
    """One person on a list."""

    person: str
    household: str | None
    name: str | None
    signed_at: datetime | None
    withdrawn_at: datetime | None
    came_at: datetime | None
    left_at: datetime | None
    marked_by: str | None
    outcome: str | None
    reason: str | None
    journal_id: str | None


class Presence(msgspec.Struct, frozen=True):
    """From when to when somebody was there; neither for who did not come after all."""

    person: str
    came_at: datetime | None
    left_at: datetime | None


class Credited(msgspec.Struct, frozen=True):
    """What became of somebody who came."""

    person: str
    outcome: str
    reason: str | None
    journal_id: str | None


async def insert_list(connection: asyncpg.Connection, programme: str, id: str, one: AskedList, *, by: str) -> bool:
    """False if a list of that id is there already."""
    done = await connection.execute(
        _SQL["insert_list"], programme, id, one.rule, one.title, one.starts_at, one.ends_at, one.capacity, by
    )
    return done == "INSERT 0 1"


async def find_list(connection: asyncpg.Connection, programme: str, id: str) -> SignUpList | None:
    row = await connection.fetchrow(_SQL["find_list"], programme, id)
    return None if row is None else SignUpList(**row)


async def lock_list(connection: asyncpg.Connection, programme: str, id: str) -> SignUpList | None:
    row = await connection.fetchrow(_SQL["lock_list"], programme, id)
    return None if row is None else SignUpList(**row)


async def list_lists(connection: asyncpg.Connection, programme: str, *, after: str, limit: int) -> list[SignUpList]:
    """One page, by id."""
    return [SignUpList(**row) for row in await connection.fetch(_SQL["list_lists"], programme, after, limit)]


async def count_places(connection: asyncpg.Connection, programme: str, id: str) -> int:
    """Places taken: by who signed up and by who came."""
    count: int = await connection.fetchval(_SQL["count_places"], programme, id)
    return count


async def sign_up(connection: asyncpg.Connection, programme: str, id: str, person: str) -> None:
    await connection.execute(_SQL["sign_up"], programme, id, person)


async def withdraw(connection: asyncpg.Connection, programme: str, id: str, person: str) -> None:
    await connection.execute(_SQL["withdraw"], programme, id, person)


async def mark_presence(
    connection: asyncpg.Connection, programme: str, id: str, presences: Sequence[Presence], *, by: str
) -> None:
    """In place of what was marked before."""
    await connection.execute(
        _SQL["mark_presence"],
        programme,
        id,
        by,
        [one.person for one in presences],
        [one.came_at for one in presences],
        [one.left_at for one in presences],
    )


async def read_sign_ups(connection: asyncpg.Connection, programme: str, id: str) -> list[SignUp]:
    """All of a list; a list is bounded."""
    return [SignUp(**row) for row in await connection.fetch(_SQL["read_sign_ups"], programme, id)]


async def end_sign_ups(connection: asyncpg.Connection, programme: str, id: str, ended: Sequence[Credited]) -> None:
    """In the database transaction that credits them."""
    await connection.execute(
        _SQL["end_sign_ups"],
        programme,
        id,
        [one.person for one in ended],
        [one.outcome for one in ended],
        [one.reason for one in ended],
        [one.journal_id for one in ended],
    )


async def move_list(connection: asyncpg.Connection, programme: str, id: str, state: str) -> None:
    await connection.execute(_SQL["move_list"], programme, id, state)
