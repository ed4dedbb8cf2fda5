"""The stand on which every figure is taken: service, callers and reference on one machine, and a check at the end."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg
import msgspec

from bench.demo.running import Running
from bench.footprint import wal_place
from bench.ground import Ground, Place
from bench.load import Load, Measured
from bench.reference import measure_reference
from bench.results import Figure, Rounds, figure
from bench.workload import Size
from ledger.actions.check import check_ledger, check_recent
from ledger.db.service_role import connect, prepare_sealer

SHOWN = ("synchronous_commit", "fsync", "full_page_writes", "wal_compression", "shared_buffers", "max_wal_size")
SAMPLE_SECONDS = 0.2
RATE_PER_KEY = 1_000_000  # callers share one key here, as no two counters do
T = TypeVar("T")


class Pace(msgspec.Struct, frozen=True):
    """How often and how long; shorter only to try the harness itself."""

    rounds: int = 3
    load_seconds: float = 6.0
    reference_seconds: int = 5


class Served:
    """A service on a data set, and the callers that are set upon it."""

    def __init__(self, place: Place, size: Size, running: Running, admin: asyncpg.Connection) -> None:
        self.place = place
        self.admin = admin
        self.wal_bytes = 0  # written while callers were at work
        self.size = size
        self.running = running
        self.memory_mb = 0.0
        self.checked_since: datetime | None = None  # where looking at all would take longer than all the rest
        self._seed = time.time_ns() // 1_000_000  # in a set that is kept, a key must not come twice

    async def load(self, mode: str, connections: int, seconds: float, *, rate: float = 0.0) -> Measured:
        """From a process of its own; with a rate, in an open loop."""
        where = urlsplit(self.running.address)
        self._seed += 1
        before = await wal_place(self.admin)
        measured = in_process(
            "bench.load",
            Load(
                mode=mode,
                size=self.size.name,
                host=where.hostname or "",
                port=where.port or 0,
                token=self.place.token,
                connections=connections,
                seconds=seconds,
                seed=self._seed,
                rate=rate,
            ),
            Measured,
            meanwhile=self._look_at_memory,
        )
        self.wal_bytes += await wal_place(self.admin) - before
        assert not measured.failed, f"{measured.failed} failed: {measured.first_failure}"
        return measured

    def _look_at_memory(self) -> None:
        self.memory_mb = max(self.memory_mb, memory_mb(self.running.pid))


class Stand:
    """Takes figures; remembers what broke and what had to be left out."""

    def __init__(self, ground: Ground, pace: Pace, settings: dict[str, str | int | float]) -> None:
        self.ground = ground
        self.pace = pace
        self.settings = settings
        self.broken: list[str] = []
        self.left_out: list[str] = []

    def figure(self, name: str, rounds: Rounds, unit: str = "1/s", **settings: str | int | float) -> Figure:
        return figure(name, rounds, unit, settings=self.settings | settings)

    def reference(self) -> float:
        return measure_reference(self.ground, seconds=self.pace.reference_seconds)

    async def beside(self, name: str, one: Callable[[], Awaitable[Measured]], *, has_reference: bool = True) -> Rounds:
        """So many rounds, each with the reference in the same minute."""
        rounds = Rounds()
        for number in range(1, self.pace.rounds + 1):
            ref = self.reference() if has_reference else None
            measured = await one()
            value = measured.done / measured.seconds
            rounds.add(value, ref=ref, p50=measured.p50, p99=measured.p99)
            aside = "" if ref is None else f" beside {ref:.0f}/s"
            print(f"{name}: round {number}: {value:.0f}/s{aside}, p99 {measured.p99:.1f} ms", flush=True)
        return rounds

    @asynccontextmanager
    async def served(self, size: Size, *, is_sealed: bool = False) -> AsyncIterator[Served]:
        """The service on a fresh copy of a data set, which is checked afterwards."""
        async with self.ground.database(size) as place, self.serving(place, size, is_sealed=is_sealed) as served:
            yield served

    @asynccontextmanager
    async def serving(self, place: Place, size: Size, *, is_sealed: bool = False) -> AsyncIterator[Served]:
        """The same on a place that is there; without its password, nothing is sealed."""
        with tempfile.TemporaryDirectory(prefix="ledger-bench-") as folder:
            data = Path(folder) / "data"
            if is_sealed:
                data.mkdir()
                await prepare_sealer(place.admin_url, data / "sealer.password")
            running = Running(data, database_url=place.url, rate_per_key=RATE_PER_KEY)
            running.start()
            admin = await connect(place.admin_url)
            served = Served(place, size, running, admin)
            try:
                yield served
            finally:
                await admin.close()
                running.stop()
        await self.check(place, since=served.checked_since)

    async def check(self, place: Place, *, since: datetime | None = None) -> float:
        """Seconds; every promise of the ledger (of what was posted since), and what does not hold is remembered."""
        connection = await connect(place.admin_url)
        began = time.perf_counter()
        try:
            if since is None:
                findings = await check_ledger(connection)
            else:
                findings = (await check_recent(connection, since)).findings
        finally:
            await connection.close()
        seconds = time.perf_counter() - began
        self.broken += [f"{place.name}: {finding.line}: {finding.broken}" for finding in findings if finding.broken]
        return seconds


async def open_stand(ground: Ground, pace: Pace) -> Stand:
    """With the settings that go into every line."""
    admin: asyncpg.Connection = await connect(ground.server.admin_url)
    try:
        shown = {name: str(await admin.fetchval(f"SHOW {name}")) for name in SHOWN}
        version = str(await admin.fetchval("SHOW server_version")).split()[0]
    finally:
        await admin.close()
    python = ".".join(map(str, sys.version_info[:3]))
    return Stand(ground, pace, {"cores": os.cpu_count() or 0, "postgres": version, "python": python, **shown})


def in_process(module: str, told: Any, answer: type[T], *, meanwhile: Callable[[], None] = lambda: None) -> T:
    """What a program of the bench answers to what it is told."""
    command = [sys.executable, "-m", module]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        text: bytes | None = msgspec.json.encode(told)
        while True:
            try:
                said, complained = process.communicate(text, timeout=SAMPLE_SECONDS)
                break
            except subprocess.TimeoutExpired:
                text = None  # it has been handed over
                meanwhile()
    assert process.returncode == 0, complained.decode()[-800:]
    return msgspec.json.decode(said, type=answer)


def memory_mb(pid: int) -> float:
    """Resident memory of that process alone; 0 where the system does not tell."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0.0
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines["VmRSS"].split()[0]) / 1024
