"""The audit log is sealed: whatever field of whatever row is changed is found, and nobody who serves can change one."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg
import msgspec
import pytest
import pytest_asyncio

from ledger.actions.check_audit_log import check_audit_log
from ledger.actions.prove_sealed import prove_consistency, prove_inclusion
from ledger.actions.seal import seal_batch
from ledger.actions.seal_key import SealKey
from ledger.core.log_kind import LogKind
from ledger.core.merkle import is_consistent, is_included, leaf_hash
from ledger.db.audit_events import NO_PROGRAMME, EventAnswer, NewEvent, write_events
from ledger.db.journal import show_programmes
from ledger.db.seals import find_checkpoint
from ledger.db.service_role import connect
from tests.test_tamper import change, other_values
from tests.village import Village

KEY, OTHER_KEY = SealKey(bytes(range(32))), SealKey(bytes(range(1, 33)))
KEYS = {
    "audit_event": ("programme", "id"),
    "audit_reason": ("programme", "event"),
    "audit_leaf": ("programme", "position"),
    "audit_salt": ("programme", "position"),
    "audit_tile": ("programme", "level", "place"),
    "audit_checkpoint": ("programme", "size"),
}
READ = NewEvent("village", "nod_1", "usr_1", "ses_1", "blind-1", "GET /v1/x/{household}", {"household": "hh_1"}, 200)
TRIED = NewEvent(NO_PROGRAMME, None, None, None, "blind-2", "POST /v1/sign-in", {}, 401, "unauthenticated")
BEGUN = NewEvent("village", "nod_1", "usr_2", "key_1", "blind-1", "POST /v1/x", {}, reason="代为登记 for Li")


@pytest_asyncio.fixture
async def sealed(village: Village) -> AsyncIterator[Village]:
    """Both logs, in three checkpoints, the last of them over two tiles."""
    first = await write_events(village.connection, [READ, TRIED, BEGUN])
    await seal(village)
    await write_events(village.connection, [EventAnswer("village", str(first[2]), 201, None), TRIED])
    await seal(village)
    await write_events(village.connection, [READ] * 258)
    await seal(village)
    yield village


async def seal(village: Village, key: SealKey = KEY) -> None:
    admin = await connect(village.database.admin_url)
    await admin.execute("SET ROLE ledger_sealer")
    for programme in ("village", NO_PROGRAMME):
        await seal_batch(admin, programme, key, kind=LogKind.AUDIT)
    await admin.close()


@pytest_asyncio.fixture
async def copy(sealed: Village) -> AsyncIterator[asyncpg.Connection]:
    """Without any guard; undone afterwards."""
    connection = await connect(sealed.database.admin_url)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("SET LOCAL session_replication_role = replica")
    for row in await connection.fetch(
        "SELECT conrelid::regclass::text AS name, conname FROM pg_constraint"
        " WHERE contype = 'c' AND conrelid::regclass::text LIKE 'audit_%'"
    ):
        await connection.execute(f"ALTER TABLE {row['name']} DROP CONSTRAINT {row['conname']}")
    yield connection
    await transaction.rollback()
    await connection.close()


async def is_found(connection: asyncpg.Connection, key: SealKey | None = KEY) -> bool:
    return any(finding.broken for finding in await check_audit_log(connection, key))


async def deeds(connection: asyncpg.Connection) -> list[tuple[str, str, dict[str, object], object]]:
    """Every field of the first rows and of the last of every table, and what is put there."""
    found = []
    for table, key in KEYS.items():
        rows: Sequence[Any] = await connection.fetch(f"SELECT * FROM {table} ORDER BY {', '.join(key)}")
        for row in [*rows[:7], *rows[7:][-2:]]:
            place = {name: row[name] for name in key}
            for column, value in row.items():
                found += [(table, column, place, other) for other in other_values(value, column)]
    return found


async def test_whatever_is_changed_is_found_and_nothing_else(copy: asyncpg.Connection) -> None:
    assert not await is_found(copy) and not await is_found(copy, None), "a false alarm"
    missed, done, columns = [], 0, set()
    for table, column, place, other in await deeds(copy):
        deed = copy.transaction()
        await deed.start()
        if await change(copy, table, column, place, other):
            done += 1
            columns.add((table, column))
            if not await is_found(copy):
                missed.append(f"{table}.{column} of {place} := {other!r}")
        await deed.rollback()
    assert missed == []
    all_columns = await copy.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'ledger'"
        " AND table_name = ANY($1)", list(KEYS),
    )  # fmt: skip
    assert columns == {tuple(row) for row in all_columns} and done > 200
    print(f"audit log: {done} changes, {len(missed)} not found, 0 false alarms")


@pytest.mark.parametrize("table", KEYS)
async def test_a_missing_row_is_found(table: str, copy: asyncpg.Connection) -> None:
    for which in ("min", "max"):
        deed = copy.transaction()
        await deed.start()
        await copy.execute(f"DELETE FROM {table} WHERE ctid = (SELECT {which}(ctid) FROM {table})")
        assert await is_found(copy), which
        await deed.rollback()


async def test_a_log_sealed_anew_needs_the_key_and_is_told_from_an_old_checkpoint(
    copy: asyncpg.Connection, sealed: Village
) -> None:
    old = await find_latest(copy)
    for key, found in ((OTHER_KEY, True), (KEY, False)):
        deed = copy.transaction()
        await deed.start()
        await copy.execute(
            """
            UPDATE audit_event SET principal = 'usr_9' WHERE principal = 'usr_1';
            INSERT INTO audit_outbox SELECT programme, event FROM audit_leaf WHERE programme = 'village';
            DELETE FROM audit_leaf WHERE programme = 'village'; DELETE FROM audit_salt WHERE programme = 'village';
            DELETE FROM audit_tile WHERE programme = 'village';
            DELETE FROM audit_checkpoint WHERE programme = 'village';
            SET LOCAL ROLE ledger_sealer;
            """
        )
        await seal_batch(copy, "village", key, kind=LogKind.AUDIT)
        await copy.execute("RESET ROLE; SET LOCAL session_replication_role = replica")
        assert await is_found(copy) == found
        assert ("sealed with another key" in str(await check_audit_log(copy, KEY))) == found
        new = await find_latest(copy)
        assert (new[0], new[1] == old[1]) == (old[0], False), "as long, and not what was printed"
        await deed.rollback()
    assert sealed.slug == "village"


async def find_latest(connection: asyncpg.Connection) -> tuple[int, bytes]:
    latest = await find_checkpoint(connection, "village", kind=LogKind.AUDIT)
    assert latest is not None
    return latest.size, latest.root


async def test_every_event_is_proven_and_every_checkpoint_follows(sealed: Village) -> None:
    async with sealed.connection.transaction():
        await show_programmes(sealed.connection, ["village"])
        size, root = await find_latest(sealed.connection)
        ids = [row["id"] for row in await sealed.connection.fetch("SELECT id FROM audit_event ORDER BY id")]
        assert size == len(ids) == 261
        for id in ids[::40]:
            proof = await prove_inclusion(sealed.connection, "village", id, LogKind.AUDIT)
            leaf = msgspec.json.decode(proof.leaf)
            assert leaf["id"] == id and "blind" not in str(leaf) and "Li" not in str(leaf)
            assert is_included(leaf_hash(proof.leaf), proof.position, size, root, proof.hashes)
        for older in (2, 3):
            old = await find_checkpoint(sealed.connection, "village", older, LogKind.AUDIT)
            step = await prove_consistency(sealed.connection, "village", older, None, LogKind.AUDIT)
            assert old is not None and is_consistent(older, old.root, size, root, step.hashes)
            assert old.note.startswith("points-ledger/village/audit\n")


async def test_an_emptied_reason_leaves_its_leaf_as_it_was(sealed: Village) -> None:
    """Emptied before it is sealed, there never was one."""
    [late] = await write_events(sealed.connection, [BEGUN])
    async with sealed.connection.transaction():
        await show_programmes(sealed.connection, ["village"])
        await sealed.connection.execute("UPDATE audit_reason SET reason = ''")
    await seal(sealed)
    admin = await connect(sealed.database.admin_url)
    async with admin.transaction():
        await admin.execute("SET LOCAL session_replication_role = replica")
        assert not await is_found(admin)
        salts = await admin.fetch("SELECT salts ->> 'reason' AS kept FROM audit_salt WHERE salts ->> 'reason' <> ''")
        assert [len(row["kept"]) for row in salts] == [64]
        # A reason that is put back is not the one that was sealed.
        await admin.execute("UPDATE audit_reason SET reason = 'another' WHERE event <> $1", late)
        assert await is_found(admin)
    await admin.close()


RAW = [
    "UPDATE audit_event SET status = 200",
    "DELETE FROM audit_event",
    "TRUNCATE audit_event CASCADE",
    "INSERT INTO audit_event (programme, id, address, verb, about, status)"
    " VALUES ('village', 'aud_000000000000000000', 'x', 'GET /', '{}', 200)",
    "INSERT INTO audit_event (programme, happened_at, address, verb, about, status)"
    " VALUES ('village', '2020-01-01', 'x', 'GET /', '{}', 200)",
    "INSERT INTO audit_outbox VALUES ('village', 'aud_x')",
    "DELETE FROM audit_outbox",
    "SELECT wait_for_the_seal()",
    *(
        f"{verb} {table}{more}"
        for table in ("audit_leaf", "audit_salt", "audit_tile", "audit_checkpoint")
        for verb, more in (("DELETE FROM", ""), ("TRUNCATE", ""), ("UPDATE", " SET programme = 'x'"),
                           ("INSERT INTO", f" SELECT * FROM {table}"))
    ),
]  # fmt: skip


async def test_who_serves_can_neither_change_nor_backdate_it(sealed: Village) -> None:
    for statement in RAW:
        with pytest.raises(asyncpg.PostgresError) as refused:
            async with sealed.connection.transaction():
                await show_programmes(sealed.connection, ["village"])
                await sealed.connection.execute(statement)
        assert isinstance(
            refused.value, asyncpg.InsufficientPrivilegeError | asyncpg.IntegrityConstraintViolationError
        ), statement


async def test_nor_can_the_owner_of_the_tables(sealed: Village) -> None:
    for statement in (
        "UPDATE audit_leaf SET position = position + 1000",
        "DELETE FROM audit_leaf",
        "TRUNCATE audit_checkpoint",
        "UPDATE audit_tile SET digests = substr(digests, 1, 32)",
        "DELETE FROM audit_tile",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
            await sealed.rows(statement)
        assert refused.value.constraint_name == "history_never_changes", statement


async def test_ids_sort_by_time_as_those_of_the_service_do(sealed: Village) -> None:
    rows = await sealed.rows("SELECT id, happened_at FROM audit_event ORDER BY happened_at, id")
    assert [row["id"] for row in rows] == sorted({row["id"] for row in rows})
    assert all(len(row["id"]) == 22 for row in rows)
