"""Inspections over HTTP and by hand: filled, previewed, posted once each though killed, and taken back as one."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest_asyncio

from ledger.actions.fill_inspection import begin_reversing
from ledger.actions.post_inspection import work_inspection
from ledger.actions.publish import publish_rulebook
from ledger.core.command import Open
from ledger.core.fact import Fact, FactType
from ledger.core.judged import RatedBy, Ratings
from ledger.core.measured import DeductFrom, Table
from ledger.core.rulebook import Give, Rule
from ledger.core.value import Part, Parts
from ledger.db.inspections import list_at_work
from ledger.db.journal import show_programmes
from ledger.db.owners import Owner, open_owners
from ledger.db.service_role import connect
from tests.api.client import Office
from tests.village import BOTH, RULEBOOK, Village, gift

SHEET = {"rule": "monthly", "title": "九月巡查", "happened_on": "2026-09-14"}
MANY = 800
LATE = "hh_many00799"
PARTS = Parts(
    parts=(
        Part(id="yard", title=BOTH, value=Table(of="grade", amounts={"good": 20, "poor": 5})),
        Part(id="litter", title=BOTH, value=DeductFrom(start=10, minus=3, of="pieces")),
        Part(id="house", title=BOTH, value=Ratings("tidy", RatedBy.TRIMMED_MEAN, 30, 100, raters=3)),
    )
)


async def publish_monthly(village: Village) -> None:
    facts = (
        Fact("grade", FactType.CHOICE, BOTH, None, {"good": BOTH, "poor": BOTH}),
        Fact("tidy", FactType.RATING, BOTH),
    )
    monthly = Rule(id="monthly", title=BOTH, category="clean", gives=(Give(value=PARTS),))
    changed = msgspec.structs.replace(RULEBOOK, rulebook="2026-03", rules=(*RULEBOOK.rules, monthly), facts=facts)
    await publish_rulebook(village.connection, village.slug, changed, by="system:test")


@pytest_asyncio.fixture
async def sheets(office: Office) -> AsyncIterator[Office]:
    await publish_monthly(office.village)
    yield office


async def work(village: Village) -> None:
    """What the service's job does each second."""
    for programme, id in await list_at_work(village.connection):
        async for _ in work_inspection(village.connection, programme, id, village.shelf):
            pass


async def test_a_sheet_is_filled_previewed_posted_and_taken_back(sheets: Office) -> None:
    key, admin = await sheets.key("operator"), await sheets.key("admin")
    opened = await sheets.post("inspections", SHEET, key=key, idempotency="s-1")
    again = await sheets.post("inspections", SHEET, key=key, idempotency="s-1")
    assert (opened.status_code, opened.json()["progress"]["lines"], again.content) == (201, 3, opened.content)
    path = f"inspections/{opened.json()['inspection']}"
    lines: dict[str, Any] = {
        "hh_1": {"choices": {"grade": "good"}, "quantities": {"pieces": 1}},
        "hh_2": {"choices": {"grade": "poor"}, "quantities": {"pieces": 9}},
    }
    filled = await sheets.post(f"{path}/lines", {"lines": lines}, key=key)
    assert (filled.status_code, filled.json()["progress"]["filled"]) == (200, 2)
    for rater, mark in (("zhao", 60), ("qian", 80), ("sun", 100), ("li", 10)):
        marks = {"fact": "tidy", "rater": rater, "marks": {"hh_1": mark}}
        assert (await sheets.post(f"{path}/marks", marks, key=key)).status_code == 200
    for body, code in (
        ({"lines": {"hh_404": {}}}, "not_found"),
        ({"lines": {"hh_1": {"choices": {"grade": "best"}}}}, "unknown_choice"),
        ({"lines": {"hh_1": {"quantities": {"wrong": 1}}}}, "unknown_fact"),
    ):
        assert (await sheets.post(f"{path}/lines", body, key=key)).json()["code"] == code
    tried = (await sheets.call("GET", f"{path}/preview", key=key)).json()
    assert [(line["owner"], line["amounts"], line["refused"]) for line in tried["lines"]] == [
        ("hh_1", {"points": 20 + 7 + 21}, None),
        ("hh_2", {}, "fact_missing"),
    ]
    assert (tried["totals"], tried["refused"], await sheets.village.total("hh_1")) == ({"points": 48}, 1, 0)
    await check_posting(sheets, path, key, admin)


