"""The organisation tree: counties, towns, villages, and which programmes sit below a node."""

import asyncpg

from ledger.core.title import Title
from ledger.db.identity import new_id
from ledger.db.journal import show_programmes
from ledger.db.statements import load_statements

_SQL = load_statements("nodes")
_PAGE = 1_000


async def insert_node(connection: asyncpg.Connection, *, kind: str, title: Title, parent: str | None = None) -> str:
    """The id of the new node."""
    id = new_id("nod")
    await connection.execute(_SQL["insert_node"], id, parent, kind, title.zh, title.en)
    return id


async def has_nodes(connection: asyncpg.Connection) -> bool:
    """A database without any is a new one."""
    return bool(await connection.fetchval(_SQL["has_nodes"]))


async def find_programme_nodes(connection: asyncpg.Connection, programme: str) -> tuple[str, ...]:
    """The nodes that a programme lies below, its own first; none if there is no such programme."""
    async with connection.transaction(readonly=True):
        await show_programmes(connection, [programme])
        return tuple(row["id"] for row in await connection.fetch(_SQL["find_programme_nodes"], programme))


async def find_node_and_above(connection: asyncpg.Connection, node: str) -> tuple[str, ...]:
    """The node and those above it; none if there is no such node."""
    return tuple(row["id"] for row in await connection.fetch(_SQL["find_node_and_above"], node))


async def list_programmes_below(
    connection: asyncpg.Connection, node: str, *, only: str | None, after: str, limit: int
) -> list[str]:
    """Programmes in a node's subtree by slug, one page."""
    rows = await connection.fetch(_SQL["list_programmes_below"], node, only, after, limit)
    return [row["programme"] for row in rows]


async def list_roots(connection: asyncpg.Connection) -> list[str]:
    """The nodes that nothing is above of, by id."""
    return [row["id"] for row in await connection.fetch(_SQL["list_roots"])]


async def list_programmes(connection: asyncpg.Connection) -> list[str]:
    """Every programme there is, below every root, by slug."""
    found: list[str] = []
    for root in await list_roots(connection):
        after = ""
        while page := await list_programmes_below(connection, root, only=None, after=after, limit=_PAGE):
            found += page
            after = page[-1]
    return sorted(found)
