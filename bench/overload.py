"""Overload (Q8): more is asked than can be done. Is as much done as before, the rest told at once, and soon over?"""

import time

from bench.results import Figure, Rounds
from bench.stand import Served, Stand
from bench.workload import COUNTY

TIMES = (2, 4, 10)
CAPACITY_CALLERS = 256
FLOOD_CALLERS = 8_000  # more than the service lets wait, or nothing would ever be refused
RECOVERY_SECONDS_MAX = 20.0
PROBE_SECONDS = 0.5
RECOVERED = 0.9


async def floods(stand: Stand) -> list[Figure]:
    """Goodput at twice, four and ten times the capacity, as parts of it; what callers could not send stands beside."""
    goodput, refusing, recovery = Rounds(), Rounds(), Rounds()
    told: dict[str, float] = {}
    async with stand.served(COUNTY) as served:
        ref = stand.reference()
        capacity = await _speed(served, stand.pace.load_seconds)
        for times in TIMES:
            flood = await served.load("single", FLOOD_CALLERS, stand.pace.load_seconds, rate=times * capacity)
            goodput.add(flood.done / flood.seconds / capacity, p50=flood.p50, p99=flood.sent_p99)
            refusing.add(flood.shed_p99)
            recovery.add(await _recovery(served, capacity))
            told[f"sent_{times}"] = round((flood.done + flood.shed) / flood.seconds / capacity, 2)
            told[f"shed_{times}"] = round(flood.shed / flood.seconds)
            print(f"overload ×{times}: {goodput.values[-1]:.2f} of {capacity:.0f}/s done, {flood}", flush=True)
    return [
        stand.figure("overload", goodput, "", capacity=round(capacity), ref_tps=round(ref), **told),
        stand.figure("overload_shed_p99", refusing, "ms"),
        stand.figure("overload_recovery", recovery, "s"),
    ]


async def _speed(served: Served, seconds: float) -> float:
    measured = await served.load("single", CAPACITY_CALLERS, seconds)
    return measured.done / measured.seconds


async def _recovery(served: Served, capacity: float) -> float:
    """Seconds until as much is done as before."""
    began = time.perf_counter()
    while (passed := time.perf_counter() - began) < RECOVERY_SECONDS_MAX:
        if await _speed(served, PROBE_SECONDS) >= RECOVERED * capacity:
            break
    return round(passed, 2)
