"""A pytest plugin that writes down which test runs which line of what mutants are made of, and how long it takes."""

import os
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import coverage
import msgspec
import pytest

ROOT = Path(__file__).parent.parent
MEASURED = ("ledger/core/*.py", "ledger/posting.py", "ledger/batch.py")


class Cover(msgspec.Struct):
    """Tests by line by file, and each test's seconds."""

    tests: dict[str, dict[int, list[str]]]
    seconds: dict[str, float]

    def add(self, other: "Cover") -> None:
        self.seconds |= other.seconds
        for file, lines in other.tests.items():
            for line, tests in lines.items():
                self.tests.setdefault(file, {}).setdefault(line, []).extend(tests)


class Recorder:
    """One for a run; only what passes counts, for a test that is red before a change says nothing about it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.seconds: dict[str, float] = {}
        self.red: set[str] = set()
        self.coverage = coverage.Coverage(
            data_file=None, config_file=False, include=[str(ROOT / pattern) for pattern in MEASURED]
        )
        self.coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.coverage.switch_context(item.nodeid)
        began = time.perf_counter()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.perf_counter() - began

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.outcome != "passed":
            self.red.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        self.coverage.stop()
        self.file.write_bytes(msgspec.json.encode(self._cover()))

    def _cover(self) -> Cover:
        data = self.coverage.get_data()
        tests: dict[str, dict[int, list[str]]] = defaultdict(dict)
        for file in data.measured_files():
            for line, ids in data.contexts_by_lineno(file).items():
                tests[str(Path(file).relative_to(ROOT))][line] = sorted({*ids} - self.red - {""})
        return Cover(tests, self.seconds)


def pytest_configure(config: pytest.Config) -> None:
    if "COVER_FILE" in os.environ:
        config.pluginmanager.register(Recorder(Path(os.environ["COVER_FILE"])))
