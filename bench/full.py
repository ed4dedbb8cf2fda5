"""Takes the figures, writes them down, and judges them."""

import argparse
import sys
import time
from collections.abc import Sequence

from bench.figures import BOUNDS, MEASUREMENTS, Measurement
from bench.ground import Ground, run
from bench.reference import prepare_reference
from bench.results import FILE, Figure, misses, table, write, write_last
from bench.stand import Pace, Stand, open_stand


class Asked(argparse.Namespace):
    """What the command line may say; figures by name, or all of them."""

    quick: bool
    rounds: int
    seconds: float
    figures: list[str]

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        if self.figures:
            return tuple(one for one in MEASUREMENTS if set(self.figures) & set(one.bounds))
        return tuple(one for one in MEASUREMENTS if one.is_quick or not self.quick)

    @property
    def pace(self) -> Pace:
        return Pace(
            self.rounds, self.seconds, max(1, round(self.seconds * Pace().reference_seconds / Pace().load_seconds))
        )


async def measure(ground: Ground, asked: Asked) -> int:
    """1 if a promise broke, or a must was missed by more than noise (in a whole run only: a part says too little)."""
    began = time.monotonic()
    await prepare_reference(ground)
    stand = await open_stand(ground, asked.pace)
    is_kept = asked.pace == Pace()
    figures = [one for measurement in asked.measurements for one in await _take(stand, measurement, is_kept=is_kept)]
    is_whole = asked.measurements == MEASUREMENTS and is_kept
    missed = misses(figures, BOUNDS)
    remarks = [*stand.left_out, *(f"broken: {line}" for line in stand.broken)]
    print(table(figures, BOUNDS))
    where = f"the lines are in {FILE}" if is_kept else "rounds of another length are not written down"
    print(f"\n{time.monotonic() - began:.0f} s; {where}")
    for line in (*(f"LEFT OUT: {line}" for line in stand.left_out), *(f"BROKEN: {line}" for line in stand.broken)):
        print(line)
    for name in missed:
        print(f"{name} misses its must by more than noise")
    if is_whole:
        write_last(figures, BOUNDS, remarks)
    return 1 if stand.broken or (missed and is_whole) else 0


async def _take(stand: Stand, measurement: Measurement, *, is_kept: bool) -> list[Figure]:
    """Written at once: what has been measured is not lost with what comes later."""
    figures = await measurement.take(stand)
    unknown = {one.name for one in figures} - set(measurement.bounds)
    assert not unknown, f"not in bench/figures.py: {unknown}"
    if is_kept:
        write(figures)
    return figures


def read_arguments(arguments: Sequence[str]) -> Asked:
    parser = argparse.ArgumentParser(prog="python -m bench.full", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="W at c=64, lists, balances")
    parser.add_argument("--rounds", type=int, default=Pace().rounds)
    parser.add_argument("--seconds", type=float, default=Pace().load_seconds, help="of load in a round")
    parser.add_argument("figures", nargs="*", choices=[[], *BOUNDS], metavar="FIGURE")
    return parser.parse_args(arguments, Asked())


if __name__ == "__main__":
    told = read_arguments(sys.argv[1:])
    sys.exit(run(lambda ground: measure(ground, told)))
