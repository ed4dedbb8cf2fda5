"""What the service does by itself while it runs: each job by the clock, none of them able to stop the service."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

import asyncpg
import msgspec
import structlog

from ledger.actions.keep_retention import Kept, keep_retention
from ledger.actions.post_inspection import work_inspection
from ledger.actions.seal import seal_batch
from ledger.actions.seal_key import SealKey
from ledger.actions.sweep import Swept, sweep
from ledger.db.files import FileShelf
from ledger.db.inspections import list_at_work
from ledger.db.nodes import list_programmes
from ledger.db.schemes import SchemeShelf
from ledger.db.seals import list_waiting
from ledger.db.service_role import connect
from ledger.tally import JOB_RUNS

log = structlog.get_logger()

HOUR = 3_600.0
DAY = 24 * HOUR
AGAIN_SECONDS = 60.0
INSPECT_SECONDS = 1.0
INSPECT_PAUSE = 0.3  # of the time that a chunk took
SEAL_SECONDS = 1.0
SEAL_LINES = 100
SEAL_PAUSE = 3.0  # of the time that a batch took: at most a quarter of a core


class Job(msgspec.Struct, frozen=True):
    """`run` answers what it did, by name; `stop` closes what it keeps open between runs."""

    name: str
    every_seconds: float
    run_seconds_max: float
    run: Callable[[], Awaitable[Mapping[str, int]]]
    stop: Callable[[], None] = lambda: None


async def run_jobs(jobs: Sequence[Job]) -> None:
    """At once and then by the clock, until cancelled; what a run had begun and not committed is then undone."""
    async with asyncio.TaskGroup() as group:
        for job in jobs:
            group.create_task(_repeat(job))


def sweeping(service_url: str, shelf: SchemeShelf, *, every_seconds: float = HOUR) -> Job:
    """Notices that are over, holds past their day and points past theirs, in every programme."""

    async def sweep_all() -> Mapping[str, int]:
        connection = await connect(service_url, application_name="points-ledger sweep")
        try:
            return await _sweep_all(connection, shelf)
        finally:
            connection.terminate()

    return Job("sweep", every_seconds, every_seconds, sweep_all)


def keeping_retention(service_url: str, shelf: SchemeShelf, files: FileShelf, *, every_seconds: float = DAY) -> Job:
    """What is personal and has been kept as long as the programme says, in every programme."""

    async def keep_all() -> Mapping[str, int]:
        connection = await connect(service_url, application_name="points-ledger retention")
        try:
            return await _keep_all(connection, shelf, files)
        finally:
            connection.terminate()

    return Job("retention", every_seconds, HOUR, keep_all)


def posting_inspections(service_url: str, shelf: SchemeShelf, *, every_seconds: float = INSPECT_SECONDS) -> Job:
    """Sheets that somebody asked to be posted or taken back: in chunks, beside the counters, which go first."""

    async def post_all() -> Mapping[str, int]:
        connection = await connect(service_url, application_name="points-ledger inspections")
        try:
            done = 0
            for programme, id in await list_at_work(connection):
                began = time.perf_counter()
                async for ended in work_inspection(connection, programme, id, shelf):
                    done += ended
                    await asyncio.sleep(INSPECT_PAUSE * (time.perf_counter() - began))
                    began = time.perf_counter()
            return {"lines": done}
        finally:
            connection.terminate()

    return Job("inspections", every_seconds, HOUR, post_all)


def sealing(sealer_url: str, key: SealKey, *, every_seconds: float = SEAL_SECONDS) -> Job:
    """What was posted gets its place in the log of its programme, a second later at most while little is posted."""
    sealer = _Sealer(sealer_url, key)
    return Job("seal", every_seconds, HOUR, sealer.run, sealer.stop)


class _Sealer:
    """Keeps its connection between runs, for it asks every second."""

    def __init__(self, url: str, key: SealKey) -> None:
        self._url = url
        self._key = key
        self._connection: asyncpg.Connection | None = None

    async def run(self) -> Mapping[str, int]:
        """Small batches with pauses between: sealing must not be felt at a counter, it may lag behind a rush."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(self._url, application_name="points-ledger sealer")
        sealed = 0
        for programme, kind in await list_waiting(self._connection):
            count = SEAL_LINES
            while count == SEAL_LINES:
                began = time.perf_counter()
                count = await seal_batch(self._connection, programme, self._key, lines_max=SEAL_LINES, kind=kind)
                sealed += count
                await asyncio.sleep(SEAL_PAUSE * (time.perf_counter() - began))
        return {"sealed": sealed}

    def stop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()


async def _repeat(job: Job) -> None:
    try:
        await _run_by_the_clock(job)
    finally:
        job.stop()


async def _run_by_the_clock(job: Job) -> None:
    while True:  # Ends when the service does, by cancellation.
        pause = job.every_seconds
        try:
            async with asyncio.timeout(job.run_seconds_max):
                done = await job.run()
        except Exception as error:
            # Whatever it was: the service goes on, and the job is tried again.
            JOB_RUNS.add(job.name, "failed")
            log.error("job_failed", job=job.name, exc_info=error)
            pause = min(pause, AGAIN_SECONDS)
        else:
            JOB_RUNS.add(job.name, "done")
            if any(done.values()):
                log.info("job_done", job=job.name, **done)
        await asyncio.sleep(pause)


async def _sweep_all(connection: asyncpg.Connection, shelf: SchemeShelf) -> Mapping[str, int]:
    """One programme that cannot be swept keeps none of the others from it."""
    programmes = await list_programmes(connection)
    total, failed = Swept(), 0
    for programme in programmes:
        try:
            swept = await sweep(connection, programme, shelf)
        except Exception as error:
            if connection.is_closed():
                raise
            failed += 1
            log.error("sweep_failed", programme=programme, exc_info=error)
            continue
        for subject, reason in swept.refused:
            log.warning("sweep_refused", programme=programme, subject=subject, reason=reason)
        total.activated += swept.activated
        total.released += swept.released
        total.expired += swept.expired
        total.refused += swept.refused
    return {
        "programmes": len(programmes),
        "activated": total.activated,
        "released": total.released,
        "expired": total.expired,
        "refused": len(total.refused),
        "failed": failed,
    }


async def _keep_all(connection: asyncpg.Connection, shelf: SchemeShelf, files: FileShelf) -> Mapping[str, int]:
    total, failed = Kept(), 0
    for programme in await list_programmes(connection):
        try:
            kept = await keep_retention(connection, programme, shelf, files)
        except Exception as error:
            if connection.is_closed():
                raise
            failed += 1
            log.error("retention_failed", programme=programme, exc_info=error)
            continue
        for name in Kept.__struct_fields__:
            setattr(total, name, getattr(total, name) + getattr(kept, name))
    return {**msgspec.structs.asdict(total), "failed": failed}
