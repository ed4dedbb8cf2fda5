"""What has been published of a programme, for people who want to read it."""

from datetime import date, datetime

import asyncpg
import msgspec

from ledger.core.event import Events
from ledger.db.statements import load_statements

_SQL = load_statements("publications")

_events_decoder = msgspec.json.Decoder(Events)


class PublishedVersion(msgspec.Struct, frozen=True):
    """A document as published: its kind and version, the digest that names it for ever, by whom and when."""

    kind: str
    version: str
    digest: str
    effective_from: date | None
    revision: int
    published_at: datetime
    published_by: str


async def list_publications(
    connection: asyncpg.Connection, programme: str, *, kind: str | None, after: int, limit: int
) -> list[PublishedVersion]:
    """In the order of publication, one page."""
    rows = await connection.fetch(_SQL["list_publications"], programme, after, kind, limit)
    return [_published(row) for row in rows]


async def read_publication(
    connection: asyncpg.Connection, programme: str, kind: str, version: str
) -> tuple[PublishedVersion, str] | None:
    """With its canonical JSON."""
    row = await connection.fetchrow(_SQL["read_publication"], programme, kind, version)
    return None if row is None else (_published(row), row["body"])


async def find_events(connection: asyncpg.Connection, programme: str) -> Events | None:
    """The kinds of events as last published."""
    body = await connection.fetchval(_SQL["find_events"], programme)
    return None if body is None else _events_decoder.decode(body)


def _published(row: asyncpg.Record) -> PublishedVersion:
    return PublishedVersion(
        kind=row["kind"],
        version=row["version"],
        digest=row["digest"],
        # Policies and catalogues hold from the moment they are published, whatever the day.
        effective_from=None if row["effective_from"] == date.min else row["effective_from"],
        revision=row["revision"],
        published_at=row["published_at"],
        published_by=row["published_by"],
    )
