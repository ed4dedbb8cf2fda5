"""Redemptions with four legs over HTTP beside their reference: each moves eight entries and takes a number."""

from bench.ground import Place
from bench.mixed_work import MIXED_CATALOGUE, mixed_stock
from bench.results import Figure
from bench.stand import Stand
from bench.workload import COUNTY, PRINCIPAL
from ledger.actions.publish import publish_catalogue
from ledger.core.command import Request
from ledger.db.schemes import SchemeShelf
from ledger.db.service_role import connect
from ledger.posting import post

CONNECTIONS = 64


async def four_legs(stand: Stand) -> list[Figure]:
    """Points, cash and two kinds of goods, at any of the county's outlets."""
    async with stand.ground.database(COUNTY) as place:
        await _stock(place)
        async with stand.serving(place, COUNTY) as served:
            rounds = await stand.beside(
                "http_four_legs_c64", lambda: served.load("four_legs", CONNECTIONS, stand.pace.load_seconds)
            )
    return [stand.figure("http_four_legs_c64", rounds)]


async def _stock(place: Place) -> None:
    connection = await connect(place.url)
    [slug] = COUNTY.slugs
    await publish_catalogue(connection, slug, MIXED_CATALOGUE, by=PRINCIPAL)
    requests = [Request(slug, PRINCIPAL, f"mixed-{n}", command) for n, command in enumerate(mixed_stock(COUNTY))]
    async with connection.transaction():
        outcomes = await post(connection, requests, SchemeShelf())
    assert all(outcome.receipt for outcome in outcomes), "an opening was refused"
    await connection.close()
