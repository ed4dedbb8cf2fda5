"""Everything posted or refused gets one place in one order, whoever seals and however often it is killed."""

import asyncio
import base64
import contextlib
import hashlib
import random
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.actions import seal
from ledger.actions.prove_sealed import prove_consistency, prove_inclusion
from ledger.actions.seal import seal_batch, seal_waiting
from ledger.actions.seal_key import SealKey, SealKeyProblem, open_seal_key
from ledger.core.command import Request
from ledger.core.merkle import is_consistent, is_included, leaf_hash
from ledger.core.refusal import Refused
from ledger.db.journal import show_programmes
from ledger.db.seals import find_checkpoint
from ledger.db.service_role import connect, prepare_sealer
from ledger.posting import post
from tests.busy_village import open_busy_village
from tests.village import Database, Village, gift, haircut, open_village

KEY = SealKey(bytes(range(32)))
LOST = (asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, asyncpg.InterfaceError, OSError)


@pytest_asyncio.fixture
async def sealer(village: Village, tmp_path: Path) -> AsyncIterator[asyncpg.Connection]:
    url = await prepare_sealer(village.database.admin_url, tmp_path / "sealer.password")
    connection = await connect(url)
    yield connection
    await connection.close()
    name = await village.rows("SELECT current_database() AS name")
    await village.rows(f"REASSIGN OWNED BY {name[0]['name']}_sealer TO CURRENT_USER")
    await village.rows(f"DROP ROLE {name[0]['name']}_sealer")


async def order(village: Village) -> list[str]:
    rows = await village.rows("SELECT position, journal_id FROM seal_leaf ORDER BY programme, position")
    assert [row["position"] for row in rows] == list(range(len(rows)))
    return [row["journal_id"] for row in rows]


async def journal(village: Village) -> set[str]:
    return {row["id"] for row in await village.rows("SELECT id FROM journal")}


async def test_the_order_is_gapless_and_equal_to_the_journal(village: Village, sealer: asyncpg.Connection) -> None:
    for number in range(5):
        await village.post((f"a{number}", gift()), (f"b{number}", haircut("hh_2")))
        assert await seal_waiting(sealer, KEY) == 2
    assert await seal_waiting(sealer, KEY) == 0
    assert set(await order(village)) == await journal(village)
    assert await village.rows("SELECT FROM outbox") == []


async def test_a_late_commit_is_never_skipped(village: Village, sealer: asyncpg.Connection) -> None:
    """Its ids are smaller than those that were sealed while it was still open."""
    late = await connect(village.database.url)
    transaction = late.transaction()
    await transaction.start()
    await post(late, [Request("village", "system:test", "late", gift("hh_2"))], village.shelf)
    await village.post(("quick", haircut("hh_3")))  # refused, so it waits for no balance
    assert await seal_waiting(sealer, KEY) == 1
    await transaction.commit()
    await late.close()
    assert await seal_waiting(sealer, KEY) == 1
    assert set(await order(village)) == await journal(village)


async def test_two_sealers_make_one_order(
    village: Village, sealer: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seal, "BATCH_MAX", 3)
    await village.post(*((f"k{number}", gift()) for number in range(20)))
    async with sealer.transaction():
        await show_programmes(sealer, ["village"])
        user = await sealer.fetchval("SELECT current_user")
    assert user.endswith("_sealer")
    others = [await connect(village.database.admin_url) for _ in range(3)]
    for other in others:
        await other.execute("SET ROLE ledger_sealer")
    await asyncio.gather(*(seal_waiting(connection, KEY) for connection in (sealer, *others)))
    while await seal_waiting(sealer, KEY):
        pass
    for other in others:
        await other.close()
    assert set(await order(village)) == await journal(village)


