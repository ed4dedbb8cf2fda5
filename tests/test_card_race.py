"""A card that is blocked and a sale by it: whoever is first, the other waits and then knows."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg

from ledger.actions.issue_card import block_card
from ledger.core.card import Carrier, Proof, Shown
from ledger.core.command import LateSale, Line, Redeem, Request
from ledger.core.refusal import Reason
from ledger.core.transaction import Outcome
from ledger.db import cards
from ledger.db.cards import NewCard
from ledger.db.journal import show_programmes
from ledger.db.service_role import connect
from ledger.posting import post
from tests.village import Village, gift, receive

CARD = f"crd_{1:018d}"
SHORT, LONG = 0.3, 10.0


async def stocked(village: Village) -> None:
    await village.post(("earn", gift()), ("goods", receive(50, item="soap")))
    async with village.connection.transaction():
        await show_programmes(village.connection, [village.slug])
        await cards.insert_cards(
            village.connection, village.slug, [NewCard(CARD, "hh_1", Carrier.QR)], by="system:test"
        )
        await cards.activate_card(village.connection, village.slug, CARD, by="system:test")


async def sell(village: Village, connection: asyncpg.Connection, key: str) -> Outcome:
    sale = Redeem("hh_1", (Line("soap"),), outlet="out_shop", shown=Shown(CARD, proof=Proof.CARD))
    return (await post(connection, [Request(village.slug, "system:test", key, sale)], village.shelf))[0]


async def sell_late(village: Village, connection: asyncpg.Connection, key: str, at: datetime) -> Outcome:
    shown = Shown(CARD, proof=Proof.CARD)
    late = LateSale(
        "hh_1", (Line("soap"),), outlet="out_shop", shown=shown, happened_at=at, terminal="trm_1", sequence=1
    )
    return (await post(connection, [Request(village.slug, "system:test", key, late)], village.shelf))[0]


async def test_blocking_waits_for_a_sale_that_is_being_posted(village: Village) -> None:
    await stocked(village)
    till, office = await connect(village.database.url), await connect(village.database.url)
    async with till.transaction():
        assert (await sell(village, till, "first")).receipt is not None
        blocking = asyncio.create_task(block_card(office, village.slug, CARD, by="system:test", why=None))
        done, _ = await asyncio.wait([blocking], timeout=SHORT)
        assert not done, "a sale that is not yet committed could be overtaken"
    assert (await asyncio.wait_for(blocking, LONG)).state == "blocked"
    async with till.transaction():
        after = await sell(village, till, "second")
    assert after.refusal is not None
    assert after.refusal.reason == Reason.CARD_BLOCKED
    await till.close()
    await office.close()


async def test_a_sale_waits_for_blocking_and_is_refused(village: Village) -> None:
    await stocked(village)
    till, office = await connect(village.database.url), await connect(village.database.url)

    async def sold() -> Outcome:
        async with till.transaction():
            return await sell(village, till, "late")

    async with office.transaction():
        await show_programmes(office, [village.slug])
        await cards.lock_cards(office, village.slug, [CARD])
        await cards.block_cards(office, village.slug, [CARD], by="system:test", why=None)
        selling = asyncio.create_task(sold())
        done, _ = await asyncio.wait([selling], timeout=SHORT)
        assert not done, "the sale did not look at the card under its lock"
    outcome = await asyncio.wait_for(selling, LONG)
    assert outcome.refusal is not None
    assert outcome.refusal.reason == Reason.CARD_BLOCKED
    await till.close()
    await office.close()


async def test_a_late_sale_waits_for_blocking_and_counts_by_its_own_moment(village: Village) -> None:
    await stocked(village)
    till, office = await connect(village.database.url), await connect(village.database.url)
    before = datetime.now(UTC) - timedelta(seconds=0.001)

    async def sold(key: str, at: datetime) -> Outcome:
        async with till.transaction():
            return await sell_late(village, till, key, at)

    async with office.transaction():
        await show_programmes(office, [village.slug])
        await cards.lock_cards(office, village.slug, [CARD])
        await cards.block_cards(office, village.slug, [CARD], by="system:test", why=None)
        selling = asyncio.create_task(sold("after", datetime.now(UTC) + timedelta(seconds=1)))
        done, _ = await asyncio.wait([selling], timeout=SHORT)
        assert not done, "the late sale did not look at the card under its lock"
    outcome = await asyncio.wait_for(selling, LONG)
    assert outcome.refusal is not None
    assert outcome.refusal.reason == Reason.CARD_BLOCKED
    assert (await sold("before", before)).receipt is not None
    await till.close()
    await office.close()
