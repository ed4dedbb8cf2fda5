"""Backup and restore: the same ledger on the other side, or nothing at all."""

import asyncio
import json
import secrets
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from ledger.actions.backup import MANIFEST, BackupReason, BackupRefused, back_up
from ledger.actions.restore import restore
from ledger.db.binaries import find_binaries
from ledger.db.embedded import EmbeddedDatabase, open_database
from ledger.db.files import FileShelf
from ledger.db.launch_refusal import LaunchRefused
from ledger.db.service_role import connect, prepare_database
from tests.conftest import FORGETFUL
from tests.village import Database, Village, gift, open_village, receive, redeem

HARD_NAME = "张三\t\\N\n'\"李🎋\\."

PICTURE = b"evidence"


async def fill(village: Village) -> None:
    await village.post(("earn", gift()), ("stock", receive(9)), ("take", redeem()), ("refused", redeem("hh_2")))
    await village.rows("INSERT INTO person (programme, owner, name) VALUES ('village', 'hh_1', $1)", HARD_NAME)


async def everything(url: str) -> dict[str, object]:
    """All rows of all tables, and the state of all guards."""
    connection = await connect(url)
    try:
        tables = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'ledger'::regnamespace AND relkind = 'r'"
        )
        found: dict[str, object] = {}
        for (name,) in tables:
            rows = await connection.fetch(
                f"SELECT to_jsonb(t) - 'applied_at' FROM ledger.\"{name}\" AS t ORDER BY t::text"
            )
            found[name] = [row[0] for row in rows]
        found["triggers"] = await connection.fetch(
            "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2"
        )
        return found
    finally:
        await connection.close()


async def save(url: str, file: Path) -> None:
    connection = await connect(url)
    try:
        shelf = FileShelf(file.parent / "from")
        shelf.keep(PICTURE)
        await back_up(connection, file, shelf)
    finally:
        await connection.close()


async def load(url: str, file: Path) -> None:
    connection = await connect(url)
    try:
        await restore(connection, file, FileShelf(file.parent / "to"))
    finally:
        await connection.close()


def mode_of(file: Path) -> int:
    return file.stat().st_mode & 0o777


def checksums(file: Path) -> list[int]:
    return [info.CRC for info in zipfile.ZipFile(file).infolist()]


@pytest_asyncio.fixture
async def bare_url(server: EmbeddedDatabase) -> AsyncIterator[str]:
    """A database in which nothing has ever been made."""
    name = f"bare_{secrets.token_hex(6)}"
    admin = await connect(server.admin_url)
    await admin.execute(f"CREATE DATABASE {name}")
    yield server.url(database=name)
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ledger.backup"


async def test_what_was_saved_is_what_comes_back(village: Village, bare_url: str, file: Path) -> None:
    await fill(village)
    await save(village.database.admin_url, file)
    await load(bare_url, file)
    assert await everything(bare_url) == await everything(village.database.admin_url)
    assert mode_of(file) == 0o600
    manifest = json.loads(zipfile.ZipFile(file).read(MANIFEST))
    assert manifest["content"]["counts"]["person"] == 1
    kept = FileShelf(file.parent / "to")
    assert (manifest["files"], [kept.read(name) for name in kept.names()]) == (1, [PICTURE])


async def test_the_restored_ledger_goes_on(village: Village, bare_url: str, file: Path, tmp_path: Path) -> None:
    await fill(village)
    await save(village.database.admin_url, file)
    await load(bare_url, file)
    url = await prepare_database(bare_url, tmp_path / "password")
    again = Village(Database(admin_url=bare_url, url=url), "village", await connect(url), village.shelf)
    outcomes = await again.post(("take", redeem()), ("new", redeem()))
    assert [outcome.is_replayed for outcome in outcomes] == [True, False]
    assert await again.total("hh_1") == 40
    with pytest.raises(asyncpg.PostgresError):
        await again.rows("UPDATE entry SET amount = amount + 1")
    await again.connection.close()
    await again.rows('DROP OWNED BY "' + url.split("//")[1].split(":")[0] + '"')
    await again.rows('DROP ROLE "' + url.split("//")[1].split(":")[0] + '"')


async def test_a_backup_under_load_is_of_one_moment(village: Village, bare_url: str, file: Path) -> None:
    await fill(village)
    done = asyncio.Event()

    async def keep_posting() -> None:
        number = 0
        while not done.is_set():
            await village.post((f"load{number}", gift("hh_3")))
            number += 1

    posting = asyncio.create_task(keep_posting())
    try:
        await save(village.database.admin_url, file)
    finally:
        done.set()
        await posting
    await load(bare_url, file)
    connection = await connect(bare_url)
    wrong = await connection.fetch(
        "SELECT owner FROM balance AS b JOIN entry AS e USING (programme, owner, purse, unit)"
        " GROUP BY programme, owner, purse, unit, b.total HAVING b.total <> sum(e.amount)"
    )
    await connection.close()
    assert wrong == []


