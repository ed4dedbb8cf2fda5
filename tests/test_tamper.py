"""Q12: whatever field of whatever row is changed in a copy, with an old checkpoint as anchor, is found."""

import os
import random
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date, datetime, timedelta

import asyncpg
import pytest
import pytest_asyncio

from ledger.actions.check import look_at_all
from ledger.actions.export_sealed import export_log
from ledger.actions.seal import seal_waiting
from ledger.actions.seal_key import SealKey
from ledger.db.embedded import EmbeddedDatabase
from ledger.db.service_role import connect
from ledger.verify import Differs, Note, verify
from tests.busy_village import Busy, busy_database
from tests.village import gift, haircut

KEY = SealKey(bytes(range(32)))
OTHER_KEY = SealKey(bytes(range(1, 33)))
SAMPLED = int(os.environ.get("TAMPER_SAMPLES", "160"))
KEYS = {
    "journal": ("programme", "id"),
    "entry": ("programme", "owner", "purse", "unit", "account_version"),
    "balance": ("programme", "owner", "purse", "unit"),
    "seal_leaf": ("programme", "position"),
    "seal_salt": ("programme", "position"),
    "seal_tile": ("programme", "level", "place"),
    "seal_checkpoint": ("programme", "size"),
}


class Copy:
    """A sealed ledger without any guard, and the checkpoint that was printed when half of it was done."""

    def __init__(self, connection: asyncpg.Connection, anchor: str) -> None:
        self.connection = connection
        self.anchor = anchor

    async def is_found(self, *, key: SealKey = KEY) -> bool:
        """By `check`, or by `verify` on an export made after the deed."""
        findings = await look_at_all(self.connection)
        if any(finding.broken for finding in findings):
            return True
        return await self.verified(key=key) is not None

    async def verified(self, *, key: SealKey = KEY, anchored: bool = True) -> str | None:
        """What `verify` says is wrong."""
        lines = [line async for line in export_log(self.connection, key, "village")]
        try:
            list(verify(lines, [Note(self.anchor)] if anchored else []))
        except Differs as differs:
            return str(differs)
        return None


@pytest_asyncio.fixture(scope="module")
async def sealed(server: EmbeddedDatabase, template: str) -> AsyncIterator[tuple[Busy, str]]:
    async with busy_database(server, template, "tamper_busy") as busy:
        admin = await connect(busy.village.database.admin_url)
        await admin.execute("SET ROLE ledger_sealer")
        await seal_waiting(admin, KEY)
        await admin.execute("RESET ROLE")
        anchor = await admin.fetchval("SELECT note FROM seal_checkpoint")
        await busy.post(after=gift(), after_too=haircut("hh_2"))
        await admin.execute("SET ROLE ledger_sealer")
        await seal_waiting(admin, KEY)
        await admin.execute("RESET ROLE")
        for row in await admin.fetch(
            "SELECT conrelid::regclass::text AS name, conname FROM pg_constraint"
            " WHERE contype = 'c' AND connamespace = 'ledger'::regnamespace"
        ):
            await admin.execute(f"ALTER TABLE {row['name']} DROP CONSTRAINT {row['conname']}")
        await admin.close()
        yield busy, anchor


@pytest_asyncio.fixture
async def copy(sealed: tuple[Busy, str]) -> AsyncIterator[Copy]:
    busy, anchor = sealed
    connection = await connect(busy.village.database.admin_url)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("SET LOCAL session_replication_role = replica")
    yield Copy(connection, anchor)
    await transaction.rollback()
    await connection.close()


async def test_no_false_alarm(copy: Copy) -> None:
    assert [finding.line for finding in await look_at_all(copy.connection) if finding.broken] == []
    assert await copy.verified() is None
    assert await copy.verified(anchored=False) is None


def other_values(value: object, column: str) -> Iterator[object]:
    """Values of the same kind that somebody might prefer."""
    match value:
        case None:
            yield {"happened_on": date(2026, 1, 1), "floor_amount": 1, "batch": "b"}.get(column, '{"reason":"x"}')
        case bool():
            yield not value
        case int():
            yield from (value + 1, -value - 1)
        case datetime():
            yield value - timedelta(microseconds=1)
        case date():
            yield value + timedelta(days=1)
        case bytes():
            yield bytes([value[0] ^ 1]) + value[1:]
            yield value[:-32] or bytes(32)
        case list():
            yield value[:-1] if value else [date(2030, 1, 1) if column == "bucket_days" else 1]
        case str() if value[:1] in "{[":
            yield from changed_json(value)
        case str():
            yield f"{value}x"
        case _:
            raise AssertionError(type(value))


def changed_json(text: str) -> Iterator[str]:
    """A number, a word, and the last part of it."""
    digits = [place for place, sign in enumerate(text) if sign.isdigit()]
    if digits:
        place = digits[-1]
        yield text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]
    elif len(text) > 2:
        yield text.replace('":"', '":"x', 1)
    else:
        yield '{"note":"x"}' if text[0] == "{" else '[["a","b","c",1]]'


