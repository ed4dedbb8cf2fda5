"""What is personal goes by itself after the months that the programme says: not before, all of it, and told of."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
import pytest_asyncio

from ledger.actions.check import check_ledger
from ledger.actions.keep_retention import keep_retention
from ledger.actions.publish import publish_programme
from ledger.cli_retention import retention_place
from ledger.core.period import Never
from ledger.core.programme import Retention
from ledger.db.place import Place
from ledger.db.schemes import SchemeShelf
from ledger.db.service_role import connect
from ledger.jobs import keeping_retention
from tests.api.client import Office, open_office
from tests.api.test_evidence import claim, picture, send
from tests.village import Village, programme_of

SETTING = Retention(persons_months=12, evidence_months=6, reasons_months=3)
NOTHING = {"persons": [], "contacts": [], "pictures": 0, "reasons": 0}


@pytest_asyncio.fixture
async def office(village: Village) -> AsyncIterator[Office]:
    policy = msgspec.structs.replace(programme_of(village.slug), retention=SETTING, expiry=Never())
    await publish_programme(village.connection, policy, node="nod_1", by="system:test")
    async with open_office(village) as opened:
        yield opened


async def open_person(office: Office, admin: str, name: str, **more: Any) -> str:
    answer = await office.post("members", {"name": name, **more}, key=admin)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def adjust(office: Office, admin: str, owner: str, amount: int) -> None:
    answer = await office.post("adjustments", {"owner": owner, "amount": amount, "note": "n"}, key=admin)
    assert answer.status_code == 201, answer.text


async def seen(office: Office, key: str, **asked: Any) -> dict[str, Any]:
    answer = await office.call("GET", "retention", key=key, params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def names(office: Office) -> set[str]:
    return {row["name"] for row in await office.village.rows("SELECT name FROM person")}


async def test_who_is_quiet_for_long_is_forgotten_and_nobody_else(office: Office) -> None:
    admin, village = await office.key("admin"), office.village
    ids = {name: await open_person(office, admin, name) for name in ("gone", "rich", "claims", "helps", "busy")}
    child = await open_person(office, admin, "child", household="hh_1")
    parent = await open_person(office, admin, "parent", household="hh_2")
    await adjust(office, admin, ids["rich"], 5)
    await claim(office, admin, ids["claims"])
    helper = await office.post("helpers", {"owner": "hh_3", "member": ids["helps"]}, key=admin)
    assert helper.status_code == 201, helper.text
    await village.let_days_pass(300)
    assert (await seen(office, admin))["persons"] == []
    await adjust(office, admin, ids["busy"], 5)
    await adjust(office, admin, ids["busy"], -5)
    await adjust(office, admin, "hh_2", 5)  # Its members are not strangers to it.
    await adjust(office, admin, "hh_2", -5)
    await village.rows("UPDATE helper SET ends_at = now_at() + interval '900 days'")
    await village.let_days_pass(100)
    told = await seen(office, admin)
    assert set(told["persons"]) == {ids["gone"], "hh_1", child} and told["retention"] == {
        "persons_months": 12, "evidence_months": 6, "reasons_months": 3,
    }  # fmt: skip
    assert await names(office) == {*ids, "child", "parent"}, "looking takes nothing"
    job = keeping_retention(village.database.url, SchemeShelf(), office.app.desk.files)
    done = await job.run()
    assert (done["persons"], done["failed"]) == (3, 0)
    assert await names(office) == {*ids, "parent"} - {"gone"} and parent
    assert {key: value for key, value in (await seen(office, admin)).items() if key in NOTHING} == NOTHING
    assert (await job.run())["persons"] == 0
    events = await village.rows("SELECT about->>'owner' AS owner, principal FROM audit_event WHERE verb = 'retention'")
    assert {(row["owner"], row["principal"]) for row in events} == {
        (owner, "system:retention") for owner in ("hh_1", child, ids["gone"])
    }
    listed = await office.call("GET", "audit-events", key=admin, params={"verb": "retention"})
    assert len(listed.json()["events"]) == 3
    connection = await connect(village.database.admin_url)
    assert [finding for finding in await check_ledger(connection) if finding.broken] == []
    await connection.close()


async def test_old_pictures_and_reasons_go_when_nothing_waits_for_them(office: Office) -> None:
    admin, village = await office.key("admin"), office.village
    decided, open_claim = await claim(office, admin), await claim(office, admin, "hh_2")
    for number, activity in enumerate((decided, open_claim)):
        assert (await send(office, activity, picture(number), admin)).status_code == 201
    assert (await office.post(f"activities/{decided}/award", None, key=admin)).status_code == 201
    for _ in range(2):
        await office.call("GET", "households/hh_1", key=admin, headers={"Audit-Reason": "asked"})
    job = keeping_retention(village.database.url, SchemeShelf(), office.app.desk.files)
    for days, files, reasons in ((80, 2, 2), (20, 2, 0), (100, 1, 0)):
        await village.let_days_pass(days)
        before = await seen(office, admin)
        done = await job.run()
        assert (done["pictures"], done["reasons"]) == (before["pictures"], before["reasons"])
        left = await village.rows("SELECT 1 FROM audit_reason WHERE reason <> ''")
        assert (len(office.app.desk.files.names()), len(left)) == (files, reasons)
    shown = (await office.call("GET", f"activities/{decided}/evidence", key=admin)).json()["evidence"][0]
    assert not {"latitude", "longitude", "taken_at"} & set(shown)
    again = await send(office, open_claim, picture(0), admin)
    assert (again.status_code, again.json()["code"]) == (409, "evidence_used"), "a picture is used once, for ever"


async def test_whom_to_speak_to_at_a_shop_that_left_is_forgotten(office: Office) -> None:
    admin, village = await office.key("admin"), office.village
    body = {"contact": {"name": "王老板", "phone": "13800000000"}}
    assert (await office.post("merchants/mer_barber/contact", body, key=admin)).status_code == 200
    await village.let_days_pass(400)
    assert (await seen(office, admin))["contacts"] == []
    assert (await office.post("merchants/mer_barber/end", {}, key=admin)).status_code == 200
    await village.let_days_pass(400)
    assert (await seen(office, admin))["contacts"] == ["mer_barber"]
    await keep_retention(village.connection, village.slug, village.shelf, office.app.desk.files)
    assert await village.rows("SELECT 1 FROM merchant_contact") == []


async def test_a_run_that_is_killed_is_gone_on_with(office: Office) -> None:
    village, files = office.village, office.app.desk.files
    admin = await office.key("admin")
    for number in range(40):
        await open_person(office, admin, f"p{number}")
    for number in range(3):
        activity = await claim(office, admin)
        assert (await send(office, activity, picture(number), admin)).status_code == 201
        assert (await office.post(f"activities/{activity}/award", None, key=admin)).status_code == 201
    await village.let_days_pass(800)
    admin_sees = await connect(village.database.admin_url)
    for so_far in (1, 8, 15):
        connection = await connect(village.database.url)
        working = asyncio.create_task(keep_retention(connection, village.slug, SchemeShelf(), files))
        while await admin_sees.fetchval("SELECT count(*) FROM erasure") < so_far:
            assert not working.done(), "it was not killed in time"
        await admin_sees.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)):
            await working
        connection.terminate()
    await admin_sees.close()
    kept = await keep_retention(village.connection, village.slug, SchemeShelf(), files)
    assert 0 < kept.persons <= 42 - 15, "what was done before a kill is not done again"
    assert await names(office) == set() and files.names() == []
    told = await village.rows("SELECT about->>'owner' AS owner FROM audit_event WHERE about->>'owner' IS NOT NULL")
    erased = await village.rows("SELECT owner FROM erasure")
    assert sorted(row["owner"] for row in told) == sorted(row["owner"] for row in erased), "each is told of once"


async def test_without_a_setting_nothing_goes(village: Village) -> None:
    async with open_office(village) as office:
        await open_person(office, await office.key("admin"), "gone")
        await village.let_days_pass(40_000)
        kept = await keep_retention(village.connection, village.slug, village.shelf, office.app.desk.files)
        assert msgspec.structs.astuple(kept) == (0, 0, 0, 0, 0)
        assert await names(office) == {"gone"}


async def test_the_command_line_tells_and_takes(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = await open_person(office, await office.key("admin"), "gone")
    await office.village.let_days_pass(400)
    place = Place(database_url=office.village.database.url, data_folder=tmp_path)
    for is_dry, told, left in ((True, gone, {"gone"}), (False, "forgotten 4", set())):
        assert await asyncio.to_thread(retention_place, place, office.village.slug, is_dry=is_dry) == 0
        assert told in capsys.readouterr().out
        assert await names(office) == left
