"""Reports of any period add up to the trial balance of that period, and to nothing else."""

import random
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest_asyncio

from ledger.actions.read_report import READERS, Whole, read_whole
from ledger.core.command import Line, Redeem, Refund
from ledger.db.embedded import EmbeddedDatabase
from ledger.db.journal import show_programmes
from ledger.db.service_role import connect
from ledger.db.trial_balance import Span, list_headings
from tests.api.alliance import done
from tests.busy_village import Busy, busy_database
from tests.village import TODAY, Village, gift, receive

EVER = Span("village", date(2020, 1, 1), date(2099, 1, 1))


@pytest_asyncio.fixture(scope="module")
async def busy(server: EmbeddedDatabase, template: str) -> AsyncIterator[Busy]:
    """With two months of sales and refunds on days drawn by lot, in two areas."""
    async with busy_database(server, template, "reports_busy") as opened:
        village = opened.village
        async with village.connection.transaction():
            await show_programmes(village.connection, [village.slug])
            await village.connection.execute("UPDATE owner SET area = 'east' WHERE id = 'hh_1'")
            await village.connection.execute("UPDATE owner SET area = 'west' WHERE id = 'hh_2'")
        await live(village, random.Random(6))
        yield opened


async def live(village: Village, draw: random.Random) -> None:
    await village.post(("much", receive(200, item="soap")))
    for number in range(40):
        day = TODAY - timedelta(days=draw.randrange(40))
        owner = draw.choice(("hh_1", "hh_2", "hh_3"))
        await done(village, f"gift {number}", gift(owner), on=day)
        shop = {"merchant": "mer_barber"} if draw.random() < 0.5 else {"outlet": "out_shop"}
        item = "haircut" if "merchant" in shop else "soap"
        sale = Redeem(owner, (Line(item, draw.randrange(1, 3)),), **shop)
        sold = await done(village, f"sale {number}", sale, on=day)
        if draw.random() < 0.4:
            await done(village, f"back {number}", Refund(sold.transaction, ()), on=day + (TODAY - day) // 2)


@pytest_asyncio.fixture
async def reader(busy: Busy) -> AsyncIterator[asyncpg.Connection]:
    """The service's own login, as the API has it."""
    connection = await connect(busy.village.database.url)
    async with connection.transaction():
        await show_programmes(connection, ["village"])
        yield connection
    await connection.close()


def spans() -> list[Span]:
    draw = random.Random(7)
    days = sorted(TODAY - timedelta(days=draw.randrange(70)) for _ in range(10))
    drawn = [Span("village", min(pair), max(pair)) for pair in zip(days, draw.sample(days, 10), strict=True)]
    return [EVER, Span("village", TODAY, TODAY), *drawn]


async def rows(reader: asyncpg.Connection, report: str, span: Span, **more: Any) -> list[Any]:
    return list(await READERS[report][0](reader, span, **{"after": "", "limit": 1_000, **more}))


def total(found: list[Any], name: str) -> int:
    return sum(getattr(row, name) for row in found)


async def test_every_report_adds_up_to_the_trial_balance_of_its_period(reader: asyncpg.Connection) -> None:
    for span in spans():
        whole: Whole = await read_whole(reader, span)
        headings = {(one.side, one.purse): one for one in await list_headings(reader, span) if one.unit == "points"}
        areas, months = await rows(reader, "areas", span), await rows(reader, "months", span)
        for name in ("issued", "redeemed", "at_shops", "expired"):
            assert total(areas, name) == total(months, name) == getattr(whole, name), (span, name)
        assert (total(areas, "opening"), total(areas, "outstanding")) == (whole.opening, whole.outstanding), span
        assert total(months, "change") == whole.outstanding - whole.opening
        assert total(await rows(reader, "categories", span), "issued") == whole.issued
        redeemed = headings.get(("programme", "redeemed"))
        assert total(await rows(reader, "outlets", span), "redeemed") == whole.redeemed
        assert whole.redeemed == (0 if redeemed is None else redeemed.came - redeemed.went)
        shops = await rows(reader, "merchants", span)
        assert total(shops, "captured") - total(shops, "refunded") == whole.at_shops
        assert (total(shops, "settled"), total(shops, "commission")) == (
            whole.settled + whole.commission,
            whole.commission,
        )
        assert total(shops, "claims") == whole.claims
        for shop in shops:
            assert shop.claims == shop.opening_claims + shop.captured - shop.refunded - shop.settled, "I19"
        items = await rows(reader, "items", span)
        assert total([row for row in items if row.merchant], "points") == whole.at_shops


async def test_the_whole_says_what_was_done(reader: asyncpg.Connection) -> None:
    whole = await read_whole(reader, EVER)
    assert whole.issued > whole.redeemed > 0 and whole.settled == 18
    assert whole.burn_rate is not None and whole.breakage is not None
    assert (
        whole.outstanding
        == whole.opening + whole.issued + whole.other - whole.redeemed - whole.at_shops - whole.expired
    )
    nothing = await read_whole(reader, Span("village", date(2020, 1, 1), date(2020, 1, 2)))
    assert (nothing.issued, nothing.burn_rate) == (0, None)
    areas = {row.area: row for row in await rows(reader, "areas", EVER)}
    assert set(areas) == {"-", "east", "west"} and areas["east"].issued > 0


async def test_pages_leave_nothing_out(reader: asyncpg.Connection) -> None:
    for report in READERS:
        whole = await rows(reader, report, EVER)
        paged: list[Any] = []
        after = ""
        while page := await rows(reader, report, EVER, after=after, limit=1):
            paged += page
            row = page[-1]
            after = getattr(row, row.__struct_fields__[0])
            if report == "items":
                after = f"{row.pieces}/{row.merchant}/{row.item}"
        assert paged == whole, report


async def test_the_most_taken_comes_first(reader: asyncpg.Connection) -> None:
    items = await rows(reader, "items", EVER)
    assert [row.pieces for row in items] == sorted((row.pieces for row in items), reverse=True)
    assert {(row.merchant, row.item) for row in items} == {("mer_barber", "haircut"), ("", "soap"), ("", "tissue")}
