"""The data of people who work here, and of those to speak to at a shop: handed out whole, and forgotten for ever."""

import asyncio
from urllib.parse import quote

import asyncpg
import pytest

from ledger.actions.check import check_ledger
from ledger.db.journal import show_programmes
from ledger.db.service_role import connect
from ledger.verify import verify
from tests.api.client import Office
from tests.api.test_persons import everything, seal, sealed_lines
from tests.api.test_sessions import PASSWORD, sign_in
from tests.village import Village

NAME, USER, REASON, DEVICE = "端木青云", "duanmu.qy", "她自己要求的", "Canary-Browser/9"
CONTACT, PHONE, NOTE = "诸葛老板", "13911113333", "老板换人了"


async def hired(office: Office, admin: str) -> tuple[str, str]:
    """Somebody with a role who has signed in, posted, given a reason and was declared a reviewer; with a token."""
    body = {"user_name": USER, "password": PASSWORD, "name": NAME, "role": {"role": "operator", "programme": "village"}}
    person = (await office.call("POST", "/v1/people", key=admin, json=body)).json()["person"]
    assert "duanmu" not in person
    sent = await office.call(
        "POST", "/v1/sign-in", key=None, json={"user_name": USER, "password": PASSWORD}, headers={"User-Agent": DEVICE}
    )
    token = str(sent.json()["token"])
    adjusted = await office.post("adjustments", {"owner": "hh_1", "amount": 5, "note": "n"}, key=token)
    assert adjusted.status_code == 201, adjusted.text
    why = {"Audit-Reason": quote(REASON)}
    assert (await office.call("GET", "households/hh_1", key=token, headers=why)).status_code == 200
    member = (await office.post("members", {"name": "m"}, key=admin)).json()["id"]
    declared = {"principal": person, "capacities": ["worker"], "member": member}
    assert (await office.post("reviewers", declared, key=admin)).is_success
    return person, token


async def test_an_export_tells_everything_to_its_own_and_to_the_administrator(office: Office) -> None:
    admin = await office.key("admin")
    person, token = await hired(office, admin)
    own = (await office.call("GET", "/v1/session/export", key=token)).json()
    assert (own["person"], own["user_name"], own["name"]) == (person, USER, NAME)
    kept = own["kept"]
    assert [(role["role"], role["programme"], role["ended_at"]) for role in kept["roles"]] == [
        ("operator", "village", None)
    ]
    assert [one["device"] for one in kept["sessions"]] == [DEVICE]
    assert [(one["programme"], one["capacities"]) for one in kept["declarations"]] == [("village", ["worker"])]
    assert (await office.call("GET", f"/v1/people/{person}/export", key=admin)).json() == own
    assert PASSWORD not in str(own) and "argon2" not in str(own)
    without = await office.call("GET", "/v1/session/export", key=admin)
    assert (without.status_code, without.json()["code"]) == (409, "no_session")
    await office.village.rows("INSERT INTO node (id, kind, title_zh, title_en) VALUES ('nod_2', 'county', '邻县', 'x')")
    stranger = await office.key("admin", node="nod_2")
    for method, what in (("GET", "export"), ("POST", "erase")):
        answer = await office.call(method, f"/v1/people/{person}/{what}", key=stranger)
        assert answer.status_code == 404


