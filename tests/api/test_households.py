"""Households merge, divide and lose members by transactions with history; nothing is lost and nothing is had twice."""

import asyncio
from datetime import timedelta
from typing import Any

from ledger.actions.check import check_ledger
from ledger.core.command import Deduct, Open
from ledger.db.service_role import connect
from tests.api.client import Office
from tests.api.test_cards import issued, present
from tests.village import TODAY, gift, noticed, receive, sweep

MERGE = {"into": "hh_2", "note": "结婚"}


async def member(office: Office, key: str, reference: str, household: str = "hh_1") -> str:
    body = {"reference": reference, "household": household, "role": "spouse", "name": "李小明"}
    answer = await office.call("POST", "members", key=key, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def broken(office: Office) -> list[tuple[str, tuple[str, ...]]]:
    connection = await connect(office.village.database.admin_url)
    found = [(line.line, tuple(line.examples)) for line in await check_ledger(connection) if line.broken]
    await connection.close()
    return found


async def counters(office: Office, subject: str) -> dict[str, int]:
    rows = await office.village.rows("SELECT counter, used FROM counter WHERE subject = $1 AND used > 0", subject)
    return {row["counter"]: row["used"] for row in rows}


async def test_a_merge_moves_points_with_their_days_debts_limits_members_and_ends_cards(office: Office) -> None:
    village, key = office.village, await office.key("operator")
    soon = TODAY + timedelta(days=30)
    person, card = await member(office, key, "m1"), await issued(office, key)
    await village.post(
        ("soon", Open("hh_1", 50, expires_on=soon)), ("later", gift()), ("a", sweep()), ("b", sweep()),
        ("c", sweep("hh_2")), ("d", sweep("hh_2")), ("e", sweep("hh_2")), ("owes", Deduct("hh_2", 20, "debt", "x")),
    )  # fmt: skip
    answers = await asyncio.gather(
        *(office.post("households/hh_1/merge", MERGE, key=key, idempotency="m") for _ in range(3))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    receipt = answers[0].json()
    assert receipt["about"] == {"owner": "hh_1", "note": "结婚", "to": "hh_2"}
    moved = [entry["expires_on"] for entry in receipt["entries"] if entry["owner"] == "hh_2" and entry["amount"] > 0]
    assert soon.isoformat() in moved
    # 15 of its own were less than the 20 it owed.
    assert (await village.total("hh_1"), await village.total("hh_2"), await village.total("hh_2", "debt")) == (
        0,
        155,
        0,
    )
    assert await counters(office, "hh_1") == {}
    assert 5 in (await counters(office, "hh_2")).values()
    shown = (await office.call("GET", "households/hh_1", key=key)).json()
    assert (shown["merged_into"], shown["honours"]) == ("hh_2", [])
    assert (await office.call("GET", f"members/{person}", key=key)).json()["household"] == "hh_2"
    assert (await present(office, key, code=card["code"]))[1]["code"] == "card_blocked"
    [change] = (await office.call("GET", "households/hh_2/changes", key=key)).json()["changes"]
    assert (change["kind"], change["household"], change["members"]) == ("merge", "hh_1", [person])
    assert change["transaction"] == receipt["transaction"]
    # The limit of four a month is used five times by both together: no promise is broken.
    assert await broken(office) == []


async def test_a_merged_household_takes_nothing_and_its_limits_hold_in_the_other(office: Office) -> None:
    village, key = office.village, await office.key("operator")
    await village.post(*((f"k{n}", sweep(owner)) for n, owner in enumerate(("hh_1", "hh_1", "hh_2", "hh_2", "hh_2"))))
    assert (await office.post("households/hh_1/merge", MERGE, key=key)).status_code == 201
    for path, body in (
        ("awards", {"rule": "plenty", "recipient": "hh_1", "facts": {"happened_on": "2026-09-14"}}),
        ("households/hh_1/merge", {"into": "hh_3", "note": "again"}),
        ("households/hh_3/merge", {"into": "hh_1", "note": "into nothing"}),
    ):
        refused = await office.post(path, body, key=key)
        assert (refused.status_code, refused.json()["code"]) == (409, "account_closed"), path
    more = await office.post(
        "awards", {"rule": "sweep", "recipient": "hh_2", "facts": {"happened_on": "2026-09-15"}}, key=key
    )
    assert more.json()["code"] == "limit_reached"
    assert await broken(office) == []


async def test_a_sale_at_the_same_time_is_before_the_merge_or_refused(office: Office) -> None:
    village, key = office.village, await office.key("operator")
    await village.post(("points", gift()), ("goods", receive(50)), ("soap", receive(50, item="soap")))

    async def sell(number: int) -> Any:
        sale = {"owner": "hh_1", "outlet": "out_shop", "lines": [{"item": "soap"}]}
        return await office.post("redemptions", sale, key=key, idempotency=f"s{number}")

    async def earn(number: int) -> Any:
        deed = {"rule": "sweep", "recipient": "hh_1", "facts": {"happened_on": "2026-09-14"}}
        return await office.post("awards", deed, key=key, idempotency=f"e{number}")

    merging = asyncio.create_task(office.post("households/hh_1/merge", MERGE, key=key))
    answers = await asyncio.gather(*(sell(n) for n in range(8)), *(earn(n) for n in range(4)))
    assert (await merging).status_code == 201
    assert all(a.status_code == 201 or a.json()["code"] in ("account_closed", "insufficient_points") for a in answers)
    sold = sum(answer.status_code == 201 for answer in answers[:8])
    earned = sum(answer.status_code == 201 for answer in answers[8:])
    assert (await village.total("hh_1"), await village.total("hh_2")) == (0, 100 - 5 * sold + 5 * earned)
    assert await broken(office) == []


async def test_what_has_not_ended_keeps_a_household_from_merging(office: Office) -> None:
    village, key = office.village, await office.key("operator")
    await village.post(("notice", noticed()))
    refused = await office.post("households/hh_1/merge", MERGE, key=key)
    assert (refused.status_code, refused.json()["code"]) == (409, "still_open")
    assert refused.json()["numbers"] == {"owner": "hh_1", "pending": 10, "held": 0}
    assert (await office.call("GET", "households/hh_1", key=key)).json()["merged_into"] is None
    missing = await office.post("households/hh_1/merge", {"into": "hh_404", "note": "x"}, key=key)
    assert missing.status_code == 404
    same = await office.post("households/hh_1/merge", {"into": "hh_1", "note": "x"}, key=key)
    assert same.json()["code"] == "nothing_to_post"


async def test_a_division_takes_a_share_copies_limits_and_opens_nothing_when_refused(office: Office) -> None:
    village, key = office.village, await office.key("operator")
    stays, leaves = await member(office, key, "m1"), await member(office, key, "m2")
    card = await issued(office, key, member=leaves)
    kept = await issued(office, key, member=stays)
    await village.post(("points", gift()), *((f"w{n}", sweep()) for n in range(4)))
    body = {"members": [leaves], "note": "分家", "amounts": {"points": 500}, "reference": "3-12"}
    refused = await office.post("households/hh_1/divide", body, key=key)
    assert refused.json()["code"] == "insufficient_points"
    assert await village.rows("SELECT id FROM owner WHERE reference = '3-12'") == []
    stranger = await office.post("households/hh_1/divide", {**body, "members": ["mbr_9"]}, key=key)
    assert (stranger.status_code, stranger.json()["code"]) == (422, "not_a_member")
    body = {**body, "amounts": {"points": 40}}
    answers = await asyncio.gather(
        *(office.post("households/hh_1/divide", body, key=key, idempotency="d") for _ in range(3))
    )
    assert {answer.status_code for answer in answers} == {201} and len({answer.content for answer in answers}) == 1
    other = await office.post("households/hh_1/divide", {**body, "members": [stays]}, key=key, idempotency="d")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    new = answers[0].json()["about"]["to"]
    assert (await village.total("hh_1"), await village.total(new)) == (80, 40)
    people = (await office.call("GET", f"households/{new}/members", key=key)).json()["members"]
    assert [(one["member"], one["name"], one["traits"]) for one in people] == [(leaves, "李小明", {"role": "spouse"})]
    assert await counters(office, new) == await counters(office, "hh_1") != {}
    twice = await office.post(
        "awards", {"rule": "sweep", "recipient": new, "facts": {"happened_on": "2026-09-15"}}, key=key
    )
    assert twice.json()["code"] == "limit_reached"
    assert (await present(office, key, code=card["code"]))[1]["code"] == "card_blocked"
    assert (await present(office, key, code=kept["code"]))[0] == 200
    assert await broken(office) == []


async def test_a_member_moves_out_and_in_and_it_is_remembered(office: Office) -> None:
    key = await office.key("operator")
    person = await member(office, key, "m1")
    card = await issued(office, key, member=person)
    path = f"members/{person}/move"
    first = await office.post(path, {"household": "hh_2"}, key=key, idempotency="move")
    again = await office.post(path, {"household": "hh_2"}, key=key, idempotency="move")
    assert (first.status_code, again.content) == (201, first.content)
    assert (await present(office, key, code=card["code"]))[1]["code"] == "card_blocked"
    other = await office.post(path, {"household": None}, key=key, idempotency="move")
    assert other.json()["code"] == "idempotency_key_reused"
    assert (await office.post(path, {"household": None}, key=key)).status_code == 201
    assert (await office.post(path, {"household": "hh_404"}, key=key)).status_code == 404
    told = (await office.call("GET", "households/hh_2/changes", key=key)).json()["changes"]
    assert [(one["household"], one["other"]) for one in told] == [("hh_1", "hh_2"), ("hh_2", None)]
