"""Growth: lists of commands at ten million lines of journal, beside the same at a hundred thousand."""

from datetime import timedelta

from bench.results import Figure, Rounds
from bench.stand import Served, Stand
from bench.workload import COUNTY

CALLERS = 16
GROWN = "lines_10m"
LOOKED_BACK = timedelta(seconds=2)  # some ten thousand lines, and all that their accounts have ever done


async def large_beside_small(stand: Stand) -> list[Figure]:
    """Round by round, so that both meet the same machine; the one that waits costs nothing."""
    if not await stand.ground.has_large(GROWN):
        stand.left_out.append("growth_10m: the set of ten million lines is not there; `make bench-data` makes it")
        return []
    rounds, small, large = Rounds(), Rounds(), Rounds()
    async with (
        stand.served(COUNTY) as little,
        stand.ground.large(GROWN) as place,
        stand.serving(place, COUNTY) as much,
    ):
        lines = await _lines(little), await _lines(much)
        for number in range(1, stand.pace.rounds + 1):
            ref = stand.reference()
            few = await little.load("batch", CALLERS, stand.pace.load_seconds)
            many = await much.load("batch", CALLERS, stand.pace.load_seconds)
            small.add(few.done / few.seconds, ref=ref)
            large.add(many.done / many.seconds, ref=ref, p50=many.p50, p99=many.p99)
            rounds.add(large.values[-1] / small.values[-1], p50=many.p50, p99=many.p99)
            print(f"growth_10m: round {number}: {large.values[-1]:.0f}/s beside {small.values[-1]:.0f}/s", flush=True)
        much.checked_since = await much.admin.fetchval("SELECT clock_timestamp() - $1::interval", LOOKED_BACK)
    told = {"lines_small": lines[0], "lines_large": lines[1], "memory_mb": round(much.memory_mb)}
    return [
        stand.figure("growth_10m", rounds, "", **told),
        stand.figure("http_batch100_10m", large, callers=CALLERS, lines=lines[1]),
    ]


async def _lines(served: Served) -> int:
    return int(await served.admin.fetchval("SELECT count(*) FROM ledger.journal"))
