"""Overload (Q8): more is asked than can be done. Is as much done as before, the rest told at once, and soon over?"""

import time
from collections.abc import Callable

from bench.results import Figure, Rounds
from bench.stand import Served, Stand
from bench.workload import COUNTY

TIMES = (2, 4, 10)
CAPACITY_CALLERS = 256
FLOOD_SECONDS = 2.0  # callers for so long a queue: more than the service lets wait, or nothing would be refused
FLOOD_CALLERS_MAX = 12_000
RECOVERY_SECONDS_MAX = 20.0
PROBE_SECONDS = 1.0
RECOVERED = 0.9


async def floods(stand: Stand) -> list[Figure]:
    """Goodput at twice, four and ten times the capacity, as parts of it; what callers could not send stands beside."""
    goodput, refusing, recovery = Rounds(), Rounds(), Rounds()
    told: dict[str, float] = {}
    async with stand.served(COUNTY) as served:
        ref = stand.reference()
        capacity = await _speed(served, stand.pace.load_seconds)
        callers = min(FLOOD_CALLERS_MAX, round(FLOOD_SECONDS * capacity))
        for times in TIMES:
            flood = await served.load("single", callers, stand.pace.load_seconds, rate=times * capacity)
            goodput.add(flood.done / flood.seconds / capacity, p50=flood.p50, p99=flood.sent_p99)
            refusing.add(flood.shed_p99)
            recovery.add(await _recovery(served, capacity))
            told[f"goodput_{times}"] = round(goodput.values[-1], 2)
            told[f"accepted_p99_ms_{times}"] = round(flood.sent_p99)
            told[f"sent_{times}"] = round((flood.done + flood.shed) / flood.seconds / capacity, 2)
            told[f"callers_cpu_{times}"] = flood.callers_cpu
            told[f"shed_{times}"] = round(flood.shed / flood.seconds)
            print(f"overload ×{times}: {goodput.values[-1]:.2f} of {capacity:.0f}/s done, {flood}", flush=True)
    return [
        stand.figure("overload", _worst(goodput, min), "", capacity=round(capacity), ref_tps=round(ref), **told),
        stand.figure("overload_shed_p99", _worst(refusing, max), "ms", **_each(refusing)),
        stand.figure("overload_recovery", _worst(recovery, max), "s"),
    ]


def _worst(rounds: Rounds, which: Callable[[list[float]], float]) -> Rounds:
    """A promise for every rush is no median."""
    return Rounds([which(rounds.values)], [], rounds.p50s, rounds.p99s)


def _each(rounds: Rounds) -> dict[str, float]:
    return {f"at_{times}": round(value, 1) for times, value in zip(TIMES, rounds.values, strict=True)}


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
