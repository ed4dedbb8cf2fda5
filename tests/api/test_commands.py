"""Lists of commands: each on its own and in order, or all or nothing; who may post what; what is not known in time."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from ledger.db.service_role import connect
from ledger.hall.access import COMMANDS
from tests.api.client import Office
from tests.village import DAY, gift, receive

HAPPENED = {"happened_on": DAY.isoformat()}
PLENTY = {"verb": "award", "rule": "plenty", "recipient": "hh_1", "facts": HAPPENED}
SWEEP = {"verb": "award", "rule": "sweep", "recipient": "hh_2", "facts": HAPPENED}
TISSUE = {"verb": "redeem", "owner": "hh_1", "outlet": "out_shop", "lines": [{"item": "tissue"}]}
ENGLISH = {"Accept-Language": "en"}


def listed(*commands: dict[str, Any], **more: Any) -> dict[str, Any]:
    items = [{"idempotency_key": f"item-{number}", "command": command} for number, command in enumerate(commands)]
    return {"commands": items, **more}


def together(*commands: dict[str, Any]) -> dict[str, Any]:
    return {"atomic": True, "commands": [{"command": command} for command in commands]}


async def send(office: Office, body: Any, *, key: str, idempotency: str | None = None, query: str = "", **more: Any):
    return await office.call("POST", f"commands{query}", key=key, json=body, idempotency=idempotency, **more)


async def test_each_is_answered_in_its_place_and_harms_no_other(office: Office) -> None:
    await office.village.post(("goods", receive(2)))
    key = await office.key("operator")
    dear = {**TISSUE, "lines": [{"item": "tissue", "quantity": 3}]}
    body = listed(PLENTY, dear, TISSUE, {**PLENTY, "recipient": "hh_404"}, SWEEP)
    first = await send(office, body, key=key)
    assert first.status_code == 200, first.text
    answers = first.json()["answers"]
    assert [answer.get("code") for answer in answers] == [None, "out_of_stock", None, "not_found", None]
    assert [answer["idempotency_key"] for answer in answers] == [f"item-{number}" for number in range(5)]
    assert [answer["receipt"]["kind"] for answer in answers if "receipt" in answer] == ["award", "redeem", "award"]
    assert answers[1]["numbers"] == {"item": "tissue", "required": 3, "left": 2}
    assert [first.json()[count] for count in ("posted", "refused", "unknown")] == [3, 2, 0]
    again = (await send(office, body, key=key)).json()
    assert all(answer["is_replayed"] for answer in again["answers"])
    assert [answer.get("receipt") for answer in again["answers"]] == [answer.get("receipt") for answer in answers]
    assert await office.village.total("hh_1") == 70


async def test_a_key_means_the_same_in_a_list_and_at_its_own_address(office: Office) -> None:
    key = await office.key("operator")
    await send(office, listed(PLENTY), key=key)
    deed = {name: value for name, value in PLENTY.items() if name != "verb"}
    single = await office.post("awards", deed, key=key, idempotency="item-0")
    assert (single.status_code, single.headers["Idempotency-Replayed"]) == (201, "true")
    other = await send(office, listed(SWEEP), key=key)
    assert other.json()["answers"][0]["code"] == "idempotency_key_reused"


async def test_all_or_nothing(office: Office) -> None:
    await office.village.post(("goods", receive(1)))
    key = await office.key("operator")
    good, bad = together(PLENTY, TISSUE, SWEEP), together(SWEEP, TISSUE, PLENTY)
    refused = await send(office, bad, key=key, idempotency="bad", headers=ENGLISH)
    assert (refused.status_code, refused.json()["code"]) == (422, "insufficient_points")
    assert refused.json()["numbers"]["item"] == 1
    posted = await send(office, good, key=key, idempotency="good")
    assert posted.status_code == 200, posted.text
    receipts = posted.json()["receipts"]
    assert [receipt["kind"] for receipt in receipts] == ["award", "redeem", "award"]
    assert posted.json()["transaction"] == receipts[0]["transaction"]
    again = await send(office, good, key=key, idempotency="good")
    assert (again.content, again.headers["Idempotency-Replayed"]) == (posted.content, "true")
    assert (await office.village.total("hh_1"), await office.village.total("hh_2")) == (70, 5)


async def test_a_trial_keeps_nothing_and_sees_what_came_before_in_the_list(office: Office) -> None:
    await office.village.post(("goods", receive(1)))
    key = await office.key("operator")
    tried = await send(office, listed(PLENTY, TISSUE, TISSUE), key=key, query="?dry_run=true")
    assert tried.headers["Dry-Run"] == "true"
    assert [answer.get("code") for answer in tried.json()["answers"]] == [None, None, "out_of_stock"]
    whole = await send(office, together(PLENTY, TISSUE), key=key, idempotency="t", query="?dry_run=true")
    assert (whole.status_code, len(whole.json()["receipts"])) == (200, 2)
    assert await office.village.rows("SELECT FROM idempotency_key WHERE principal = 'operator:test'") == []
    assert await office.village.total("hh_1") == 0
    many = await send(office, listed(*[PLENTY] * 501), key=key, query="?dry_run=true")
    assert (many.status_code, many.json()["code"]) == (400, "malformed")


async def test_a_paper_backlog_is_booked_to_its_days_as_one_batch(office: Office) -> None:
    key = await office.key("admin")
    day = (datetime.now(UTC).date() - timedelta(days=40)).isoformat()
    body = listed(PLENTY, SWEEP, batch="paper-2026")
    for item in body["commands"]:
        item["effective_on"] = day
    answers = (await send(office, body, key=key)).json()["answers"]
    assert {answer["receipt"]["effective_on"] for answer in answers} == {day}
    undone = await office.post("batch-reversals", {"batch": "paper-2026"}, key=key)
    assert undone.json()["posted"] == 2, undone.text
    assert await office.village.total("hh_1") == 0


# (body, key in the header, where it is wrong)
MALFORMED: list[tuple[Any, str | None, str]] = [
    ({"commands": []}, None, "/commands"),
    (listed(*[PLENTY] * 10_001), None, "/commands"),
    ({"commands": [{"command": PLENTY}]}, None, ""),
    (listed(PLENTY), "also", "Idempotency-Key"),
    (together(*[PLENTY] * 501), "many", ""),
    ({**listed(PLENTY), "atomic": True}, "both", ""),
    ({**together(PLENTY), "commands": [{"command": PLENTY}, {"command": PLENTY, "effective_on": "2026-01-01"}]},
     "x", ""),
    (listed({"verb": "steal"}), None, "/commands/0/command/verb"),
    (listed({"verb": "bonus", "owner": "hh_1", "amount": 5}), None, "/commands/0/command/verb"),
    (listed({"verb": "rerate"}), None, "/commands/0/command/verb"),
    (listed({"verb": "cancel"}), None, "/commands/0/command/verb"),
    (listed({"verb": "group", "commands": [PLENTY]}), None, "/commands/0/command/verb"),
    (listed({"rule": "plenty"}), None, "/commands/0/command/verb"),
    (listed(PLENTY, {**PLENTY, "activity": "act_000000000000000001"}), None, "/commands/1/command/activity"),
    (listed({**PLENTY, "facts": {**HAPPENED, "household": {"class": "poor"}}}), None,
     "/commands/0/command/facts/household"),
    (listed({**TISSUE, "household_class": "poor"}), None, "/commands/0/command/household_class"),
    (listed({"verb": "adjust", "owner": "hh_1", "amount": 900, "note": "n", "approved_by": "boss"}), None,
     "/commands/0/command/approved_by"),
    ({"commands": [{"idempotency_key": "a\n", "command": PLENTY}]}, None, "/commands/0/idempotency_key"),
    (listed(PLENTY, batch="rank:best"), None, "/batch"),
]  # fmt: skip


async def test_what_cannot_be_meant_is_pointed_at(office: Office) -> None:
    key = await office.key("admin")
    for body, idempotency, where in MALFORMED:
        answer = await send(office, body, key=key, idempotency=idempotency)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed"), answer.text
        error = answer.json()["errors"][0]
        assert error.get("pointer", error.get("header")) == where, answer.text
    assert await office.village.rows("SELECT FROM idempotency_key") == []


async def test_a_list_is_bounded_in_bytes_and_wants_its_key(office: Office) -> None:
    key = await office.key("admin")
    big = b'{"commands": "' + b"x" * (8 * 1024 * 1024) + b'"}'
    headers = {"Content-Type": "application/json"}
    answer = await office.call("POST", "commands", key=key, content=big, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    whole = await send(office, together(PLENTY), key=key)
    assert (whole.status_code, whole.json()["code"]) == (400, "idempotency_key_missing")


async def test_a_till_posts_sales_of_its_own_outlet_only(office: Office) -> None:
    outcomes = await office.village.post(
        ("earn", gift()), ("goods", receive(9)), ("soap", receive(9, outlet="out_fair"))
    )
    assert all(outcome.receipt for outcome in outcomes)
    key = await office.key("cashier", owner="out_shop")
    sold = (await send(office, listed(TISSUE), key=key)).json()["answers"][0]["receipt"]["transaction"]
    fine = {"verb": "refund", "transaction": sold}
    done = await send(office, listed(fine, TISSUE, TISSUE), key=key)
    # The keys item-0 and item-2 are used and new in turn; the first was the sale's.
    assert [answer.get("code") for answer in done.json()["answers"]] == ["idempotency_key_reused", None, None]
    elsewhere = {**TISSUE, "outlet": "out_fair"}
    other = str(outcomes[0].transaction)
    for command, status, code in (
        (PLENTY, 403, "forbidden"),
        ({"verb": "adjust", "owner": "hh_1", "amount": 5, "note": "n"}, 403, "forbidden"),
        (elsewhere, 404, "not_found"),
        ({"verb": "refund", "transaction": other}, 404, "not_found"),
        ({"verb": "void", "transaction": "txn_000000000000000404"}, 404, "not_found"),
    ):
        for body, idempotency in ((listed(TISSUE, command), None), (together(TISSUE, command), "whole")):
            answer = await send(office, body, key=key, idempotency=idempotency, headers=ENGLISH)
            assert (answer.status_code, answer.json()["code"]) == (status, code), (command, answer.text)
            if status == 403:
                assert answer.json()["numbers"]["verb"] == command["verb"]
                assert command["verb"] in answer.json()["detail"]
    backdated = listed(TISSUE)
    backdated["commands"][0]["effective_on"] = "2026-01-01"
    assert (await send(office, backdated, key=key)).status_code == 403


async def test_an_operator_posts_no_verb_of_the_administrators(office: Office) -> None:
    operator, admin = await office.key("operator"), await office.key("admin")
    opening = {"verb": "open", "owner": "hh_1", "amount": 7}
    assert (await send(office, listed(opening), key=operator)).status_code == 403
    assert (await send(office, listed(opening), key=admin)).json()["posted"] == 1
    assert {verb for verb, access in COMMANDS.items() if "operator" not in access.all} == {
        "open", "expire", "reset", "split", "fund",
    }  # fmt: skip


async def test_what_is_not_known_at_the_deadline_is_said_and_found_out_later(office: Office) -> None:
    key = await office.key("operator")
    body = listed(*[PLENTY] * 300)
    await send(office, {"commands": [{"idempotency_key": "warm", "command": PLENTY}]}, key=key)
    admin = await connect(office.village.database.admin_url)
    async with admin.transaction():
        await admin.execute("LOCK TABLE entry IN ACCESS EXCLUSIVE MODE")
        answer = await send(office, body, key=key, headers={"Request-Timeout": "0.5"})
    await admin.close()
    assert answer.status_code == 200
    assert answer.json()["unknown"] == 300
    assert {one["code"] for one in answer.json()["answers"]} == {"outcome_unknown"}
    later = (await send(office, body, key=key)).json()
    assert (later["posted"], later["unknown"]) == (300, 0)
    assert await office.village.total("hh_1") == 30_100


async def test_more_than_can_wait_is_turned_away_at_once(office: Office) -> None:
    key = await office.key("operator")
    body = listed(*[PLENTY] * 10_000)
    await send(office, {"commands": [{"idempotency_key": "warm", "command": PLENTY}]}, key=key)
    admin = await connect(office.village.database.admin_url)
    async with admin.transaction():
        await admin.execute("LOCK TABLE entry IN ACCESS EXCLUSIVE MODE")
        soon = {"Request-Timeout": "6"}
        waiting = [asyncio.create_task(send(office, body, key=key, headers=soon)) for _ in range(2)]
        async with asyncio.timeout(20):
            while office.app.desk.lanes.waiting_in_bulk < 15_000:  # noqa: ASYNC110 - both lists have been read
                await asyncio.sleep(0.02)
        third = await send(office, body, key=key, headers={**soon, **ENGLISH})
        held = [await one for one in waiting]
    await admin.close()
    assert (third.status_code, third.json()["code"]) == (503, "overloaded")
    assert third.headers["Retry-After"] == "1"
    assert "under the same idempotency key" in third.json()["detail"]
    assert {one.json().get("code", one.json().get("unknown")) for one in held} <= {10_000, "outcome_unknown"}
