"""Three figures over HTTP beside their reference, in under three minutes once the data set is there."""

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import msgspec

from bench.demo.running import Running
from bench.ground import Ground, Place, run
from bench.load import Load, Measured
from bench.reference import measure_reference, prepare_reference
from bench.results import Figure, figure, misses, table, write
from bench.workload import COUNTY
from ledger.actions.check import check_ledger
from ledger.db.service_role import connect

ROUNDS = 3
LOAD_SECONDS = 8.0
REFERENCE_SECONDS = 6
FIGURES = (("http_single_c64", "single", 64), ("http_batch100", "batch", 16), ("http_balance_c64", "balance", 64))


async def measure(ground: Ground) -> int:
    """1 if a promise does not hold afterwards; figures are only marked, for a busy machine says little."""
    _, broken = await measure_figures(ground)
    return 1 if broken else 0


async def measure_figures(ground: Ground) -> tuple[list[Figure], list[str]]:
    """The figures as printed and written, and the promises that broke."""
    await prepare_reference(ground)
    async with ground.database(COUNTY) as place:
        with tempfile.TemporaryDirectory(prefix="ledger-bench-") as folder:
            service = Running(Path(folder) / "data", database_url=place.url)
            service.start()
            try:
                figures = [_measure(ground, place, service.address, *asked) for asked in FIGURES]
            finally:
                service.stop()
        broken = await _broken(place)
    write(figures)
    print(table(figures))
    for line in broken:
        print(f"BROKEN after the run: {line}")
    for name in misses(figures):
        print(f"{name} misses its must by more than noise")
    return figures, broken


def _measure(ground: Ground, place: Place, address: str, name: str, mode: str, connections: int) -> Figure:
    values, refs, runs = [], [], []
    for number in range(ROUNDS):
        refs.append(measure_reference(ground, seconds=REFERENCE_SECONDS))
        measured = _load(place, address, mode, connections, seed=number + 1)
        assert not measured.failed, f"{measured.failed} failed: {measured.first_failure}"
        values.append(measured.done / measured.seconds)
        runs.append(measured)
        print(f"{name}: round {number + 1}: {values[-1]:.0f}/s beside {refs[-1]:.0f}/s", flush=True)
    p50, p99 = (median(getattr(one, what) for one in runs) for what in ("p50", "p99"))
    return figure(name, values, refs, p50, p99, _version(ground))


def _load(place: Place, address: str, mode: str, connections: int, *, seed: int) -> Measured:
    """In a process of its own; the seed of a mode and round is its own too, so no key comes twice."""
    where = urlsplit(address)
    load = Load(
        mode=mode,
        size=COUNTY.name,
        host=where.hostname or "",
        port=where.port or 0,
        token=place.token,
        connections=connections,
        seconds=LOAD_SECONDS,
        seed=seed * 10 + len(mode),
    )
    ended = subprocess.run(
        [sys.executable, "-m", "bench.load"], input=msgspec.json.encode(load), capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stderr.decode()[-800:]
    return msgspec.json.decode(ended.stdout, type=Measured)


async def _broken(place: Place) -> list[str]:
    connection = await connect(place.admin_url)
    try:
        findings = await check_ledger(connection)
    finally:
        await connection.close()
    return [f"{finding.line}: {finding.broken}" for finding in findings if finding.broken]


def _version(ground: Ground) -> str:
    printed = subprocess.run(
        [ground.binaries.program("postgres"), "--version"], capture_output=True, text=True, check=True
    )
    return printed.stdout.strip().removeprefix("postgres (PostgreSQL) ")


if __name__ == "__main__":
    sys.exit(run(measure))
