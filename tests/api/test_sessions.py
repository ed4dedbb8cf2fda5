"""Signing in: what a session may do, where it ends, and what a browser must show for it."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest_asyncio

from ledger.hall.desk import RENEW_SECONDS
from tests.api.client import Office
from tests.village import Database

PASSWORD = "nine-lives-of-a-cat"


@pytest_asyncio.fixture
async def admin(office: Office) -> str:
    return await office.key("admin")


async def add(office: Office, admin: str, user_name: str = "wang", **role: Any) -> str:
    """A person with one role."""
    body = {"user_name": user_name, "password": PASSWORD, "role": role or {"role": "operator"}}
    answer = await office.call("POST", "/v1/people", key=admin, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["person"])


async def sign_in(office: Office, user_name: str = "wang", password: str = PASSWORD, **more: Any) -> httpx.Response:
    body = {"user_name": user_name, "password": password, **more}
    return await office.call("POST", "/v1/sign-in", key=None, json=body)


async def token(office: Office, user_name: str = "wang") -> str:
    return str((await sign_in(office, user_name)).json()["token"])


async def seen(office: Office, key: str) -> int:
    return (await office.call("GET", "accounts/hh_1/balances", key=key)).status_code


async def test_a_person_signs_in_and_acts_in_a_role(office: Office, admin: str) -> None:
    person = await add(office, admin)
    signed_in = (await sign_in(office)).json()
    assert signed_in["role"] == "operator" and signed_in["principal"] == person
    assert await seen(office, signed_in["token"]) == 200
    posted = await office.post("deductions", {"owner": "hh_1", "amount": 1, "shortage": "debt", "note": "n"},
                               key=signed_in["token"])  # fmt: skip
    assert posted.status_code == 201
    rows = await office.village.rows("SELECT principal FROM journal WHERE kind = 'deduct'")
    assert [row["principal"] for row in rows] == [person], "under the person's id, whatever session it was"
    assert (await office.call("POST", "openings", key=signed_in["token"], json={})).status_code in (400, 403)
    stored = await office.village.rows("SELECT secret_hash, device FROM session")
    assert signed_in["token"].split("_")[2].encode() not in bytes(stored[0]["secret_hash"])


async def test_what_is_wrong_is_not_told_and_the_delay_grows(office: Office, admin: str, database: Database) -> None:
    await add(office, admin)
    known, unknown = await sign_in(office, password="wrong"), await sign_in(office, user_name="nobody")
    assert known.status_code == unknown.status_code == 401 and known.json()["code"] == "sign_in_wrong"
    assert {**known.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
    said = Counter(
        answer.status_code for answer in await asyncio.gather(*(sign_in(office, password=f"x{n}") for n in range(8)))
    )
    assert said == {401: 4, 429: 4}, "one was before: five at once, then a minute"
    locked = await sign_in(office)
    assert (locked.json()["code"], locked.json()["numbers"]["minutes"]) == ("sign_in_locked", 1)
    assert locked.headers["Retry-After"] == "60"
    minutes = []
    for _ in range(8):
        await office.village.rows("UPDATE guess SET guessed_at = ARRAY(SELECT g - interval '1 hour'"
                                  " FROM unnest(guessed_at) AS g)")  # fmt: skip
        assert (await sign_in(office, password="wrong")).status_code == 401
        minutes.append((await sign_in(office)).json()["numbers"]["minutes"])
    assert minutes == [2, 4, 8, 16, 32, 60, 60, 60]
    await office.village.rows("UPDATE guess SET guessed_at = ARRAY(SELECT g - interval '1 hour'"
                              " FROM unnest(guessed_at) AS g)")  # fmt: skip
    assert (await sign_in(office)).status_code == 200
    assert (await sign_in(office, password="wrong")).status_code == 401, "and the count begins anew"


async def test_one_address_does_not_try_many_names(office: Office) -> None:
    said = Counter([(await sign_in(office, user_name=f"name-{n}")).status_code for n in range(23)])
    assert said == {401: 20, 429: 3}
    subjects = [row["subject"] for row in await office.village.rows("SELECT subject FROM guess")]
    assert not any("name" in subject or "127.0" in subject for subject in subjects)


async def test_a_token_is_renewed_and_the_old_one_fades(office: Office, admin: str) -> None:
    await add(office, admin)
    old = await token(office)
    new = (await office.call("POST", "/v1/session/renew", key=old)).json()["token"]
    assert new != old and await seen(office, new) == 200
    assert await seen(office, old) == 200, "what is on its way still arrives"
    assert (await office.call("POST", "/v1/session/renew", key=old)).json()["code"] == "session_renewed"
    await office.village.rows("UPDATE session SET earlier_until = now()")
    office.app.desk.forget_session(f"ses_{old.split('_')[1]}")
    assert await seen(office, old) == 401 and await seen(office, new) == 200


async def test_a_person_with_two_roles_acts_in_one_at_a_time(office: Office, admin: str) -> None:
    person = await add(office, admin, role="auditor")
    given = await office.post(f"/v1/people/{person}/roles", {"role": "admin"}, key=admin, idempotency="r-1")
    again = await office.post(f"/v1/people/{person}/roles", {"role": "admin"}, key=admin, idempotency="r-1")
    assert given.json() == again.json() and len(again.json()["roles"]) == 2
    signed_in = (await sign_in(office)).json()
    assert signed_in["role"] == "auditor"
    other = next(role["id"] for role in signed_in["roles"] if role["role"] == "admin")
    assert (await office.call("POST", "/v1/keys", key=signed_in["token"], json={"title": "t", "role": "auditor"},
                              idempotency="k")).status_code == 403  # fmt: skip
    changed = await office.call("POST", "/v1/session/role", key=signed_in["token"], json={"role": other})
    assert changed.json()["role"] == "admin"
    made = await office.call("POST", "/v1/keys", key=changed.json()["token"],
                             json={"title": "t", "role": "auditor"}, idempotency="k")  # fmt: skip
    assert made.status_code == 201
    assert (await sign_in(office, role=other)).json()["role"] == "admin"
    assert (await sign_in(office, role=f"rol_{'0' * 18}")).status_code == 404


async def test_sessions_end_one_by_one_all_others_and_with_the_password(office: Office, admin: str) -> None:
    await add(office, admin)
    one, two, three = [await token(office) for _ in range(3)]
    listed = (await office.call("GET", "/v1/sessions", key=one)).json()["sessions"]
    assert [each["is_this"] for each in listed] == [False, False, True]
    assert (await office.call("POST", f"/v1/sessions/{listed[0]['session']}/end", key=one)).status_code == 200
    assert (await seen(office, three), await seen(office, two)) == (401, 200)
    assert (await office.call("POST", f"/v1/sessions/{listed[0]['session']}/end", key=one)).status_code == 404
    change = {"old": PASSWORD, "new": "another-long-word"}
    wrong = await office.call("POST", "/v1/session/password", key=one, json={**change, "old": "not-it"})
    weak = await office.call("POST", "/v1/session/password", key=one, json={**change, "new": "wang-password"})
    assert (wrong.status_code, weak.status_code, weak.json()["code"]) == (401, 422, "password_weak")
    assert (await office.call("POST", "/v1/session/password", key=one, json=change)).status_code == 200
    await asyncio.sleep(2)
    assert (await seen(office, two), await seen(office, one)) == (401, 200)
    assert (await sign_in(office)).status_code == 401
    assert (await sign_in(office, password="another-long-word")).status_code == 200
    await office.call("POST", "/v1/sessions/end-others", key=one)
    assert len((await office.call("GET", "/v1/sessions", key=one)).json()["sessions"]) == 1
    await office.call("POST", "/v1/session/end", key=one)
    assert await seen(office, one) == 401


async def test_a_session_ends_idle_or_old_or_with_its_role_or_person(office: Office, admin: str) -> None:
    person = await add(office, admin)
    for change in (
        "UPDATE session SET used_at = now() - interval '31 minutes'",
        "UPDATE session SET expires_at = now()",
        "UPDATE staff_role SET ended_at = now(), ended_by = 'x'",
    ):
        held = await token(office)
        assert await seen(office, held) == 200
        await office.village.rows(change)
        office.app.desk.forget_session(f"ses_{held.split('_')[1]}")
        assert await seen(office, held) == 401, change
    assert (await sign_in(office)).json()["code"] == "no_role"
    await office.post(f"/v1/people/{person}/roles", {"role": "auditor"}, key=admin)
    held = await token(office)
    await office.call("POST", f"/v1/people/{person}/block", key=admin)
    await asyncio.sleep(2)
    assert await seen(office, held) == 401 and (await sign_in(office)).status_code == 401
    await office.call("POST", f"/v1/people/{person}/unblock", key=admin)
    assert (await sign_in(office)).status_code == 200 and await seen(office, held) == 401


async def test_use_is_written_down_together(office: Office, admin: str) -> None:
    await add(office, admin)
    held = await token(office)
    await office.village.rows("UPDATE session SET used_at = now() - interval '20 minutes'")
    await seen(office, held)
    await office.app.desk.used.write()
    rows = await office.village.rows("SELECT now() - used_at < interval '1 minute' AS is_recent FROM session")
    keys = await office.village.rows("SELECT used_at FROM api_key")
    assert rows[0]["is_recent"] and keys[0]["used_at"] is not None


async def test_a_cookie_is_taken_from_this_site_only(office: Office, admin: str) -> None:
    await add(office, admin)
    answer = await sign_in(office, as_cookie=True)
    cookie = answer.headers["set-cookie"]
    assert answer.json()["token"] is None
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Lax", "Path=/")) and "Domain" not in cookie
    held = {"Cookie": cookie.partition(";")[0]}
    office.client.cookies.clear()

    async def post(**headers: str) -> int:
        return (await office.call("POST", "/v1/sessions/end-others", key=None, headers={**held, **headers})).status_code

    assert (await office.call("GET", "accounts/hh_1/balances", key=None, headers=held)).status_code == 200
    assert await post(**{"Sec-Fetch-Site": "same-origin"}) == 200
    assert await post(Origin="http://ledger.test") == 200
    assert await post() == 403
    for site in ("cross-site", "same-site", "none", ""):
        assert await post(**{"Sec-Fetch-Site": site}) == 403
    for origin in ("https://ledger.test", "http://evil.test", "null", "http://ledger.test.evil.test"):
        assert await post(Origin=origin) == 403
    assert await post(Origin="http://ledger.test", Authorization="Bearer nonsense") == 401, "the cookie does not help"
    ended = await office.call("POST", "/v1/session/end", key=None, headers={**held, "Sec-Fetch-Site": "same-origin"})
    assert "Max-Age=0" in ended.headers["set-cookie"]


async def test_over_tls_the_cookie_belongs_to_this_host_alone(office: Office, admin: str) -> None:
    await add(office, admin)
    secure = httpx.AsyncClient(transport=office.client._transport, base_url="https://ledger.test")
    body = {"user_name": "wang", "password": PASSWORD, "as_cookie": True}
    cookie = (await secure.post("/v1/sign-in", json=body)).headers["set-cookie"]
    assert cookie.startswith("__Host-ledger=ps_") and "Secure" in cookie
    held = cookie.partition(";")[0]
    secure.cookies.clear()
    assert (await secure.get("/v1/session", headers={"Cookie": held})).status_code == 200
    bare = held.removeprefix("__Host-")
    assert (await secure.get("/v1/session", headers={"Cookie": bare})).status_code == 401, "anybody below could set it"


async def test_an_old_cookie_is_replaced_on_the_way_out(office: Office, admin: str) -> None:
    await add(office, admin)
    first = (await sign_in(office, as_cookie=True)).headers["set-cookie"].partition(";")[0]
    office.client.cookies.clear()
    assert "set-cookie" not in (await office.call("GET", "/v1/session", key=None, headers={"Cookie": first})).headers
    await office.village.rows(f"UPDATE session SET renewed_at = now() - interval '{RENEW_SECONDS + 1} seconds'")
    office.app.desk.forget_session(f"ses_{first.split('_')[1]}")
    answers = await asyncio.gather(
        *(office.call("GET", "/v1/session", key=None, headers={"Cookie": first}) for _ in range(4))
    )
    assert [answer.status_code for answer in answers] == [200] * 4
    [second] = {answer.headers["set-cookie"].partition(";")[0] for answer in answers if "set-cookie" in answer.headers}
    office.client.cookies.clear()
    assert (await office.call("GET", "/v1/session", key=None, headers={"Cookie": second})).status_code == 200


async def test_keys_have_no_session(office: Office, admin: str) -> None:
    who = (await office.call("GET", "/v1/session", key=admin)).json()
    assert (who["role"], who["session"], who["roles"]) == ("admin", None, [])
    for path in ("session/renew", "session/end", "sessions/end-others"):
        answer = await office.call("POST", f"/v1/{path}", key=admin)
        assert (answer.status_code, answer.json()["code"]) == (409, "no_session")
