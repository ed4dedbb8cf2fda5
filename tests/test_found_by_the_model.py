"""Differences that the model once found, each told as its own short story."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest_asyncio

from ledger.core.activity import Facts
from ledger.core.command import Activate, Award, Bonus, Cancel, CancelPending, Command, Deduct, Donate, Open, Reverse
from ledger.core.refusal import Reason
from ledger.core.trace import Placed
from ledger.core.transaction import Outcome, Receipt
from ledger.db.schemes import SchemeShelf
from ledger.db.service_role import connect
from tests.asking import RULES_DIGEST
from tests.town import open_town, prepare_town, set_day
from tests.village import Database, Village

DAY = date(2026, 9, 14)


@pytest_asyncio.fixture
async def town(database: Database) -> AsyncIterator[Village]:
    """The model's town on the model's first day."""
    await prepare_town(database.admin_url)
    connection = await connect(database.url)
    await set_day(connection, DAY)
    await open_town(connection, "town")
    yield Village(database, "town", connection, SchemeShelf())
    await connection.close()


async def done(town: Village, key: str, command: Command) -> Receipt:
    [outcome] = await town.post((key, command))
    assert outcome.receipt is not None, outcome.refusal
    return outcome.receipt


async def used(town: Village, counter: str) -> int:
    rows = await town.rows("SELECT used FROM counter WHERE programme = $1 AND counter = $2", town.slug, counter)
    return sum(row["used"] for row in rows)


def earn(rule: str) -> Award:
    return Award(rule, "hh_1", Facts(happened_on=DAY))


async def test_hours_and_scores_brought_over_never_lapse(town: Village) -> None:
    for unit in ("service_minutes", "score"):
        receipt = await done(town, unit, Open("hh_1", 60, unit))
        assert {entry.expires_on.year for entry in receipt.entries} == {9999}


async def test_an_original_in_one_batch_with_its_cancellation_is_told_that_it_was_cancelled(town: Village) -> None:
    """As it is told when it comes later: nobody else has used its key."""
    twins = await town.post(("key", Cancel()), ("key", earn("plenty")))
    later = await town.post(("key", earn("plenty")))
    assert [outcome.refusal and outcome.refusal.reason for outcome in (*twins, *later)] == [
        Reason.CANCELLED_BEFORE_ARRIVAL
    ] * 3


async def test_what_is_left_of_an_award_under_notice_becomes_active(town: Village) -> None:
    award = await done(town, "earn", earn("noticed"))
    await done(town, "part", Reverse(award.transaction, 20))
    await set_day(town.connection, DAY + timedelta(days=4))
    await done(town, "go", Activate(award.transaction))
    assert (await town.total("hh_1"), await town.total("hh_1", "pending")) == (40, 0)
    await done(town, "rest", Reverse(award.transaction))
    assert (await town.total("hh_1"), await town.total("hh_1", "debt")) == (0, 0)


async def test_what_is_left_of_an_award_under_notice_can_be_cancelled(town: Village) -> None:
    award = await done(town, "earn", earn("noticed"))
    await done(town, "part", Reverse(award.transaction, 20))
    assert await used(town, "noticed/month/times") == 1
    await done(town, "object", CancelPending(award.transaction))
    assert await town.total("hh_1", "pending") == 0
    assert await used(town, "noticed/month/times") == 0


async def test_a_limit_gets_back_the_points_reversed_and_nothing_for_other_units(town: Village) -> None:
    await done(town, "other", earn("mixed"))
    award = await done(town, "earn", earn("mixed"))
    for key, amount, left in (("p1", 4, 16), ("p2", 12, 10), ("p3", 40, 10), ("p4", None, 10)):
        await done(town, key, Reverse(award.transaction, amount))
        assert await used(town, "mixed/month/points") == left


async def test_a_donation_under_notice_becomes_active_or_is_cancelled(town: Village) -> None:
    first = await done(town, "coat", Donate("out_fair", "soap", earn("noticed")))
    second = await done(town, "lamp", Donate("out_fair", "soap", earn("noticed")))
    await done(town, "object", CancelPending(second.transaction))
    await set_day(town.connection, DAY + timedelta(days=4))
    await done(town, "go", Activate(first.transaction))
    assert (await town.total("hh_1"), await town.total("hh_1", "pending")) == (60, 0)
    assert await town.total("out_fair", "stock", "item:soap") == 2


async def test_a_donation_before_the_first_rulebook_is_told_so(town: Village) -> None:
    award = Award("plenty", "hh_1", Facts(happened_on=date(2025, 12, 31)))
    outcomes: list[Outcome] = await town.post(("coat", Donate("out_fair", "soap", award)))
    assert outcomes[0].refusal is not None
    assert outcomes[0].refusal.reason == Reason.RULE_NOT_IN_FORCE


async def test_a_bonus_first_repays_what_is_owed(town: Village) -> None:
    """The model lets it pass by chance only: few households owe something when a bonus comes."""
    await done(town, "fine", Deduct("hh_1", 30, "debt", "litter"))
    place = Placed("best", "2026-09", 50, 1, 50)
    await done(town, "bonus", Bonus("hh_1", 50, "best", RULES_DIGEST, "clean", DAY, place, "points"))
    assert (await town.total("hh_1"), await town.total("hh_1", "debt")) == (20, 0)
