"""Batches that want the same accounts in every possible order queue behind each other and never deadlock."""

import asyncio
import itertools

import asyncpg

from ledger.core.command import Command
from ledger.core.transaction import Outcome
from ledger.db.service_role import connect
from tests.village import HOUSEHOLDS, Village, gift

ROUNDS = 25
ORDERS = tuple(itertools.permutations(HOUSEHOLDS))
HOLD_ALL = "SELECT 1 FROM balance WHERE programme = $1 AND purse = 'main' ORDER BY owner FOR UPDATE"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def let_all_go_at_once(admin: asyncpg.Connection, village: Village, batches: list[asyncio.Task[None]]) -> None:
    """Held back until each batch waits for the first account it wants: the moment in which orders would clash."""
    while await admin.fetchval(WAITING) < len(batches):
        assert not any(batch.done() for batch in batches)
        await asyncio.sleep(0.01)


async def post_in_order(village: Village, number: int, connection: asyncpg.Connection, told: list[Outcome]) -> None:
    commands: list[tuple[str, Command]] = [
        (f"{number}.{place}", gift(owner)) for place, owner in enumerate(ORDERS[number % len(ORDERS)])
    ]
    told += await village.post(*commands, connection=connection)


async def test_batches_in_any_order_never_deadlock(village: Village) -> None:
    await village.post(*((f"begin {owner}", gift(owner)) for owner in HOUSEHOLDS))
    connections = [await connect(village.database.url) for _ in ORDERS]
    admin = await connect(village.database.admin_url)
    told: list[Outcome] = []
    try:
        for turn in range(ROUNDS):
            async with asyncio.timeout(30), asyncio.TaskGroup() as tasks, admin.transaction():
                await admin.execute(HOLD_ALL, village.slug)
                batches = [
                    tasks.create_task(post_in_order(village, turn * len(ORDERS) + place, connection, told))
                    for place, connection in enumerate(connections)
                ]
                await let_all_go_at_once(admin, village, batches)
    finally:
        for connection in (*connections, admin):
            connection.terminate()
    assert len(told) == ROUNDS * len(ORDERS) * 3
    assert all(outcome.receipt is not None for outcome in told)
