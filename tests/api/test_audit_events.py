"""Who did what: each change and each read about persons is kept once, and only auditors in reach see it."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote

import asyncpg
import httpx
import msgspec
import pytest

from ledger.app import create_app, routes_of
from ledger.db.audit_events import write_events
from ledger.db.journal import show_programmes
from ledger.db.service_role import connect
from ledger.hall.access import TABLE
from ledger.hall.audited import CHANGES_NOTHING, IN_THE_JOURNAL, PERSONAL_READS, SIGN_INS, id_or_nothing
from ledger.hall.refusals_told import ALL_BURST, KEY_BURST, RefusalsTold
from tests.api.client import Office
from tests.api.serving import listening
from tests.api.test_sessions import PASSWORD, add, sign_in
from tests.village import gift, open_village, receive

ROOT = Path(__file__).parent.parent.parent
P = "/v1/programmes/{programme}"
AWARD = {"recipient": "hh_1", "rule": "sweep", "facts": {"happened_on": "2026-09-14"}}


async def events(office: Office, key: str, *, where: str = "audit-events", **asked: Any) -> list[dict[str, Any]]:
    answer = await office.call("GET", where, key=key, params=asked)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["events"])


async def test_each_kind_of_call_is_kept_once(office: Office) -> None:
    operator, cashier = await office.key("operator"), await office.key("cashier", owner="out_shop")
    auditor = await office.key("auditor")
    canary = {"name": "李金丝雀", "phone": "138-1111-2222", "reference": "canary-ref"}
    why = {"Audit-Reason": quote("代为登记")}
    opened = (await office.call("POST", "households", key=operator, json=canary, headers=why)).json()["id"]
    assert (await office.call("GET", f"households/{opened}", key=operator)).status_code == 200
    assert (await office.call("GET", "households/hh_404", key=operator)).status_code == 404
    assert (await office.call("POST", "cards", key=cashier, json={"owner": "hh_1", "carrier": "qr"},
                              idempotency="c")).status_code == 403  # fmt: skip
    await office.post("awards", AWARD, key=operator)
    await office.call("GET", "accounts/hh_1/balances", key=operator)
    kept = await events(office, auditor)
    assert [(one["verb"], one["status"], one["code"], one["about"]) for one in reversed(kept)] == [
        (f"POST {P}/households", 201, None, {}),
        (f"GET {P}/households/{{household}}", 200, None, {"household": opened}),
        (f"GET {P}/households/{{household}}", 404, "not_found", {"household": "hh_404"}),
        (f"POST {P}/cards", 403, "forbidden", {}),
    ]
    assert [one["principal"] for one in reversed(kept)] == ["operator:test"] * 3 + ["cashier:out_shop"]
    assert kept[0]["key"] == f"key_{cashier.split('_')[1]}" and kept[3]["reason"] == "代为登记"
    [stored] = await office.village.rows("SELECT json_agg(e)::text AS all FROM audit_event AS e")
    assert not any(word in stored["all"] for word in (*canary.values(), "127.0.0.1", "代为"))


# What a posting writes; beside these, a call that the journal tells of may change nothing.
LEDGER = {
    "journal", "entry", "balance", "idempotency_key", "outbox", "counter", "open_item", "account", "api_key", "receipt",
    "receipt_series",
}  # fmt: skip
TISSUE = {"owner": "hh_1", "outlet": "out_shop", "lines": [{"item": "tissue"}]}


async def test_what_the_journal_tells_of_has_no_event_and_changes_nothing_else(office: Office) -> None:
    await office.village.post(("earn", gift()), ("earn_too", gift()), ("goods", receive(9)))
    key = await office.key("admin")
    item = {"command": {"verb": "redeem", **TISSUE}, "idempotency_key": "item"}
    before = await fingerprints(office)
    sold = (await office.post("redemptions", TISSUE, key=key)).json()["transaction"]
    await office.post(f"redemptions/{sold}/refund", {}, key=key)
    for end in ("capture", "void"):
        held = (await office.post("holds", {**TISSUE, "until": "2099-01-01"}, key=key)).json()["transaction"]
        assert (await office.post(f"holds/{held}/{end}", {}, key=key)).status_code == 201
    await office.post("awards", AWARD, key=key)
    assert (await office.call("POST", "quotes", key=key, json=TISSUE)).status_code == 200
    listed = await office.call("POST", "commands", key=key, json={"commands": [item]})
    assert listed.json()["posted"] == 1, listed.text
    after = await fingerprints(office)
    assert {table for table, seen in after.items() if seen != before[table]} <= LEDGER
    assert await office.village.rows("SELECT FROM audit_event") == []
    told = await office.village.rows("SELECT count(*) AS n FROM journal WHERE principal = 'admin:test'")
    assert told[0]["n"] == 8 and len(IN_THE_JOURNAL) == 7


async def fingerprints(office: Office) -> dict[str, str]:
    """Of every table."""
    names = await office.village.rows(
        "SELECT c.oid::regclass::text AS name FROM pg_class AS c"
        " WHERE c.relkind = 'r' AND c.relnamespace = 'ledger'::regnamespace"
    )
    found = {}
    for name in (row["name"] for row in names):
        [row] = await office.village.rows(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) AS all FROM {name} t")
        found[name] = row["all"]
    return found


async def test_it_has_an_event_where_that_tells_more(office: Office) -> None:
    """A reason, on every way a call may come; and that it was not allowed."""
    admin, resident = await office.key("admin"), await office.key("resident", owner="hh_1")
    why = {"Audit-Reason": quote("补录")}
    item = {"command": {"verb": "award", **AWARD}, "idempotency_key": "item"}
    assert (await office.post("commands", {"commands": [item]}, key=resident)).status_code == 403
    assert (await office.call("POST", "commands", key=admin, json={"commands": [item]}, headers=why)).status_code == 200
    assert (await office.post("awards", AWARD, key=resident)).status_code == 403
    assert (await office.post("awards", AWARD, key=admin, headers=why)).status_code == 201
    with listening(office.village.database.url) as address:
        async with httpx.AsyncClient(base_url=address) as client:
            here, office.client = office.client, client
            assert (await office.post("awards", AWARD, key=admin, headers=why)).status_code == 201
            refused = await office.post("awards", AWARD, key=admin, headers={"Audit-Reason": "%00"})
            assert refused.status_code == 400
            office.client = here
    kept = await events(office, await office.key("auditor"))
    assert [(one["verb"], one["status"], one["reason"]) for one in reversed(kept)] == [
        (f"POST {P}/commands", 403, None),
        (f"POST {P}/commands", 200, "补录"),
        (f"POST {P}/awards", 403, None),
        (f"POST {P}/awards", 201, "补录"),
        (f"POST {P}/awards", 201, "补录"),
    ]


async def test_auditors_ask_by_who_what_and_when(office: Office) -> None:
    admin, auditor = await office.key("admin"), await office.key("auditor")
    for number in range(5):
        await office.call("GET", f"households/hh_{number}", key=admin)
    await office.call("GET", "households/hh_1", key=auditor)
    assert len(await events(office, auditor, principal="admin:test")) == 5
    assert len(await events(office, auditor, principal="auditor:test", verb=f"GET {P}/households/{{household}}")) == 1
    assert await events(office, auditor, verb=f"GET {P}/members/{{member}}") == []
    assert await events(office, auditor, last="2020-01-01") == await events(office, auditor, first="2199-01-01") == []
    pages, cursor = [], ""
    while cursor is not None:
        page = (await office.call("GET", "audit-events", key=auditor, params={"limit": 4, "cursor": cursor})).json()
        pages.append([one["about"]["household"] for one in page["events"]])
        cursor = page["cursor"]
    assert pages == [["hh_1", "hh_4", "hh_3", "hh_2"], ["hh_1", "hh_0"]]
    for bad in ({"limit": 201}, {"principal": "x\0"}, {"verb": "DROP"}, {"first": "soon"}, {"cursor": "'"}):
        assert (await office.call("GET", "audit-events", key=auditor, params=bad)).status_code == 400, bad


async def test_another_programme_and_another_node_see_nothing_of_it(office: Office) -> None:
    admin = await office.key("admin")
    async with open_village(office.village.database, "hamlet"):
        stranger = await office.key("auditor", programme="hamlet")
        await office.call("GET", "households/hh_1", key=admin)
        assert (await office.call("GET", "audit-events", key=stranger)).status_code == 404
        there = "/v1/programmes/hamlet/audit-events"
        assert await events(office, stranger, where=there) == []
        # Who tries to get into another's programme is told of at home, not there.
        refused = await office.call("GET", "/v1/programmes/hamlet/households/hh_1",
                                    key=await office.key("operator", programme="village"))  # fmt: skip
        assert refused.status_code == 404 and await events(office, stranger, where=there) == []
    home = await events(office, admin, where="/v1/audit-events", principal="operator:test")
    assert [one["about"] for one in home] == [{"household": "hh_1", "programme": "hamlet"}]


async def test_people_keys_and_sign_ins_belong_to_the_node(office: Office) -> None:
    admin = await office.key("admin")
    person = await add(office, admin)
    await office.call("GET", f"/v1/people/{person}", key=admin)
    assert (await sign_in(office, password="wrong")).status_code == 401
    assert (await sign_in(office)).status_code == 200
    made = await office.post("/v1/keys", {"title": "t", "role": "auditor"}, key=admin)
    assert made.status_code == 201, made.text
    kept = await events(office, admin, where="/v1/audit-events")
    assert [(one["principal"], one["verb"], one["status"]) for one in reversed(kept)] == [
        ("admin:test", "POST /v1/people", 201),
        ("admin:test", "GET /v1/people/{person}", 200),
        (person, "POST /v1/sign-in", 200),
        ("admin:test", "POST /v1/keys", 201),
    ]
    rows = await office.village.rows("SELECT count(*) AS n FROM audit_event WHERE status = 401 AND principal IS NULL")
    assert rows[0]["n"] == 1, "of a failed try nobody knows whose it was"
    [stored] = await office.village.rows("SELECT json_agg(e)::text AS all FROM audit_event AS e")
    assert PASSWORD not in stored["all"] and "wang" not in stored["all"]


def test_only_ids_are_kept() -> None:
    told = [id_or_nothing(text) for text in ("hh_1", "王小明", "a b", "pl_" + "0" * 18 + "_" + "a" * 40, "", "x" * 65)]
    assert told == ["hh_1", "?", "?", "?", "?", "?"]


async def test_a_reason_is_one_short_line(office: Office) -> None:
    key = await office.key("auditor")
    for bad in ("x" * 201, "a%0Ab", "%ff", "%00", "%20"):
        answer = await office.call("GET", "households/hh_1", key=key, headers={"Audit-Reason": bad})
        assert (answer.status_code, answer.json()["errors"][0]["header"]) == (400, "Audit-Reason"), bad
    assert await events(office, key) == []


async def test_what_cannot_be_kept_is_not_answered(office: Office) -> None:
    key = await office.key("operator")
    await office.call("GET", "households/hh_1", key=key)
    lock = await connect(office.village.database.admin_url)
    try:
        async with lock.transaction():
            await lock.execute("LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE")
            read, made = await asyncio.gather(
                office.call("GET", "households/hh_1", key=key, headers={"Request-Timeout": "1"}),
                office.call("POST", "members", key=key, json={"reference": "m"}, headers={"Request-Timeout": "1"}),
            )
            assert (read.status_code, read.json().get("name")) == (503, None)
        assert made.status_code == 503
    finally:
        await lock.close()
    assert await office.village.rows("SELECT FROM owner WHERE reference = 'm'") == [], "not even begun"
    again = await office.call("POST", "members", key=key, json={"reference": "m"})
    assert again.status_code == 201 and "Idempotency-Replayed" not in again.headers


# An application whose process ends by force when the handler is done and before anything of the answer goes out.
DIES = """
import asyncio, os, sys
from pathlib import Path
import httpx
from ledger import kept_answers
from ledger.app import create_app
from tests.api.client import running

