"""A month's inspection of a county: 58,000 awards scored by rules and posted, while a counter goes on selling."""

import asyncio
import time

import asyncpg
import msgspec

from bench.ground import Place
from bench.workload import COUNTY, PRINCIPAL, household, local_today, outlet
from ledger.actions.fill_inspection import NewInspection, begin_posting, fill_inspection, open_inspection
from ledger.actions.post_inspection import work_inspection
from ledger.core.activity import Found
from ledger.core.command import Line, Redeem, Request
from ledger.db.inspections import Progress, count_lines
from ledger.db.journal import show_programmes
from ledger.db.schemes import SchemeShelf
from ledger.db.service_role import connect
from ledger.lanes import Lanes

KEY = "inspection-2026"
LINES_AT_ONCE = 2_000


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
    sheet = await _fill(connection, shelf)
    began = time.perf_counter()
    result = await _post(connection, shelf, sheet)
    seconds = time.perf_counter() - began
    over.set()
    waits = sorted(await counter)
    await lanes.stop()
    await connection.close()
    assert (result.posted, result.refused) == (COUNTY.households, 0), result
    return Inspection(seconds, result.posted, waits[int(len(waits) * 0.99)])


async def _fill(connection: asyncpg.Connection, shelf: SchemeShelf) -> str:
    """A sheet with a line for every household, filled as inspectors send them: two thousand at a time."""
    slug = COUNTY.slugs[0]
    new = NewInspection("deed-10", "benchmark", local_today())
    sheet = (await open_inspection(connection, slug, new, principal=PRINCIPAL, key=KEY, shelf=shelf)).inspection
    for first in range(0, COUNTY.households, LINES_AT_ONCE):
        numbers = range(first, min(first + LINES_AT_ONCE, COUNTY.households))
        found = {household(number): Found() for number in numbers}
        await fill_inspection(connection, slug, sheet.id, found, shelf=shelf)
    return sheet.id


async def _post(connection: asyncpg.Connection, shelf: SchemeShelf, sheet: str) -> Progress:
    slug = COUNTY.slugs[0]
    await begin_posting(connection, slug, sheet, principal=PRINCIPAL)
    async for _ in work_inspection(connection, slug, sheet, shelf):
        await asyncio.sleep(0)  # the counters' answers go out between chunks
    async with connection.transaction():
        await show_programmes(connection, [slug])
        return await count_lines(connection, slug, sheet)


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
