"""Makes the large data sets once and keeps them: ten million entries, and ten million lines of journal."""

import asyncio
import os
import sys
import time

from bench.ground import Ground, run
from bench.ten_million import BUILDING, SETS


async def make_all(ground: Ground) -> int:
    """Side by side, for much of it keeps one core busy; what is there already and of this schema is kept."""
    await asyncio.gather(*(_make(ground, name) for name in SETS))
    return 0


async def _make(ground: Ground, name: str) -> None:
    began = time.monotonic()
    await ground.make_large(name)
    print(f"{name}: {SETS[name]:,} lines of journal are there ({time.monotonic() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    code = run(make_all, settings=BUILDING)
    if hasattr(os, "sync"):
        os.sync()  # nothing was made to reach the disk while building
    sys.exit(code)