async def die(*_): os._exit(9)

async def main(url, key, path):
    kept_answers._Answer.take = die
    app = create_app(url, pool_size=4, data_folder=Path("/nowhere"))
    async with running(app) as client:
        await client.post(path, headers={"Authorization": f"Bearer {key}"}, json={"reference": "killed"})

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_call_that_changed_something_has_its_record_also_when_killed(office: Office) -> None:
    """Nobody was answered, and nobody can say afterwards how; that it was begun, by whom and with what, stays."""
    key = await office.key("operator")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DIES, office.village.database.url, key, f"{office.base}/members", cwd=ROOT
    )
    assert await asyncio.wait_for(process.wait(), 60) == 9
    assert len(await office.village.rows("SELECT FROM owner WHERE reference = 'killed'")) == 1
    [one] = await events(office, await office.key("auditor"))
    assert (one["verb"], one["status"], one["principal"]) == (f"POST {P}/members", 102, "operator:test")
    again = await office.call("POST", "members", key=key, json={"reference": "killed"})
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")


async def test_concurrent_calls_share_their_commits(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    async def counted(connection: asyncpg.Connection, written: Sequence[Any]) -> list[str | None]:
        sizes.append(len(written))
        return await write_events(connection, written)

    monkeypatch.setattr("ledger.hall.event_writer.write_events", counted)
    key = await office.key("operator")
    await asyncio.gather(*(office.call("GET", "households/hh_1", key=key) for _ in range(60)))
    assert sum(sizes) == 60 and len(sizes) < 30
    assert len(await events(office, key=await office.key("auditor"), limit=200)) == 60


async def test_a_refusal_of_the_guard_is_told_on_every_way_and_never_without_end(office: Office) -> None:
    resident, auditor = await office.key("resident", owner="hh_1"), await office.key("auditor")
    assert (await office.post("redemptions", TISSUE, key=resident)).status_code == 403
    for _ in range(60):
        assert (await office.call("GET", "accounts/hh_2/balances", key=resident)).status_code == 404
    assert (await office.call("GET", "households/王小明", key=auditor)).status_code == 404
    assert (await office.call("GET", "accounts/hh_1/balances", key="pl_nobody")).status_code == 401
    kept = await events(office, auditor, limit=200)
    # What is no id stops at the door, where nobody is known yet.
    assert {(one["verb"], one["code"], str(one["about"])) for one in kept[:-1]} == {
        (f"GET {P}/accounts/{{owner}}/balances", "not_found", "{'owner': 'hh_2'}")
    }
    assert len(kept) == KEY_BURST
    assert (kept[-1]["verb"], kept[-1]["code"]) == (f"POST {P}/redemptions", "forbidden")
    counted = (await office.call("GET", "/metrics", key=None)).text
    assert 'ledger_audit_left_out_total{why="refusal"}' in counted


def test_what_is_left_out_is_counted_and_told() -> None:
    now = [0.0]
    told = RefusalsTold(lambda: now[0])
    taken = [told.take("a") for _ in range(30)]
    assert taken == [0] * KEY_BURST + [None] * 10
    assert told.take("b") == 0
    now[0] += 60
    assert [told.take("a"), told.take("a"), told.take("b")] == [10, None, 0]
    many = sum(told.take(f"key_{number}") is not None for number in range(5_000))
    assert many == ALL_BURST - KEY_BURST - 3 + 12


async def test_nobody_changes_what_is_kept(office: Office) -> None:
    key = await office.key("auditor")
    await office.call("GET", "households/hh_1", key=key, headers={"Audit-Reason": "asked"})
    for url in (office.village.database.url, office.village.database.admin_url):
        connection = await connect(url)
        for statement in (
            "UPDATE audit_event SET principal = 'x'",
            "DELETE FROM audit_event",
            "TRUNCATE audit_event CASCADE",
            "DELETE FROM audit_reason",
            "TRUNCATE audit_reason",
            "UPDATE audit_reason SET event = 'x'",
            "UPDATE audit_reason SET reason = 'another'",
        ):
            with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.IntegrityConstraintViolationError)):
                async with connection.transaction():
                    await show_programmes(connection, [office.village.slug])
                    await connection.execute(statement)
        await connection.close()
    [one] = await events(office, key)
    assert (one["principal"], one["reason"]) == ("auditor:test", "asked")


