"""What all examples of the model's test share: one database, one connection, one event loop."""

import asyncio
import itertools
from collections.abc import Sequence
from datetime import date

import asyncpg

from ledger.actions.close_period import close_period
from ledger.core.command import Request
from ledger.core.refusal import Refused
from ledger.core.transaction import Outcome
from ledger.db.journal import show_programmes
from ledger.db.persons import lock_balances
from ledger.db.schemes import SchemeShelf
from ledger.db.service_role import connect
from ledger.posting import post
from tests.invariants import broken_promises
from tests.town import KEPT_BACK, open_town, set_day
from tests.village import Database

START = date(2026, 9, 14)
ASKER = "system:test"
CLOSE = """WITH closed AS (
    UPDATE account SET is_closed = TRUE WHERE programme = $1 AND owner = $2 AND NOT is_closed RETURNING owner
) SELECT min(owner) FROM closed"""


class World:
    """Towns are told apart by their names."""

    def __init__(self, runner: asyncio.Runner, database: Database) -> None:
        self.run = runner.run
        self.shelf = SchemeShelf()
        self.connection: asyncpg.Connection = self.run(connect(database.url))
        self.slugs = (f"town-{number}" for number in itertools.count())
        self.steps = 0

    async def post(self, requests: Sequence[Request]) -> list[Outcome]:
        async with self.connection.transaction():
            return await post(self.connection, requests, self.shelf)

    async def open(self, slug: str, *, is_strict: bool) -> None:
        await set_day(self.connection, START)
        await open_town(self.connection, slug, KEPT_BACK if is_strict else None)

    async def close_books(self, slug: str, through: date) -> bool:
        """Whether the ledger lets them be closed."""
        async with self.connection.transaction():
            scheme = await self.shelf.current(self.connection, slug)
        try:
            await close_period(self.connection, scheme, through, by=ASKER)
        except Refused:
            return False
        return True

    async def close_account(self, slug: str, owner: str) -> bool:
        """Whether it was closed: as an erasure does it, under all its purses' locks and only if they are empty."""
        async with self.connection.transaction():
            await show_programmes(self.connection, [slug])
            if any(total for _, total in await lock_balances(self.connection, slug, owner)):
                return False
            return await self.connection.fetchval(CLOSE, slug, owner) is not None

    async def stored(self, slug: str) -> tuple[list[asyncpg.Record], list[asyncpg.Record]]:
        """Balances and counters as they are in the database."""
        async with self.connection.transaction():
            await show_programmes(self.connection, [slug])
            balances = await self.connection.fetch(
                "SELECT owner, purse, unit, total, bucket_days, bucket_amounts FROM balance"
                " WHERE programme = $1 AND total <> 0",
                slug,
            )
            counters = await self.connection.fetch(
                "SELECT counter, subject, period, used FROM counter WHERE programme = $1 AND used <> 0"
                " AND split_part(counter, '/', 1) NOT IN ('reversals', 'refunds', 'reratings')",
                slug,
            )
            assert await broken_promises(self.connection, slug) == []
        return balances, counters
