"""Brings a database to the schema of this release: forward only, one database transaction a file."""

import asyncio
import hashlib
import re
import time
from pathlib import Path

import asyncpg
from msgspec import Struct

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 5_010_150_222  # names this service's migrations among the advisory locks of a shared database
_NAME = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")

# Group roles belong to the cluster; the owner alone may change tables, the service may not.
_ROLES = ("ledger_owner", "ledger_service", "ledger_sealer")


class MigrationProblem(Exception):
    """The database and this release do not fit; the text says what to do."""


class Migration(Struct, frozen=True):
    """One numbered file and the digest by which an edit after release is noticed."""

    number: int
    name: str
    sql: str
    digest: str


def load_migrations(folder: Path = _FOLDER) -> list[Migration]:
    """All migration files in order; numbers start at 1 and have no gap."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        match = _NAME.match(path.name)
        if match is None:
            raise MigrationProblem(f"{path.name}: a migration is named NNNN_words.sql")
        text = path.read_text(encoding="utf-8")
        found.append(Migration(int(match[1]), path.name, text, hashlib.sha256(text.encode()).hexdigest()))
    for place, migration in enumerate(found, start=1):
        if migration.number != place:
            raise MigrationProblem(f"{migration.name}: expected number {place:04d}")
    return found


async def migrate(connection: asyncpg.Connection, *, wait_seconds: float = 60, up_to: int | None = None) -> list[str]:
    """Applies what is missing and returns the names applied. The connection must be able to create roles.

    `up_to` stops at an older schema: a backup is loaded into the schema it was taken from.
    """
    await _take_turn(connection, wait_seconds)
    try:
        await _prepare(connection)
        applied = []
        for migration in await _missing(connection, load_migrations()[:up_to]):
            async with connection.transaction():
                await connection.execute("SET LOCAL ROLE ledger_owner; SET LOCAL search_path = ledger")
                await connection.execute(migration.sql)
                await connection.execute(
                    "INSERT INTO ledger.schema_migration (number, name, digest) VALUES ($1, $2, $3)",
                    migration.number,
                    migration.name,
                    migration.digest,
                )
            applied.append(migration.name)
        return applied
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)


async def schema_is_current(connection: asyncpg.Connection) -> bool:
    """Whether every migration of this release, and none of a later one, has been applied."""
    exists = await connection.fetchval("SELECT to_regclass('ledger.schema_migration') IS NOT NULL")
    return bool(exists) and not await _missing(connection, load_migrations())


async def _take_turn(connection: asyncpg.Connection, wait_seconds: float) -> None:
    # Polling: the blocking form deadlocks with CREATE INDEX CONCURRENTLY, which waits for all snapshots.
    give_up_at = time.monotonic() + wait_seconds
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
        if time.monotonic() > give_up_at:
            raise MigrationProblem("another process has been migrating this database for too long; try again later")
        await asyncio.sleep(0.1)


async def _prepare(connection: asyncpg.Connection) -> None:
    for role in _ROLES:
        # Roles are shared by all databases of a cluster, so another database may be making them just now.
        await connection.execute(
            f"""DO $$ BEGIN CREATE ROLE {role} NOLOGIN;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"""
        )
    async with connection.transaction():
        if not await connection.fetchval("SELECT pg_has_role(current_user, 'ledger_owner', 'MEMBER')"):
            await connection.execute("GRANT ledger_owner TO CURRENT_USER")
        await connection.execute(
            """
            CREATE SCHEMA IF NOT EXISTS ledger AUTHORIZATION ledger_owner;
            GRANT USAGE ON SCHEMA ledger TO ledger_service, ledger_sealer;
            SET LOCAL ROLE ledger_owner;
            CREATE TABLE IF NOT EXISTS ledger.schema_migration (
                number integer NOT NULL,
                name text NOT NULL,
                digest text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
                CONSTRAINT schema_migration_once PRIMARY KEY (number)
            );
            GRANT SELECT ON ledger.schema_migration TO ledger_service, ledger_sealer;
            """
        )


async def _missing(connection: asyncpg.Connection, known: list[Migration]) -> list[Migration]:
    done = {
        row["number"]: row["digest"]
        for row in await connection.fetch("SELECT number, digest FROM ledger.schema_migration")
    }
    if done and max(done) > len(known):
        raise MigrationProblem("this database was migrated by a later release; run that release")
    for migration in known:
        if done.get(migration.number, migration.digest) != migration.digest:
            raise MigrationProblem(f"{migration.name} was edited after it had been applied; restore the released file")
    return [migration for migration in known if migration.number not in done]
