"""Q8 in small: more callers than can wait. Some are refused at once and told when to come again, nothing is lost."""

import asyncio
from collections import Counter

import httpx
import pytest

from ledger.lanes import Lanes
from tests.api.client import Office
from tests.api.serving import listening
from tests.api.test_express import DEED

CALLERS = 60
ENGLISH = {"Accept-Language": "en"}


async def test_a_rush_is_refused_with_a_time_to_come_again_and_is_over_when_it_is_over(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.lanes.WAIT_SECONDS_MAX", 0.0)
    monkeypatch.setattr(Lanes.__init__, "__kwdefaults__", {"lanes": 1, "batch_max": 4, "queue_max": 4_096})
    key = await office.key("admin")

    with listening(office.village.database.url) as address:
        async with httpx.AsyncClient(base_url=address, limits=httpx.Limits(max_connections=CALLERS)) as client:

            async def ask(number: int) -> httpx.Response:
                headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": f"rush-{number}", **ENGLISH}
                return await client.post(f"{office.base}/awards", json=DEED, headers=headers)

            answers = await asyncio.gather(*(ask(number) for number in range(CALLERS)))
            refused = [number for number, answer in enumerate(answers) if answer.status_code == 503]
            assert Counter(answer.status_code for answer in answers).keys() <= {201, 422, 503}
            assert 0 < len(refused) < CALLERS
            for number in refused:
                assert (answers[number].headers["Retry-After"], answers[number].json()["code"]) == ("1", "overloaded")
            assert (await ask(CALLERS)).status_code in (201, 422), "it is over when it is over"
            again = [await ask(number) for number in refused]
            assert {answer.status_code for answer in again} <= {201, 422}
            assert not any("Idempotency-Replayed" in answer.headers for answer in again), "nothing had been begun"