async def check_posting(sheets: Office, path: str, key: str, admin: str) -> None:
    """Posted twice it is posted once; taken back, nothing is left."""
    begun = await sheets.post(f"{path}/post", None, key=key)
    assert (begun.status_code, begun.json()["state"], begun.json()["percent"]) == (202, "posting", 0)
    await work(sheets.village)
    done = (await sheets.call("GET", path, key=key)).json()
    assert (done["state"], done["percent"]) == ("posted", 100)
    assert (done["progress"]["posted"], done["progress"]["refused"]) == (1, 1)
    late = await sheets.post(f"{path}/lines", {"lines": {"hh_3": {}}}, key=key)
    assert (late.status_code, late.json()["code"]) == (409, "sheet_closed")
    shown = (await sheets.call("GET", f"{path}/lines", key=key)).json()["lines"]
    assert [(line["owner"], line["outcome"], line["reason"]) for line in shown] == [
        ("hh_1", "posted", None), ("hh_2", "refused", "fact_missing"), ("hh_3", None, None),
    ]  # fmt: skip
    await sheets.post(f"{path}/post", None, key=key)
    await work(sheets.village)
    assert await sheets.village.total("hh_1") == 48
    await sheets.post(f"{path}/reverse", {}, key=admin)
    await work(sheets.village)
    back = (await sheets.call("GET", path, key=key)).json()
    assert (back["state"], back["progress"]["reversed"], back["percent"]) == ("reversed", 1, 100)
    assert await sheets.village.total("hh_1") == 0
    assert (await sheets.post(f"{path}/post", None, key=key)).json()["code"] == "sheet_closed"


async def test_a_sheet_goes_out_and_comes_back_as_csv(sheets: Office) -> None:
    key = await sheets.key("operator")
    path = f"inspections/{(await sheets.post('inspections', SHEET, key=key)).json()['inspection']}"
    blank = await sheets.call("GET", f"{path}/sheet", key=key)
    assert blank.content.decode("utf-8-sig").splitlines()[0] == "owner,reference,area,grade,pieces,tidy,decision,note"
    head = "owner,reference,area,grade,pieces,tidy,decision,note\n"

    async def send(lines: str) -> Any:
        content = (head + lines).encode("utf-8-sig")
        return await sheets.call(
            "POST", f"{path}/sheet", key=key, content=content, headers={"Content-Type": "text/csv"}
        )

    bad = await send("hh_1,,,good,x,1,,\nhh_2,,,good,1,,,\nhh_2,,,good,1,,,\n")
    assert (bad.status_code, bad.json()["code"]) == (422, "document_refused")
    assert [spot["line"] for spot in bad.json()["errors"]] == [2, 4]
    for lines, problem in (("hh_9,,,good,1,,,\n", "not_found"), ("", "document_refused")):
        assert (await send(lines)).json()["code"] == problem
    good = await send("hh_1,,,good,2,70 80 90,,'=1+1\nhh_3,,,,,,,\n")
    assert (good.status_code, good.json()["progress"]["filled"]) == (200, 1)
    out = (await sheets.call("GET", f"{path}/sheet", key=key)).content.decode("utf-8-sig").splitlines()
    assert out[1] == "hh_1,,,good,2,70 80 90,,'=1+1"
    tried = (await sheets.call("GET", f"{path}/preview", key=key)).json()
    assert tried["totals"] == {"points": 20 + 4 + 24}


