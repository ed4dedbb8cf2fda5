"""Cover: goods and money behind the points, and publications that need a second signature."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec

from ledger.core.cap import Budget
from ledger.core.cover import Cover, CoverPolicy, breaks_limit
from ledger.core.item import Catalogue, Price
from ledger.core.period import Span
from tests.api.alliance import set_terms
from tests.api.client import Office
from tests.village import CATALOGUE, TODAY, gift, haircut, receive

HALF = CoverPolicy("1/2")


def as_yaml(document: Any) -> bytes:
    """A JSON document is a YAML document too."""
    return msgspec.json.encode(document)


def priced(points: int, *, later: int = 0) -> Catalogue:
    """The village's catalogue with another price of soap, at once or some days from now."""
    price = Price(label=1, from_=CATALOGUE.items[1].prices[0].from_, points=points)
    if later:
        first = CATALOGUE.items[1].prices[0]
        prices = (first, Price(label=2, from_=TODAY + timedelta(days=later), points=points))
    else:
        prices = (price,)
    soap = msgspec.structs.replace(CATALOGUE.items[1], prices=prices)
    return msgspec.structs.replace(CATALOGUE, items=(CATALOGUE.items[0], soap))


async def publish(office: Office, kind: str, document: Any, key: str) -> Any:
    content = as_yaml(document)
    return await office.call("POST", kind, key=key, content=content, headers={"Content-Type": "application/yaml"})


async def test_what_is_owed_and_what_stands_behind_it(office: Office) -> None:
    budgets = (Budget(Span.MONTH, 500),)
    await set_terms(office.village, cover=HALF, budgets=budgets)
    admin = await office.key("admin")
    empty = (await office.call("GET", "cover", key=admin)).json()
    assert (empty["cover"], empty["least"]) == (None, "1/2")
    await office.village.post(("earn", gift(day=TODAY)), ("cut", haircut()), ("goods", receive(10, item="soap")))
    assert (await office.post("funds", {"fen": 1_000, "note": "a sponsor"}, key=admin)).status_code == 201
    found = (await office.call("GET", "cover", key=admin)).json()
    told = {name: found[name] for name in ("outstanding", "claims", "stock", "fund", "fund_fen", "cover")}
    assert told == {"outstanding": 80, "claims": 20, "stock": 50, "fund": 30, "fund_fen": 1_000, "cover": "4/5"}
    assert found["budgets"] == [{"category": None, "period": f"{TODAY:%Y-%m}", "limit": 500, "used": 100}]
    assert (await office.post("funds", {"fen": -1_500, "note": "back"}, key=admin)).status_code == 201
    assert (await office.call("GET", "cover", key=admin)).json()["fund"] == -15


async def test_a_price_list_that_leaves_too_little_needs_a_second_signature(office: Office) -> None:
    await set_terms(office.village, cover=HALF)
    await office.village.post(("earn", gift()), ("goods", receive(12, item="soap")))
    one, other = await office.key("admin"), await office.key("admin", principal="admin:other")
    better = await publish(office, "catalogues", priced(6), one)
    assert better.status_code == 201, better.text
    asked = await asyncio.gather(*(publish(office, "catalogues", priced(4), one) for _ in range(3)))
    assert {answer.status_code for answer in asked} == {202}
    assert len({answer.json()["publication"] for answer in asked}) == 1
    numbers = asked[0].json()["numbers"]
    assert numbers == {
        "cover_before": "18/25", "cover_after": "12/25", "least": "1/2", "outstanding": 100, "claims": 0, "promised": 0,
        "stock": 48, "fund": 0,
    }  # fmt: skip
    soap = msgspec.structs.replace(priced(4).items[1], donation=f"don_{1:018d}")
    of_nobody = msgspec.structs.replace(CATALOGUE, items=(CATALOGUE.items[0], soap))
    refused = await publish(office, "catalogues", of_nobody, one)
    assert refused.json()["code"] == "donation_unknown", "nobody is asked to sign what could not be published"
    waiting = (await office.call("GET", "asked-publications", key=one)).json()["publications"]
    assert len(waiting) == 1
    id = waiting[0]["publication"]
    own = await office.call("POST", f"asked-publications/{id}/approve", key=one)
    assert (own.status_code, own.json()["code"]) == (422, "second_approver_needed")
    prices = (await office.call("GET", "prices", key=None)).json()["prices"]
    assert {row["item"]: row["points"] for row in prices}["soap"] == 6
    for _ in range(2):
        signed = await office.call("POST", f"asked-publications/{id}/approve", key=other)
        assert (signed.status_code, signed.json()["state"]) == (200, "published"), signed.text
    prices = (await office.call("GET", "prices", key=None)).json()["prices"]
    assert {row["item"]: row["points"] for row in prices}["soap"] == 4
    declined = await office.call("POST", f"asked-publications/{id}/decline", key=other)
    assert (declined.status_code, declined.json()["code"]) == (409, "wrong_step")
    # What is below the limit already may be bettered by one person, and the same again changes nothing.
    assert (await publish(office, "catalogues", priced(4), one)).status_code == 201
    assert (await publish(office, "catalogues", priced(5), one)).status_code == 201


async def test_a_lower_price_of_a_later_day_counts_too(office: Office) -> None:
    await set_terms(office.village, cover=HALF)
    await office.village.post(("earn", gift()), ("goods", receive(12, item="soap")))
    key = await office.key("admin")
    asked = await publish(office, "catalogues", priced(4, later=20), key)
    assert (asked.status_code, asked.json()["numbers"]["stock"]) == (202, 48), asked.text
    id = asked.json()["publication"]
    for _ in range(2):
        declined = await office.call("POST", f"asked-publications/{id}/decline", key=key)
        assert declined.json()["state"] == "declined"
    again = await publish(office, "catalogues", priced(4, later=20), key)
    assert again.json()["publication"] != id, "what was declined may be asked for anew"


def test_only_what_leaves_less_than_the_least_and_less_than_before_breaks_the_limit() -> None:
    full, half, less = (Cover(100, 0, stock, 0, 0) for stock in (100, 50, 49))
    assert breaks_limit(HALF, full, less)
    assert not breaks_limit(HALF, full, half)
    assert not breaks_limit(HALF, less, less)
    assert not breaks_limit(None, full, less)
    assert not breaks_limit(HALF, full, Cover(0, 0, 0, 0, 0)), "nothing is owed"
    assert breaks_limit(HALF, Cover(0, 0, 0, 0, 0), less)
    assert breaks_limit(HALF, full, Cover(100, 0, 100, 0, 0, promised=101))
