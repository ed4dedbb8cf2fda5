"""Write the ledger to one file while it is in use: a zip of the tables in text form and a manifest."""

import enum
import os
import zipfile
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import asyncpg
import msgspec

from ledger.db.archive import Content, copy_out, has_ledger, read_content
from ledger.db.cluster import sync_folder
from ledger.db.files import FileShelf

FORMAT = "points-ledger-backup-1"
MANIFEST = "manifest.json"
FILES = "files/"
TABLE_SECONDS_MAX = 6 * 3600.0


class BackupReason(enum.StrEnum):
    FILE_EXISTS = "backup_file_exists"
    NO_LEDGER = "no_ledger_here"
    NOT_A_BACKUP = "not_a_backup"
    LATER_RELEASE = "backup_of_later_release"
    TARGET_NOT_EMPTY = "target_not_empty"
    NEEDS_ADMINISTRATOR = "needs_administrator"
    NOT_WHOLE = "backup_not_whole"


class BackupRefused(Exception):
    """Nothing was written: neither a file at the wanted name nor a row in the target."""

    def __init__(self, reason: BackupReason, *, english: str, chinese: str) -> None:
        super().__init__(f"{reason}: {english}")
        self.reason = reason
        self.english = english
        self.chinese = chinese


class Manifest(msgspec.Struct, frozen=True):
    """First thing read at a restore, and enough to tell two backups apart without one."""

    format: str
    made_at: str
    server_version: str
    content: Content
    files: int = 0


async def back_up(connection: asyncpg.Connection, target: Path, files: FileShelf | None = None) -> Manifest:
    """One snapshot of all tables; the file appears under its name only when it is complete and on the disk.

    With the files of evidence: they are read after the tables, so every file that a row names is there.
    """
    if not await has_ledger(connection):
        raise BackupRefused(
            BackupReason.NO_LEDGER,
            english="This database holds no ledger yet: there is nothing to back up.",
            chinese="此数据库中还没有账本，没有可备份的内容。",
        )
    try:
        with _whole_file(target) as file:
            return await _write(connection, file, files)
    except asyncpg.InsufficientPrivilegeError as error:
        raise needs_administrator() from error


def needs_administrator() -> BackupRefused:
    return BackupRefused(
        BackupReason.NEEDS_ADMINISTRATOR,
        english="This login may not see or write all of the ledger. Use an administrator's DATABASE_URL, "
        "the one that `points-ledger migrate` needs.",
        chinese="该账号无权读写全部账本。请使用管理员的 DATABASE_URL（与 points-ledger migrate 所用的相同）。",
    )


async def _write(connection: asyncpg.Connection, file: IO[bytes], files: FileShelf | None) -> Manifest:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            manifest = Manifest(
                format=FORMAT,
                made_at=(await connection.fetchval("SELECT now()")).isoformat(),
                server_version=await connection.fetchval("SHOW server_version"),
                content=await read_content(connection),
            )
            for table in manifest.content.tables:
                with archive.open(f"{table.name}.copy", "w", force_zip64=True) as member:
                    await copy_out(connection, table, _into(member), seconds_max=TABLE_SECONDS_MAX)
        names = [] if files is None else files.names()
        for name in names:
            # Pictures do not get smaller.
            archive.writestr(f"{FILES}{name}", (files and files.read(name)) or b"", zipfile.ZIP_STORED)
        manifest = msgspec.structs.replace(manifest, files=len(names))
        archive.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    return manifest


def _into(member: IO[bytes]) -> Callable[[bytes], Coroutine[None, None, None]]:
    async def take(part: bytes) -> None:
        member.write(part)

    return take


@contextmanager
def _whole_file(target: Path) -> Iterator[IO[bytes]]:
    if target.exists():
        raise BackupRefused(
            BackupReason.FILE_EXISTS,
            english=f"{target} exists already; a backup never overwrites one.",
            chinese=f"{target} 已存在；备份不会覆盖已有文件。",
        )
    partial = target.with_name(f".{target.name}.partial-{os.getpid()}")
    try:
        with open(partial, "xb", opener=_private) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)
    sync_folder(target.absolute().parent)


def _private(path: str, flags: int) -> int:
    """It holds residents' names."""
    return os.open(path, flags, mode=0o600)
