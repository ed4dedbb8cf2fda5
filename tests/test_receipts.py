"""Receipts are numbered without a gap at each outlet, whatever is refused, rolled back or done at the same moment."""

import asyncio
from datetime import date

import asyncpg
import pytest

from ledger.core.command import Capture, Group, Hold, Refund, Request, Reverse
from ledger.core.refusal import Reason
from ledger.db.service_role import connect
from ledger.posting import post
from tests.counter import at_till, begin, buy, register
from tests.test_posting import reasons
from tests.test_verbs import done, refused
from tests.village import Village, gift, haircut, receive

TILLS = 16
PIECES = 40


async def numbers(village: Village, outlet: str = "out_shop") -> list[int]:
    """As the table has them, compared with what the journal says."""
    rows = await village.rows(
        "SELECT r.number, (j.about ->> 'number')::bigint AS told FROM receipt AS r"
        " JOIN journal AS j ON j.programme = r.programme AND j.id = r.journal_id"
        " WHERE r.programme = $1 AND r.outlet = $2 ORDER BY r.number",
        village.slug,
        outlet,
    )
    assert [row["number"] for row in rows] == [row["told"] for row in rows]
    return [row["number"] for row in rows]


async def test_sixteen_tills_sell_the_last_pieces_and_leave_no_gap(village: Village) -> None:
    """Each till asks for four pieces one after another, at two outlets: exactly as many pass as there are."""
    await village.post(*((f"earn{n}", gift(f"hh_{n % 3 + 1}")) for n in range(30)))
    await village.post(("a", receive(PIECES, item="soap")), ("b", receive(8, item="soap", outlet="out_fair")))
    await register(village, *range(TILLS - 2))
    await register(village, TILLS - 2, TILLS - 1, outlet="out_fair")
    for till in range(TILLS):
        await begin(village, till, outlet="out_fair" if till >= TILLS - 2 else "out_shop")

    async def sell(till: int) -> list[object]:
        outlet = "out_fair" if till >= TILLS - 2 else "out_shop"
        told: list[object] = []
        for turn in range(4):
            outcomes = await at_till(village, till, (f"s{turn}", buy(f"hh_{till % 3 + 1}", item="soap", outlet=outlet)))
            told += [outcomes[0]]
        return told

    sold = await asyncio.gather(*(sell(till) for till in range(TILLS)))
    outcomes = [one for till in sold for one in till]
    assert reasons(outcomes) == {"posted": PIECES + 8, Reason.OUT_OF_STOCK: TILLS * 4 - PIECES - 8}  # type: ignore[arg-type]
    assert await numbers(village) == [*range(1, PIECES + 1)]
    assert await numbers(village, "out_fair") == [*range(1, 9)]
    assert await village.total("out_shop", "stock", "item:soap") == 0
    assert await village.total("out_fair", "stock", "item:soap") == 0


async def test_a_number_that_was_rolled_back_is_given_to_the_next(village: Village) -> None:
    await village.post(("earn", gift()), ("stock", receive(9)))
    first = await done(village, "first", buy())
    connection = await connect(village.database.url)
    with pytest.raises(ZeroDivisionError):
        async with connection.transaction():
            lost = await post(connection, [Request(village.slug, "system:test", "lost", buy())], village.shelf)
            assert lost[0].receipt is not None
            assert lost[0].receipt.about.number == 2
            raise ZeroDivisionError
    await connection.close()
    second = await done(village, "second", buy())
    assert (first.about.number, second.about.number) == (1, 2)
    assert await numbers(village) == [1, 2]


async def test_the_next_number_waits_for_the_one_before_it(village: Village) -> None:
    """Another payer and other goods: only the outlet's series is theirs together."""
    await village.post(("a", gift()), ("b", gift("hh_2")), ("c", receive(9)), ("d", receive(9, item="soap")))
    await done(village, "first", buy())
    connections = [await connect(village.database.url) for _ in "ab"]
    first, second = connections

    async def sell(key: str, connection: asyncpg.Connection) -> int | None:
        async with connection.transaction():
            [sold] = await post(
                connection, [Request(village.slug, "system:test", key, buy("hh_2", item="soap"))], village.shelf
            )
        assert sold.receipt is not None
        return sold.receipt.about.number

    async with first.transaction():
        request = Request(village.slug, "system:test", "slow", buy())
        [slow] = await post(first, [request], village.shelf)
        selling = asyncio.create_task(sell("quick", second))
        await asyncio.sleep(0.2)
    assert slow.receipt is not None
    assert (slow.receipt.about.number, await asyncio.wait_for(selling, 10)) == (2, 3)
    for connection in connections:
        await connection.close()


async def test_what_goes_over_the_counter_is_numbered_and_nothing_else(village: Village) -> None:
    await village.post(("earn", gift()), ("more", gift()), ("stock", receive(9)))
    sold = await done(village, "sold", buy())
    held = await done(village, "held", Hold("hh_1", buy().lines, outlet="out_shop", until=date(2099, 1, 1)))
    taken = await done(village, "taken", Capture(held.transaction))
    back = await done(village, "back", Refund(sold.transaction))
    wrong = await done(village, "wrong", buy())
    undone = await done(village, "undone", Reverse(wrong.transaction))
    cut = await done(village, "cut", haircut())
    told = [receipt.about.number for receipt in (sold, held, taken, back, wrong, undone, cut)]
    assert told == [1, None, 2, 3, 4, 5, None]
    assert (await refused(village, "much", buy(quantity=9)))[0] == Reason.INSUFFICIENT_POINTS
    [again] = await village.post(("sold", buy()))
    assert (again.is_replayed, again.receipt) == (True, sold)


async def test_a_group_that_fails_half_way_takes_no_number(village: Village) -> None:
    await village.post(("earn", gift()), ("stock", receive(9)))
    connection = await connect(village.database.url)
    async with connection.transaction():
        requests = [
            Request(village.slug, "system:test", "half", Group((buy(), buy(quantity=9)))),
            Request(village.slug, "system:test", "whole", Group((buy(), buy(item="tissue")))),
        ]
        half, whole = await post(connection, requests, village.shelf)
    await connection.close()
    assert half.refusal is not None
    assert [receipt.about.number for receipt in whole.members] == [1, 2]
    assert await numbers(village) == [1, 2]
