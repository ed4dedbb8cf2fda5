"""What stands behind every route: connections for reading and for actions, lanes for posting, and the keys."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from ledger.actions.session_token import SESSION_TOKEN, is_session_of, split_session_token
from ledger.actions.sign_in import renew
from ledger.actions.slow_hash import SlowHash
from ledger.core.refusal import Refused
from ledger.db.files import FileShelf
from ledger.db.journal import show_programmes
from ledger.db.keys import ApiKey, find_key, is_secret_of, split_token
from ledger.db.nodes import find_node_and_above, find_programme_nodes
from ledger.db.pool import open_pool
from ledger.db.schemes import SchemeShelf
from ledger.db.service_role import connect, require_service_role
from ledger.db.sessions import Session, find_session
from ledger.hall.access import Caller, Role
from ledger.hall.balance_reader import BalanceReader
from ledger.hall.event_writer import EventWriter
from ledger.hall.rates import KEY_PER_SECOND, Rates
from ledger.hall.short_memory import ShortMemory
from ledger.hall.used import Used
from ledger.lanes import Lanes

# A key that is revoked stops working within two seconds: this, and the time of one look-up.
KEY_SECONDS = 1.5
REACH_SECONDS = 5.0
RENEW_SECONDS = 15 * 60
ENTRIES_MAX = 10_000
ACQUIRE_SECONDS = 2.0
CLOSE_SECONDS = 1.0


class Desk:
    """Opened with the application, closed with it."""

    def __init__(
        self,
        service_url: str,
        *,
        pool_size: int,
        pepper: bytes,
        data_folder: Path,
        rate_per_key: float = KEY_PER_SECOND,
    ) -> None:
        self.rates = Rates(per_key=rate_per_key)
        self.shelf = SchemeShelf()
        self.lanes = Lanes(service_url, self.shelf)
        self.reading_documents = asyncio.Semaphore(1)
        self.cleaning_files = asyncio.Semaphore(1)
        self.data_folder = data_folder
        self.files = FileShelf(data_folder)
        self.balances = BalanceReader(self.connection)
        self.slow_hash = SlowHash(pepper)
        self._one_audit = asyncio.Semaphore(1)
        self._url = service_url
        self._pool_size = pool_size
        self._pool: asyncpg.Pool | None = None
        self._keys: ShortMemory[ApiKey | None] = ShortMemory(
            self._find_key, seconds=KEY_SECONDS, entries_max=ENTRIES_MAX
        )
        self._sessions: ShortMemory[Session | None] = ShortMemory(
            self._find_session, seconds=KEY_SECONDS, entries_max=ENTRIES_MAX
        )
        self.used = Used(self.connection)
        self.events = EventWriter(self.connection)
        # Tokens that were good, with the key as looked up then: good again as long as that look-up is remembered.
        self._seen: dict[str, tuple[ApiKey, Caller]] = {}
        self._reach: ShortMemory[tuple[str, ...]] = ShortMemory(
            self._find_reach, seconds=REACH_SECONDS, entries_max=ENTRIES_MAX
        )

    async def open(self) -> None:
        """Refuses to serve under rights that would make the database's guards worthless."""
        self._pool = await open_pool(self._url, size=self._pool_size)
        async with self.connection() as connection:
            await require_service_role(connection)
        await self.lanes.start()
        self.used.start()

    async def close(self) -> None:
        """What was accepted is finished first."""
        await self.lanes.stop()
        self.slow_hash.stop()
        await self.used.stop()
        await self.events.stop()
        if self._pool is not None:
            await self._pool.close()

    @property
    def connections(self) -> tuple[int, int]:
        """How many are open for reads and actions, and how many of them are idle."""
        assert self._pool is not None, "the desk is opened before the first request"
        return self._pool.get_size(), self._pool.get_idle_size()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """For an action, which opens its own database transaction."""
        assert self._pool is not None, "the desk is opened before the first request"
        async with self._pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
            yield connection  # type: ignore[misc]  # the stubs give a proxy that behaves as the connection

    @asynccontextmanager
    async def reading(self, programme: str) -> AsyncIterator[asyncpg.Connection]:
        """One consistent view of one programme, in which nothing can be written."""
        async with (
            self.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            await show_programmes(connection, [programme])
            yield connection

    @asynccontextmanager
    async def auditing(self, programme: str) -> AsyncIterator[asyncpg.Connection]:
        """The same for questions about long periods: bounded by the request's deadline alone, and one at a time."""
        async with self._one_audit:
            connection = await connect(self._url, application_name="points-ledger audit")
            try:
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    await show_programmes(connection, [programme])
                    yield connection
            finally:
                await connection.close(timeout=CLOSE_SECONDS)

    async def caller(self, token: str) -> Caller | None:
        """Whom a token stands for; None if it stands for nobody (any more)."""
        if token.startswith(SESSION_TOKEN):
            return await self._caller_of_session(token)
        seen = self._seen.get(token)
        if seen is not None and await self._keys.get(seen[0].id) is seen[0]:
            self.used.keys.add(seen[0].id)
            return seen[1]
        parts = split_token(token)
        key = None if parts is None else await self._keys.get(parts[0])
        if key is None or parts is None or not is_secret_of(key, parts[1]):
            return None
        self.used.keys.add(key.id)
        caller = Caller(key.id, Role(key.role), key.principal, key.node, key.programme, key.owner)
        if len(self._seen) >= ENTRIES_MAX:
            self._seen.clear()
        self._seen[token] = (key, caller)
        return caller

    async def session(self, token: str) -> Session | None:
        """The session in force that a token belongs to."""
        parts = split_session_token(token)
        session = None if parts is None else await self._sessions.get(parts[0])
        return session if session is not None and parts is not None and is_session_of(session, parts[1]) else None

    async def renew_old(self, token: str) -> str | None:
        """Another token for a session whose token has been in use for long; None where it may stay."""
        session = await self.session(token)
        if session is None or session.age_seconds < RENEW_SECONDS:
            return None
        async with self.connection() as connection:
            try:
                return await renew(connection, session, token)
            except Refused:  # Another request of the same page was quicker; its answer carries the new one.
                return None
            finally:
                self.forget_session(session.id)

    def forget_session(self, session: str) -> None:
        """To be called when it has just been renewed or ended."""
        self._sessions.forget(session)

    def forget_key(self, key: str) -> None:
        """To be called when it has just been withdrawn."""
        self._keys.forget(key)

    async def _caller_of_session(self, token: str) -> Caller | None:
        found = await self.session(token)
        if found is None:
            return None
        self.used.sessions.add(found.id)
        return Caller(found.id, Role(found.role), found.principal, found.node, found.programme, found.owner, found.area)

    async def may_reach(self, caller: Caller, programme: str) -> bool:
        """Whether the programme lies below the key's node and is not excluded by the key itself."""
        if caller.programme is not None and caller.programme != programme:
            return False
        return caller.node in await self._reach.get(programme)

    def forget_reach(self, programme: str) -> None:
        """To be called when a programme has just been opened."""
        self._reach.forget(programme)

    async def is_programme(self, programme: str) -> bool:
        """Whether it has been opened, by whomever."""
        return bool(await self._reach.get(programme))

    async def may_reach_node(self, caller: Caller, node: str) -> bool:
        """Whether the node is the key's own or lies below it."""
        async with self.connection() as connection:
            return caller.node in await find_node_and_above(connection, node)

    async def _find_key(self, id: str) -> ApiKey | None:
        async with self.connection() as connection:
            return await find_key(connection, id)

    async def _find_session(self, id: str) -> Session | None:
        async with self.connection() as connection:
            return await find_session(connection, id)

    async def _find_reach(self, programme: str) -> tuple[str, ...]:
        async with self.connection() as connection:
            return await find_programme_nodes(connection, programme)
