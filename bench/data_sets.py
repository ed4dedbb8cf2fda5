"""Makes the large data sets once and keeps them: ten million entries, and ten million lines of journal."""

import sys
import time

from bench.ground import Ground, run
from bench.reference import prepare_reference
from bench.ten_million import SETS


async def make_all(ground: Ground) -> int:
    """Some twenty minutes and 25 GB on two quiet cores; what is there already is kept."""
    await prepare_reference(ground)
    for name, lines in SETS.items():
        began = time.monotonic()
        await ground.make_large(name)
        print(f"{name}: {lines:,} lines of journal are there ({time.monotonic() - began:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(run(make_all))
