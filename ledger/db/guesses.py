"""Guesses at secrets, counted in the database so that several processes and a restart count alike."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("guesses")


class Guesses(msgspec.Struct, frozen=True):
    """Those of a subject that are still in the window, oldest first, and what time it is."""

    guessed_at: tuple[datetime, ...]
    now: datetime


async def lock_guesses(
    connection: asyncpg.Connection, subjects: Sequence[str], window: timedelta
) -> Mapping[str, Guesses]:
    """Locked until the end of the database transaction, in the order of their names."""
    await connection.execute(_SQL["insert_subjects"], sorted(subjects))
    rows = await connection.fetch(_SQL["lock_guesses"], sorted(subjects), window.total_seconds())
    return {row["subject"]: Guesses(tuple(row["guessed_at"]), row["now"]) for row in rows}


async def write_guesses(connection: asyncpg.Connection, subject: str, guessed_at: Sequence[datetime]) -> None:
    await connection.execute(_SQL["write_guesses"], subject, list(guessed_at))


async def delete_old_guesses(connection: asyncpg.Connection, age: timedelta) -> None:
    """What no window can see any more."""
    await connection.execute(_SQL["delete_old_guesses"], age.total_seconds())