async def deeds(connection: asyncpg.Connection) -> list[tuple[str, str, dict[str, object], object]]:
    """Every table, row and field, and what is put there."""
    found = []
    for table, key in KEYS.items():
        for row in await connection.fetch(f"SELECT * FROM {table} ORDER BY {', '.join(key)}"):
            place = {name: row[name] for name in key}
            for column, value in row.items():
                found += [(table, column, place, other) for other in other_values(value, column)]
    return found


async def change(
    connection: asyncpg.Connection, table: str, column: str, place: dict[str, object], other: object
) -> bool:
    where = " AND ".join(f"{name} = ${number}" for number, name in enumerate(place, start=2))
    try:
        done = await connection.execute(f"UPDATE {table} SET {column} = $1 WHERE {where}", other, *place.values())
    except (asyncpg.UniqueViolationError, asyncpg.InvalidTextRepresentationError):
        return False
    return done == "UPDATE 1"


async def undetected(copy: Copy, sample: list[tuple[str, str, dict[str, object], object]]) -> list[str]:
    missed = []
    done = 0
    for table, column, place, other in sample:
        deed = copy.connection.transaction()
        await deed.start()
        if await change(copy.connection, table, column, place, other):
            done += 1
            if not await copy.is_found():
                missed.append(f"{table}.{column} of {place} := {other!r}")
        await deed.rollback()
    assert done > len(sample) * 0.8
    return missed


async def test_every_field_once(copy: Copy) -> None:
    """At least one row of every table and column, and more by chance."""
    everything = await deeds(copy.connection)
    draw = random.Random(12)
    draw.shuffle(everything)
    once = {(table, column): (table, column, place, other) for table, column, place, other in everything}
    assert len(once) > 45
    assert await undetected(copy, [*once.values(), *everything[: SAMPLED - len(once)]]) == []


@pytest.mark.soak
async def test_every_field_of_every_row(copy: Copy, record_property: Callable[[str, object], None]) -> None:
    everything = await deeds(copy.connection)
    assert await undetected(copy, everything) == []
    record_property("Q12", f"{len(everything)} changes of fields, every one found")


ROWS = {
    "a line is taken out": "DELETE FROM {table} WHERE ctid = (SELECT max(ctid) FROM {table})",
    "the first line is taken out": "DELETE FROM {table} WHERE ctid = (SELECT min(ctid) FROM {table})",
}


@pytest.mark.parametrize("deed", ROWS)
@pytest.mark.parametrize("table", KEYS)
async def test_a_missing_row_is_found(table: str, deed: str, copy: Copy) -> None:
    await copy.connection.execute(ROWS[deed].format(table=table))
    assert await copy.is_found()


async def rewrite_history(copy: Copy, key: SealKey) -> None:
    """The whole deed: an early award is worth more, all that follows from it is recomputed, all is sealed anew."""
    connection = copy.connection
    await connection.execute(
        """
        UPDATE entry SET amount = amount + 1 WHERE owner = 'hh_2' AND unit = 'points' AND purse = 'main'
            AND account_version = 1;
        UPDATE entry SET balance_after = balance_after + 1
        WHERE owner = 'hh_2' AND unit = 'points' AND purse = 'main';
        UPDATE balance SET total = total + 1, bucket_amounts[1] = bucket_amounts[1] + 1
        WHERE owner = 'hh_2' AND unit = 'points' AND purse = 'main';
        UPDATE entry SET amount = amount - 1 WHERE owner = 'programme' AND unit = 'points' AND journal_id =
            (SELECT journal_id FROM entry
            WHERE owner = 'hh_2' AND unit = 'points' AND purse = 'main' AND account_version = 1);
        UPDATE entry AS e SET balance_after = r.running FROM (
            SELECT programme, owner, purse, unit, account_version, sum(amount) OVER account AS running FROM entry
            WINDOW account AS (PARTITION BY programme, owner, purse, unit ORDER BY account_version)
        ) AS r
        WHERE (e.programme, e.owner, e.purse, e.unit, e.account_version)
            = (r.programme, r.owner, r.purse, r.unit, r.account_version);
        UPDATE balance AS b SET total = e.balance_after FROM entry AS e
        WHERE (e.programme, e.owner, e.purse, e.unit, e.account_version)
            = (b.programme, b.owner, b.purse, b.unit, b.account_version);
        INSERT INTO outbox SELECT programme, journal_id FROM seal_leaf;
        DELETE FROM seal_leaf; DELETE FROM seal_salt; DELETE FROM seal_tile; DELETE FROM seal_checkpoint;
        SET LOCAL ROLE ledger_sealer;
        """
    )
    await seal_waiting(connection, key)
    await connection.execute("RESET ROLE; SET LOCAL session_replication_role = replica")


async def test_a_history_rewritten_by_the_operator_is_found_by_the_paper(copy: Copy) -> None:
    await rewrite_history(copy, KEY)
    assert not any(finding.broken for finding in await look_at_all(copy.connection))
    assert await copy.verified(anchored=False) is None
    assert "are not those that were sealed" in (await copy.verified() or "")


async def test_another_key_does_not_help(copy: Copy) -> None:
    await rewrite_history(copy, OTHER_KEY)
    assert "is not signed by the key" in (await copy.verified(key=OTHER_KEY) or "")
    assert "is not signed by the key" in (await copy.verified(key=KEY, anchored=False) or "")
