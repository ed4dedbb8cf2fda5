"""Dry run: what commands would do, by the same code, with nothing kept."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import asyncpg

from ledger.core.command import Request
from ledger.core.transaction import Outcome
from ledger.db.identity import new_id
from ledger.db.schemes import SchemeShelf
from ledger.posting import post

T = TypeVar("T")


class _RolledBack(Exception):
    """Leaves the database transaction without a trace."""


async def dry_run(connection: asyncpg.Connection, request: Request, shelf: SchemeShelf) -> Outcome:
    """The outcome as it would be now; keys are neither read nor written, so it says nothing of replays."""
    [outcome] = await dry_run_all(connection, [request], shelf)
    return outcome


async def dry_run_all(connection: asyncpg.Connection, requests: Sequence[Request], shelf: SchemeShelf) -> list[Outcome]:
    """The same of many, each after what the ones before it would have done."""
    alone = [
        Request(request.programme, request.principal, new_id("dry"), request.command, effective_on=request.effective_on)
        for request in requests
    ]
    return await tried(connection, lambda: post(connection, alone, shelf))


async def tried(connection: asyncpg.Connection, act: Callable[[], Awaitable[T]]) -> T:
    """What anything answers that works inside its caller's database transaction.

    It must not open one of its own: within another that is a savepoint, where the database's guards refuse entries.
    """
    try:
        async with connection.transaction():
            answer = await act()
            raise _RolledBack
    except _RolledBack:
        return answer
