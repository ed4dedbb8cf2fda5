"""Figures without HTTP: the lanes by themselves, a month's inspection, the check of a large ledger, the rules."""

import time

from bench import rules
from bench.ground import Place
from bench.inprocess import Callers, Run
from bench.inspection import inspect_county
from bench.load import Measured
from bench.people import HOUSEHOLDS, take_in_county
from bench.results import Figure, Rounds
from bench.stand import Stand, in_process
from bench.workload import COUNTY

CALLERS = 256
CHECKED = "entries_10m"


async def lanes(stand: Stand) -> list[Figure]:
    """W in process: what is left when nobody parses or answers HTTP."""
    processor: list[float] = []

    async def one(place: Place) -> Measured:
        asked = Callers(COUNTY.name, place.url, CALLERS, stand.pace.load_seconds, time.time_ns() // 1_000_000)
        run = in_process("bench.inprocess", asked, Run)
        assert not run.measured.failed, run.measured.first_failure
        processor.append(run.cpu_microseconds)
        return run.measured

    async with stand.ground.database(COUNTY) as place:
        rounds = await stand.beside("inprocess_c256", lambda: one(place))
        await stand.check(place)
    return [stand.figure("inprocess_c256", rounds, callers=CALLERS, cpu_us=round(min(processor), 1))]


async def inspection(stand: Stand) -> list[Figure]:
    """58,000 awards scored and posted, and how long a counter waits meanwhile."""
    ref = stand.reference()
    async with stand.ground.database(COUNTY) as place:
        done = await inspect_county(place)
        await stand.check(place)
    waited = 1000 * done.counter_p99
    print(f"inspection_58k: {done.seconds:.1f} s beside {ref:.0f}/s, a counter's p99 {waited:.0f} ms", flush=True)
    seconds, counter = Rounds(), Rounds()
    seconds.add(done.seconds, ref=ref)
    counter.add(waited)
    return [
        stand.figure("inspection_58k", seconds, "s", awards=done.posted),
        stand.figure("inspection_counter_p99", counter, "ms"),
    ]


async def imports(stand: Stand) -> list[Figure]:
    """58,000 households from a file of each kind into a register that holds as many; and the same file once more."""
    ref = stand.reference()
    async with stand.ground.database(COUNTY) as place:
        taken = await take_in_county(place)
        await stand.check(place)
    figures = []
    for file in taken:
        again = round(file.again_seconds, 1)
        print(f"import_58k_{file.name}: {file.seconds:.1f} s beside {ref:.0f}/s, again {again} s", flush=True)
        rounds = Rounds()
        rounds.add(file.seconds, ref=ref)
        figures.append(stand.figure(f"import_58k_{file.name}", rounds, "s", rows=HOUSEHOLDS, again_seconds=again))
    return figures


async def check_of_ten_million(stand: Stand) -> list[Figure]:
    """All promises of a ledger of ten million entries."""
    if not await stand.ground.has_large(CHECKED):
        stand.left_out.append("check_10m: the set of ten million entries is not there; `make bench-data` makes it")
        return []
    ref = stand.reference()
    async with stand.ground.large(CHECKED) as place:
        rounds = Rounds()
        rounds.add(await stand.check(place), ref=ref)
    print(f"check_10m: {rounds.values[0]:.1f} s beside {ref:.0f}/s", flush=True)
    return [stand.figure("check_10m", rounds, "s", entries=10_000_000)]


async def scoring(stand: Stand) -> list[Figure]:
    """One activity against sixty rules, with its trace; the mean of all weights."""
    scored = list(rules.measure(rules.sixty_rules()))
    weights = {str(line["name"]): float(str(line["value"])) for line in scored}
    return [stand.figure("rule_score", Rounds([weights.pop("rule_score")]), "us", rules=rules.RULES, **weights)]
