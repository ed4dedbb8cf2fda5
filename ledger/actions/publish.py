"""Publish a programme's documents: frozen by digest, with the accounts and units that they need."""

from datetime import date

import asyncpg
import msgspec

from ledger.core.account import item_unit
from ledger.core.alliance import ACTIVE
from ledger.core.event import Events
from ledger.core.item import Catalogue
from ledger.core.programme import Programme
from ledger.core.refusal import Reason, Refused
from ledger.core.rulebook import Rulebook, digest
from ledger.db.donations import find_pieces
from ledger.db.journal import show_programmes
from ledger.db.merchants import enrol_missing
from ledger.db.owners import Owner, open_missing_owners, open_programme_accounts, open_units
from ledger.db.schemes import Publication, find_published, insert_programme, insert_publication, lock_programme

MONEY_AND_TIME = ("points", "gift", "score", "service_minutes", "cash")


class Published(msgspec.Struct, frozen=True):
    """What was published; `is_new` is false when the very same document already was."""

    programme: str
    kind: str
    version: str
    digest: str
    is_new: bool


async def publish_programme(connection: asyncpg.Connection, programme: Programme, *, node: str, by: str) -> Published:
    """Opens the programme if it is new, its own purses, and the outlets that it names."""
    async with connection.transaction():
        await show_programmes(connection, [programme.programme])
        await insert_programme(connection, programme.programme, node)
        published = await _insert(connection, programme.programme, "programme", None, date.min, programme, by)
        await open_programme_accounts(connection, programme.programme, ())
        await open_units(connection, programme.programme, MONEY_AND_TIME)
        outlets = [Owner(f"out_{outlet.id}", "outlet", outlet.id, area=outlet.area) for outlet in programme.outlets]
        await open_missing_owners(connection, programme.programme, outlets)
    return published


async def publish_catalogue(
    connection: asyncpg.Connection, programme: str, catalogue: Catalogue, *, by: str
) -> Published:
    """Makes each item a unit and opens the shops that it names."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        await refuse_unknown_donations(connection, programme, catalogue)
        published = await _insert(connection, programme, "catalogue", None, date.min, catalogue, by)
        await open_units(connection, programme, [item_unit(item.id) for item in catalogue.items])
        shops = [Owner(f"mer_{shop.id}", "merchant", shop.id, area=shop.area) for shop in catalogue.shops]
        await open_missing_owners(connection, programme, shops)
        # A shop that stands in the catalogue is enrolled by it, unless something was decided about it before.
        await enrol_missing(connection, programme, [shop.id for shop in shops], ACTIVE, by=by)
    return published


async def refuse_unknown_donations(connection: asyncpg.Connection, programme: str, catalogue: Catalogue) -> None:
    """A piece's provenance is a transaction of this programme that brought in that very piece."""
    named = {item.id: item.donation for item in catalogue.items if item.donation is not None}
    pieces = await find_pieces(connection, programme, list(named.values())) if named else {}
    for item, donation in named.items():
        if pieces.get(donation) != item:
            raise Refused(Reason.DONATION_UNKNOWN, item=item, donation=donation)


async def publish_rulebook(connection: asyncpg.Connection, programme: str, rulebook: Rulebook, *, by: str) -> Published:
    """Freezes a version; the same version with other contents is refused with both digests."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        published = await _insert(connection, programme, "rulebook", rulebook.rulebook, rulebook.from_, rulebook, by)
        await open_programme_accounts(connection, programme, rulebook.categories)
    return published


async def publish_events(connection: asyncpg.Connection, programme: str, events: Events, *, by: str) -> Published:
    """The kinds of events that rulebooks published from now on may name."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        return await _insert(connection, programme, "events", None, date.min, events, by)


async def _insert(
    connection: asyncpg.Connection,
    programme: str,
    kind: str,
    version: str | None,
    effective_from: date,
    document: Programme | Catalogue | Rulebook | Events,
    by: str,
) -> Published:
    named = digest(document)
    # Twins wait here, so that the second sees what the first has published.
    await lock_programme(connection, programme)
    before = await find_published(connection, programme, kind, version)
    if before is not None and before["digest"] == named:
        return Published(programme, kind, before["version"], named, is_new=False)
    if before is not None and version is not None:
        raise Refused(Reason.VERSION_FROZEN, version=version, published=before["digest"], sent=named)
    body = msgspec.json.encode(document, order="sorted").decode()
    await insert_publication(connection, Publication(programme, kind, named, version, effective_from, body, by))
    after = await find_published(connection, programme, kind, version)
    assert after is not None, "what was just published is there"
    return Published(programme, kind, after["version"], named, is_new=True)
