"""Start-up: until the real program answers that it is ready, on a database that is there and on nothing at all."""

import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from bench.demo.running import Running
from bench.results import Figure, Rounds
from bench.stand import Stand
from bench.workload import COUNTY

STARTS = 3
POLL_SECONDS = 0.02


async def starts(stand: Stand) -> list[Figure]:
    """Several of each; what a first start needs more is its own PostgreSQL, made and started."""
    cold, first = Rounds(), Rounds()
    async with stand.ground.database(COUNTY) as place:
        for _ in range(STARTS):
            with tempfile.TemporaryDirectory(prefix="ledger-bench-") as folder:
                cold.add(_seconds_until_ready(Running(Path(folder) / "data", database_url=place.url)))
    for _ in range(STARTS):
        first.add(_seconds_on_nothing())
    more = Rounds([max(0.0, one - other) for one, other in zip(first.values, cold.values, strict=True)])
    print(f"start: {cold.values} s, on nothing {first.values} s", flush=True)
    return [stand.figure("start", cold, "s"), stand.figure("first_start_more", more, "s")]


def _seconds_on_nothing() -> float:
    with tempfile.TemporaryDirectory(prefix="ledger-bench-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)  # the server's own account must pass through
        return _seconds_until_ready(Running(Path(folder) / "data"))


def _seconds_until_ready(running: Running) -> float:
    began = time.perf_counter()
    running.start()
    try:
        while not _is_ready(running.address):
            time.sleep(POLL_SECONDS)
        return round(time.perf_counter() - began, 2)
    finally:
        running.stop()


def _is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return False
