"""Lanes: bulk beside counters, groups, overload, a lost connection, dry runs, a clean stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ledger.actions.dry_run import dry_run
from ledger.core.command import Group, Request
from ledger.core.refusal import Reason
from ledger.core.transaction import Outcome
from ledger.db.service_role import connect
from ledger.lanes import Lanes, OutcomeUnknown, Overloaded
from tests.village import Village, gift, haircut, receive, redeem


@asynccontextmanager
async def open_lanes(village: Village, **limits: int) -> AsyncIterator[Lanes]:
    lanes = Lanes(village.database.url, village.shelf, **limits)
    await lanes.start()
    try:
        yield lanes
    finally:
        await lanes.stop()


def ask(village: Village, key: str, command: object) -> Request:
    return Request(village.slug, "system:test", key, command)  # type: ignore[arg-type]


async def test_concurrent_callers_share_batches_and_each_gets_its_own_answer(village: Village) -> None:
    async with open_lanes(village) as lanes:
        outcomes = await asyncio.gather(*(lanes.post(ask(village, f"k{n % 50}", gift())) for n in range(100)))
    assert len({outcome.transaction for outcome in outcomes}) == 50
    assert await village.total("hh_1") == 5_000


async def test_bulk_answers_each_item_in_order_while_a_counter_sells(village: Village) -> None:
    async with open_lanes(village) as lanes:
        await lanes.post(ask(village, "stock", receive(10)))
        bulk = asyncio.create_task(lanes.post_many([ask(village, f"b{n}", gift()) for n in range(3_000)]))
        await asyncio.sleep(0.05)
        await lanes.post(ask(village, "sale", redeem("hh_2")))
        assert not bulk.done(), "the sale was answered in the middle of it"
        outcomes = await bulk
    assert all(isinstance(outcome, Outcome) and outcome.receipt for outcome in outcomes)
    assert await village.total("hh_1") == 300_000


async def test_a_group_is_all_or_nothing_under_one_key(village: Village) -> None:
    good = ask(village, "good", Group((gift(), haircut(), gift("hh_2"))))
    bad = ask(village, "bad", Group((gift("hh_3"), gift(), redeem("hh_2", 9))))
    async with open_lanes(village) as lanes:
        await lanes.post(ask(village, "stock", receive(1)))
        first, refused, again = [await lanes.post(request) for request in (good, bad, good)]
    assert [receipt.kind for receipt in first.members] == ["award", "redeem", "award"]
    assert again.is_replayed
    assert again.members == first.members
    assert refused.refusal is not None
    assert (refused.refusal.reason, refused.refusal.numbers["item"]) == (Reason.INSUFFICIENT_POINTS, 2)
    assert [await village.total(owner) for owner in ("hh_1", "hh_2", "hh_3")] == [80, 100, 0]


async def test_a_refused_group_leaves_its_neighbours_whole(village: Village) -> None:
    outcomes = await village.post(
        ("a", gift()), ("g", Group((gift(), redeem("hh_1", 9)))), ("b", gift()), ("c", haircut())
    )  # type: ignore[arg-type]
    assert [outcome.refusal is None for outcome in outcomes] == [True, False, True, True]
    assert await village.total("hh_1") == 180


async def test_over_the_bound_is_refused_at_once(village: Village) -> None:
    async with open_lanes(village, queue_max=0) as lanes:
        with pytest.raises(Overloaded):
            await lanes.post(ask(village, "k", gift()))


async def test_a_queue_that_stands_still_takes_no_more_and_a_burst_is_no_rush(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.lanes.WAIT_SECONDS_MAX", 0.2)
    admin = await connect(village.database.admin_url)
    async with open_lanes(village, batch_max=4) as lanes:
        async with admin.transaction():
            await admin.execute("LOCK TABLE entry IN ACCESS EXCLUSIVE MODE")
            first = [asyncio.create_task(lanes.post(ask(village, f"k{n}", gift()))) for n in range(15)]
            await asyncio.sleep(0.3)
            assert (lanes.waiting, lanes.is_full) == (7, False), "seven are less than two batches, however long"
            more = [asyncio.create_task(lanes.post(ask(village, f"m{n}", gift()))) for n in range(8)]
            await asyncio.sleep(0)
            refused = [task for task in more if task.done()]
            assert (len(refused), lanes.waiting, lanes.is_full) == (7, 8, True)
            assert all(isinstance(task.exception(), Overloaded) for task in refused)
        await asyncio.gather(*first, *(task for task in more if task not in refused))
        assert not lanes.is_full
        await lanes.post(ask(village, "after", gift()))
    await admin.close()
    assert await village.total("hh_1") == 1_700


async def test_a_stopped_lane_takes_nothing_and_finishes_what_it_had(village: Village) -> None:
    async with open_lanes(village) as lanes:
        tasks = [asyncio.create_task(lanes.post(ask(village, f"k{n}", gift()))) for n in range(20)]
        await asyncio.sleep(0)
        await lanes.stop()
        assert len(await asyncio.gather(*tasks)) == 20
        with pytest.raises(Overloaded):
            await lanes.post(ask(village, "late", gift()))


async def test_a_cut_connection_is_mended_and_nothing_is_doubled(village: Village) -> None:
    async with open_lanes(village) as lanes:
        tasks = [asyncio.create_task(lanes.post(ask(village, f"k{n}", gift()))) for n in range(200)]
        for _ in range(3):
            await asyncio.sleep(0.01)
            await village.rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'points-ledger lane'"
            )
        outcomes = await asyncio.gather(*tasks)
    assert len({outcome.transaction for outcome in outcomes}) == 200
    assert await village.total("hh_1") == 20_000


async def test_after_a_rush_no_lane_stands_in_a_transaction_that_it_began_for_nobody(village: Village) -> None:
    standing = (
        "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '% lane'"
    )
    async with open_lanes(village, lanes=3, batch_max=8) as lanes:
        for turn in range(5):
            await asyncio.gather(*(lanes.post(ask(village, f"k{turn} {n}", gift())) for n in range(100)))
            await asyncio.sleep(0.1)
            assert [row["state"] for row in await village.rows(standing)] == ["idle"] * 3


async def test_a_hanging_database_is_said_in_time_and_the_key_tells_later(village: Village) -> None:
    admin = await connect(village.database.admin_url)
    async with open_lanes(village) as lanes:
        async with admin.transaction():
            await admin.execute("LOCK TABLE idempotency_key IN EXCLUSIVE MODE")
            with pytest.raises(OutcomeUnknown):
                await lanes.post(ask(village, "slow", gift()), timeout_seconds=0.2)
        outcome = await lanes.post(ask(village, "slow", gift()))
    await admin.close()
    assert outcome.receipt is not None
    assert await village.total("hh_1") == 100


async def test_a_dry_run_says_what_would_be_and_keeps_nothing(village: Village) -> None:
    request = ask(village, "dry", gift())
    outcome = await dry_run(village.connection, request, village.shelf)
    assert outcome.receipt is not None
    assert await village.total("hh_1") == 0
    assert await village.rows("SELECT FROM idempotency_key") == []
    [posted] = await village.post(("dry", gift()))
    assert not posted.is_replayed
