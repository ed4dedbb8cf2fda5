"""All figures: those of the quick run, then the month's inspection of a county and the scoring of rules."""

import json
import sys

from bench import quick, rules
from bench.ground import Ground, run
from bench.inspection import inspect_county
from bench.results import misses
from bench.workload import COUNTY

INSPECTION_SECONDS_MUST = 20.0
COUNTER_SECONDS_MUST = 0.3
RULE_MICROSECONDS_MUST = 100.0
SLACK = 1.2


async def measure(ground: Ground) -> int:
    """1 if a promise is broken or a must is missed by more than a fifth."""
    figures, broken = await quick.measure_figures(ground)
    async with ground.database(COUNTY) as place:
        done = await inspect_county(place)
    print(
        f"inspection_58k: {done.posted} awards in {done.seconds:.1f} s (must {INSPECTION_SECONDS_MUST:.0f}),"
        f" a counter's p99 meanwhile {1000 * done.counter_p99:.0f} ms (must {1000 * COUNTER_SECONDS_MUST:.0f})"
    )
    scored = list(rules.measure(rules.sixty_rules()))
    for line in scored:
        print(json.dumps(line))
    mean = float(str(scored[-1]["value"]))
    missed = (
        done.seconds > SLACK * INSPECTION_SECONDS_MUST
        or done.counter_p99 > SLACK * COUNTER_SECONDS_MUST
        or mean > SLACK * RULE_MICROSECONDS_MUST
    )
    return 1 if broken or missed or misses(figures) else 0


if __name__ == "__main__":
    sys.exit(run(measure))
