"""What is read for public notices and bulletins, and who does not want to be named in them."""

from collections.abc import Mapping, Sequence
from datetime import date

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("notices")
_amounts_decoder = msgspec.json.Decoder(Mapping[str, int])


class Noticed(msgspec.Struct, frozen=True):
    """An award under notice, with the name as the register has it."""

    transaction: str
    due_on: date
    owner: str
    rule: str
    happened_on: date
    area: str | None
    name: str | None
    is_held: bool
    amounts: Mapping[str, int]


async def read_notice(
    connection: asyncpg.Connection,
    programme: str,
    *,
    first: date | None,
    last: date | None,
    area: str | None,
    after: str,
    limit: int,
) -> list[Noticed]:
    """One page, by transaction; of activities of these days, and of one area, where they are given."""
    rows = await connection.fetch(_SQL["read_notice"], programme, first, last, area, after, limit)
    return [
        Noticed(
            transaction=row["journal_id"],
            due_on=row["due_on"],
            owner=row["owner"],
            rule=row["rule"],
            happened_on=row["happened_on"],
            area=row["area"],
            name=row["name"],
            is_held=row["is_held"],
            amounts=_amounts_decoder.decode(row["amounts"] or "{}"),
        )
        for row in rows
    ]


async def count_holders(connection: asyncpg.Connection, programme: str, kind: str) -> dict[str | None, int]:
    """How many account holders each area has."""
    return {row["area"]: row["holders"] for row in await connection.fetch(_SQL["count_holders"], programme, kind)}


async def count_redeemed(connection: asyncpg.Connection, programme: str, first: date, last: date) -> int:
    """Points that were paid for goods and offers in these days."""
    points: int = await connection.fetchval(_SQL["count_redeemed"], programme, first, last)
    return points


async def read_listed_names(
    connection: asyncpg.Connection, programme: str, owners: Sequence[str]
) -> dict[str, str | None]:
    """Names of those of them who may be named."""
    rows = await connection.fetch(_SQL["read_listed_names"], programme, list(owners))
    return {row["id"]: row["name"] for row in rows}


async def list_unlisted(connection: asyncpg.Connection, programme: str) -> set[str]:
    """Who does not want to be named."""
    return {row["owner"] for row in await connection.fetch(_SQL["list_unlisted"], programme)}


async def unlist(connection: asyncpg.Connection, programme: str, owner: str, *, by: str) -> None:
    await connection.execute(_SQL["unlist"], programme, owner, by)


async def list_again(connection: asyncpg.Connection, programme: str, owner: str) -> None:
    await connection.execute(_SQL["list_again"], programme, owner)
