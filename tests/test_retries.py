"""Q4: every request is sent twice or more at once, answers get lost, and nothing happens twice."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from ledger.actions.check import check_ledger
from ledger.db.keys import insert_key
from ledger.db.service_role import connect
from tests.api.serving import listening
from tests.portion import Portion
from tests.stubborn import Answer, Caller, Cut, Sending
from tests.village import DAY, HOUSEHOLDS, Village, gift, receive

BASE = "/v1/programmes/village"
CUTS: tuple[Cut, ...] = ("never", "never", "unread", "half read")
AT_ONCE = 24


def something(number: int, dice: random.Random) -> Sending:
    """An award, a sale or a transfer; some of them will be refused, which must stay refused."""
    owner, other = dice.sample(HOUSEHOLDS, 2)
    what: tuple[str, dict[str, Any]] = dice.choice(
        (
            ("awards", {"rule": "plenty", "recipient": owner, "facts": {"happened_on": DAY.isoformat()}}),
            ("awards", {"rule": "sweep", "recipient": owner, "facts": {"happened_on": DAY.isoformat()}}),
            ("redemptions", {"owner": owner, "outlet": "out_shop", "lines": [{"item": "tissue", "quantity": 2}]}),
            ("transfers", {"owner": owner, "to": other, "amount": dice.randint(1, 90), "note": "neighbours"}),
        )
    )
    return Sending(f"{BASE}/{what[0]}", f"retry-{number}", what[1])


async def send_again_and_again(caller: Caller, sending: Sending, times: int, dice: random.Random) -> list[Answer]:
    """All at once, some of them cut off; one that insists comes last, so that there is an answer."""
    copies = [caller.send(sending, cut=dice.choice(CUTS)) for _ in range(times - 1)]
    heard = [answer for answer in await asyncio.gather(*copies) if answer is not None and answer.status < 500]
    return [*heard, await caller.insist(sending)]


async def retry_everything(village: Village, duplicates: int, seed: int = 1_000) -> str:
    await village.post(*((f"begin {owner}", gift(owner)) for owner in HOUSEHOLDS), ("stock", receive(duplicates)))
    token = await insert_key(
        village.connection, role="operator", principal="operator:test", node="nod_1", programme=None, owner=None
    )
    dice = random.Random(seed)
    sent = Counter[str]()
    while sent.total() - len(sent) < duplicates:
        sent[f"{len(sent)}"] = dice.randint(2, 5)
    with listening(village.database.url) as address:
        caller = Caller(int(address.rpartition(":")[2]), token)
        line = asyncio.Semaphore(AT_ONCE)
        heard: dict[str, list[Answer]] = {}

        async def call(number: str, times: int) -> None:
            sending = something(int(number), random.Random(f"{seed} {number}"))
            async with line:
                heard[sending.key] = await send_again_and_again(caller, sending, times, dice)

        await asyncio.gather(*(call(number, times) for number, times in sent.items()))
    for key, answers in heard.items():
        assert len({(answer.status, _without_request(answer.body)) for answer in answers}) == 1, key
        assert sum(not answer.is_replayed for answer in answers) <= 1
        assert answers[0].status in (201, 409, 422), answers[0]
    await count_effects(village, heard)
    statuses = Counter(answers[0].status for answers in heard.values())
    return f"{sent.total() - len(sent)} duplicates of {len(sent)} requests, 0 second effects, {dict(statuses)}"


def _without_request(body: bytes) -> bytes:
    """A refusal names the request that asked; all else must be the same byte for byte."""
    head, mark, tail = body.partition(b'"request_id":"')
    return head + tail.partition(b'"')[2] if mark else body


async def count_effects(village: Village, heard: dict[str, list[Answer]]) -> None:
    """One journal line a key, posted if and only if it was told so, and books that keep every promise."""
    rows = await village.rows(
        "SELECT k.key, j.id, j.refusal IS NULL AS is_posted FROM idempotency_key AS k"
        " INNER JOIN journal AS j ON j.id = k.journal_id WHERE k.principal = 'operator:test'"
    )
    assert {row["key"] for row in rows} == heard.keys()
    assert len(rows) == len({row["id"] for row in rows})
    for row in rows:
        answer = heard[row["key"]][-1]
        assert row["is_posted"] == (answer.status == 201)
        assert answer.transaction in (row["id"], None)
    [lines] = await village.rows("SELECT count(*) FROM journal WHERE principal = 'operator:test'")
    assert lines["count"] == len(rows)
    admin = await connect(village.database.admin_url)
    assert [finding for finding in await check_ledger(admin) if finding.broken] == []
    await admin.close()


async def test_nothing_happens_twice(village: Village, record_property: Callable[[str, object], None]) -> None:
    record_property("Q4", await retry_everything(village, 1_000))


@pytest.mark.soak
async def test_nothing_ever_happens_twice(
    village: Village, portion: Portion, record_property: Callable[[str, object], None]
) -> None:
    record_property("Q4", await retry_everything(village, portion.size(10_000), seed=portion.seed))
