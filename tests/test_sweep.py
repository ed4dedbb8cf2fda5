"""Sweeps end what is due, once, also after a kill in the middle."""

from datetime import timedelta

from ledger.actions.sweep import Swept, sweep
from ledger.core.command import Hold, Line, Open
from tests.village import HOUSEHOLDS, TODAY, Village, gift, noticed, receive

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
