"""W without HTTP: callers in the service's own process, each with one command at a time, through the lanes."""

import asyncio
import sys
import time
from collections.abc import Iterator

import msgspec
import uvloop

from bench.load import Measured, part_of
from bench.workload import SIZES, work
from ledger.core.command import Request
from ledger.core.refusal import Reason
from ledger.db.schemes import SchemeShelf
from ledger.lanes import Lanes
from ledger.serve import settle_memory

FINE = {None, Reason.LIMIT_REACHED}  # what a rule refuses is work done


class Callers(msgspec.Struct, frozen=True):
    """How many ask for how long, read from standard input."""

    size: str
    url: str
    callers: int
    seconds: float
    seed: int


class Run(msgspec.Struct, frozen=True):
    """What was answered, and how much processor time of this process a command took, in microseconds."""

    measured: Measured
    cpu_microseconds: float


async def drive(asked: Callers) -> Run:
    """As fast as they are answered."""
    lanes = Lanes(asked.url, SchemeShelf())
    await lanes.start()
    requests = work(SIZES[asked.size], asked.seed)
    settle_memory()
    latencies: list[float] = []
    failures: list[str] = []
    began, cpu_began = time.perf_counter(), time.process_time()
    await asyncio.gather(
        *(_ask(lanes, requests, began + asked.seconds, latencies, failures) for _ in range(asked.callers))
    )
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    await lanes.stop()
    p50, p99 = (part_of(latencies, part) for part in (0.5, 0.99))
    done = len(latencies)
    measured = Measured(done, len(failures), seconds, p50, p99, failures[0] if failures else "")
    return Run(measured, 1e6 * cpu / max(1, done))


async def _ask(
    lanes: Lanes, requests: Iterator[Request], ends_at: float, latencies: list[float], failures: list[str]
) -> None:
    while (sent := time.perf_counter()) < ends_at:
        outcome = await lanes.post(next(requests))
        latencies.append(time.perf_counter() - sent)
        reason = None if outcome.refusal is None else outcome.refusal.reason
        if reason not in FINE:
            failures.append(str(outcome.refusal))


if __name__ == "__main__":
    callers = msgspec.json.decode(sys.stdin.buffer.read(), type=Callers)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(drive(callers))))
