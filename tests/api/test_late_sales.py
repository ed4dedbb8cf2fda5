"""Late sales over HTTP: each once whatever comes twice, out of order or at the same moment; forks and gaps are seen."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.api.client import Office
from tests.village import gift, receive

SALES = 200
SHUFFLE = 20260914


async def till(office: Office, *, sale_max: int = 100, day_max: int = 1_000_000) -> tuple[str, str]:
    """A registered device and the key that is bound to it."""
    operator = await office.key("operator")
    body = {"outlet": "out_shop", "label": "till 1", "offline_sale_max": sale_max, "offline_day_max": day_max}
    made = await office.post("terminals", body, key=operator)
    assert made.status_code == 201, made.text
    device = str(made.json()["id"])
    return device, await office.key("cashier", owner="out_shop", principal=device)


def late(sequence: int, owner: str = "hh_1", quantity: int = 1, *, item: str = "soap") -> dict[str, Any]:
    happened = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    return {
        "owner": owner,
        "outlet": "out_shop",
        "lines": [{"item": item, "quantity": quantity}],
        "happened_at": (happened.replace(minute=0, second=0) + timedelta(seconds=sequence)).isoformat(),
        "sequence": sequence,
    }


async def send(office: Office, device: str, key: str, *sales: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = await office.call("POST", f"terminals/{device}/late-sales", key=key, json={"sales": sales, **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_two_hundred_in_random_order_twice_at_once_are_posted_exactly_once(office: Office) -> None:
    device, key = await till(office)
    await office.village.post(("earn", gift()), ("more", gift("hh_2")), ("goods", receive(150, item="soap")))
    draw = random.Random(SHUFFLE)
    sales = [late(number, draw.choice(["hh_1", "hh_2", "hh_404"])) for number in range(1, SALES + 1)]
    twice = [*sales, *sales]
    draw.shuffle(twice)
    parcels = [twice[start : start + 25] for start in range(0, len(twice), 25)]
    told = await asyncio.gather(*(send(office, device, key, *parcel) for parcel in parcels))
    outcomes = [answer for one in told for answer in one["answers"]]
    assert sum(one["outcome"] == "posted" for one in outcomes) == SALES
    assert sum(one["outcome"] == "repeated" for one in outcomes) == SALES
    assert sorted(one["number"] for one in outcomes if one["outcome"] == "posted") == [*range(1, SALES + 1)]
    rows = await office.village.rows(
        "SELECT (about ->> 'sequence')::bigint AS sequence FROM journal WHERE kind = 'late_sale' ORDER BY 1"
    )
    assert [row["sequence"] for row in rows] == [*range(1, SALES + 1)]
    points = sum(5 for _ in sales)
    assert await office.village.total("programme", "redeemed") == points
    assert await office.village.total("programme", "counted", "item:soap") == -(SALES - 150)
    assert await office.village.total("out_shop", "stock", "item:soap") == 0
    standing = (await office.call("GET", f"terminals/{device}/sequences", key=key)).json()
    assert standing == {"received": SALES, "last_sequence": SALES, "missing": 0, "gaps": []}


async def test_gaps_repeats_and_forks_are_told_apart(office: Office) -> None:
    device, key = await till(office)
    await office.village.post(("earn", gift()), ("goods", receive(50, item="soap")))
    first, second = late(1), late(5)
    told = await send(office, device, key, second, first)
    assert [one["outcome"] for one in told["answers"]] == ["posted", "posted"]
    assert told["sequences"] == {"received": 2, "last_sequence": 5, "missing": 3, "gaps": [[2, 4]]}
    again = await send(office, device, key, first, late(5, quantity=2))
    assert [one["outcome"] for one in again["answers"]] == ["repeated", "fork"]
    await send(office, device, key, late(5, quantity=2))
    auditor = await office.key("auditor")
    forks = (await office.call("GET", "late-sales/forks", key=auditor)).json()["forks"]
    assert [(fork["terminal"], fork["sequence"], fork["content"]["lines"][0]["quantity"]) for fork in forks] == [
        (device, 5, 2)
    ]
    assert await office.village.total("out_shop", "stock", "item:soap") == 48


async def test_shortfalls_are_listed_and_bounds_are_kept_until_somebody_accepts(office: Office) -> None:
    device, key = await till(office, sale_max=40, day_max=70)
    await office.village.post(("goods", receive(50, item="tissue")))
    sales = (late(1, item="tissue"), late(2, item="tissue"), late(3, item="tissue"), late(4, quantity=9))
    told = await send(office, device, key, *sales)
    assert [one["outcome"] for one in told["answers"]] == ["posted", "posted", "refused", "refused"]
    assert told["answers"][0]["shortfall"] == 30
    assert told["answers"][2]["code"] == "beyond_bound"
    assert told["answers"][2]["numbers"] == {"bound": "day", "required": 30, "limit": 70, "used": 60}
    assert told["answers"][3]["numbers"]["bound"] == "sale"
    auditor, operator = await office.key("auditor"), await office.key("operator")
    short = (await office.call("GET", "late-sales", key=auditor)).json()["late_sales"]
    assert [(line["sequence"], line["shortfall"]) for line in short] == [(1, 30), (2, 30)]
    refused = (await office.call("GET", "late-sales?which=refused", key=auditor)).json()["late_sales"]
    assert [line["code"] for line in refused] == ["beyond_bound", "beyond_bound"]
    path = f"terminals/{device}/late-sales"
    accepting = {"sales": [sales[2], sales[3]], "accept_beyond_bound": True}
    assert (await office.call("POST", path, key=key, json=accepting)).status_code == 403
    accepted = await asyncio.gather(
        *(send(office, device, operator, *sales[2:], accept_beyond_bound=True) for _ in "ab")
    )
    outcomes = sorted(one["outcome"] for answer in accepted for one in answer["answers"])
    assert outcomes == ["posted", "posted", "repeated", "repeated"]
    fine = {"sales": [sales[0]], "accept_beyond_bound": True}
    answer = await office.call("POST", path, key=operator, json=fine)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_open")


async def test_a_clock_that_runs_ahead_another_till_and_a_blocked_one_are_refused(office: Office) -> None:
    device, key = await till(office)
    _, other = await till(office)
    path = f"terminals/{device}/late-sales"
    ahead = {**late(1), "happened_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}
    assert (await office.call("POST", path, key=key, json={"sales": [ahead]})).json()["code"] == "not_due"
    assert (await office.call("POST", path, key=other, json={"sales": [late(1)]})).status_code == 404
    operator = await office.key("operator")
    assert (await office.call("POST", f"terminals/{device}/disable", key=operator)).json()["state"] == "blocked"
    assert (await office.call("POST", path, key=key, json={"sales": [late(1)]})).json()["code"] == "terminal_blocked"
    assert (await office.call("POST", f"terminals/{device}/enable", key=operator)).json()["state"] == "active"
    assert (await send(office, device, key, late(1)))["answers"][0]["outcome"] == "posted"
