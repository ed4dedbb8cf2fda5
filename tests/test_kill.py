"""Q5: service and PostgreSQL are killed under load: nothing acknowledged is lost, nothing is doubled."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.killing import ROOT, Battle, Mortal
from tests.portion import Portion


def check(data: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ledger.main", "check"],
        cwd=ROOT, env={**os.environ, "LEDGER_DATA": str(data)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


async def survive(data: Path, *, service: int, database: int, seed: int = 3) -> str:
    mortal = Mortal(data)
    mortal.start()
    try:
        await mortal.wait_until_ready()
        battle = Battle(mortal, seed=seed)
        await battle.open_households(6)
        await battle.fight(service=service, database=database)
        lost, off = await battle.find_losses(), await battle.count_doubles()
    finally:
        mortal.end()
    told = battle.told
    assert lost == []
    assert off == 0
    assert (told.deaths["service"], told.deaths["database"]) == (service, database)
    checked = await asyncio.to_thread(check, data)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    return (
        f"{service + database} killed ({service} services, {database} databases), {len(told.answers)} acknowledged,"
        " 0 lost, 0 doubled"
    )


async def test_nothing_acknowledged_is_lost_or_doubled(
    open_folder: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("Q5", await survive(open_folder / "data", service=3, database=3))


@pytest.mark.soak
async def test_nothing_is_lost_or_doubled_in_the_long_run(
    open_folder: Path, portion: Portion, record_property: Callable[[str, object], None]
) -> None:
    times = portion.size(100)
    record_property("Q5", await survive(open_folder / "data", service=times, database=times, seed=portion.seed))
