"""Gathers concurrent balance look-ups: all that wait are read in one round trip."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import asyncpg
import msgspec

from ledger.db.accounts import Holdings, read_balances
from ledger.lanes import Overloaded

BATCH_MAX = 256
QUEUE_MAX = 4_096
READERS = 2


class _Waiting(msgspec.Struct, eq=False):
    """One caller in the queue."""

    wanted: tuple[str, str]
    answer: "asyncio.Future[Holdings]"


class BalanceReader:
    """Reads at once when idle; what is asked for meanwhile is the next batch."""

    def __init__(self, connect: Callable[[], AbstractAsyncContextManager[asyncpg.Connection]]) -> None:
        self._connect = connect
        self._queue: deque[_Waiting] = deque()
        self._readers: set[asyncio.Task[None]] = set()

    async def read(self, programme: str, owner: str) -> Holdings:
        """As last committed. Raises `Overloaded` at once when too many wait."""
        if len(self._queue) >= QUEUE_MAX:
            raise Overloaded
        waiting = _Waiting((programme, owner), asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        if len(self._readers) < READERS:
            reader = asyncio.create_task(self._read_all())
            self._readers.add(reader)
            reader.add_done_callback(self._readers.discard)
        return await waiting.answer

    async def _read_all(self) -> None:
        while self._queue:
            batch = [self._queue.popleft() for _ in range(min(BATCH_MAX, len(self._queue)))]
            try:
                async with self._connect() as connection:
                    found = await read_balances(connection, [waiting.wanted for waiting in batch])
            except Exception as error:
                # Whatever it was is told to every caller; the next batch finds out for itself.
                for waiting in batch:
                    if not waiting.answer.done():
                        waiting.answer.set_exception(error)
                continue
            for waiting, holdings in zip(batch, found, strict=True):
                if not waiting.answer.done():
                    waiting.answer.set_result(holdings)
