"""Two times: business days in open and closed books, balances as of an instant and of a day."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from ledger.actions.close_period import close_period
from ledger.core.command import Request
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import Outcome
from ledger.db.balances import balances_at, balances_now, balances_on
from ledger.db.journal import show_programmes
from ledger.db.service_role import connect
from ledger.posting import post
from tests.village import Village, gift, haircut


async def post_on(village: Village, key: str, day: date) -> Outcome:
    request = Request(village.slug, "system:test", key, gift(), effective_on=day)
    async with village.connection.transaction():
        [outcome] = await post(village.connection, [request], village.shelf)
    return outcome


async def close(village: Village, through: date) -> None:
    scheme = await village.shelf.scheme(village.connection, village.slug)
    await close_period(village.connection, scheme, through, by="person:chief")


def days_ago(days: int) -> date:
    return datetime.now(UTC).date() - timedelta(days=days)


async def test_a_late_fact_takes_its_own_day_while_the_books_are_open(village: Village) -> None:
    outcome = await post_on(village, "paper", days_ago(40))
    assert outcome.receipt is not None
    assert outcome.receipt.effective_on == days_ago(40)


async def test_a_late_fact_takes_the_first_open_day_and_keeps_its_own(village: Village) -> None:
    await close(village, days_ago(10))
    outcome = await post_on(village, "paper", days_ago(40))
    assert outcome.receipt is not None
    assert outcome.receipt.effective_on == days_ago(9)
    rows = await village.rows("SELECT happened_on, effective_on FROM journal WHERE id = $1", outcome.transaction)
    assert rows[0]["effective_on"] == days_ago(9)


async def test_no_day_of_the_future_is_booked(village: Village) -> None:
    outcome = await post_on(village, "early", days_ago(-5))
    assert outcome.receipt is not None
    assert outcome.receipt.effective_on <= days_ago(-1)


async def test_today_cannot_be_closed_nor_a_day_twice(village: Village) -> None:
    with pytest.raises(Refused) as refused:
        await close(village, days_ago(-2))
    assert refused.value.reason == Reason.NOT_DUE
    await close(village, days_ago(10))
    with pytest.raises(Refused) as refused:
        await close(village, days_ago(11))
    assert refused.value.reason == Reason.PERIOD_CLOSED


async def test_closing_waits_for_whoever_is_posting(village: Village) -> None:
    other = await connect(village.database.url)
    async with village.connection.transaction():
        request = Request(village.slug, "system:test", "slow", gift(), effective_on=days_ago(20))
        await post(village.connection, [request], village.shelf)
        scheme = await village.shelf.scheme(other, village.slug)
        closing = asyncio.create_task(close_period(other, scheme, days_ago(10), by="person:chief"))
        await asyncio.sleep(0.2)
        assert not closing.done()
    await asyncio.wait_for(closing, 30)
    await other.close()


async def test_balances_are_told_for_any_instant_and_any_day(village: Village) -> None:
    await post_on(village, "paper", days_ago(40))
    between = datetime.now(UTC)
    await village.post(("buy", haircut()))
    async with village.connection.transaction():
        await show_programmes(village.connection, [village.slug])

        def main(balances: list) -> int:  # type: ignore[type-arg]
            return next((b.total for b in balances if (b.purse, b.unit) == ("main", "points")), 0)

        assert main(await balances_now(village.connection, village.slug, "hh_1")) == 80
        assert main(await balances_at(village.connection, village.slug, "hh_1", between)) == 100
        assert main(await balances_on(village.connection, village.slug, "hh_1", days_ago(41))) == 0
        assert main(await balances_on(village.connection, village.slug, "hh_1", days_ago(39))) == 100