async def test_a_migrated_but_unused_target_is_empty_enough(
    village: Village, bare_url: str, file: Path, tmp_path: Path
) -> None:
    await save(village.database.admin_url, file)
    await prepare_database(bare_url, tmp_path / "password")
    await load(bare_url, file)
    assert await everything(bare_url) == await everything(village.database.admin_url)


async def test_a_target_with_rows_is_refused_and_kept(village: Village, file: Path) -> None:
    await fill(village)
    await save(village.database.admin_url, file)
    before = await everything(village.database.admin_url)
    with pytest.raises(BackupRefused, match="journal") as refused:
        await load(village.database.admin_url, file)
    assert refused.value.reason == BackupReason.TARGET_NOT_EMPTY
    assert await everything(village.database.admin_url) == before


async def test_a_file_is_never_overwritten(village: Village, file: Path) -> None:
    await save(village.database.admin_url, file)
    before = checksums(file)
    await fill(village)
    with pytest.raises(BackupRefused) as refused:
        await save(village.database.admin_url, file)
    assert refused.value.reason == BackupReason.FILE_EXISTS
    assert checksums(file) == before


async def test_nothing_to_save_is_said(bare_url: str, file: Path) -> None:
    with pytest.raises(BackupRefused) as refused:
        await save(bare_url, file)
    assert refused.value.reason == BackupReason.NO_LEDGER
    assert [path.name for path in file.parent.iterdir()] == ["from"]  # the folder that was to be saved


async def test_the_service_login_cannot_save_half(village: Village, file: Path) -> None:
    with pytest.raises(BackupRefused) as refused:
        await save(village.database.url, file)
    assert refused.value.reason == BackupReason.NEEDS_ADMINISTRATOR
    assert [path.name for path in file.parent.iterdir()] == ["from"]  # the folder that was to be saved


@pytest.mark.parametrize("harm", ["cut", "bit", "member", "row", "other", "later"])
async def test_a_damaged_file_restores_nothing(village: Village, bare_url: str, file: Path, harm: str) -> None:
    await fill(village)
    await save(village.database.admin_url, file)
    _harm(file, harm)
    with pytest.raises(BackupRefused) as refused:
        await load(bare_url, file)
    expected = {"row": BackupReason.NOT_WHOLE, "later": BackupReason.LATER_RELEASE}
    assert refused.value.reason == expected.get(harm, BackupReason.NOT_A_BACKUP)
    connection = await connect(bare_url)
    if await connection.fetchval("SELECT to_regclass('ledger.journal') IS NOT NULL"):
        assert await connection.fetchval("SELECT count(*) FROM ledger.journal") == 0
    await connection.close()


def _harm(file: Path, harm: str) -> None:
    whole = file.read_bytes()
    members = {info.filename: zipfile.ZipFile(file).read(info) for info in zipfile.ZipFile(file).infolist()}
    if harm == "cut":
        file.write_bytes(whole[: len(whole) // 2])
    elif harm == "bit":
        with zipfile.ZipFile(file) as archive:
            place = archive.getinfo("entry.copy").header_offset + 30 + len("entry.copy") + 40
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    else:
        manifest = json.loads(members[MANIFEST])
        if harm == "member":
            del members["entry.copy"]
        elif harm == "row":
            manifest["content"]["counts"]["entry"] += 1
        elif harm == "other":
            manifest["format"] = "some-other-thing"
        else:
            manifest["content"]["schema_version"] = 9999
        members[MANIFEST] = json.dumps(manifest).encode()
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)


@pytest.fixture
def older_server(open_folder: Path) -> Iterator[EmbeddedDatabase]:
    """A server of another major version, where the machine has one."""
    majors = [major for major in (15, 16, 17) if major != find_binaries().major]
    for major in majors:
        try:
            binaries = find_binaries(major=major)
        except LaunchRefused:
            continue
        with open_database(open_folder / "older", binaries=binaries, settings=FORGETFUL) as database:
            yield database
        return
    pytest.skip("NOT TESTED: this machine has programs of one PostgreSQL major version only")


async def test_the_way_across_major_versions_and_back(
    older_server: EmbeddedDatabase, bare_url: str, file: Path, tmp_path: Path
) -> None:
    url = await prepare_database(older_server.admin_url, tmp_path / "password")
    async with open_village(Database(admin_url=older_server.admin_url, url=url)) as village:
        await fill(village)
    await save(older_server.admin_url, file)
    await load(bare_url, file)
    assert await everything(bare_url) == await everything(older_server.admin_url)
    await save(bare_url, tmp_path / "back")
    admin = await connect(older_server.admin_url)
    await admin.execute("CREATE DATABASE second")
    await admin.close()
    await load(older_server.url(database="second"), tmp_path / "back")
    assert await everything(older_server.url(database="second")) == await everything(bare_url)
