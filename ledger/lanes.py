"""Lanes gather concurrent callers: what arrives while a batch is under way is the next batch."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Sequence

import asyncpg
import msgspec
import structlog

from ledger.core.command import Request
from ledger.core.transaction import Outcome
from ledger.db.schemes import SchemeShelf
from ledger.db.service_role import connect
from ledger.posting import append, commands_of, decide_all
from ledger.tally import BATCH_COMMANDS, BATCH_SECONDS, CONNECTIONS_LOST
from ledger.turns import Turns

log = structlog.get_logger()

LANES = 2
BATCH_MAX = 128
QUEUE_MAX = 4_096
WAIT_SECONDS_MAX = 1.0
BULK_MAX = 20_000
CHUNK_SECONDS = 0.1
CHUNK_MIN, CHUNK_MAX = 16, 1_000
COMMAND_SECONDS = 10.0
BULK_SECONDS = 120.0
RECONNECT_SECONDS = 0.1
DEADLOCK_TRIES = 5

# What a lost or stuck connection raises; the batch's outcome is then unknown and is looked up by its keys.
LOST = (
    OSError,
    asyncio.TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.CannotConnectNowError,
)


# What the database says when it is short of something or had to choose a victim: the same request may pass later.
UNAVAILABLE = (*LOST, asyncpg.InsufficientResourcesError, asyncpg.TransactionRollbackError)


class Overloaded(Exception):
    """The queue is full or the service is going down: answered at once, nothing was begun."""

    retry_after_seconds = 1


class OutcomeUnknown(Exception):
    """The deadline passed first: the command may or may not have been posted; its key tells, now or later."""

    retry_after_seconds = 2


class _Waiting(msgspec.Struct, eq=False):
    """One caller in the queue."""

    request: Request
    answer: "asyncio.Future[Outcome]"
    since: float = msgspec.field(default_factory=time.perf_counter)

    @property
    def commands(self) -> int:
        """A group counts as many as it holds."""
        return len(commands_of(self.request))


class _Lane(msgspec.Struct, eq=False):
    """A connection, and whether its next database transaction has begun already."""

    connection: asyncpg.Connection
    has_begun: bool = False


class _Stage:
    """What one lane at a time does; a lane may ask for it again, or leave it, as often as it likes."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._holder: _Lane | None = None

    async def take(self, lane: _Lane) -> None:
        if self._holder is not lane:
            await self._lock.acquire()
            self._holder = lane

    def leave(self, lane: _Lane) -> None:
        if self._holder is lane:
            self._holder = None
            self._lock.release()


