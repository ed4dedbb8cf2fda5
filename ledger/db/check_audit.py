"""Reads the audit logs out for the check: their leaves with what was sealed, and every checkpoint."""

from collections.abc import AsyncIterator

import asyncpg

from ledger.core.audit_leaf import AuditLine
from ledger.db.seals import SealedSize, load_audit_lines
from ledger.db.statements import load_statements

_SQL = load_statements("check_audit")
_ROWS_AT_ONCE = 1_000


async def list_sealed_events(
    connection: asyncpg.Connection, programme: str
) -> AsyncIterator[tuple[int, str, AuditLine | None, str | None]]:
    """Position, id, event and salts; an event that is not there any more is `None`."""
    cursor = await connection.cursor(_SQL["list_leaves"], programme)
    while rows := await cursor.fetch(_ROWS_AT_ONCE):
        lines = await load_audit_lines(connection, programme, [row["event"] for row in rows])
        for row in rows:
            yield row["position"], row["event"], lines.get(row["event"]), row["salts"]


async def list_audit_checkpoints(connection: asyncpg.Connection, programme: str) -> AsyncIterator[SealedSize]:
    async for row in connection.cursor(_SQL["list_checkpoints"], programme, prefetch=_ROWS_AT_ONCE):
        yield SealedSize(**row)
