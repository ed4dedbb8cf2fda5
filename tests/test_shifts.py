"""Shifts: a sale is in the shift or comes too late; the closing document ties out and leaves nothing unexplained."""

import asyncio
from contextlib import suppress

import pytest

from ledger.actions.publish import publish_programme
from ledger.actions.register_terminal import block_terminal
from ledger.core.command import Line, Open, Redeem, Refund, Reverse
from ledger.core.refusal import Reason, Refused
from ledger.core.sheet import CountLine
from ledger.core.spending import CashPart, Spending
from ledger.core.transaction import Outcome
from ledger.db.service_role import connect
from ledger.db.terminals import take_terminal
from tests.counter import at_till, begin, buy, device, document, end, register
from tests.test_posting import reasons
from tests.village import Village, gift, programme_of, receive

ROUNDS = 8
ROUNDS_MAX = 10 * ROUNDS


async def stocked(village: Village) -> None:
    """Points are plenty, a tenth of a yuan stands for a point, and two devices are registered."""
    spending = Spending(cash=CashPart(fen_per_point=10))
    await publish_programme(village.connection, programme_of(village.slug, spending), node="nod_1", by="system:test")
    await village.post(("stock", receive(500)), ("soap", receive(500, item="soap")), ("earn", Open("hh_1", 9_000)))
    await register(village, 1, 2)


def mixed(quantity: int = 1, fen: int = 100) -> Redeem:
    return Redeem("hh_1", (Line("tissue", quantity),), outlet="out_shop", cash_fen=fen)


async def test_the_closing_document_ties_out(village: Village) -> None:
    await stocked(village)
    shift = await begin(village, 1, float_fen=5_000)
    [sold, soap, wrong] = await at_till(village, 1, ("a", mixed()), ("b", buy(item="soap")), ("c", mixed(2)))
    assert sold.receipt is not None
    assert (sold.receipt.about.shift, sold.receipt.about.terminal) == (shift, device(1))
    await at_till(village, 1, ("d", Refund(sold.transaction or "")), ("e", Reverse(wrong.transaction or "")))
    await at_till(village, 1, ("f", mixed(3, 250)))
    assert reasons([soap]) == {"posted": 1}
    assert await village.total("out_shop", "till", "cash") == 5_250
    lines = (CountLine("tissue", 496, "damaged"), CountLine("soap", 499))
    closed = await end(village, 1, shift, fen=5_200, why="wrong_change", lines=lines)
    assert closed.receipt is not None, closed
    told = await document(village, shift)
    kinds = {kind.kind: (kind.receipts, kind.points, kind.fen) for kind in told.report.totals.kinds}
    assert kinds == {
        "redeem": (4, 20 + 5 + 50 + 65, 450),
        "refund": (1, -20, -100),
        "reverse": (1, -50, -100),
    }
    assert (told.report.expected_fen, told.report.totals.first_number, told.report.totals.last_number) == (5_250, 1, 6)
    goods = {line.item: (line.sold, line.returned) for line in told.report.totals.goods}
    assert goods == {"tissue": (6, 3), "soap": (1, 0)}
    assert [(line.item, line.expected, line.counted, line.reason) for line in told.sheet] == [
        ("cash", 5_250, 5_200, "wrong_change"),
        ("tissue", 497, 496, "damaged"),
        ("soap", 499, 499, None),
    ]
    assert closed.receipt.about.digest == told.digest
    assert await village.total("out_shop", "till", "cash") == 0
    assert await village.total("programme", "counted", "cash") == 50
    assert await village.total("out_shop", "stock", "item:tissue") == 496
    assert await village.total("programme", "fund", "cash") == -5_000 + 5_200


async def test_no_difference_goes_unexplained(village: Village) -> None:
    await stocked(village)
    shift = await begin(village, 1, float_fen=100)
    short = await end(village, 1, shift, fen=90)
    assert short.refusal is not None
    assert (short.refusal.reason, short.refusal.numbers["difference"]) == (Reason.DIFFERENCE_UNEXPLAINED, -10)
    goods = await end(village, 1, shift, fen=100, lines=(CountLine("soap", 498),), key="again")
    assert goods.refusal is not None
    assert goods.refusal.numbers == {"item": "soap", "expected": 500, "counted": 498, "difference": -2}
    assert (await end(village, 1, shift, fen=100, key="third")).receipt is not None
    assert (await end(village, 1, shift, fen=100, key="third")).is_replayed
    with pytest.raises(Refused, match="not_open"):
        await end(village, 1, shift, fen=100, key="fourth")


