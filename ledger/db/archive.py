"""The whole content of a ledger as a stream of tables, and back: independent of the server's version.

COPY in text form and our own migrations, rather than pg_dump: a dump is tied to the version of its tools
(pg_restore 18 fails on a PostgreSQL 15 server), and the tools that we bring along speak no TLS.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from graphlib import TopologicalSorter

import asyncpg
import msgspec

from ledger.db.statements import load_statements

_SQL = load_statements("archive")


class Table(msgspec.Struct, frozen=True):
    """Generated columns are left out: the target computes them."""

    name: str
    columns: list[str]


class Sequence(msgspec.Struct, frozen=True):
    name: str
    last_value: int


class Content(msgspec.Struct, frozen=True):
    """All of it seen in one snapshot."""

    schema_version: int
    tables: list[Table]
    counts: dict[str, int]
    sequences: list[Sequence]


async def has_ledger(connection: asyncpg.Connection) -> bool:
    return bool(await connection.fetchval(_SQL["has_schema"]))


async def read_content(connection: asyncpg.Connection) -> Content:
    """Inside a repeatable-read database transaction this and every `copy_out` see the same moment."""
    await connection.execute(_SQL["become_owner"])
    return Content(
        schema_version=await connection.fetchval(_SQL["read_schema_version"]),
        tables=[Table(row["name"], row["columns"]) for row in await connection.fetch(_SQL["list_tables"])],
        counts=await count_rows(connection),
        sequences=[Sequence(row["name"], row["last_value"]) for row in await connection.fetch(_SQL["list_sequences"])],
    )


async def count_rows(connection: asyncpg.Connection) -> dict[str, int]:
    statement = await connection.fetchval(_SQL["compose_counts"])
    return {row["name"]: row["row_count"] for row in await connection.fetch(statement)} if statement else {}


async def copy_out(
    connection: asyncpg.Connection,
    table: Table,
    take: Callable[[bytes], Coroutine[None, None, None]],
    *,
    seconds_max: float,
) -> None:
    await connection.copy_from_table(
        table.name, schema_name="ledger", columns=table.columns, output=take, format="text", timeout=seconds_max
    )


async def copy_in(
    connection: asyncpg.Connection, table: Table, rows: AsyncIterator[bytes], *, seconds_max: float
) -> None:
    await connection.copy_to_table(
        table.name, schema_name="ledger", columns=table.columns, source=rows, format="text", timeout=seconds_max
    )


async def become_owner(connection: asyncpg.Connection) -> None:
    await connection.execute(_SQL["become_owner"])


async def drop_ledger(connection: asyncpg.Connection) -> None:
    await connection.execute(_SQL["drop_schema"])


async def parents_first(connection: asyncpg.Connection, names: Iterable[str]) -> list[str]:
    """An order in which every foreign key finds what it points to."""
    order: TopologicalSorter[str] = TopologicalSorter({name: set() for name in names})
    for row in await connection.fetch(_SQL["list_references"]):
        order.add(row["child"], row["parent"])
    return list(order.static_order())


async def switch_guards(connection: asyncpg.Connection, *, on: bool) -> None:
    """What is loaded passed the guards once; `check` looks at the whole of it afterwards."""
    statement = await connection.fetchval(_SQL["compose_guard_switch"], "ENABLE" if on else "DISABLE")
    if statement:
        await connection.execute(statement)


async def set_sequences(connection: asyncpg.Connection, sequences: list[Sequence]) -> None:
    for sequence in sequences:
        await connection.execute(_SQL["set_sequence"], sequence.name, sequence.last_value)


async def analyze(connection: asyncpg.Connection) -> None:
    statement = await connection.fetchval(_SQL["compose_analyze"])
    if statement:
        await connection.execute(statement)
