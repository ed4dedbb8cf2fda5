"""How often somebody may come: refused in words with the time to wait, let in again after it, nobody for another."""

import pytest

from ledger.hall.fault import Faulty
from ledger.hall.rates import Rate
from tests.api.client import Office
from tests.api.test_card_sales import counter, soap
from tests.api.test_cards import issued


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def taken(rate: Rate, name: str, times: int) -> int:
    got = 0
    for _ in range(times):
        try:
            rate.take(name)
            got += 1
        except Faulty:
            pass
    return got


def test_a_bucket_holds_its_burst_and_fills_again_at_its_rate() -> None:
    clock = Clock()
    rate = Rate(2, 6, clock=clock)
    assert taken(rate, "one", 10) == 6
    assert taken(rate, "other", 1) == 1, "nobody is refused for another"
    with pytest.raises(Faulty) as refused:
        rate.take("one")
    assert refused.value.retry_after_seconds == 1
    clock.now += 0.5
    assert taken(rate, "one", 10) == 1
    clock.now += 1.5
    assert taken(rate, "one", 10) == 3
    clock.now += 1_000
    assert taken(rate, "one", 10) == 6, "not more than the burst, however long nobody came"


def test_a_crowd_of_names_does_not_grow_the_memory() -> None:
    clock = Clock()
    rate = Rate(1, 2, entries_max=100, clock=clock)
    largest = 0
    for number in range(5_000):
        rate.take(f"name {number}")
        largest = max(largest, len(rate))
    assert largest <= 100
    clock.now += 10
    rate.take("after them")
    for number in range(100):
        rate.take(f"later {number}")
    assert len(rate) <= 100


async def test_a_key_that_comes_too_often_is_refused_for_a_while_and_no_other(office: Office) -> None:
    clock = Clock()
    office.app.desk.rates.keys = Rate(2, 3, clock=clock)
    one, other = await office.key("admin"), await office.key("auditor")

    async def statuses(key: str, path: str) -> list[int]:
        return [(await office.call("GET", path, key=key)).status_code for _ in range(5)]

    for path in ("accounts/hh_1/balances", "/v1/keys"):  # the short way and the ordinary one
        assert 429 in await statuses(one, path)
    refused = await office.call("GET", "accounts/hh_1/balances", key=one, headers={"Accept-Language": "en"})
    chinese = await office.call("GET", "accounts/hh_1/balances", key=one, headers={"Accept-Language": "zh"})
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert int(refused.headers["Retry-After"]) >= 1
    assert refused.json()["detail"] != chinese.json()["detail"]
    assert (await office.call("GET", "accounts/hh_1/balances", key=other)).status_code == 200
    clock.now += int(refused.headers["Retry-After"])
    assert (await office.call("GET", "accounts/hh_1/balances", key=one)).status_code == 200


async def test_who_shows_no_key_is_counted_by_address(office: Office) -> None:
    office.app.desk.rates.addresses = Rate(1, 4, clock=Clock())
    tried = [await office.call("GET", "/v1/keys", key=f"pl_{n:018d}_{'a' * 40}") for n in range(6)]
    assert [answer.status_code for answer in tried] == [401] * 4 + [429] * 2
    body = {"user_name": "nobody", "password": "guess"}
    signing_in = await office.call("POST", "/v1/sign-in", key=None, json=body)
    assert signing_in.status_code == 429 and "Retry-After" in signing_in.headers
    key = await office.key("admin")
    assert (await office.call("GET", "/v1/keys", key=key)).status_code == 200, "a key of one's own goes on"


async def test_whoever_looks_after_the_machine_is_never_refused(office: Office) -> None:
    office.app.desk.rates.addresses = Rate(1, 1)
    for _ in range(3):
        assert (await office.call("GET", "/health/live", key=None)).status_code == 200


async def test_a_card_is_not_spent_from_in_a_rush_and_a_retry_is_no_spend(office: Office) -> None:
    till, worker = await counter(office)
    cards = [await issued(office, worker), await issued(office, worker)]
    office.app.desk.rates.cards = Rate(1 / 60, 1)

    async def sell(card: dict[str, str], key: str) -> int:
        body = soap(1, card={"code": card["code"]})
        return (await office.post("redemptions", body, key=till, idempotency=key)).status_code

    assert [await sell(cards[0], key) for key in ("a", "b", "a")] == [201, 429, 201]
    assert await sell(cards[1], "c") == 201, "another card has its own"
