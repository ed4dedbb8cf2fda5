"""Dry run: what a command would do, by the same code, with nothing kept."""

import asyncpg

from ledger.core.command import Request
from ledger.core.transaction import Outcome
from ledger.db.identity import new_id
from ledger.db.schemes import SchemeShelf
from ledger.posting import post


class _RolledBack(Exception):
    """Leaves the database transaction without a trace."""


async def dry_run(connection: asyncpg.Connection, request: Request, shelf: SchemeShelf) -> Outcome:
    """The outcome as it would be now; keys are neither read nor written, so it says nothing of replays."""
    alone = Request(
        request.programme, "system:dry-run", new_id("dry"), request.command, effective_on=request.effective_on
    )
    try:
        async with connection.transaction():
            [outcome] = await post(connection, [alone], shelf)
            raise _RolledBack
    except _RolledBack:
        return outcome
