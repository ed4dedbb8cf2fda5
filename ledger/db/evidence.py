"""What is known of the files that show what was done; the files themselves are kept by `files`."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("evidence")


class Clean(msgspec.Struct, frozen=True):
    """A file as it may be shown, and what was read from it before it was cleaned."""

    content: bytes
    sha256: str
    sent_sha256: str
    media_type: str
    width: int | None = None
    height: int | None = None
    taken_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None
    look: int | None = None


class Evidence(msgspec.Struct, frozen=True):
    """One file of a claim; the time (by the camera's clock) and place of a picture are for those who review."""

    id: str
    activity: str
    sha256: str
    media_type: str
    bytes: int
    width: int | None
    height: int | None
    taken_at: str | None
    latitude: float | None
    longitude: float | None
    warnings: tuple[str, ...]
    sent_by: str
    sent_at: datetime


async def find_claim_of_file(
    connection: asyncpg.Connection, programme: str, hashes: Sequence[str]
) -> tuple[str, str] | None:
    """The evidence and the activity for which a file of one of these hashes was sent before."""
    row = await connection.fetchrow(_SQL["find_file"], programme, list(hashes))
    return None if row is None else (row["id"], row["activity"])


async def has_alike(connection: asyncpg.Connection, programme: str, look: int, *, points_max: int) -> bool:
    """Whether a picture that looks nearly the same was sent before."""
    return await connection.fetchval(_SQL["find_alike"], programme, look, points_max) is not None


async def insert_evidence(
    connection: asyncpg.Connection,
    programme: str,
    id: str,
    activity: str,
    clean: Clean,
    *,
    warnings: Sequence[str],
    by: str,
) -> None:
    """A picture that was used before violates a named constraint."""
    await connection.execute(
        _SQL["insert_evidence"], programme, id, activity, clean.sha256, clean.sent_sha256, clean.media_type,
        len(clean.content), clean.width, clean.height,
        None if clean.taken_at is None else clean.taken_at.isoformat(), clean.latitude, clean.longitude, clean.look,
        list(warnings), by,
    )  # fmt: skip


async def list_evidence(connection: asyncpg.Connection, programme: str, activity: str) -> list[Evidence]:
    """All of a claim; there are few."""
    rows = await connection.fetch(_SQL["list_evidence"], programme, activity)
    return [Evidence(**{**row, "warnings": tuple(row["warnings"])}) for row in rows]
