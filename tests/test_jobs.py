"""Background jobs: every programme is swept, a failure is logged and tried again, and nothing outlives the service."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import structlog

from ledger.actions.seal_key import SealKey
from ledger.cli_sweep import sweep_place
from ledger.db.place import Place
from ledger.db.schemes import SchemeShelf
from ledger.db.service_role import connect, prepare_sealer
from ledger.jobs import Job, run_jobs, sealing, sweeping
from ledger.tally import JOB_RUNS
from tests.village import Village, haircut, noticed, open_village

WITHOUT_POLICIES = "INSERT INTO programme (programme, node) VALUES ('empty', 'nod_1')"


async def until(is_so: Any, working: asyncio.Task[None]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert not working.done(), working
        assert time.monotonic() < deadline, "it never came to be"
        await asyncio.sleep(0.02)


async def stop(working: asyncio.Task[None]) -> None:
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working


async def test_every_programme_is_swept_past_one_that_cannot_be(village: Village) -> None:
    await village.rows(WITHOUT_POLICIES)
    async with open_village(village.database, "zhen") as other:
        await village.post(("a", noticed()))
        await other.post(("a", noticed()))
        await village.let_days_pass(9)
        with structlog.testing.capture_logs() as lines:
            working = asyncio.create_task(run_jobs([sweeping(village.database.url, SchemeShelf(), every_seconds=60)]))
            await until(lambda: any(line["event"] == "job_done" for line in lines), working)
            await stop(working)
        assert await village.total("hh_1") == 10
        assert await other.total("hh_1") == 10
    [done] = [line for line in lines if line["event"] == "job_done"]
    assert (done["programmes"], done["activated"], done["failed"]) == (3, 2, 1)
    [failed] = [line for line in lines if line["event"] == "sweep_failed"]
    assert failed["programme"] == "empty"


async def test_a_job_that_fails_or_hangs_is_tried_again_beside_the_others(village: Village) -> None:
    runs: list[str] = []

    async def falling() -> Mapping[str, int]:
        runs.append("falling")
        raise ValueError("broken")

    async def hanging() -> Mapping[str, int]:
        runs.append("hanging")
        await asyncio.Event().wait()
        return {}

    async def counting() -> Mapping[str, int]:
        runs.append("counting")
        return {"counted": 0}

    before = JOB_RUNS.count("falling", "failed")
    with structlog.testing.capture_logs() as lines:
        jobs = [
            Job("falling", 0.02, 1, falling),
            Job("hanging", 0.02, 0.05, hanging),
            Job("counting", 0.02, 1, counting),
        ]
        working = asyncio.create_task(run_jobs(jobs))
        await until(lambda: all(runs.count(name) >= 3 for name in ("falling", "hanging", "counting")), working)
        await stop(working)
    assert JOB_RUNS.count("falling", "failed") >= before + 2
    assert {(line["event"], line["job"]) for line in lines} == {("job_failed", "falling"), ("job_failed", "hanging")}
    await asyncio.sleep(0.1)
    assert not [task for task in asyncio.all_tasks() if "_repeat" in repr(task)]


async def test_a_sweep_is_cut_short_at_shutdown_and_goes_on_at_the_next_start(village: Village) -> None:
    await village.post(("a", noticed()))
    await village.let_days_pass(9)
    admin = await connect(village.database.admin_url)
    async with admin.transaction():
        await admin.execute("LOCK TABLE open_item IN ACCESS EXCLUSIVE MODE")
        working = asyncio.create_task(run_jobs([sweeping(village.database.url, SchemeShelf())]))
        await asyncio.sleep(0.3)
        began = time.monotonic()
        await stop(working)
        assert time.monotonic() - began < 5
    await admin.close()
    assert await village.total("hh_1") == 0
    with structlog.testing.capture_logs() as lines:
        working = asyncio.create_task(run_jobs([sweeping(village.database.url, SchemeShelf())]))
        await until(lambda: lines, working)
        await stop(working)
    assert (lines[0]["event"], await village.total("hh_1")) == ("job_done", 10)


async def test_the_command_sweeps_by_hand(village: Village, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await village.post(("a", noticed()))
    await village.let_days_pass(9)
    place = Place(database_url=village.database.url, data_folder=tmp_path)
    assert await asyncio.to_thread(sweep_place, place, None) == 0
    assert "village: activated 1, released 0, expired 0" in capsys.readouterr().out
    assert await asyncio.to_thread(sweep_place, place, "village") == 0
    assert "activated 0" in capsys.readouterr().out
    assert await asyncio.to_thread(sweep_place, place, "nowhere") == 2
    assert "nowhere" in capsys.readouterr().err


async def test_what_is_posted_is_sealed_a_moment_later(village: Village, tmp_path: Path) -> None:
    url = await prepare_sealer(village.database.admin_url, tmp_path / "sealer.password")
    assert url is not None
    role = (await village.rows("SELECT current_database() || '_sealer' AS name"))[0]["name"]
    with structlog.testing.capture_logs() as lines:
        working = asyncio.create_task(run_jobs([sealing(url, SealKey(bytes(32)), every_seconds=0.02)]))
        await village.post(*((f"k{number}", haircut()) for number in range(250)))
        await until(lambda: sum(line.get("sealed", 0) for line in lines) == 250, working)
        await village.rows(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'")
        await village.post(("late", haircut()))
        await until(lambda: any(line.get("sealed") == 1 for line in lines), working)
        await stop(working)
    assert await village.rows("SELECT FROM outbox") == []
    assert [line["sealed"] for line in lines if line["event"] == "job_done"][-1] == 1
    await village.rows(f"REASSIGN OWNED BY {role} TO CURRENT_USER")
    await village.rows(f"DROP ROLE {role}")


async def test_a_services_own_url_seals_only_with_the_login_that_was_made_for_it(
    village: Village, tmp_path: Path
) -> None:
    kept = tmp_path / "sealer.password"
    assert await prepare_sealer(village.database.url, kept) is None
    made = await prepare_sealer(village.database.admin_url, kept)
    found = await prepare_sealer(village.database.url, kept)
    assert made is not None and found is not None
    connection = await connect(found)
    user = await connection.fetchval("SELECT current_user")
    await connection.close()
    assert user.endswith("_sealer")
    await village.rows(f"DROP ROLE {user}")