async def test_whoever_worked_here_is_nowhere_and_the_books_are_as_they_were(office: Office) -> None:
    village, admin = office.village, await office.key("admin")
    person, token = await hired(office, admin)
    await seal(village)
    before = await sealed_lines(village)
    answers = await asyncio.gather(*(office.call("POST", f"/v1/people/{person}/erase", key=admin) for _ in range(4)))
    assert [one.status_code for one in answers] == [200] * 4 and len({one.content for one in answers}) == 1
    assert sum("Idempotency-Replayed" in one.headers for one in answers) == 3
    told = answers[0].json()
    assert (told["name"], told["is_blocked"], told["roles"], told["person"]) == (None, True, [], person)
    kept = await everything(village)
    assert [word for word in (NAME, USER, REASON, DEVICE) if word in kept] == []
    assert person in "".join(before), "who did it is still told, by an id that says nothing"
    assert await sealed_lines(village) == before
    assert "OK" in next(iter(verify(before, [])))
    office.app.desk.forget_session(token.split("_")[1])
    assert (await sign_in(office, USER)).status_code == 401
    connection = await connect(village.database.admin_url)
    assert [finding for finding in await check_ledger(connection) if finding.broken] == []
    await connection.close()
    exported = (await office.call("GET", f"/v1/people/{person}/export", key=admin)).json()
    assert exported["kept"]["erased_by"] == "admin:test" and exported["kept"]["sessions"] == []
    for path, body in (("unblock", None), ("password", {"password": PASSWORD}), ("roles", {"role": "auditor"})):
        again = await office.post(f"/v1/people/{person}/{path}", body, key=admin)
        assert again.status_code == 404, "nobody is brought back"
    body = {"user_name": USER, "password": PASSWORD, "name": "另一人"}
    other = await office.call("POST", "/v1/people", key=admin, json=body)
    assert other.status_code == 201 and other.json()["person"] != person


async def test_nobody_is_brought_back_by_raw_sql(office: Office) -> None:
    admin = await office.key("admin")
    person, _ = await hired(office, admin)
    assert (await office.call("POST", f"/v1/people/{person}/erase", key=admin)).status_code == 200
    connection = await connect(office.village.database.url)
    for change in (
        "UPDATE staff SET digest = 'x'",
        "UPDATE staff SET is_blocked = FALSE",
        "INSERT INTO staff_person (staff, name) SELECT id, 'x' FROM staff",
        "DELETE FROM staff_erasure",
        "INSERT INTO staff_erasure (staff, erased_by) SELECT id, 'x' FROM staff",
    ):
        with pytest.raises((asyncpg.IntegrityConstraintViolationError, asyncpg.InsufficientPrivilegeError)):
            await connection.execute(change)
    await connection.close()


async def test_whom_to_speak_to_at_a_shop_is_handed_out_and_forgotten(office: Office) -> None:
    village, admin = office.village, await office.key("admin")
    body = {"contact": {"name": CONTACT, "phone": PHONE}}
    why = {"Audit-Reason": quote(REASON)}
    path = "merchants/mer_barber"
    assert (await office.call("POST", f"{path}/contact", key=admin, json=body, headers=why)).status_code == 200
    assert (await office.post(f"{path}/suspend", {"note": NOTE}, key=admin)).status_code == 200
    shop = await office.key("merchant", owner="mer_barber")
    handed_out = (await office.call("GET", f"{path}/enrolment", key=shop)).json()
    assert (handed_out["contact"], handed_out["steps"][0]["note"]) == ({"name": CONTACT, "phone": PHONE}, NOTE)
    await seal(village)
    before = await sealed_lines(village)
    assert (await office.post(f"{path}/contact/erase", None, key=shop)).status_code == 403
    first, again = [await office.post(f"{path}/contact/erase", None, key=admin) for _ in range(2)]
    assert first.content == again.content and again.headers["Idempotency-Replayed"] == "true"
    assert first.json()["contact"] is None and first.json()["state"] == "suspended"
    kept = await everything(village)
    assert [word for word in (CONTACT, PHONE, NOTE, REASON) if word in kept] == []
    assert await sealed_lines(village) == before
    assert (await office.post(f"{path}/resume", {}, key=admin)).status_code == 200, "the shop goes on"


async def test_another_programmes_contact_is_not_erased(village: Village) -> None:
    connection = await connect(village.database.url)
    async with connection.transaction():
        await show_programmes(connection, ["elsewhere"])
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("SELECT erase_contact('village', 'mer_barber')")
    await connection.close()