async def test_a_reason_can_be_emptied(office: Office) -> None:
    key = await office.key("auditor")
    await office.call("GET", "households/hh_1", key=key, headers={"Audit-Reason": "asked"})
    async with office.village.connection.transaction():
        await show_programmes(office.village.connection, [office.village.slug])
        await office.village.connection.execute("UPDATE audit_reason SET reason = ''")
    assert [one["reason"] for one in await events(office, key)] == [""]


# Fields that are called so and are not about a person, and public walls.
NOT_OF_PERSONS = {
    P, f"{P}/retention", f"{P}/voucher-series", f"{P}/voucher-series/{{series}}", f"{P}/notice", f"{P}/bulletin",
    f"{P}/checkpoints/latest", f"{P}/shifts/{{shift}}", f"{P}/audit-checkpoints/latest", "/v1/audit-checkpoints/latest",
}  # fmt: skip


def test_whatever_answers_with_names_is_a_read_about_persons() -> None:
    assert {("GET", template) for template in PERSONAL_READS} <= set(TABLE)
    assert {("POST", template) for template in SIGN_INS | IN_THE_JOURNAL | CHANGES_NOTHING} <= set(TABLE)
    named = {
        route.template
        for (method, _), route in routes_of(create_app("postgresql://nowhere")).items()
        if method == "GET" and any(_named_fields(route.answer_type, set()))
    }
    assert named - PERSONAL_READS == NOT_OF_PERSONS


def _named_fields(answer_type: Any, seen: set[Any]) -> Iterator[str]:
    if isinstance(answer_type, type) and issubclass(answer_type, msgspec.Struct) and answer_type not in seen:
        seen.add(answer_type)
        for field in msgspec.structs.fields(answer_type):
            if any(word in field.name for word in ("name", "phone", "person", "contact", "note")):
                yield field.name
            yield from _named_fields(field.type, seen)
    for part in get_args(answer_type):
        yield from _named_fields(part, seen)
