"""Recounts the ledger from its entries and journal; every look of one check sees the same moment."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import asyncpg
import msgspec

from ledger.core.bucket_order import ORDINARY, Move, took_nearest
from ledger.core.log_kind import LogKind
from ledger.core.merkle import Tile
from ledger.core.rulebook import Rulebook
from ledger.db.statements import load_statements

_SQL = load_statements("check")
_KINDS = load_statements("check_kinds")
_LINKS = load_statements("check_links")
_RECENT = load_statements("check_recent")
_AUDIT = load_statements("check_audit")
_LOGS = {LogKind.JOURNAL: load_statements("check_links"), LogKind.AUDIT: load_statements("check_audit")}
_ROWS_AT_ONCE = 5_000
_PURSES_AT_ONCE = 500
_TILES_AT_ONCE = 500
UNREADABLE = "document"
_WEIGHED = {"transactions": _SQL["recount_transactions"], "buckets": _SQL["recount_buckets"]}
"""What is only known to be off when all of it was weighed, and the statement that finds which; that is dear."""

_rulebook_decoder = msgspec.json.Decoder(Rulebook)


class Finding(msgspec.Struct, frozen=True):
    """How many break one line of the check, and a few of them."""

    line: str
    broken: int
    examples: tuple[str, ...] = ()


class Purse(msgspec.Struct, frozen=True):
    programme: str
    owner: str
    unit: str


@asynccontextmanager
async def one_moment(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """A read-only snapshot as the owner of the tables, who sees all programmes."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute(_SQL["become_owner"])
        await connection.execute(_SQL["use_the_machine"])
        yield


async def recount(connection: asyncpg.Connection, *, seed: int) -> AsyncIterator[Finding]:
    """Only lines that something breaks; `seed` makes hashes that nobody could prepare for."""
    for statement, values in (
        (_SQL["recount_accounts"], (seed,)),
        (_KINDS["recount_kinds"], ()),
        (_KINDS["recount_open_items"], ()),
        (_KINDS["recount_corrections"], ()),
        (_LINKS["find_refusals_with_traces"], ()),
        (_LINKS["follow_links"], ()),
    ):
        for finding in await _look(connection, statement, *values):
            if finding.line not in _WEIGHED:
                yield finding
                continue
            for broken in await _look(connection, _WEIGHED[finding.line]):
                yield broken
    for screen, statement in (
        (_KINDS["screen_sales"], _KINDS["recount_sales"]),
        (_LINKS["screen_keys"], _LINKS["recount_keys"]),
        (_LINKS["screen_counters"], _LINKS["recount_counters"]),
        (_LINKS["screen_seals"], _LINKS["recount_seals"]),
    ):
        if not await _is_same(connection, screen, seed):
            for finding in await _look(connection, statement):
                yield finding


async def recount_recent(connection: asyncpg.Connection, since: datetime) -> AsyncIterator[Finding]:
    """Only what was posted since, and the accounts that it touched; only lines that something breaks."""
    for statement in (_RECENT["recount_recent_entries"], _RECENT["recount_recent_lines"]):
        for finding in await _look(connection, statement, since):
            yield finding


async def find_overruns(connection: asyncpg.Connection, limits: Mapping[tuple[str, str], int]) -> list[Finding]:
    """`limits`: the most that a counter of a programme may show."""
    programmes = [programme for programme, _ in limits]
    names = [name for _, name in limits]
    return await _look(connection, _LINKS["find_overruns"], programmes, names, list(limits.values()))


async def list_rulebooks(connection: asyncpg.Connection) -> dict[str, list[Rulebook]]:
    """All that was ever published, by programme."""
    rulebooks: dict[str, list[Rulebook]] = {}
    for row in await connection.fetch(_LINKS["list_rulebooks"]):
        rulebooks.setdefault(row["programme"], []).append(_rulebook_decoder.decode(row["body"]))
    return rulebooks


class LogSize(msgspec.Struct, frozen=True):
    """How many leaves a log has, how many places they take, and what its last checkpoint says."""

    programme: str
    leaves: int
    places: int
    size: int
    root: bytes | None


async def measure_logs(connection: asyncpg.Connection, kind: LogKind) -> list[LogSize]:
    return [LogSize(**row) for row in await connection.fetch(_LOGS[kind]["measure_logs"])]


async def list_tiles(connection: asyncpg.Connection, kind: LogKind) -> AsyncIterator[tuple[str, Tile, bytes]]:
    """Of every log, from the leaves up."""
    async for row in connection.cursor(_LOGS[kind]["list_tiles"], prefetch=_TILES_AT_ONCE):
        yield row["programme"], Tile(row["level"], row["place"]), row["digests"]


async def recount_audit_log(connection: asyncpg.Connection) -> list[Finding]:
    """Whether events, leaves, salts and what waits belong together."""
    return await _look(connection, _AUDIT["recount_audit_log"])


async def find_doubtful_purses(connection: asyncpg.Connection, *, seed: int) -> list[int]:
    """Numbers under that seed of the purses with buckets whose order a first look cannot vouch for; mostly none."""
    doubtful = [row["purse"] for row in await connection.fetch(_LINKS["list_late_purses"], seed, list(ORDINARY))]
    async for row in connection.cursor(_LINKS["list_purses"], seed, prefetch=_PURSES_AT_ONCE):
        if not took_nearest(row["days"], row["amounts"]):
            doubtful.append(row["purse"])
    return doubtful


async def list_moves(
    connection: asyncpg.Connection, purses: Sequence[int], *, seed: int
) -> AsyncIterator[tuple[Purse, Move]]:
    """Every entry of these purses, purse after purse, in the order of versions; never all in memory."""
    async for row in connection.cursor(_LINKS["list_moves"], seed, list(purses), prefetch=_ROWS_AT_ONCE):
        yield _move(row)


async def list_recent_moves(connection: asyncpg.Connection, since: datetime) -> AsyncIterator[tuple[Purse, Move]]:
    """The same of the purses alone that were touched since."""
    async for row in connection.cursor(_RECENT["list_recent_moves"], since, prefetch=_ROWS_AT_ONCE):
        yield _move(row)


def _move(row: asyncpg.Record) -> tuple[Purse, Move]:
    purse = Purse(row["programme"], row["owner"], row["unit"])
    return purse, Move(row["journal_id"], row["kind"], row["posted_on"], row["expires_on"], row["amount"])


async def _look(connection: asyncpg.Connection, statement: str, *values: object) -> list[Finding]:
    """What somebody has spoilt may be beyond reading; that is a finding and not the end of the check."""
    try:
        async with connection.transaction():
            rows = await connection.fetch(statement, *values)
    except asyncpg.DataError as error:
        return [Finding(UNREADABLE, 1, (str(error),))]
    return [Finding(row["line"], row["broken"], tuple(row["examples"])) for row in rows]


async def _is_same(connection: asyncpg.Connection, screen: str, seed: int) -> bool:
    try:
        async with connection.transaction():
            return bool(await connection.fetchval(screen, seed))
    except asyncpg.DataError:
        return False
