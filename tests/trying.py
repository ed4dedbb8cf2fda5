"""A process that has all libraries in memory and runs tests on changed text, each time in a copy of itself.

Nothing is written: the copy imports the changed text in the place of the file, and everything else as it is.
"""

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import signal
import sys
import time
import types
from collections.abc import Sequence
from pathlib import Path

import argon2
import asyncpg
import httpx
import hypothesis.stateful
import litestar
import msgspec
import openpyxl
import PIL.Image
import pytest
import pytest_asyncio.plugin
import structlog
import uvicorn

ROOT = Path(__file__).parent.parent
WARM = (argon2, asyncpg, httpx, hypothesis, litestar, openpyxl, PIL, pytest_asyncio, structlog, uvicorn)
OURS = ("ledger", "tests")
PYTEST = ("-x", "-p", "pytest_asyncio.plugin", "-p", "no:cacheprovider", "-o", "filterwarnings=", "-o", "addopts=-q")
ENDLESS = -1


class Attempt(msgspec.Struct, frozen=True):
    """Text for a file, the tests that may notice it, and the time after which it counts as an endless loop."""

    file: str
    text: str
    tests: list[str]
    seconds_max: float


class Ended(msgspec.Struct, frozen=True):
    """pytest's exit code or ENDLESS, and the last that was said."""

    status: int
    said: str


class _Changed(importlib.machinery.SourceFileLoader, importlib.abc.MetaPathFinder):
    """Finds and loads one module from memory."""

    def __init__(self, attempt: Attempt) -> None:
        self.text = attempt.text
        super().__init__(attempt.file.removesuffix(".py").replace("/", "."), str(ROOT / attempt.file))

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if fullname == self.name else None

    def get_code(self, fullname: str) -> types.CodeType:
        return compile(self.text, self.path, "exec", dont_inherit=True)


def attempt_in_a_copy(attempt: Attempt, log: Path) -> Ended:
    """The copy is a group of its own, so that what it has started ends with it."""
    copy = os.fork()
    if copy == 0:
        _run(attempt, log)
    deadline = time.monotonic() + attempt.seconds_max
    while time.monotonic() < deadline:
        done, status = os.waitpid(copy, os.WNOHANG)
        if done:
            return Ended(os.waitstatus_to_exitcode(status), _end_of(log))
        time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(copy, signal.SIGKILL)
    os.waitpid(copy, 0)
    return Ended(ENDLESS, _end_of(log))


def _run(attempt: Attempt, log: Path) -> None:
    """Never returns."""
    status = 70
    try:
        os.setpgid(0, 0)
        handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
            del sys.modules[name]
        sys.meta_path.insert(0, _Changed(attempt))
        status = pytest.main([*PYTEST, *attempt.tests])
        sys.stdout.flush()
    finally:
        os._exit(status)


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-3000:] if log.exists() else ""


def main(log: Path) -> None:
    """Attempts come line by line and are answered line by line."""
    os.chdir(ROOT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    decoder = msgspec.json.Decoder(Attempt)
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(msgspec.json.encode(attempt_in_a_copy(decoder.decode(line), log)) + b"\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