class Lanes:
    """One or two workers, each with its own connection; a batch is begun as soon as its lane is free."""

    def __init__(
        self,
        url: str,
        shelf: SchemeShelf,
        *,
        lanes: int = LANES,
        batch_max: int = BATCH_MAX,
        queue_max: int = QUEUE_MAX,
    ) -> None:
        self._url = url
        self._shelf = shelf
        self._lane_count = lanes
        self._batch_max = batch_max
        self._queue_max = queue_max
        self._queue: deque[_Waiting] = deque()
        self._bulk: deque[_Waiting] = deque()
        self._chunk = batch_max
        self._filled = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._is_open = False
        self.turns = Turns()
        self._deciding, self._appending = _Stage(), _Stage()

    async def start(self) -> None:
        """Fails if the database cannot be reached."""
        connections = [await self._connect() for _ in range(self._lane_count)]
        self._is_open = True
        self._tasks = [asyncio.create_task(self._run(_Lane(connection))) for connection in connections]

    async def stop(self) -> None:
        """What was accepted is finished; what comes later is refused."""
        self._is_open = False
        self._filled.set()
        await asyncio.gather(*self._tasks)

    async def post(self, request: Request, *, timeout_seconds: float = COMMAND_SECONDS) -> Outcome:
        """One command's outcome, after its commit. Raises `Overloaded` or `OutcomeUnknown`."""
        if self.is_full:
            raise Overloaded
        loop = asyncio.get_running_loop()
        waiting = _Waiting(request, loop.create_future())
        self._queue.append(waiting)
        self._filled.set()
        # A bare timer: `asyncio.timeout` costs as much as reading the request.
        timer = loop.call_later(timeout_seconds, _give_up, waiting)
        try:
            return await waiting.answer
        finally:
            timer.cancel()

    async def post_many(
        self, requests: Sequence[Request], *, timeout_seconds: float = BULK_SECONDS
    ) -> list[Outcome | Exception]:
        """Outcomes in order, each item on its own; the counters' commands go first whenever they come.

        An item that could not be posted stands as its exception. Raises `Overloaded` before anything is begun.
        """
        if not self._is_open or len(self._bulk) + len(requests) > BULK_MAX:
            raise Overloaded
        loop = asyncio.get_running_loop()
        waiting = [_Waiting(request, loop.create_future()) for request in requests]
        self._bulk.extend(waiting)
        self._filled.set()
        answers = [item.answer for item in waiting]
        await asyncio.wait(answers, timeout=timeout_seconds)
        return [_answer_or_error(answer) for answer in answers]

    @property
    def is_full(self) -> bool:
        """Whether one more would wait too long: told by how long the first in the queue has waited, not by a guess."""
        waiting = len(self._queue)
        if not self._is_open or waiting >= self._queue_max:
            return True
        # Two batches are taken whatever a slow moment did to the first: a burst is not a rush.
        return waiting >= 2 * self._batch_max and time.perf_counter() - self._queue[0].since > WAIT_SECONDS_MAX

    @property
    def waiting(self) -> int:
        """Callers in the queue, for metrics and back pressure."""
        return len(self._queue)

    @property
    def waiting_in_bulk(self) -> int:
        """Items of long lists, which wait behind the counters."""
        return len(self._bulk)

    async def _connect(self) -> asyncpg.Connection:
        return await connect(self._url, application_name="points-ledger lane")

    async def _run(self, lane: _Lane) -> None:
        while True:
            while not (self._queue or self._bulk):
                if lane.has_begun:
                    await self._end_idle(lane)
                    continue
                if not self._is_open:
                    await lane.connection.close()
                    return
                self._filled.clear()
                await self._filled.wait()
            # What comes while the lane waits for its turn is part of its batch.
            await self._deciding.take(lane)
            batch = self._take()
            if batch:
                await self._post_batch(lane, batch)
            self._leave(lane)

    def _leave(self, lane: _Lane) -> None:
        self._deciding.leave(lane)
        self._appending.leave(lane)

    async def _end_idle(self, lane: _Lane) -> None:
        """What had been waiting was taken by another lane; a lost or stuck connection is met by the next batch."""
        lane.has_begun = False
        with contextlib.suppress(*LOST):
            async with asyncio.timeout(COMMAND_SECONDS):
                await lane.connection.execute("COMMIT")

    def _take(self) -> list[_Waiting]:
        """The next batch; whoever has given up meanwhile is left out, so an expired command is never begun."""
        batch: list[_Waiting] = []
        for queue, most in ((self._queue, self._batch_max), (self._bulk, self._chunk)):
            taken = sum(waiting.commands for waiting in batch)
            while queue and taken < most:
                waiting = queue.popleft()
                if not waiting.answer.done():
                    batch.append(waiting)
                    taken += waiting.commands
        return batch

    async def _post_batch(self, lane: _Lane, batch: Sequence[_Waiting]) -> None:
        """Answers every caller of the batch.

        Posting the same keys again after a lost connection is how an unknown outcome is looked up.
        """
        deadlocks = 0
        while any(not waiting.answer.done() for waiting in batch):
            try:
                began = time.perf_counter()
                outcomes = await self._post(lane, batch)
                self._measure(sum(waiting.commands for waiting in batch), time.perf_counter() - began)
                # All at once: callers that come again one by one would find a lane that has set off with the first few.
                for waiting, outcome in zip(batch, outcomes, strict=True):
                    _answer(waiting, outcome)
                return
            except asyncpg.DeadlockDetectedError as error:
                self._leave(lane)
                deadlocks += 1
                if deadlocks == DEADLOCK_TRIES:
                    await self._post_apart(lane, batch, error)
            except LOST as error:
                self._leave(lane)
                log.warning("lane_connection_lost", error=type(error).__name__)
                CONNECTIONS_LOST.add()
                await self._reconnect(lane, batch)
            except Exception as error:
                self._leave(lane)
                await self._post_apart(lane, batch, error)

    def _measure(self, commands: int, seconds: float) -> None:
        """Bulk is cut by time, not by count: the next chunk is as large as a tenth of a second holds."""
        BATCH_COMMANDS.add(commands)
        BATCH_SECONDS.add(seconds)
        fitting = int(CHUNK_SECONDS * commands / max(seconds, 1e-6))
        self._chunk = max(CHUNK_MIN, min(CHUNK_MAX, 2 * self._chunk, fitting))

    async def _post(self, lane: _Lane, batch: Sequence[_Waiting]) -> list[Outcome]:
        """In a database transaction; where more is waiting, its end is the beginning of the next one.

        One lane decides while another appends. Two that append at once would only wait for each other's rows in the
        database, and two that decide at once would have shared one batch.
        """
        connection = lane.connection
        async with asyncio.timeout(COMMAND_SECONDS):
            if not lane.has_begun:
                await connection.execute("BEGIN")
            lane.has_begun = False
            try:
                await self._deciding.take(lane)
                decided = await decide_all(connection, [waiting.request for waiting in batch], self._shelf)
                self._deciding.leave(lane)
                await self._appending.take(lane)
                outcomes = await append(connection, decided)
            except Exception:  # Not when time is up: such a connection is stuck, and is given up.
                await connection.execute("ROLLBACK")
                raise
            has_more = bool(self._queue or self._bulk)
            await connection.execute("COMMIT AND CHAIN" if has_more else "COMMIT")
            lane.has_begun = has_more
            return outcomes

    async def _post_apart(self, lane: _Lane, batch: Sequence[_Waiting], error: Exception) -> None:
        """A defect that one command meets must not reach its neighbours: each is posted alone."""
        if len(batch) == 1:
            if not batch[0].answer.done():
                batch[0].answer.set_exception(error)
            return
        for waiting in batch:
            try:
                [outcome] = await self._post(lane, [waiting])
                _answer(waiting, outcome)
            except LOST:
                return
            except Exception as own:
                if not waiting.answer.done():
                    waiting.answer.set_exception(own)
            finally:
                self._leave(lane)

    async def _reconnect(self, lane: _Lane, batch: Sequence[_Waiting]) -> None:
        """Until the database is back or nobody waits any more (the callers' deadlines bound this loop)."""
        lane.connection.terminate()
        lane.has_begun = False
        while self._is_open or any(not waiting.answer.done() for waiting in batch):
            with contextlib.suppress(*LOST, asyncpg.PostgresError):
                lane.connection = await self._connect()
                return
            await asyncio.sleep(RECONNECT_SECONDS)


def _give_up(waiting: _Waiting) -> None:
    if not waiting.answer.done():
        waiting.answer.set_exception(OutcomeUnknown())


def _answer_or_error(answer: "asyncio.Future[Outcome]") -> Outcome | Exception:
    if not answer.done():
        answer.cancel()
        return OutcomeUnknown()
    error = answer.exception()
    if error is not None:
        assert isinstance(error, Exception), "lanes answer with outcomes or ordinary exceptions"
        return error
    return answer.result()


def _answer(waiting: _Waiting, outcome: Outcome) -> None:
    if not waiting.answer.done():
        waiting.answer.set_result(outcome)
