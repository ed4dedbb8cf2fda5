"""Audit events of concurrent calls are committed together: what comes while a write is under way is in the next one."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

import asyncpg
import structlog

from ledger.db.audit_events import EventAnswer, NewEvent, write_events
from ledger.hall.refusals_told import RefusalsTold
from ledger.lanes import UNAVAILABLE
from ledger.tally import AUDIT_LEFT_OUT

log = structlog.get_logger()

BATCH_MAX = 200
QUEUE_MAX = 4_000
WRITE_SECONDS = 2.0
CLOSE_SECONDS = 5.0

Written = NewEvent | EventAnswer


class EventWriter:
    """One write at a time; who has to wait for its event waits for two writes at most."""

    def __init__(self, connection: Callable[[], AbstractAsyncContextManager[asyncpg.Connection]]) -> None:
        self.refusals = RefusalsTold()
        self._connection = connection
        self._waiting: list[tuple[Written, asyncio.Future[str | None]]] = []
        self._work: asyncio.Task[None] | None = None
        self._last: asyncio.Future[str | None] | None = None

    async def write(self, event: Written) -> str | None:
        """Comes back when it is committed, with its id; raises what keeps it from being written."""
        return await self._add(event)

    def add(self, event: Written) -> None:
        """For what nobody has to wait for: how a call was answered that is written down, and refusals."""
        if len(self._waiting) >= QUEUE_MAX:
            AUDIT_LEFT_OUT.add("queue_full")
            return
        self._add(event).add_done_callback(_tell_loss)

    async def settle(self) -> None:
        """Until everything is written that was added before, or could not be."""
        if self._last is not None and not self._last.done():
            await asyncio.wait({self._last}, timeout=WRITE_SECONDS)

    async def stop(self) -> None:
        """What was added is written, if it can be in a few seconds."""
        if self._work is not None:
            await asyncio.wait({self._work}, timeout=CLOSE_SECONDS)
            self._work.cancel()

    def _add(self, event: Written) -> "asyncio.Future[str | None]":
        written: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((event, written))
        self._last = written
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._write_waiting())
        return written

    async def _write_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
            try:
                ids = await self._write([event for event, _ in batch])
            except Exception as error:
                # Whatever it was, those who wait are told, and what comes next is tried.
                await self._write_apart(batch, error)
            else:
                for (_, written), id in zip(batch, ids, strict=True):
                    if not written.done():
                        written.set_result(id)

    async def _write_apart(self, batch: list[tuple[Written, "asyncio.Future[str | None]"]], error: Exception) -> None:
        """One that the database does not take must not take the others with it; a database that is away takes none."""
        for event, written in batch:
            if len(batch) > 1 and not isinstance(error, UNAVAILABLE):
                try:
                    [id] = await self._write([event])
                except Exception as own:
                    _fail(written, own)
                else:
                    if not written.done():
                        written.set_result(id)
            else:
                _fail(written, error)

    async def _write(self, events: Sequence[Written]) -> list[str | None]:
        async with asyncio.timeout(WRITE_SECONDS), self._connection() as connection:
            return await write_events(connection, events)


def _fail(written: "asyncio.Future[str | None]", error: Exception) -> None:
    if not written.done():
        written.set_exception(error)


def _tell_loss(written: "asyncio.Future[str | None]") -> None:
    if not written.cancelled() and (error := written.exception()) is not None:
        AUDIT_LEFT_OUT.add("lost")
        log.error("audit_event_lost", exc_info=error)
