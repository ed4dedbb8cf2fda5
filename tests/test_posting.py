"""Posting: one outcome per key, nothing oversold, caps exact under concurrency."""

import asyncio
from collections import Counter

from ledger.core.command import Command, Deduct, Request, Reverse
from ledger.core.refusal import Reason
from ledger.core.transaction import Outcome
from ledger.db.service_role import connect
from ledger.posting import post
from tests.village import SWEEPS_A_MONTH, Village, gift, haircut, receive, redeem, sweep


async def post_at_once(village: Village, commands: list[tuple[str, Command]]) -> list[Outcome]:
    """Each command over its own connection, all at the same time."""
    connections = [await connect(village.database.url) for _ in commands]
    try:
        batches = await asyncio.gather(
            *(
                village.post(command, connection=connection)
                for command, connection in zip(commands, connections, strict=True)
            )
        )
    finally:
        for connection in connections:
            await connection.close()
    return [batch[0] for batch in batches]


def reasons(outcomes: list[Outcome]) -> Counter[str]:
    return Counter("posted" if outcome.refusal is None else str(outcome.refusal.reason) for outcome in outcomes)


async def test_twins_post_once(village: Village) -> None:
    outcomes = await post_at_once(village, [("one", gift())] * 8)
    assert len({outcome.transaction for outcome in outcomes}) == 1
    assert sorted(outcome.is_replayed for outcome in outcomes) == [False] + [True] * 7
    assert await village.total("hh_1") == 100


async def test_a_cap_lets_exactly_the_allowed_number_pass(village: Village) -> None:
    outcomes = await post_at_once(village, [(f"k{n}", sweep()) for n in range(8)])
    assert reasons(outcomes) == {"posted": SWEEPS_A_MONTH, Reason.LIMIT_REACHED: 8 - SWEEPS_A_MONTH}


async def test_concurrent_redeems_never_oversell_points(village: Village) -> None:
    await village.post(("earn", gift()), ("stock", receive(50)))
    outcomes = await post_at_once(village, [(f"k{n}", redeem()) for n in range(8)])
    assert reasons(outcomes) == {"posted": 3, Reason.INSUFFICIENT_POINTS: 5}
    assert await village.total("hh_1") == 10


async def test_concurrent_redeems_never_oversell_stock(village: Village) -> None:
    await village.post(*((f"earn{n}", gift("hh_1")) for n in range(5)), ("stock", receive(3)))
    outcomes = await post_at_once(village, [(f"k{n}", redeem()) for n in range(8)])
    assert reasons(outcomes) == {"posted": 3, Reason.OUT_OF_STOCK: 5}
    assert await village.total("out_shop", "stock", "item:tissue") == 0


async def test_a_refusal_is_as_sticky_as_a_receipt(village: Village) -> None:
    [refused] = await village.post(("buy", haircut()))
    await village.post(("earn", gift()))
    [again] = await village.post(("buy", haircut()))
    assert refused.refusal is not None
    assert refused.refusal.numbers == {"required": 20, "available": 0, "missing": 20}
    assert (again.refusal, again.transaction, again.is_replayed) == (refused.refusal, refused.transaction, True)


async def test_a_key_with_another_request_is_refused_and_changes_nothing(village: Village) -> None:
    await village.post(("key", gift()))
    [other] = await village.post(("key", gift("hh_2")))
    assert other.refusal is not None
    assert other.refusal.reason == Reason.IDEMPOTENCY_KEY_REUSED
    assert await village.total("hh_2") == 0


async def test_a_replay_answers_the_very_same_receipt(village: Village) -> None:
    [first] = await village.post(("earn", gift()))
    await village.post(("more", gift()))
    [again] = await village.post(("earn", gift()))
    assert again.receipt == first.receipt


async def test_a_refused_neighbour_does_no_harm(village: Village) -> None:
    outcomes = await village.post(("a", gift()), ("b", redeem("hh_404")), ("c", gift()))
    assert reasons(outcomes) == {"posted": 2, Reason.NOT_FOUND: 1}
    assert await village.total("hh_1") == 200


async def test_reversing_a_spent_award_leaves_debt_and_the_next_award_repays_it(village: Village) -> None:
    [earned] = await village.post(("earn", gift()))
    await village.post(("buy", haircut()))
    [back] = await village.post(("undo", Reverse(earned.transaction or "")))
    assert back.receipt is not None
    assert (await village.total("hh_1"), await village.total("hh_1", "debt")) == (0, -20)
    await village.post(("again", gift()))
    assert (await village.total("hh_1"), await village.total("hh_1", "debt")) == (80, 0)


async def test_reversing_gives_the_cap_back_and_works_once(village: Village) -> None:
    outcomes = await village.post(*((f"s{n}", sweep()) for n in range(SWEEPS_A_MONTH)))
    undo = Reverse(outcomes[0].transaction or "")
    assert reasons(await village.post(("u1", undo), ("u2", undo))) == {"posted": 1, Reason.ALREADY_REVERSED: 1}
    assert reasons(await village.post(("s9", sweep()), ("s10", sweep()))) == {"posted": 1, Reason.LIMIT_REACHED: 1}


async def test_reversing_a_redemption_restores_points_and_stock(village: Village) -> None:
    await village.post(("earn", gift()), ("stock", receive(1)))
    [sold] = await village.post(("buy", redeem()))
    await village.post(("undo", Reverse(sold.transaction or "")))
    assert await village.total("hh_1") == 100
    assert await village.total("out_shop", "stock", "item:tissue") == 1


async def test_a_debt_made_while_an_award_waits_is_repaid_by_it(village: Village) -> None:
    await village.post(("earn", gift()))
    first, second = await connect(village.database.url), await connect(village.database.url)
    async with asyncio.timeout(20):
        begun = first.transaction()
        await begun.start()
        fine = Request(village.slug, "system:test", "fine", Deduct("hh_1", 130, "debt", "littering"))
        await post(first, [fine], village.shelf)
        waiting = asyncio.create_task(village.post(("again", gift()), connection=second))
        while not await village.rows("SELECT 1 FROM pg_locks WHERE NOT granted"):
            assert not waiting.done()
        await begun.commit()
        await waiting
    assert (await village.total("hh_1"), await village.total("hh_1", "debt")) == (70, 0)
    await first.close()
    await second.close()
