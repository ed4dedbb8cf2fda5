"""Spending policies under the lock: base, suspension, gift with earned, cash, limits a period."""

import asyncio
from datetime import date

from ledger.actions.publish import publish_programme
from ledger.core.cap import Cap
from ledger.core.command import Command, Hold, Line, Open, Redeem, Refund, RefundLine, Reverse, Void
from ledger.core.period import Span
from ledger.core.refusal import Reason
from ledger.core.spending import CashPart, GiftRatio, Spending
from ledger.db.service_role import connect
from tests.test_posting import reasons
from tests.test_verbs import done, refused
from tests.village import Village, gift, programme_of, receive, redeem


async def keep_back(village: Village, spending: Spending) -> None:
    await publish_programme(village.connection, programme_of(village.slug, spending), node="nod_1", by="system:test")
    await village.post(("stock", receive(50)), ("soap", receive(50, item="soap")))


def buy(quantity: int = 1, *, item: str = "tissue", cash_fen: int = 0, household_class: str | None = None) -> Redeem:
    return Redeem(
        "hh_1", (Line(item, quantity),), outlet="out_shop", cash_fen=cash_fen, household_class=household_class
    )


async def test_only_what_is_above_the_base_can_be_spent(village: Village) -> None:
    await keep_back(village, Spending(base=100, suspended_below=70))
    await done(village, "earn", gift())
    assert (await refused(village, "base", buy()))[1]["available"] == 0
    await done(village, "more", gift())
    await done(village, "now", buy(3))
    assert (await refused(village, "edge", buy()))[1]["missing"] == 20


async def test_below_the_threshold_rights_are_suspended(village: Village) -> None:
    await keep_back(village, Spending(suspended_below=70))
    await done(village, "some", Open("hh_1", 60))
    assert await refused(village, "low", buy()) == (
        Reason.RIGHTS_SUSPENDED,
        {"available": 60, "required": 70, "missing": 10},
    )


async def test_gift_points_are_spent_only_with_earned_ones(village: Village) -> None:
    await keep_back(village, Spending(gift=GiftRatio(per_earned=1, by_class={"poor": 5})))
    await village.post(("g", Open("hh_1", 100, "gift")), ("e", Open("hh_1", 25)))
    assert (await refused(village, "alone", buy(2)))[0] == Reason.INSUFFICIENT_POINTS
    await done(village, "half", buy(1))
    assert (await village.total("hh_1"), await village.total("hh_1", "main", "gift")) == (10, 85)
    sold = await done(village, "poor", buy(2, household_class="poor"))
    assert (await village.total("hh_1"), await village.total("hh_1", "main", "gift")) == (0, 35)
    await done(village, "back", Refund(sold.transaction))
    assert (await village.total("hh_1"), await village.total("hh_1", "main", "gift")) == (10, 85)


async def test_a_hold_sets_gift_points_aside_with_earned_ones(village: Village) -> None:
    await keep_back(village, Spending(gift=GiftRatio(per_earned=1)))
    await village.post(("g", Open("hh_1", 100, "gift")), ("e", Open("hh_1", 25)))
    held = await done(village, "hold", Hold("hh_1", (Line("tissue"),), outlet="out_shop", until=date(2099, 1, 1)))
    assert [await village.total("hh_1", "held", unit) for unit in ("points", "gift")] == [15, 15]
    assert [await village.total("hh_1", "main", unit) for unit in ("points", "gift")] == [10, 85]
    await done(village, "never mind", Void(held.transaction))
    assert [await village.total("hh_1", "main", unit) for unit in ("points", "gift")] == [25, 100]


async def test_cash_pays_a_part_and_comes_back_in_proportion(village: Village) -> None:
    await keep_back(village, Spending(cash=CashPart(fen_per_point=10, least_points=20)))
    await done(village, "earn", Open("hh_1", 50))
    assert (await refused(village, "odd", buy(cash_fen=7)))[0] == Reason.CASH_NOT_ACCEPTED
    assert (await refused(village, "all", buy(cash_fen=300)))[0] == Reason.CASH_NOT_ACCEPTED
    sold = await done(village, "buy", buy(2, cash_fen=150))
    assert (await village.total("hh_1"), await village.total("out_shop", "till", "cash")) == (5, 150)
    one = (RefundLine("tissue", 1, "restock"),)
    await done(village, "first", Refund(sold.transaction, one))
    assert (await village.total("hh_1"), await village.total("out_shop", "till", "cash")) == (27, 75)
    await done(village, "second", Refund(sold.transaction, one))
    assert (await village.total("hh_1"), await village.total("out_shop", "till", "cash")) == (50, 0)


async def test_one_redemption_a_quarter_holds_under_eight_at_once_and_is_given_back(village: Village) -> None:
    await keep_back(village, Spending(limits=(Cap(per=Span.QUARTER, times=1),)))
    await village.post(*((f"earn{n}", gift()) for n in range(5)))
    connections = [await connect(village.database.url) for _ in range(8)]
    batches = await asyncio.gather(
        *(village.post((f"k{n}", buy()), connection=connection) for n, connection in enumerate(connections))
    )
    for connection in connections:
        await connection.close()
    outcomes = [batch[0] for batch in batches]
    assert reasons(outcomes) == {"posted": 1, Reason.LIMIT_REACHED: 7}
    [sold] = [outcome for outcome in outcomes if outcome.receipt is not None]
    await done(village, "undo", Reverse(sold.transaction or ""))
    await done(village, "again", buy())


async def test_a_limit_starts_again_with_its_period_on_the_ledgers_clock(village: Village) -> None:
    await keep_back(village, Spending(limits=(Cap(per=Span.DAY, points=30),)))
    await done(village, "earn", gift())
    twice: list[tuple[str, Command]] = [("a", buy()), ("b", redeem("hh_1", item="soap"))]
    assert reasons(await village.post(*twice)) == {"posted": 1, Reason.LIMIT_REACHED: 1}
    await village.let_days_pass(1)
    await done(village, "tomorrow", buy())
