"""Defects that were found by reading the code, each told as its own short story."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import asyncpg
import pytest_asyncio

from ledger.core.balance import AMOUNT_MAX
from ledger.core.command import (
    Adjust,
    Capture,
    Command,
    Deduct,
    Expire,
    Hold,
    Line,
    Open,
    Receive,
    Redeem,
    Refund,
    Reset,
    Reverse,
    TakenLine,
    Void,
)
from ledger.core.refusal import Reason
from ledger.core.transaction import Outcome, Receipt
from ledger.db.schemes import SchemeShelf
from ledger.db.service_role import connect
from tests.town import open_town, prepare_town, set_day
from tests.village import Database, Village

DAY = date(2026, 9, 14)
SOON = DAY + timedelta(days=5)


class Town(Village):
    """A village whose day is set at will."""

    async def go_to(self, day: date) -> None:
        await set_day(self.connection, day)

    async def ask(self, key: str, command: Command) -> Outcome:
        [outcome] = await self.post((key, command))
        return outcome

    async def done(self, key: str, command: Command) -> Receipt:
        outcome = await self.ask(key, command)
        assert outcome.receipt is not None, outcome.refusal
        return outcome.receipt

    async def refused(self, key: str, command: Command) -> str:
        outcome = await self.ask(key, command)
        assert outcome.refusal is not None, outcome.receipt
        return outcome.refusal.reason


@pytest_asyncio.fixture
async def town(database: Database) -> AsyncIterator[Town]:
    await prepare_town(database.admin_url)
    connection: asyncpg.Connection = await connect(database.url)
    await set_day(connection, DAY)
    await open_town(connection, "town")
    yield Town(database, "town", connection, SchemeShelf())
    await connection.close()


async def test_goods_that_cost_nothing_come_back_once(town: Town) -> None:
    await town.done("stock", Receive("out_shop", "leaflet", 5))
    sold = await town.done("taken", Redeem("hh_1", (Line("leaflet", 2),), outlet="out_shop"))
    await town.done("back", Refund(sold.transaction))
    assert await town.refused("again", Reverse(sold.transaction)) == Reason.ALREADY_REVERSED
    assert await town.total("out_shop", "stock", "item:leaflet") == 5


async def test_a_bucket_larger_than_any_amount_lapses(town: Town) -> None:
    for number in range(3):
        await town.done(f"open {number}", Open("hh_1", AMOUNT_MAX, expires_on=SOON))
    await town.go_to(SOON + timedelta(days=1))
    swept = await town.done("sweep", Expire("hh_1"))
    assert sum(entry.amount for entry in swept.entries if entry.purse == "expired") == 3 * AMOUNT_MAX
    assert await town.total("hh_1") == 0


async def test_only_what_was_earned_is_taken_back_in_part(town: Town) -> None:
    await town.done("open", Open("hh_1", 90))
    opened = await town.done("more", Adjust("hh_1", 70, "found"))
    assert await town.refused("part", Reverse(opened.transaction, amount=1)) == Reason.WRONG_KIND
    assert await town.total("hh_1") == 160
    await town.done("whole", Reverse(opened.transaction))
    assert await town.total("hh_1") == 90


async def test_a_reset_does_not_count_what_has_lapsed(town: Town) -> None:
    await town.done("old", Open("hh_1", 100, expires_on=SOON))
    await town.done("new", Open("hh_1", 30))
    await town.go_to(SOON + timedelta(days=1))
    await town.done("reset", Reset("hh_1", 50))
    await town.done("sweep", Expire("hh_1"))
    assert await town.total("hh_1") == 50
    await town.done("down", Reset("hh_1", 20))
    assert await town.total("hh_1") == 20


async def test_a_debt_that_a_reset_forgives_is_given_by_hand(town: Town) -> None:
    """It was booked as points that lapse, and so the year had fewer of those than had lapsed."""
    await town.done("fine", Deduct("hh_1", 10, "debt", "x"))
    reset = await town.done("reset", Reset("hh_1", 50))
    issued = sum(entry.amount for entry in reset.entries if entry.purse == "issued:by-hand")
    assert (issued, {entry.purse for entry in reset.entries}) == (-60, {"issued:by-hand", "debt", "main"})


async def test_a_reset_takes_nothing_that_has_lapsed(town: Town) -> None:
    await town.done("old", Open("hh_1", 100, expires_on=SOON))
    await town.done("new", Open("hh_1", 80))
    await town.go_to(SOON + timedelta(days=1))
    await town.done("reset", Reset("hh_1", 50))
    assert await town.refused("again", Reset("hh_1", 50)) == Reason.NOTHING_TO_POST
    await town.done("sweep", Expire("hh_1"))
    assert await town.total("hh_1") == 50


async def test_grace_is_given_once(town: Town) -> None:
    await town.done("open", Open("hh_1", 40, expires_on=SOON))
    await town.done("stock", Receive("out_shop", "tissue", 5))
    day = SOON
    lapsed = []
    for number in range(3):
        hold = Hold("hh_1", (Line("tissue"),), outlet="out_shop", until=day + timedelta(days=90))
        outcome = await town.ask(f"hold {number}", hold)
        if outcome.receipt is None:
            break
        day = max(entry.expires_on for entry in outcome.receipt.entries if entry.purse == "held") + timedelta(days=1)
        await town.go_to(day)
        freed = await town.done(f"void {number}", Void(outcome.receipt.transaction))
        lapsed.append(sum(entry.amount for entry in freed.entries if entry.purse == "expired"))
        await town.ask(f"sweep {number}", Expire("hh_1"))
        assert await town.total("out_shop", "reserved", "item:tissue") == 0
    assert lapsed == [0, 30]
    assert await town.total("hh_1") == 0


async def test_fresh_points_of_the_same_day_have_grace_of_their_own(town: Town) -> None:
    await town.done("open", Open("hh_1", 5, expires_on=SOON))
    await town.done("stock", Receive("out_shop", "soap", 9))
    first = await town.done("hold", Hold("hh_1", (Line("soap"),), outlet="out_shop", until=SOON + timedelta(days=90)))
    await town.go_to(SOON + timedelta(days=1))
    freed = await town.done("void", Void(first.transaction))
    [graced] = [entry.expires_on for entry in freed.entries if entry.purse == "main"]
    await town.done("fresh", Open("hh_1", 10, expires_on=graced))
    until = graced + timedelta(days=90)
    both = await town.done("both", Hold("hh_1", (Line("soap", 3),), outlet="out_shop", until=until))
    await town.go_to(graced + timedelta(days=1))
    taken = await town.done("capture", Capture(both.transaction, (TakenLine("soap", 1),)))
    net = {purse: sum(e.amount for e in taken.entries if (e.purse, e.unit) == (purse, "points")) for purse in (
        "held", "main", "expired", "redeemed",
    )}  # fmt: skip
    assert net == {"held": -15, "redeemed": 5, "main": 5, "expired": 5}
