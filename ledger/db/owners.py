"""Owners and the accounts that are opened with them."""

from collections.abc import Iterable, Mapping, Sequence

import asyncpg
import msgspec

from ledger.core.account import PROGRAMME, PROGRAMME_PURSES, PURSES, floor_amount, issuer
from ledger.core.mask import mask_name
from ledger.db.statements import load_statements

_SQL = load_statements("owners")


class Owner(msgspec.Struct, frozen=True):
    """Whoever may own points or goods; `name` and `phone` are personal and stored apart; no phone without a name."""

    id: str
    kind: str
    reference: str | None = None
    household: str | None = None
    area: str | None = None
    traits: Mapping[str, str | int | bool] = {}
    name: str | None = None
    phone: str | None = None

    @property
    def masked_name(self) -> str | None:
        """For a screen or a paper that others see."""
        return None if self.name is None else mask_name(self.name)


async def open_owners(connection: asyncpg.Connection, programme: str, owners: Sequence[Owner]) -> None:
    """New owners with every purse of their kind; an id or reference that is taken violates a named constraint."""
    await connection.execute(_SQL["insert_owners"], programme, _json(owners))
    await connection.execute(_SQL["insert_persons"], programme, _json(o for o in owners if o.name is not None))
    await _open_accounts(connection, programme, [(o.id, purse) for o in owners for purse in PURSES[o.kind]])


async def open_missing_owners(connection: asyncpg.Connection, programme: str, owners: Sequence[Owner]) -> None:
    """The same for outlets and shops that a publication names: those already open stay as they are."""
    ids = [owner.id for owner in owners]
    known = await find_owners(connection, programme, ids)
    await open_owners(connection, programme, [owner for owner in owners if owner.id not in known])


async def open_programme_accounts(connection: asyncpg.Connection, programme: str, categories: Iterable[str]) -> None:
    """The programme's own purses, with one issuer for each category of its rulebooks."""
    await connection.execute(_SQL["insert_owners"], programme, _json([Owner(PROGRAMME, "programme")]))
    purses = [*PROGRAMME_PURSES, *(issuer(category) for category in categories)]
    await _open_accounts(connection, programme, [(PROGRAMME, purse) for purse in purses])


async def open_units(connection: asyncpg.Connection, programme: str, units: Iterable[str]) -> None:
    """Units that may be counted in this programme, goods among them."""
    await connection.execute(_SQL["insert_units"], programme, list(units))


async def find_owner(connection: asyncpg.Connection, programme: str, owner: str) -> asyncpg.Record | None:
    """One owner with household, area, traits and name."""
    found = await read_owners(connection, programme, [owner])
    return found[0] if found else None


async def read_owners(connection: asyncpg.Connection, programme: str, ids: Sequence[str]) -> list[asyncpg.Record]:
    """The same of many, as far as they are there, in no order."""
    rows: list[asyncpg.Record] = await connection.fetch(_SQL["read_owners"], programme, list(ids))
    return rows


async def read_by_reference(
    connection: asyncpg.Connection, programme: str, kind: str, references: Sequence[str]
) -> list[asyncpg.Record]:
    """The same of those that were opened under the village's own numbers."""
    rows: list[asyncpg.Record] = await connection.fetch(_SQL["read_by_reference"], programme, kind, list(references))
    return rows


async def find_owners(connection: asyncpg.Connection, programme: str, ids: Sequence[str]) -> set[str]:
    """Which of these there are."""
    return {row["id"] for row in await connection.fetch(_SQL["find_owners"], programme, list(ids))}


async def find_area(connection: asyncpg.Connection, programme: str, owner: str) -> str | None:
    """Where somebody lives."""
    area: str | None = await connection.fetchval(_SQL["find_area"], programme, owner)
    return area


async def find_household(connection: asyncpg.Connection, programme: str, owner: str) -> str | None:
    """The household that a member belongs to."""
    household: str | None = await connection.fetchval(_SQL["find_household"], programme, owner)
    return household


async def find_owner_by_reference(
    connection: asyncpg.Connection, programme: str, kind: str, reference: str
) -> str | None:
    """The id of whoever was opened under the village's own number."""
    id: str | None = await connection.fetchval(_SQL["find_owner_by_reference"], programme, kind, reference)
    return id


async def _open_accounts(connection: asyncpg.Connection, programme: str, accounts: Sequence[tuple[str, str]]) -> None:
    await connection.execute(
        _SQL["insert_accounts"],
        programme,
        [owner for owner, _ in accounts],
        [purse for _, purse in accounts],
        [floor_amount(owner, purse) for owner, purse in accounts],
    )


def _json(owners: Iterable[Owner]) -> str:
    return msgspec.json.encode(list(owners)).decode()