async def test_killed_at_any_point_it_goes_on(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection dies after a random number of statements, again and again."""
    monkeypatch.setattr(seal, "BATCH_MAX", 7)
    await village.post(*((f"k{number}", gift()) for number in range(60)))
    draw = random.Random(7)
    killer = await connect(village.database.admin_url)
    for _ in range(40):
        connection = await connect(village.database.admin_url)
        await connection.execute("SET ROLE ledger_sealer")
        pid = connection.get_server_pid()

        async def kill(pid: int = pid) -> None:
            await asyncio.sleep(draw.uniform(0, 0.03))
            await killer.execute("SELECT pg_terminate_backend($1)", pid)

        killing = asyncio.create_task(kill())
        with contextlib.suppress(*LOST):
            await seal_batch(connection, "village", KEY)
        await killing
        connection.terminate()
    last = await connect(village.database.admin_url)
    await last.execute("SET ROLE ledger_sealer")
    await seal_waiting(last, KEY)
    await last.close()
    await killer.close()
    assert set(await order(village)) == await journal(village)
    notes = await village.rows("SELECT size, root FROM seal_checkpoint ORDER BY size")
    assert [note["size"] for note in notes] == sorted({note["size"] for note in notes})


async def test_every_line_is_proven_and_every_checkpoint_follows(village: Village, sealer: asyncpg.Connection) -> None:
    ids = []
    for number in range(9):
        outcomes = await village.post((f"a{number}", gift()), (f"b{number}", haircut("hh_2")))
        ids += [outcome.transaction or "" for outcome in outcomes]
        await seal_waiting(sealer, KEY)
    async with village.connection.transaction():
        await show_programmes(village.connection, ["village"])
        latest = await find_checkpoint(village.connection, "village")
        assert latest is not None and latest.size == 18
        for id in ids:
            proof = await prove_inclusion(village.connection, "village", id)
            assert id.encode() in proof.leaf
            assert is_included(leaf_hash(proof.leaf), proof.position, latest.size, latest.root, proof.hashes)
        for size in range(2, 19, 2):
            old = await find_checkpoint(village.connection, "village", size)
            assert old is not None
            step = await prove_consistency(village.connection, "village", size)
            assert is_consistent(size, old.root, latest.size, latest.root, step.hashes)
        with pytest.raises(Refused):
            await prove_inclusion(village.connection, "village", "txn_nowhere")
        with pytest.raises(Refused):
            await prove_consistency(village.connection, "village", 3)


async def test_a_checkpoint_is_a_signed_note_that_others_can_read(village: Village, sealer: asyncpg.Connection) -> None:
    """Taken apart by the words of C2SP signed-note and tlog-checkpoint, with none of our code."""
    await village.post(("a", gift()))
    await seal_waiting(sealer, KEY)
    row = (await village.rows("SELECT note, root FROM seal_checkpoint"))[0]
    text, _, stamps = row["note"].rpartition("\n\n")
    origin, size, root = text.split("\n")[:3]
    assert (origin, size, base64.b64decode(root)) == ("points-ledger/village", "1", row["root"])
    dash, name, stamp = stamps.removesuffix("\n").split(" ")
    verifier = KEY.verifier("village")
    key_name, key_id, key = verifier.split("+", 2)
    public = base64.b64decode(key)
    assert (dash, name, public[:1]) == ("—", key_name, b"\x01")
    assert hashlib.sha256(f"{key_name}\n".encode() + public).digest()[:4].hex() == key_id
    assert base64.b64decode(stamp)[:4].hex() == key_id
    Ed25519PublicKey.from_public_bytes(public[1:]).verify(base64.b64decode(stamp)[4:], f"{text}\n".encode())


async def test_each_programme_has_a_log_of_its_own(village: Village, sealer: asyncpg.Connection) -> None:
    async with open_village(village.database, "other") as other:
        await village.post(("a", gift()))
        await other.post(("a", gift()), ("b", gift()))
        assert await seal_waiting(sealer, KEY) == 3
    rows = await village.rows("SELECT programme, size FROM seal_checkpoint ORDER BY programme")
    assert [tuple(row) for row in rows] == [("other", 2), ("village", 1)]


async def test_every_kind_of_line_can_be_sealed(database: Database) -> None:
    async with open_busy_village(database) as busy:
        admin = await connect(database.admin_url)
        await admin.execute("SET ROLE ledger_sealer")
        sealed = await seal_waiting(admin, KEY)
        await admin.close()
        assert sealed == len(await journal(busy.village)) > 40


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE seal_leaf SET position = position + 1",
        "DELETE FROM seal_leaf",
        "TRUNCATE seal_checkpoint",
        "UPDATE seal_tile SET digests = substr(digests, 1, 32)",
        "UPDATE seal_tile SET digests = '\\x' || repeat('00', 32)::bytea",
        "DELETE FROM seal_tile",
    ],
)
async def test_a_log_only_grows_for_its_owner_too(sql: str, village: Village, sealer: asyncpg.Connection) -> None:
    await village.post(("a", gift()), ("b", gift()))
    await seal_waiting(sealer, KEY)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await village.rows(sql)
    assert refused.value.constraint_name == "history_never_changes"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await village.connection.execute("INSERT INTO seal_leaf VALUES ('village', 9, 'x')")


@pytest.mark.parametrize(
    "sql", ["DELETE FROM entry", "INSERT INTO outbox VALUES ('village', 'x')", "UPDATE balance SET total = 0"]
)
async def test_the_sealer_can_do_nothing_else(sql: str, sealer: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await sealer.execute(sql)


def test_the_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "seal.key"
    first, again = open_seal_key(file), open_seal_key(file)
    assert first.verifier("p") == again.verifier("p")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["seal.key"]


@pytest.mark.parametrize("text", ["", "nonsense", "AAAA"])
def test_a_file_that_holds_no_key_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "seal.key").write_text(text)
    with pytest.raises(SealKeyProblem):
        open_seal_key(tmp_path / "seal.key")
