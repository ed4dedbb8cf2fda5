"""Where measurements happen: a PostgreSQL of our own with the service's settings, kept with its data sets."""

import asyncio
import hashlib
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import msgspec

from bench import ten_million
from bench.seed import seed
from bench.workload import Size
from ledger.db.binaries import Binaries, find_binaries
from ledger.db.embedded import EmbeddedDatabase, default_data_folder, open_database
from ledger.db.keys import insert_key
from ledger.db.migrate import MigrationProblem, schema_is_current
from ledger.db.service_role import connect, prepare_database

HERE = Path(__file__).parent
DATA = Path(os.environ.get("LEDGER_BENCH_DATA") or Path.home() / ".cache" / "points-ledger-bench")
MIGRATIONS = HERE.parent / "ledger" / "db" / "migrations"


class Place(msgspec.Struct, frozen=True):
    """A seeded database, ready to be measured in."""

    name: str
    admin_url: str
    url: str
    token: str


class Ground:
    """The server, and the databases that are copied from kept templates."""

    def __init__(self, server: EmbeddedDatabase, binaries: Binaries) -> None:
        self.server = server
        self.binaries = binaries

    @asynccontextmanager
    async def database(self, size: Size) -> AsyncIterator[Place]:
        """A fresh copy of the seeded data set of a size; gone afterwards."""
        template = f"{size.name}_{_mark()}"
        await self.make_once(template, lambda url: _fill(url, self._password_file(template), size))
        async with self.copy(template) as place:
            yield place

    @asynccontextmanager
    async def large(self, name: str) -> AsyncIterator[Place]:
        """A kept large set itself, for a copy would take minutes; what is posted into it stays."""
        database = large_name(name)
        admin_url = self.server.url(database=database)
        url = await prepare_database(admin_url, self._password_file(database))
        yield Place(database, admin_url, url, await _make_token(url))

    async def has_large(self, name: str) -> bool:
        """Whether `make bench-data` has made it, wholly and under migrations that are still what they were."""
        admin = await connect(self.server.admin_url)
        try:
            return await _is_whole(admin, large_name(name)) and await self._fits(large_name(name))
        finally:
            await admin.close()

    async def make_large(self, name: str) -> None:
        """Once; what was made under another schema or in another way is taken away first."""
        database = large_name(name)
        await self._drop_unfit(name, kept=database if await self.has_large(name) else "")
        await self.make_once(
            database, lambda url: ten_million.fill(url, self._password_file(database), ten_million.SETS[name])
        )

    @asynccontextmanager
    async def copy(self, template: str) -> AsyncIterator[Place]:
        name = "work"
        admin = await connect(self.server.admin_url)
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        try:
            admin_url = self.server.url(database=name)
            url = await prepare_database(admin_url, self._password_file(name))
            yield Place(name, admin_url, url, await _make_token(url))
        finally:
            await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            await admin.close()

    async def make_once(self, name: str, fill: Callable[[str], Awaitable[None]]) -> None:
        """A database that is marked when it is whole, so that a broken run is begun anew."""
        admin = await connect(self.server.admin_url)
        try:
            if await _is_whole(admin, name):
                return
            print(f"making the data set {name} …", flush=True)
            await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            await admin.execute(f"CREATE DATABASE {name}")
            await fill(self.server.url(database=name))
            await admin.execute("CHECKPOINT")
            await admin.execute(f"ALTER DATABASE {name} IS_TEMPLATE TRUE")
        finally:
            await admin.close()

    async def _fits(self, database: str) -> bool:
        """Migrations that came later are applied as to any ledger; edited ones would have posted other rows."""
        connection = await connect(self.server.url(database=database))
        try:
            await schema_is_current(connection)
        except MigrationProblem:
            return False
        finally:
            await connection.close()
        return True

    async def _drop_unfit(self, name: str, *, kept: str) -> None:
        admin = await connect(self.server.admin_url)
        try:
            for row in await admin.fetch("SELECT datname FROM pg_database WHERE datname <> $1", kept):
                if re.fullmatch(f"{name}_[0-9a-f]{{8}}", row["datname"]):
                    await admin.execute(f"ALTER DATABASE {row['datname']} IS_TEMPLATE FALSE")
                    await admin.execute(f"DROP DATABASE {row['datname']} WITH (FORCE)")
        finally:
            await admin.close()

    def _password_file(self, name: str) -> Path:
        return self.server.data_folder / f"{name}.password"


@contextmanager
def open_ground(settings: Mapping[str, str] | None = None) -> Iterator[Ground]:
    """Only one at a time: the folder is locked."""
    binaries = find_binaries()
    with open_database(default_data_folder(DATA), binaries=binaries, settings=settings) as server:
        assert server.is_owned, "another measurement is running"
        yield Ground(server, binaries)


def run(measure: Callable[[Ground], Awaitable[int]], *, settings: Mapping[str, str] | None = None) -> int:
    """The exit code of a whole measurement."""
    with open_ground(settings) as ground:
        return asyncio.run(_await(measure(ground)))


async def _await(result: Awaitable[int]) -> int:
    return await result


async def _fill(url: str, password_file: Path, size: Size) -> None:
    connection = await connect(await prepare_database(url, password_file))
    await seed(connection, size)
    await connection.close()
    admin = await connect(url)
    await admin.execute("VACUUM (ANALYZE, FREEZE)")
    await admin.close()


async def _make_token(url: str) -> str:
    connection = await connect(url)
    try:
        node = await connection.fetchval("SELECT id FROM node LIMIT 1")
        return await insert_key(connection, role="operator", principal="operator:bench", node=node)
    finally:
        await connection.close()


async def _is_whole(admin: asyncpg.Connection, name: str) -> bool:
    return bool(await admin.fetchval("SELECT datistemplate FROM pg_database WHERE datname = $1", name))


def large_name(name: str) -> str:
    """Of how it is made; the migrations that made it are written down inside."""
    return f"{name}_{_digest(*(HERE / file for file in ('workload.py', 'seed.py', 'ten_million.py', 'year.sql')))}"


def _mark() -> str:
    """Data sets made under another schema or workload are not used."""
    return _digest(*sorted(MIGRATIONS.glob("*.sql")), HERE / "workload.py", HERE / "seed.py")


def _digest(*files: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:8]
