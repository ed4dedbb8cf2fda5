"""Whether the tests notice a mutant: those that run its lines, the likeliest first, until one goes red."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec

from tests.covering import Cover
from tests.mutating import ROOT, Mutant
from tests.trying import ENDLESS, Attempt, Ended

# Programmes of their own, with processes that know nothing of a changed text.
_LEFT_OUT = (
    "web", "api/test_schemathesis.py", "test_planted.py", "test_kill.py", "test_serve.py", "test_cli.py",
    "test_cli_people.py", "test_demo.py", "test_bench.py", "test_house.py", "test_readme.py", "test_tls.py",
    "test_schemas.py", "test_mutants.py", "test_history.py", "test_log.py", "db/test_embedded.py",
)  # fmt: skip
_LIKELY = ("test_verbs", "test_posting", "test_found_by", "test_tender", "test_effects", "test_budget", "test_periods")
MODEL = "tests/test_model.py::test_ledger_and_model_never_differ"
BUDGET_SECONDS = 25.0
SLOW_SECONDS = 6.0
GREEN, RED = 0, 1


class Judged(msgspec.Struct, frozen=True):
    """What became of a mutant."""

    mutant: Mutant
    is_noticed: bool
    by: str


def find_cover(kept: Path, workers: int) -> Cover:
    """All quick tests once, each line's tests written down; `kept` until it is removed."""
    if kept.exists():
        return msgspec.json.decode(kept.read_bytes(), type=Cover)
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py"))
    files = [file for file in files if not file.removeprefix("tests/").startswith(_LEFT_OUT)]
    cover = Cover({}, {})
    with tempfile.TemporaryDirectory() as folder:
        parts = [Path(folder) / str(number) for number in range(workers)]
        running = [_measure(files[number::workers], part) for number, part in enumerate(parts)]
        for process, part in zip(running, parts, strict=True):
            process.wait()
            cover.add(msgspec.json.decode(part.read_bytes(), type=Cover))
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(msgspec.json.encode(cover))
    return cover


def _measure(files: Sequence[str], part: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "tests.covering", *files],
        cwd=ROOT, env={**os.environ, "COVER_FILE": str(part)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def likely_tests(cover: Cover, mutant: Mutant) -> list[str]:
    """Pure ones, then those that are about verbs, then others as long as there is time; the model comes last."""
    lines = cover.tests.get(mutant.file, {})
    running = {test for line in range(mutant.first, mutant.last + 1) for test in lines.get(line, ())}
    chosen, seconds = [], 0.0
    for test in sorted(running - {MODEL}, key=lambda test: (_rank(test, mutant), cover.seconds[test])):
        if cover.seconds[test] <= SLOW_SECONDS and (seconds := seconds + cover.seconds[test]) <= BUDGET_SECONDS:
            chosen.append(test)
    return [*chosen, *({MODEL} & running)]


def _rank(test: str, mutant: Mutant) -> int:
    file = test.partition("::")[0]
    if file == f"tests/core/test_{Path(mutant.file).name}":
        return 0
    if file.startswith("tests/core/"):
        return 1
    return 2 if Path(file).stem.startswith((*_LIKELY, f"test_{Path(mutant.file).stem}")) else 3


class Trier:
    """A warm process with a database of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def attempt(self, attempt: Attempt) -> Ended:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(msgspec.json.encode(attempt) + b"\n")
        return msgspec.json.decode(await self.process.stdout.readline(), type=Ended)

    async def judge(self, cover: Cover, mutant: Mutant) -> Judged:
        tests = likely_tests(cover, mutant)
        if not tests:
            return Judged(mutant, False, "no test runs it")
        usual = sum(cover.seconds[test] for test in tests)
        ended = await self.attempt(Attempt(mutant.file, mutant.text, tests, 30 + 4 * usual))
        if ended.status == GREEN:
            return Judged(mutant, False, f"{len(tests)} tests stay green")
        failed = [line for line in ended.said.splitlines() if line.startswith(("FAILED", "ERROR"))]
        return Judged(mutant, True, "an endless loop" if ended.status == ENDLESS else "".join(failed[:1]))


@asynccontextmanager
async def open_triers(data_folders: Sequence[Path], folder: Path) -> AsyncIterator[list[Trier]]:
    """One for each of the running databases."""
    async with AsyncExitStack() as stack:
        triers = []
        for place, data in enumerate(data_folders):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.trying", str(folder / f"log-{place}"),
                cwd=ROOT, env={**os.environ, "LEDGER_TEST_DATA": str(data)}, limit=2**24,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            stack.push_async_callback(_end, process)
            triers.append(Trier(process))
        yield triers


async def _end(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    await process.wait()


async def judge_all(triers: Sequence[Trier], cover: Cover, mutants: Sequence[Mutant]) -> list[Judged]:
    waiting = list(reversed(mutants))
    judged: list[Judged] = []

    async def work(trier: Trier) -> None:
        while waiting:
            judged.append(await trier.judge(cover, waiting.pop()))

    async with asyncio.TaskGroup() as tasks:
        for trier in triers:
            tasks.create_task(work(trier))
    return judged
