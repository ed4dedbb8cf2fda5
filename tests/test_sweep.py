"""Sweeps end what is due, once, also after a kill in the middle."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from ledger.actions.publish import publish_programme
from ledger.actions.sweep import Swept, sweep
from ledger.core.command import Hold, LateSale, Line, Open
from ledger.core.refusal import Reason
from tests.village import HOUSEHOLDS, TODAY, Village, gift, noticed, programme_of, receive, redeem

SOON = TODAY + timedelta(days=5)


async def test_a_day_brings_what_is_due_and_a_second_run_nothing(village: Village) -> None:
    await village.post(
        *((f"open {owner}", Open(owner, 50, expires_on=SOON)) for owner in HOUSEHOLDS),
        *((f"notice {owner}", noticed(owner)) for owner in HOUSEHOLDS),
        ("earn", gift()),
        ("stock", receive(5)),
        ("hold", Hold("hh_1", (Line("tissue"),), outlet="out_shop", until=SOON)),
    )
    assert await sweep(village.connection, village.slug, village.shelf) == Swept()
    await village.let_days_pass(9)
    swept = await sweep(village.connection, village.slug, village.shelf)
    assert (swept.activated, swept.released, swept.expired, swept.refused) == (3, 1, 3, [])
    assert await village.total("hh_2") == 10
    assert await village.total("programme", "expired") == 120
    again = await sweep(village.connection, village.slug, village.shelf)
    assert (again.activated, again.released, again.expired, again.refused) == (0, 0, 0, [])


async def test_a_sale_made_offline_in_time_finds_the_points_that_lapsed_meanwhile(village: Village) -> None:
    """The sweep waits for the days within which counters hand in; nobody else can spend what has lapsed."""
    programme = msgspec.structs.replace(programme_of(village.slug), offline_days=2)
    await publish_programme(village.connection, programme, node="nod_1", by="system:test")
    village.shelf.forget(village.slug)
    noon = datetime.combine(SOON, time(12), ZoneInfo(programme.time_zone))
    late = LateSale("hh_1", (Line("tissue"),), outlet="out_shop", terminal="trm_1", sequence=1, happened_at=noon)
    await village.post(("open", Open("hh_1", 50, expires_on=SOON)), ("stock", receive(5)))
    await village.let_days_pass(7)
    assert (await sweep(village.connection, village.slug, village.shelf)).expired == 0
    online, handed_in = await village.post(("online", redeem("hh_1")), ("late", late))
    assert online.refusal is not None and online.refusal.reason == Reason.INSUFFICIENT_POINTS
    assert handed_in.receipt is not None and handed_in.receipt.about.shortfall == 0
    left = await village.total("hh_1")
    assert left == 50 + handed_in.receipt.entries[0].amount > 0
    await village.let_days_pass(1)
    assert (await sweep(village.connection, village.slug, village.shelf)).expired == 1
    assert (await village.total("hh_1"), await village.total("programme", "expired")) == (0, left)
