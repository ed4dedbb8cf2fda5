"""Which keys and sessions were used: remembered as they come, written down together every few seconds."""

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import asyncpg

from ledger.db.keys import mark_keys_used
from ledger.db.sessions import mark_sessions_used
from ledger.lanes import UNAVAILABLE

EVERY_SECONDS = 20.0


class Used:
    """A request adds to a set and no more; what a crash forgets is twenty seconds of last use."""

    def __init__(self, connection: Callable[[], AbstractAsyncContextManager[asyncpg.Connection]]) -> None:
        self.keys: set[str] = set()
        self.sessions: set[str] = set()
        self._connection = connection
        self._writing: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._writing = asyncio.create_task(self._write_again())

    async def stop(self) -> None:
        """What was seen last is written first."""
        if self._writing is not None:
            self._writing.cancel()
        with contextlib.suppress(*UNAVAILABLE):
            await self.write()

    async def write(self) -> None:
        keys, sessions = sorted(self.keys), sorted(self.sessions)
        self.keys.clear()
        self.sessions.clear()
        if keys or sessions:
            async with self._connection() as connection:
                await mark_keys_used(connection, keys)
                await mark_sessions_used(connection, sessions)

    async def _write_again(self) -> None:
        while True:  # Ends with the service, by cancellation.
            await asyncio.sleep(EVERY_SECONDS)
            # A database that is away for a while: what was used in that time is written the next time it is used.
            with contextlib.suppress(*UNAVAILABLE):
                await self.write()
