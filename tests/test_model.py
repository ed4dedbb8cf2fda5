"""Q1: whatever is asked in whatever order, the ledger answers as the model does and holds the same in the end."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from ledger.actions.check import check_ledger
from ledger.db.check import Finding
from ledger.db.service_role import connect
from tests.portion import Portion
from tests.second_opinion import ask_others
from tests.town import prepare_town
from tests.town_machine import TownMachine
from tests.town_world import World
from tests.village import Database


def run_machine(database: Database, *, examples: int, steps: int, seeded: int | None) -> int:
    """How many commands were compared."""
    with asyncio.Runner() as runner:
        runner.run(prepare_town(database.admin_url))
        world = World(runner, database)
        machine = type("TestTownMachine", (TownMachine,), {"world": world})
        if seeded is not None:
            machine = seed(seeded)(machine)
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                derandomize=seeded is None,
                deadline=None,
                database=None,
                phases=(Phase.generate, Phase.shrink) if os.environ.get("MODEL_SHRINK") else (Phase.generate,),
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
            ),
        )
        runner.run(world.connection.close())
    return world.steps


def compare_for_long(database: Database, examples: int, steps: int, *, least: int, seeded: int | None = None) -> str:
    compared = run_machine(database, examples=examples, steps=steps, seeded=seeded)
    findings = asyncio.run(check(database))
    assert [finding for finding in findings if finding.broken] == []
    assert compared >= least
    return f"{compared} steps, 0 differences; {len(findings)} promises kept in all towns"


def hear_others(database: Database, towns: int, folder: Path) -> str:
    """What other programs say of the longest of the towns."""

    async def ask() -> str:
        admin = await connect(database.admin_url)
        rows = await admin.fetch("SELECT programme FROM journal GROUP BY 1 ORDER BY count(*) DESC LIMIT $1", towns)
        told = await ask_others(admin, [row["programme"] for row in rows], folder)
        await admin.close()
        return told

    return asyncio.run(ask())


async def check(database: Database) -> list[Finding]:
    """The whole of the database, once everything has happened."""
    admin = await connect(database.admin_url)
    try:
        return await check_ledger(admin)
    finally:
        await admin.close()


def test_ledger_and_model_never_differ(
    database: Database, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("Q1", compare_for_long(database, 44, 60, least=2_000))
    record_property("Q13", hear_others(database, 2, tmp_path))


@pytest.mark.soak
def test_ledger_and_model_do_not_differ_in_the_long_run(
    database: Database, portion: Portion, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    examples, least = portion.size(3_500), portion.size(200_000)
    record_property("Q1", compare_for_long(database, examples, 80, least=least, seeded=portion.seed))
    record_property("Q3", f"1 ledger of {examples} towns looked at whole, 0 rows against its promises")
    record_property("Q13", hear_others(database, portion.size(200), tmp_path))