async def open_many(village: Village, id: str, owners: int) -> None:
    """A filled sheet that waits to be posted."""
    async with village.connection.transaction():
        await show_programmes(village.connection, [village.slug])
        many = [Owner(f"hh_many{number:05}", "household", area="west") for number in range(owners)]
        await open_owners(village.connection, village.slug, many)
        await village.connection.execute(
            "INSERT INTO inspection (programme, id, rule, title, area, happened_on, state, opened_by, posted_by)"
            " VALUES ('village', $1, 'sweep', 't', 'west', '2026-09-14', 'posting', 'x', 'x')",
            id,
        )
        await village.connection.execute(
            "INSERT INTO inspection_line (programme, inspection, owner, facts)"
            " SELECT programme, $1, id, '{}' FROM owner WHERE programme = 'village' AND area = 'west'",
            id,
        )


async def test_taken_back_in_the_middle_nothing_is_left(village: Village) -> None:
    """A chunk is held up while the sheet is to be taken back: the end waits for it."""
    await open_many(village, "ins_race", 100)
    await village.post(("there", gift("hh_many00007")))
    admin, worker, other = [await connect(url) for url in (village.database.admin_url, *[village.database.url] * 2)]

    async def work_on(connection: asyncpg.Connection) -> None:
        async for _ in work_inspection(connection, village.slug, "ins_race", village.shelf):
            pass

    async def take_back() -> None:
        await begin_reversing(other, village.slug, "ins_race", principal="x")
        await work_on(other)

    async with admin.transaction():
        await admin.execute("SELECT FROM balance WHERE owner = 'hh_many00007' FOR UPDATE")
        posting = asyncio.create_task(work_on(worker))
        while not await village.rows("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        taking = asyncio.create_task(take_back())
        await asyncio.sleep(0.3)
    await asyncio.gather(posting, taking)
    await work_on(other)
    [left] = await village.rows(
        "SELECT (SELECT state FROM inspection) AS state,"
        " (SELECT count(*) FROM inspection_line WHERE outcome = 'posted') AS posted,"
        " (SELECT sum(total) FROM balance WHERE purse = 'main' AND owner LIKE 'hh_many%') AS points"
    )
    assert tuple(left) == ("reversed", 0, 100)
    for one in (admin, worker, other):
        await one.close()


async def test_killed_while_posting_each_household_is_posted_once(village: Village, tmp_path: Path) -> None:
    await open_many(village, "ins_kill", MANY)
    await village.post(("there", Open(LATE, 5)))
    command = [sys.executable, "-m", "ledger.main", "inspection", "--programme", "village", "ins_kill"]
    environ = {**os.environ, "DATABASE_URL": village.database.admin_url, "LEDGER_DATA": str(tmp_path)}
    posted = "SELECT count(*) AS n FROM journal WHERE batch = 'inspection:ins_kill'"
    admin = await connect(village.database.admin_url)
    async with admin.transaction():
        await admin.execute("SELECT FROM balance WHERE owner = $1 FOR UPDATE", LATE)
        process = await asyncio.create_subprocess_exec(*command, env=environ, stdout=asyncio.subprocess.DEVNULL)
        while process.returncode is None and (await village.rows(posted))[0]["n"] == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # Another process works; only the database tells how far it is.
        process.kill()
        await process.wait()
    await admin.close()
    assert 0 < (await village.rows(posted))[0]["n"] < MANY, "the kill came in the middle"
    ended = await asyncio.to_thread(
        subprocess.run, command, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert f"100% posted: posted {MANY}, refused 0" in ended.stdout
    [counted] = await village.rows(
        "SELECT count(*) AS lines, count(DISTINCT l.journal_id) AS ids,"
        " (SELECT count(*) FROM balance WHERE purse = 'main' AND owner LIKE 'hh_many%' AND total = 5) AS right"
        " FROM inspection_line AS l WHERE l.inspection = 'ins_kill' AND l.outcome = 'posted'"
    )
    assert tuple(counted) == (MANY, MANY, MANY - 1)
    assert await village.total(LATE) == 10
    assert (await village.rows(posted))[0]["n"] == MANY
