"""A month's inspection of a county: 58,000 awards scored by rules and posted, while a counter goes on selling."""

import asyncio
import time
from collections.abc import Iterator
from datetime import date

import asyncpg
import msgspec

from bench.ground import Place
from bench.workload import COUNTY, PRINCIPAL, household, local_today, outlet
from ledger.actions.post_batch import BatchResult, post_batch
from ledger.core.activity import Facts
from ledger.core.command import Award, Line, Redeem, Request
from ledger.db.schemes import SchemeShelf
from ledger.db.service_role import connect
from ledger.lanes import Lanes

BATCH = "inspection-2026"


class Inspection(msgspec.Struct, frozen=True):
    """Seconds for all households, and the counter's p99 meanwhile in seconds."""

    seconds: float
    posted: int
    counter_p99: float


async def inspect_county(place: Place) -> Inspection:
    """The batch on a connection of its own, the counter through the lanes as every counter."""
    connection = await connect(place.url)
    shelf = SchemeShelf()
    lanes = Lanes(place.url, shelf)
    await lanes.start()
    over = asyncio.Event()
    counter = asyncio.create_task(_sell(lanes, over))
    began = time.perf_counter()
    result = await _post(connection, shelf)
    seconds = time.perf_counter() - began
    over.set()
    waits = sorted(await counter)
    await lanes.stop()
    await connection.close()
    assert result.posted == COUNTY.households and not result.refused, result.refused[:3]
    return Inspection(seconds, result.posted, waits[int(len(waits) * 0.99)])


async def _post(connection: asyncpg.Connection, shelf: SchemeShelf) -> BatchResult:
    result = BatchResult()
    async for so_far in post_batch(connection, _sheet(local_today()), shelf):
        result = so_far
        await asyncio.sleep(0)  # the counters' answers go out between chunks
    return result


def _sheet(today: date) -> Iterator[Request]:
    slug = COUNTY.slugs[0]
    for number in range(COUNTY.households):
        award = Award(f"deed-{1 + number % 50}", household(number), Facts(happened_on=today))
        yield Request(slug, PRINCIPAL, f"{BATCH}:{number}", award, batch=BATCH)


async def _sell(lanes: Lanes, over: asyncio.Event) -> list[float]:
    """One sale after another, as a till rings them up."""
    waits = []
    number = 0
    while not over.is_set():
        number += 1
        sale = Redeem(household(number % COUNTY.households), (Line("item-1"),), outlet=outlet(number % COUNTY.outlets))
        began = time.perf_counter()
        outcome = await lanes.post(Request(COUNTY.slugs[0], PRINCIPAL, f"till-{number}", sale))
        waits.append(time.perf_counter() - began)
        assert outcome.receipt is not None, outcome.refusal
        await asyncio.sleep(0.02)
    return waits
