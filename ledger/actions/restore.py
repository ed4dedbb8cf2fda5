"""Load a backup into an empty target: its own schema first, then its rows, all or nothing, then newer migrations."""

import zipfile
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

import asyncpg
import msgspec

from ledger.actions.backup import (
    FILES,
    FORMAT,
    MANIFEST,
    TABLE_SECONDS_MAX,
    BackupReason,
    BackupRefused,
    Manifest,
    needs_administrator,
)
from ledger.db.archive import (
    Content,
    analyze,
    become_owner,
    copy_in,
    count_rows,
    drop_ledger,
    has_ledger,
    parents_first,
    set_sequences,
    switch_guards,
)
from ledger.db.files import FileShelf
from ledger.db.migrate import load_migrations, migrate

MANIFEST_BYTES_MAX = 1_000_000
PART_BYTES = 2**18


async def restore(connection: asyncpg.Connection, source: Path, files: FileShelf | None = None) -> Manifest:
    """The target may have been migrated, but not used. Files of evidence come first: a row never names none."""
    try:
        with zipfile.ZipFile(source) as archive:
            manifest = read_manifest(archive, source)
            await _empty_target(connection)
            if files is not None:
                _load_files(archive, files)
            await migrate(connection, up_to=manifest.content.schema_version)
            async with connection.transaction():
                await _load(connection, archive, manifest.content)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise _not_a_backup(source, str(error)) from error
    except asyncpg.InsufficientPrivilegeError as error:
        raise needs_administrator() from error
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.UndefinedTableError) as error:
        raise _not_a_backup(source, error.args[0]) from error
    await migrate(connection)
    await analyze(connection)
    return manifest


def read_manifest(archive: zipfile.ZipFile, source: Path) -> Manifest:
    try:
        with archive.open(MANIFEST) as member:
            manifest = msgspec.json.decode(member.read(MANIFEST_BYTES_MAX), type=Manifest)
    except (KeyError, msgspec.MsgspecError) as error:
        raise _not_a_backup(source, str(error)) from error
    if manifest.format != FORMAT:
        raise _not_a_backup(source, manifest.format)
    if missing := {_member(table.name) for table in manifest.content.tables} - set(archive.namelist()):
        raise _not_a_backup(source, f"missing: {', '.join(sorted(missing))}")
    known = len(load_migrations())
    if manifest.content.schema_version > known:
        raise BackupRefused(
            BackupReason.LATER_RELEASE,
            english=f"{source} has schema {manifest.content.schema_version}, this release knows {known}. "
            "Restore with the release that made it, or a later one.",
            chinese=f"{source} 的结构版本为 {manifest.content.schema_version}，而本版本只认识到 {known}。"
            "请使用制作该备份的版本或更新的版本恢复。",
        )
    return manifest


def _load_files(archive: zipfile.ZipFile, files: FileShelf) -> None:
    """Each under the name that its content has."""
    for member in archive.namelist():
        if member.startswith(FILES) and files.keep(archive.read(member)) != member.removeprefix(FILES):
            raise BackupRefused(
                BackupReason.NOT_WHOLE,
                english=f"{member} is not what its name promises. Nothing was restored.",
                chinese=f"{member} 与其名称不符。没有恢复任何内容。",
            )


async def _empty_target(connection: asyncpg.Connection) -> None:
    if not await has_ledger(connection):
        return
    async with connection.transaction():
        await become_owner(connection)
        found = {name: rows for name, rows in (await count_rows(connection)).items() if rows}
        if not found:
            await drop_ledger(connection)
            return
    listed = ", ".join(f"{name} {rows}" for name, rows in sorted(found.items())[:6])
    raise BackupRefused(
        BackupReason.TARGET_NOT_EMPTY,
        english=f"The target already holds a ledger ({listed} rows). Restore into an empty one: "
        "move the data folder away, or name another DATABASE_URL or LEDGER_DATA.",
        chinese=f"目标中已有账本（行数：{listed}）。请恢复到空的目标：移走数据目录，"
        "或更换 DATABASE_URL 或 LEDGER_DATA。",
    )


async def _load(connection: asyncpg.Connection, archive: zipfile.ZipFile, content: Content) -> None:
    await become_owner(connection)
    await switch_guards(connection, on=False)
    tables = {table.name: table for table in content.tables}
    for name in await parents_first(connection, tables):
        if name not in tables:
            continue
        with archive.open(_member(name)) as member:
            await copy_in(connection, tables[name], _parts(member), seconds_max=TABLE_SECONDS_MAX)
    await set_sequences(connection, content.sequences)
    counted = await count_rows(connection)
    if counted != content.counts:
        raise BackupRefused(
            BackupReason.NOT_WHOLE,
            english=f"The file promises {content.counts} rows but holds {counted}. Nothing was restored.",
            chinese=f"备份声明的行数为 {content.counts}，实际为 {counted}。没有恢复任何内容。",
        )
    await switch_guards(connection, on=True)


async def _parts(member: IO[bytes]) -> AsyncIterator[bytes]:
    # Reads to the end, where zipfile compares the checksum.
    while part := member.read(PART_BYTES):
        yield part


def _member(table: str) -> str:
    return f"{table}.copy"


def _not_a_backup(source: Path, why: str) -> BackupRefused:
    return BackupRefused(
        BackupReason.NOT_A_BACKUP,
        english=f"{source} is not a whole backup of this service ({why}). Nothing was restored.",
        chinese=f"{source} 不是本系统的完整备份（{why}）。没有恢复任何内容。",
    )
