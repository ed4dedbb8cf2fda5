"""People and their roles: nobody gives more than he has, nobody takes over who has more, an auditor changes nothing."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ledger.db.service_role import connect
from ledger.hall.access import TABLE
from tests.api.client import Office, open_office
from tests.api.test_sessions import PASSWORD, add, sign_in, token
from tests.village import Database, open_village


@pytest_asyncio.fixture
async def county(database: Database) -> AsyncIterator[Office]:
    """A county with a town, in it a village; beside the town a hamlet; and a county next door."""
    async with open_village(database) as village, open_village(database, "hamlet"), open_office(village) as office:
        admin = await connect(database.admin_url)
        await admin.execute(
            "INSERT INTO node (id, parent, kind, title_zh, title_en) VALUES"
            " ('nod_town', 'nod_1', 'town', '镇', 'Town'), ('nod_village', 'nod_town', 'village', '村', 'Village'),"
            " ('nod_2', NULL, 'county', '邻县', 'Next county');"
            "UPDATE programme SET node = 'nod_village' WHERE programme = 'village';"
            "UPDATE owner SET area = 'east' WHERE id = 'hh_1'; UPDATE owner SET area = 'west' WHERE id = 'hh_2'"
        )
        await admin.close()
        yield office


async def test_a_role_reaches_its_subtree(county: Office) -> None:
    admin = await county.key("admin")
    for name, node, sees in (
        ("county", "nod_1", (200, 200)), ("town", "nod_town", (200, 404)), ("next", "nod_village", (200, 404)),
    ):  # fmt: skip
        await add(county, admin, name, role="auditor", node=node)
        held = await token(county, name)
        statuses = [
            (await county.call("GET", f"/v1/programmes/{slug}/accounts/hh_1/balances", key=held)).status_code
            for slug in ("village", "hamlet")
        ]
        assert tuple(statuses) == sees, name


def test_an_auditor_writes_nothing() -> None:
    """Which routes take more than reading from an auditor: what computes and keeps nothing, and the own session."""
    writing = {route for (method, route), access in TABLE.items() if method != "GET" and "auditor" in access.all}
    in_programmes = {route.rsplit("/", 1)[1] for route in writing if not route.startswith("/v1/session")}
    assert in_programmes <= {"simulations", "reconciliations"}


async def test_nobody_gives_more_than_he_has(county: Office) -> None:
    town = await county.key("admin", node="nod_town")
    person = await add(county, town, "li", role="operator")

    async def give(status: int, **role: str) -> None:
        answer = await county.post(f"/v1/people/{person}/roles", role, key=town)
        assert answer.status_code == status, (role, answer.text)
        assert status != 422 or answer.json()["code"] == "role_misplaced"

    await give(404, role="auditor", node="nod_1")
    await give(404, role="auditor", node="nod_2")
    await give(404, role="auditor", node="nod_none")
    await give(404, role="operator", programme="hamlet")
    await give(404, role="operator", programme="village", node="nod_town")
    await give(422, role="cashier", programme="village")
    await give(422, role="cashier", programme="village", owner="mer_barber")
    await give(404, role="cashier", programme="village", owner="out_none")
    await give(422, role="operator", area="east")
    await give(422, role="admin", programme="village", area="east")
    await give(422, role="resident", programme="village")
    await give(201, role="cashier", programme="village", owner="out_shop")
    await give(201, role="merchant", programme="village", owner="mer_barber")
    await give(201, role="operator", programme="village", area="east")


async def test_nobody_takes_over_who_reaches_further(county: Office) -> None:
    county_admin, town = await county.key("admin"), await county.key("admin", node="nod_town")
    person = await add(county, town, "zhao", role="operator")
    await county.post(f"/v1/people/{person}/roles", {"role": "auditor", "node": "nod_1"}, key=county_admin)
    for path, body in (("password", {"password": "quite-another-one"}), ("block", None)):
        answer = await county.call("POST", f"/v1/people/{person}/{path}", key=town, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "out_of_reach")
    further = (await county.call("GET", f"/v1/people/{person}", key=town)).json()["roles"][1]["id"]
    assert (await county.call("POST", f"/v1/people/{person}/roles/{further}/end", key=town)).status_code == 403
    assert (await county.call("POST", f"/v1/people/{person}/roles/{further}/end", key=county_admin)).status_code == 200
    reset = await county.call("POST", f"/v1/people/{person}/password", key=town, json={"password": "quite-another-one"})
    assert reset.status_code == 200
    assert (await sign_in(county, "zhao", "quite-another-one")).status_code == 200


async def test_people_are_seen_where_they_are_administered(county: Office) -> None:
    county_admin, town = await county.key("admin"), await county.key("admin", node="nod_town")
    next_door = await county.key("admin", node="nod_2")
    bound = await county.key("admin", programme="hamlet")
    await county.village.rows("UPDATE api_key SET principal = 'admin:bound' WHERE programme = 'hamlet'")
    below, above = await add(county, town, "below"), await add(county, county_admin, "above")
    for key, sees in ((county_admin, {below, above}), (town, {below}), (next_door, set())):
        listed = (await county.call("GET", "/v1/people", key=key)).json()["people"]
        assert {each["person"] for each in listed} == sees
    for key in (next_door, bound):
        assert (await county.call("GET", f"/v1/people/{below}", key=key)).status_code == 404
        assert (await county.call("POST", f"/v1/people/{below}/block", key=key)).status_code == 404
    pages = (await county.call("GET", "/v1/people?limit=1", key=county_admin)).json()
    rest = (await county.call("GET", f"/v1/people?limit=1&cursor={pages['next_cursor']}", key=county_admin)).json()
    assert rest["next_cursor"] is None and rest["people"] != pages["people"]


async def test_a_person_is_added_once(county: Office) -> None:
    admin = await county.key("admin")
    body = {"user_name": "sun", "password": PASSWORD, "name": "孙小明", "role": {"role": "auditor"}}
    first, again = [await county.call("POST", "/v1/people", key=admin, json=body) for _ in range(2)]
    assert (first.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert first.json() == again.json()
    taken = await county.call("POST", "/v1/people", key=admin, json={**body, "password": "some-other-words"})
    assert (taken.status_code, taken.json()["code"]) == (409, "user_name_taken")
    weak = await county.call("POST", "/v1/people", key=admin, json={**body, "user_name": "qian", "password": "12345"})
    assert (weak.status_code, weak.json()["numbers"]["length_min"]) == (422, 10)
    auditor = await county.key("auditor")
    seen = (await county.call("GET", f"/v1/people/{first.json()['person']}", key=auditor)).json()
    assert seen["name"] == "孙*明", "an auditor needs no names"


async def test_a_role_for_an_area_ends_at_its_border(county: Office) -> None:
    admin = await county.key("admin")
    await add(county, admin, "grid", role="operator", programme="village", area="east")
    held = await token(county, "grid")

    numbers = iter(range(100))

    async def status(method: str, path: str, **body: object) -> int:
        answer = await county.call(method, path, key=held, json=body or None, idempotency=f"{next(numbers)}")
        return answer.status_code

    deed = {"rule": "sweep", "facts": {"happened_on": "2026-09-14"}}
    note = {"amount": 1, "note": "n"}
    assert await status("GET", "accounts/hh_1/balances") == 200
    assert await status("GET", "accounts/hh_2/balances") == 404
    assert await status("GET", "accounts/hh_3/balances") == 404, "of no area"
    assert await status("GET", "households/hh_2") == 404
    assert await status("POST", "awards", recipient="hh_1", **deed) == 201
    assert await status("POST", "awards", recipient="hh_2", **deed) == 404
    assert await status("POST", "adjustments", owner="hh_1", **note) == 201
    assert await status("POST", "adjustments", owner="hh_2", **note) == 404
    assert await status("POST", "activities", recipient="hh_1", **deed) == 201
    assert await status("POST", "activities", recipient="hh_2", **deed) == 404
    assert await status("GET", "publications") == 200
    for path in ("trial-balance?first=2026-09-01&last=2026-09-30", "adjustments", "outlets/out_shop/stock", "periods"):
        assert await status("GET", path) == 403, path
    commands = [{"command": {"verb": "adjust", "owner": "hh_2", **note}}]
    assert await status("POST", "commands", commands=commands, atomic=True) == 403


async def test_a_role_for_an_area_awards_what_is_recorded_and_transfers_within_it(county: Office) -> None:
    admin = await county.key("admin")
    await add(county, admin, "grid", role="operator", programme="village", area="east")
    held = await token(county, "grid")

    numbers = iter(range(100))

    async def status(method: str, path: str, **body: object) -> int:
        answer = await county.call(method, path, key=held, json=body or None, idempotency=f"{next(numbers)}")
        return answer.status_code

    note = {"amount": 1, "note": "n"}
    deed = {"rule": "sweep", "recipient": "hh_1", "facts": {"happened_on": "2026-09-14"}}
    assert await status("POST", "awards", **deed) == 201
    assert await status("POST", "activities", **deed) == 201
    neighbour = {"reference": "n", "area": "east"}
    neighbour = (await county.call("POST", "households", key=admin, json=neighbour)).json()["id"]
    assert await status("POST", "transfers", owner="hh_1", to="hh_2", **note) == 404, "out of the area"
    assert await status("POST", "transfers", owner="hh_2", to="hh_1", **note) == 404, "into the area"
    assert await status("POST", "transfers", owner="hh_1", to=neighbour, **note) == 201
    elsewhere = {"rule": "plenty", "recipient": "hh_2", "facts": {"happened_on": "2026-09-14"}}
    there = (await county.call("POST", "activities", key=admin, json=elsewhere, idempotency="x")).json()["activity"]
    listed = (await county.call("GET", "activities", key=held)).json()["activities"]
    assert [one["recipient"] for one in listed] == ["hh_1"]
    assert len((await county.call("GET", "activities", key=admin)).json()["activities"]) == 2
    assert await status("POST", f"activities/{there}/award") == 404
    assert await status("POST", f"activities/{listed[0]['activity']}/award") == 201
    assert await status("POST", f"activities/{listed[0]['activity']}/revoke", note="n") == 201
    assert await status("POST", f"activities/{there}/revoke", note="n") == 404


@pytest.mark.parametrize("role", ["cashier", "merchant"])
async def test_a_cashier_signs_in_for_one_outlet(role: str, county: Office) -> None:
    admin = await county.key("admin")
    owner = {"cashier": "out_shop", "merchant": "mer_barber"}[role]
    await add(county, admin, "teller", role=role, programme="village", owner=owner)
    held = await token(county, "teller")
    own, other = {"cashier": ("out_shop", "out_fair"), "merchant": ("mer_barber", "mer_tea")}[role]
    field, item = {"cashier": ("outlet", "soap"), "merchant": ("merchant", "haircut")}[role]
    for place, status in ((own, 422), (other, 404)):
        sale = {"owner": "hh_1", field: place, "lines": [{"item": item}]}
        assert (await county.post("redemptions", sale, key=held)).status_code == status, "points are missing"
    assert (await county.call("GET", "/v1/programmes", key=held)).json()["programmes"] == ["village"]


async def test_a_withdrawn_role_stops_within_two_seconds(county: Office) -> None:
    admin = await county.key("admin")
    person = await add(county, admin, "wu", role="auditor")
    signed_in = (await sign_in(county, "wu")).json()
    assert (await county.call("GET", "/v1/people", key=signed_in["token"])).status_code == 200
    role = signed_in["roles"][0]["id"]
    assert (await county.call("POST", f"/v1/people/{person}/roles/{role}/end", key=admin)).json()["roles"] == []
    await asyncio.sleep(2)
    assert (await county.call("GET", "/v1/people", key=signed_in["token"])).status_code == 401
