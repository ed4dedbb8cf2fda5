"""Keys of devices: made once, rotated with an overlap, gone within two seconds, never more than their maker has."""

import asyncio

from tests.api.client import Office


async def seen(office: Office, key: str) -> int:
    return (await office.call("GET", "accounts/hh_1/balances", key=key)).status_code


async def test_a_key_is_made_once_and_told_to_the_same_call_again(office: Office) -> None:
    admin, other = await office.key("admin"), await office.key("auditor")
    body = {"title": "Till 1", "role": "cashier", "programme": "village", "owner": "out_shop", "days": 30}
    first, again = [await office.post("/v1/keys", body, key=admin, idempotency="k-1") for _ in range(2)]
    assert first.status_code == 201 and first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    key = first.json()["key"]
    assert key["principal"].startswith("trm_") and await seen(office, first.json()["token"]) == 200
    changed = await office.post("/v1/keys", {**body, "role": "merchant", "owner": "mer_barber"}, key=admin,
                                idempotency="k-1")  # fmt: skip
    assert changed.json()["code"] == "idempotency_key_reused"
    told = await office.call("GET", f"/v1/keys/{key['key']}", key=other)
    secret = first.json()["token"].split("_")[2]
    assert secret not in told.text and secret not in str(await office.village.rows("SELECT * FROM api_key"))


async def test_rotation_overlaps_and_keeps_the_principal(office: Office) -> None:
    admin = await office.key("admin")
    body = {"title": "System", "role": "operator", "programme": "village"}
    old = (await office.post("/v1/keys", body, key=admin)).json()
    path = f"/v1/keys/{old['key']['key']}/rotate"
    new = await office.post(path, {"overlap_hours": 1}, key=admin, idempotency="rotate-1")
    again = await office.post(path, {"overlap_hours": 1}, key=admin, idempotency="rotate-1")
    assert new.status_code == 201 and new.json() == again.json()
    assert new.json()["key"]["principal"] == old["key"]["principal"]
    penalty = {"owner": "hh_1", "amount": 1, "shortage": "debt", "note": "n"}
    first = await office.post("deductions", penalty, key=old["token"], idempotency="same")
    second = await office.post("deductions", penalty, key=new.json()["token"], idempotency="same")
    assert first.json() == second.json() and second.headers["Idempotency-Replayed"] == "true"
    await office.village.rows(
        "UPDATE api_key SET expires_at = expires_at - interval '1 hour' WHERE id = $1", old["key"]["key"]
    )
    await asyncio.sleep(2)
    assert (await seen(office, old["token"]), await seen(office, new.json()["token"])) == (401, 200)


async def test_a_withdrawn_key_is_gone_within_two_seconds(office: Office) -> None:
    admin = await office.key("admin")
    made = (await office.post("/v1/keys", {"title": "t", "role": "auditor"}, key=admin)).json()
    assert await seen(office, made["token"]) == 200
    withdrawn = await office.call("POST", f"/v1/keys/{made['key']['key']}/revoke", key=admin)
    assert withdrawn.json()["revoked_at"] is not None
    assert await seen(office, made["token"]) == 401, "at once in the process that was asked"
    rotated = await office.post(f"/v1/keys/{made['key']['key']}/rotate", {}, key=admin)
    assert rotated.status_code == 404, "what is withdrawn has no successor"


async def test_a_key_reaches_no_further_than_its_maker(office: Office) -> None:
    bound = await office.key("admin", programme="village")
    county = await office.key("admin")
    for body in (
        {"role": "auditor"},
        {"role": "auditor", "node": "nod_1"},
        {"role": "auditor", "programme": "hamlet"},
        {"role": "cashier", "programme": "village", "owner": "out_none"},
    ):
        assert (await office.post("/v1/keys", {"title": "t", **body}, key=bound)).status_code == 404, body
    assert (await office.post("/v1/keys", {"title": "t", "role": "resident"}, key=county)).status_code == 422
    above = (await office.post("/v1/keys", {"title": "t", "role": "auditor"}, key=county)).json()["key"]["key"]
    for path in ("rotate", "revoke"):
        body = {} if path == "rotate" else None
        assert (await office.post(f"/v1/keys/{above}/{path}", body, key=bound)).status_code == 404
    listed = (await office.call("GET", "/v1/keys", key=bound)).json()["keys"]
    assert listed and all(key["programme"] == "village" for key in listed)