async def test_sales_and_the_close_at_the_same_moment_tie_out(village: Village) -> None:
    """Each round: four sales and the close at once. What passed is in the document, the rest had no shift any more."""
    await stocked(village)
    late = 0
    for turn in range(ROUNDS_MAX):
        if turn >= ROUNDS and late:
            break  # on a busy machine the close comes last for a while
        shift = await begin(village, 1, key=f"open {turn}")
        expected = 0

        async def sell(name: str) -> Outcome:
            return (await at_till(village, 1, (name, mixed())))[0]

        async def close(turn: int = turn, shift: str = shift) -> Outcome:
            await asyncio.sleep(0.004 * (turn % 4) if turn < ROUNDS else 0)
            return await end(village, 1, shift, fen=0, why="other", note="counted later", key=f"close {turn}")

        *sales, closed = await asyncio.gather(*(sell(f"{turn}-{n}") for n in range(4)), close())
        assert closed.receipt is not None, closed
        passed = reasons(sales)
        late += passed.get(Reason.NO_SHIFT_OPEN, 0)
        expected = 100 * passed.get("posted", 0)
        told = await document(village, shift)
        assert (told.report.totals.fen, told.sheet[0].expected) == (expected, expected)
        rows = await village.rows(
            "SELECT count(*) FROM journal WHERE about ->> 'shift' = $1 AND kind = 'redeem'", shift
        )
        assert rows[0]["count"] == passed.get("posted", 0)
    assert await village.total("out_shop", "till", "cash") == 0
    assert late > 0, "a race in which nobody is late shows nothing"


async def test_a_sale_waits_for_whoever_closes_the_shift(village: Village) -> None:
    await stocked(village)
    await begin(village, 1)
    office = await connect(village.database.url)
    async with office.transaction():
        await take_terminal(office, village.slug, device(1))
        selling = asyncio.create_task(at_till(village, 1, ("meanwhile", mixed())))
        done, _ = await asyncio.wait([selling], timeout=0.3)
        assert not done, "a sale did not wait for the shift that is being closed"
    assert reasons(await asyncio.wait_for(selling, 10)) == {"posted": 1}
    await office.close()


async def test_a_terminal_has_one_open_shift(village: Village) -> None:
    await stocked(village)
    assert reasons(await at_till(village, 1, ("early", buy()))) == {Reason.NO_SHIFT_OPEN: 1}

    async def attempt(number: int) -> str:
        connection = await connect(village.database.url)
        mine = Village(village.database, village.slug, connection, village.shelf)
        with suppress(Refused):
            return await begin(mine, 1, key=f"open {number}")
        await connection.close()
        return ""

    opened = [shift for shift in await asyncio.gather(*(attempt(number) for number in range(6))) if shift]
    assert len(opened) == 1
    with pytest.raises(Refused, match="shift_open"):
        await begin(village, 1, key="another")
    assert reasons(await at_till(village, 1, ("now", buy()))) == {"posted": 1}


async def test_a_blocked_terminal_sells_nothing_also_under_a_race(village: Village) -> None:
    await stocked(village)
    await begin(village, 1)

    async def block() -> None:
        connection = await connect(village.database.url)
        await block_terminal(connection, village.slug, device(1), "blocked")
        await connection.close()

    async def sell(number: int) -> Outcome:
        return (await at_till(village, 1, (f"s{number}", buy())))[0]

    *before, _ = await asyncio.gather(*(sell(number) for number in range(6)), block())
    assert set(reasons([one for one in before if one is not None])) <= {"posted", Reason.TERMINAL_BLOCKED}
    assert reasons(await at_till(village, 1, ("after", buy()))) == {Reason.TERMINAL_BLOCKED: 1}


async def test_a_till_gives_back_no_more_cash_than_it_holds(village: Village) -> None:
    await stocked(village)
    shift = await begin(village, 1)
    [sold] = await at_till(village, 1, ("sold", mixed()))
    await end(village, 1, shift, fen=100)
    await begin(village, 1, key="next day")
    tries = await at_till(
        village, 1, ("back", Refund(sold.transaction or "")), ("undo", Reverse(sold.transaction or ""))
    )
    assert reasons(tries) == {Reason.TILL_SHORT: 2}
    assert await village.total("hh_1") == 9_000 - 20
    await village.post(("gift", gift()))
