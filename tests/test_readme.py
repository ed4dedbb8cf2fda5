"""The tour of the README, as somebody copies it: the same commands in both languages, and they do what is said."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.demo.running import Running
from tests.village import Database

ROOT = Path(__file__).parent.parent
READMES = ("README.md", "README.zh-CN.md")


@pytest.fixture
def running(open_folder: Path, database: Database) -> Iterator[Running]:
    running = Running(open_folder / "data", database_url=database.admin_url)
    running.start()
    yield running
    running.stop()


def tour_of(readme: str) -> str:
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / readme).read_text(encoding="utf-8"), re.DOTALL)
    [tour] = [block for block in blocks if "redemptions" in block]
    return str(tour)


def test_both_languages_have_the_same_tour() -> None:
    english, chinese = map(tour_of, READMES)
    assert english == chinese


def test_the_tour_does_what_is_said(running: Running) -> None:
    tour = tour_of("README.md").replace("http://127.0.0.1:8000", running.address)
    tour = tour.replace(".data/ready-keys.json", str(running.folder / "ready-keys.json"))
    environ = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    command = ["bash", "-eu", "-c", tour]
    ended = subprocess.run(command, capture_output=True, text=True, env=environ, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    received, deed, refused, second_deed, receipt, same_receipt, balances, statement, prices = ended.stdout.splitlines()
    assert '"kind":"receive"' in received
    assert '"kind":"award"' in deed and '"kind":"award"' in second_deed
    assert '"numbers":{"required":15,"available":10,"missing":5}' in refused
    assert '"kind":"redeem"' in receipt and same_receipt == receipt
    assert '"available":0' in balances
    assert statement.count('"version"') == 3
    assert '"item":"soap"' in prices
