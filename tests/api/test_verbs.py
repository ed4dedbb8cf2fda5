"""Every verb at its own address: tried first and nothing kept, then posted, then the same answer to the same key."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.api.client import Office
from tests.village import DAY, gift, haircut, noticed, receive

TISSUE = {"owner": "hh_1", "outlet": "out_shop", "lines": [{"item": "tissue", "quantity": 2}]}
GOODS = {"outlet": "out_shop", "item": "tissue", "quantity": 1}
PLENTY = {"rule": "plenty", "facts": {"happened_on": DAY.isoformat()}, "recipient": "hh_3"}
SHARES = [{"owner": "hh_1", "weight": 2}, {"owner": "hh_3", "weight": 1}]
NEXT_YEAR = (datetime.now(UTC).date() + timedelta(days=365)).isoformat()

# (address, body, what changes: owner, purse, unit, by how much)
VERBS: list[tuple[str, Any, tuple[str, str, str, int]]] = [
    ("awards", PLENTY, ("hh_3", "main", "points", 100)),
    ("deductions", {"owner": "hh_2", "amount": 30, "shortage": "debt", "note": "n"}, ("hh_2", "debt", "points", -30)),
    ("transfers", {"owner": "hh_1", "to": "hh_3", "amount": 9, "note": "n"}, ("hh_1", "main", "points", -9)),
    ("openings", {"owner": "hh_1", "amount": 70, "expires_on": NEXT_YEAR}, ("hh_1", "main", "points", 70)),
    ("adjustments", {"owner": "hh_1", "amount": -5, "note": "n"}, ("hh_1", "main", "points", -5)),
    ("funds", {"fen": 9_000, "note": "a sponsor"}, ("programme", "fund", "cash", 9_000)),
    ("dividends", {"pool": 100, "unit": "points", "shares": SHARES},
     ("hh_1", "main", "points", 67)),
    ("stock/receipts", GOODS, ("out_shop", "stock", "item:tissue", 1)),
    ("stock/donations", {**GOODS, "award": PLENTY}, ("hh_3", "main", "points", 100)),
    ("stock/counts", {"outlet": "out_shop", "item": "tissue", "counted": 8, "note": "n"},
     ("out_shop", "stock", "item:tissue", -3)),
    ("stock/write-offs", {**GOODS, "note": "wet"}, ("out_shop", "stock", "item:tissue", -1)),
    ("stock/moves", {**GOODS, "to": "out_fair"}, ("out_fair", "stock", "item:tissue", 1)),
    ("stock/returns", GOODS, ("out_shop", "stock", "item:tissue", -1)),
    ("redemptions", TISSUE, ("hh_1", "main", "points", -60)),
]  # fmt: skip


async def test_each_verb_is_tried_posted_and_replayed(office: Office) -> None:
    village = office.village
    await village.post(("earn", gift()), ("goods", receive(9)), ("cut", haircut()))
    key = await office.key("admin")
    for path, body, (owner, purse, unit, by) in VERBS:
        before = await village.total(owner, purse, unit)
        tried = await office.post(f"{path}?dry_run=true", body, key=key, idempotency=f"v-{path}")
        assert (tried.status_code, tried.headers.get("Dry-Run")) == (200, "true"), (path, tried.text)
        assert await village.total(owner, purse, unit) == before, path
        posted = await office.post(path, body, key=key, idempotency=f"v-{path}")
        assert posted.status_code == 201, (path, posted.text)
        assert "Dry-Run" not in posted.headers
        assert await village.total(owner, purse, unit) == before + by, path
        assert tried.json()["kind"] == posted.json()["kind"]
        again = await office.post(path, body, key=key, idempotency=f"v-{path}")
        assert (again.content, again.headers["Idempotency-Replayed"]) == (posted.content, "true"), path
    refused = await office.post("redemptions?dry_run=true", {**TISSUE, "owner": "hh_2"}, key=key)
    assert (refused.status_code, refused.json()["code"]) == (422, "insufficient_points")
    assert "transaction" not in refused.json()


async def test_a_reservation_is_taken_in_part_refunded_or_given_back(office: Office) -> None:
    village = office.village
    await village.post(("earn", gift()), ("goods", receive(9)))
    till = await office.key("cashier", owner="out_shop")
    resident = await office.key("resident", owner="hh_1")
    wanted = {**TISSUE, "until": NEXT_YEAR}
    held = (await office.post("holds", wanted, key=resident)).json()["transaction"]
    assert (await village.total("hh_1"), await village.total("hh_1", "held")) == (40, 60)
    one = {"lines": [{"item": "tissue", "quantity": 1}]}
    tried = await office.post(f"holds/{held}/capture?dry_run=true", one, key=till)
    assert (tried.status_code, await village.total("hh_1", "held")) == (200, 60), tried.text
    taken = await office.post(f"holds/{held}/capture", one, key=till)
    assert (taken.status_code, await village.total("hh_1")) == (201, 70), taken.text
    ended = await office.call("POST", f"holds/{held}/void", key=till, idempotency="late")
    assert (ended.status_code, ended.json()["code"]) == (409, "not_open")
    sale = taken.json()["transaction"]
    back = {"lines": [{"item": "tissue", "quantity": 1, "goods": "write_off"}], "note": "torn"}
    refunded = await office.post(f"redemptions/{sale}/refund", back, key=till)
    assert (refunded.status_code, await village.total("hh_1")) == (201, 100), refunded.text
    assert await village.total("out_shop", "stock", "item:tissue") == 8
    more = await office.post(f"redemptions/{sale}/refund", {}, key=till)
    assert (more.status_code, more.json()["code"]) == (422, "more_than_there_was")
    second = (await office.post("holds", wanted, key=till)).json()["transaction"]
    given = await office.call("POST", f"holds/{second}/void", key=resident, idempotency="no")
    assert (given.status_code, await village.total("hh_1")) == (201, 100), given.text


async def test_nobody_ends_or_refunds_what_is_another_outlets(office: Office) -> None:
    """Nor does a shop that bought at the counter give itself its points back."""
    outcomes = await office.village.post(("earn", gift("hh_2")), ("goods", receive(9)), ("cut", haircut("hh_2")))
    cut = outcomes[2].transaction
    elsewhere = await office.key("cashier", owner="out_fair")
    resident = await office.key("resident", owner="hh_2")
    barber = await office.key("merchant", owner="mer_barber")
    for key, status in ((elsewhere, 404), (resident, 403)):
        answer = await office.post(f"redemptions/{cut}/refund", {}, key=key)
        assert answer.status_code == status, answer.text
    assert (await office.post(f"redemptions/{cut}/refund", {}, key=barber)).status_code == 201
    await office.village.post(("give", gift()))
    operator = await office.key("operator")
    points = {"owner": "hh_1", "to": "mer_barber", "amount": 60, "note": "for hours"}
    assert (await office.post("transfers", points, key=operator)).status_code == 201
    bought = await office.post("redemptions", {**TISSUE, "owner": "mer_barber"}, key=operator)
    assert bought.status_code == 201, bought.text
    own = await office.post(f"redemptions/{bought.json()['transaction']}/refund", {}, key=barber)
    assert (own.status_code, own.json()["code"]) == (404, "not_found")


async def test_a_notice_ends_or_an_objection_is_upheld(office: Office) -> None:
    village = office.village
    first, second = [str(one.transaction) for one in await village.post(("a", noticed()), ("b", noticed("hh_2")))]
    operator, reviewer = await office.key("operator"), await office.key("reviewer")
    early = await office.call("POST", f"awards/{first}/activate", key=operator, idempotency="1")
    assert (early.status_code, early.json()["code"]) == (409, "not_due")
    upheld = await office.post(f"awards/{second}/cancel", {"note": "not there"}, key=reviewer)
    assert (upheld.status_code, await village.total("hh_2", "pending")) == (201, 0), upheld.text
    await village.let_days_pass(8)
    done = await office.call("POST", f"awards/{first}/activate", key=operator, idempotency="2")
    assert (done.status_code, await village.total("hh_1")) == (201, 10), done.text


async def test_a_lost_call_is_undone_or_never_arrives(office: Office) -> None:
    await office.village.post(("earn", gift()), ("goods", receive(9)))
    till = await office.key("cashier", owner="out_shop")
    await office.post("redemptions", TISSUE, key=till, idempotency="lost-1")
    tried = await office.post("reversals?dry_run=true", {"lost_key": "lost-1"}, key=till)
    assert (tried.status_code, await office.village.total("hh_1")) == (200, 40), tried.text
    undone = await office.post("reversals", {"lost_key": "lost-1", "note": "till froze"}, key=till)
    assert (undone.status_code, undone.json()["kind"]) == (201, "reverse"), undone.text
    assert await office.village.total("hh_1") == 100
    never = await office.post("reversals", {"lost_key": "lost-2"}, key=till)
    assert (never.status_code, never.json()["code"]) == (409, "cancelled_before_arrival")
    late = await office.post("redemptions", TISSUE, key=till, idempotency="lost-2")
    assert (late.status_code, late.json()["code"]) == (409, "cancelled_before_arrival")
    assert await office.village.total("hh_1") == 100
    another = await office.key("cashier", owner="out_fair")
    assert (await office.post("reversals", {"lost_key": "lost-1"}, key=another)).status_code == 409


async def test_an_award_of_an_activity_is_tried_first(office: Office) -> None:
    key = await office.key("operator")
    recorded = (await office.post("activities", {**PLENTY, "recipient": "hh_1"}, key=key)).json()["activity"]
    where = f"activities/{recorded}/award"
    tried = await office.call("POST", f"{where}?dry_run=true", key=key, idempotency="t")
    assert (tried.status_code, tried.headers["Dry-Run"]) == (200, "true"), tried.text
    assert (await office.call("GET", f"activities/{recorded}", key=key)).json()["state"] == "recorded"
    assert (await office.call("POST", where, key=key, idempotency="t")).status_code == 201
    assert await office.village.total("hh_1") == 100


async def test_a_large_correction_waits_for_another_persons_own_key(office: Office) -> None:
    village = office.village
    asker, other = await office.key("operator"), await office.key("admin")
    large = {"owner": "hh_1", "amount": 500, "note": "counted twice last year"}
    small = await office.post("adjustments", {**large, "amount": 100}, key=asker)
    assert small.status_code == 201
    first = await office.post("adjustments", large, key=asker, idempotency="large")
    assert (first.status_code, first.json()["state"]) == (202, "waiting"), first.text
    again = await office.post("adjustments", large, key=asker, idempotency="large")
    assert (again.status_code, again.json()) == (202, first.json())
    changed = await office.post("adjustments", {**large, "amount": 900}, key=asker, idempotency="large")
    assert changed.json()["code"] == "idempotency_key_reused"
    assert await village.total("hh_1") == 100
    id = first.json()["adjustment"]
    listed = (await office.call("GET", "adjustments", key=other)).json()["adjustments"]
    assert [one["adjustment"] for one in listed] == [id]

    async def approve(key: str, query: str = "") -> Any:
        return await office.call("POST", f"adjustments/{id}/approve{query}", key=key, idempotency="ok")

    own = await approve(asker)
    assert (own.status_code, own.json()["code"]) == (422, "second_approver_needed")
    assert (await approve(other, "?dry_run=true")).status_code == 200
    assert await village.total("hh_1") == 100
    posted = await approve(other)
    assert posted.status_code == 201, posted.text
    assert posted.json()["about"]["approved_by"] == "admin:test"
    assert ((await approve(other)).content, await village.total("hh_1")) == (posted.content, 600)
    third = await office.key("admin", owner="out_shop")
    assert (await approve(third)).json()["code"] == "not_open"
    shown = (await office.call("GET", f"adjustments/{id}", key=asker)).json()
    assert (shown["state"], shown["decided_by"], shown["transaction"]) == (
        "posted", "admin:test", posted.json()["transaction"],
    )  # fmt: skip
    replayed = await office.post("adjustments", large, key=asker, idempotency="large")
    assert (replayed.status_code, replayed.json()["state"]) == (202, "posted")


async def test_a_declined_correction_is_never_posted(office: Office) -> None:
    asker, other = await office.key("operator"), await office.key("admin")
    taken = {"owner": "hh_1", "amount": -500, "note": "n"}
    id = (await office.post("adjustments", taken, key=asker)).json()["adjustment"]
    short = await office.call("POST", f"adjustments/{id}/approve", key=other, idempotency="1")
    assert (short.status_code, short.json()["code"]) == (422, "insufficient_points")
    declined = await office.call("POST", f"adjustments/{id}/decline", key=asker, idempotency="2")
    assert (declined.status_code, declined.json()["state"]) == (200, "declined")
    late = await office.call("POST", f"adjustments/{id}/approve", key=other, idempotency="3")
    assert (late.status_code, late.json()["numbers"]["decided_by"]) == (409, "operator:test")
    gone = await office.call("POST", "adjustments/adj_404/approve", key=other, idempotency="4")
    assert gone.status_code == 404
    assert (await office.call("GET", "adjustments", key=other)).json()["adjustments"] == []
