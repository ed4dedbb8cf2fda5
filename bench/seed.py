"""Opens the programmes of a size and gives every household and shelf what the work will take from it."""

from collections.abc import Iterator

import asyncpg

from bench.workload import (
    CATALOGUE,
    PRINCIPAL,
    REDEEM_POINTS_MAX,
    RULEBOOK,
    TITLE,
    Size,
    household,
    outlet,
    programme_of,
)
from ledger.actions.publish import publish_catalogue, publish_programme, publish_rulebook
from ledger.core.command import Command, Open, Receive, Request
from ledger.db.journal import show_programmes
from ledger.db.nodes import insert_node
from ledger.db.owners import Owner, open_owners
from ledger.db.schemes import SchemeShelf
from ledger.posting import post

OPENING_POINTS = 1_000
SHELF_PIECES = 1_000_000
CHUNK = 1_000


async def seed(connection: asyncpg.Connection, size: Size) -> str:
    """The id of the node under which the programmes hang."""
    node = await insert_node(connection, kind="county", title=TITLE)
    shelf = SchemeShelf()
    for slug in size.slugs:
        await publish_programme(connection, programme_of(slug, size), node=node, by=PRINCIPAL)
        await publish_rulebook(connection, slug, RULEBOOK, by=PRINCIPAL)
        await publish_catalogue(connection, slug, CATALOGUE, by=PRINCIPAL)
        await _open_households(connection, slug, size)
        requests = [
            Request(slug, PRINCIPAL, f"seed-{number}", command) for number, command in enumerate(_openings(size))
        ]
        for start in range(0, len(requests), CHUNK):
            async with connection.transaction():
                outcomes = await post(connection, requests[start : start + CHUNK], shelf)
            assert all(outcome.receipt for outcome in outcomes), "an opening was refused"
    return node


async def _open_households(connection: asyncpg.Connection, slug: str, size: Size) -> None:
    for start in range(0, size.households, CHUNK):
        numbers = range(start, min(start + CHUNK, size.households))
        async with connection.transaction():
            await show_programmes(connection, [slug])
            await open_owners(connection, slug, [Owner(household(number), "household") for number in numbers])


def _openings(size: Size) -> Iterator[Command]:
    for number in range(size.households):
        yield Open(household(number), OPENING_POINTS)
    for number in range(size.outlets):
        for points in range(1, REDEEM_POINTS_MAX + 1):
            yield Receive(outlet(number), f"item-{points}", SHELF_PIECES)
