"""The files of the embedded PostgreSQL: made whole or not at all, and read back to learn who is running."""

import errno
import os
import re
import secrets
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import msgspec

from ledger.db.binaries import Binaries
from ledger.db.launch_refusal import LaunchReason, LaunchRefused
from ledger.db.server_account import ServerAccount, may_enter, spawn_options

ADMIN = "ledger_admin"
PASSWORD_FILE = "ledger_admin.password"
REMOVE_SECONDS = 0.1
REMOVE_TRIES = 20
SOCKET_PORT = 5432  # Only names the socket file: the server does not listen on the network.
SOCKET_PATH_MAX = 100  # The kernel takes 107 bytes, 103 on macOS, with ".s.PGSQL.5432" in it.
_SHORT_PREFIX = "points-ledger-"


class RunningServer(msgspec.Struct, frozen=True):
    """What postmaster.pid says."""

    pid: int
    socket_folder: Path
    ready: bool


def cluster_folder(data_folder: Path) -> Path:
    return data_folder / "postgres"


def cluster_major(folder: Path) -> int | None:
    """None: nothing has been made there yet."""
    if not folder.exists():
        return None
    try:
        return int((folder / "PG_VERSION").read_text(encoding="utf-8").split(".")[0])
    except PermissionError as error:
        raise _belongs_to_another(folder) from error
    except (FileNotFoundError, ValueError) as error:
        raise LaunchRefused(
            LaunchReason.FOREIGN,
            english=f"{folder} exists but is not a PostgreSQL data folder of ours. Name another LEDGER_DATA, "
            "or move this folder away.",
            chinese=f"{folder} 已存在，但不是本系统的 PostgreSQL 数据目录。请更换 LEDGER_DATA，或移走此目录。",
        ) from error


def require_same_major(folder: Path, binaries: Binaries) -> None:
    major = cluster_major(folder)
    if major in (None, binaries.major):
        return
    raise LaunchRefused(
        LaunchReason.VERSION,
        english=f"{folder} was made by PostgreSQL {major}; these programs are PostgreSQL {binaries.major}. "
        f"Take it across: `points-ledger backup FILE` (it looks for PostgreSQL {major} programs, "
        "also in LEDGER_PG_BIN), then move the folder away, then `points-ledger restore FILE`.",
        chinese=f"{folder} 由 PostgreSQL {major} 建立，而当前程序是 PostgreSQL {binaries.major}。"
        f"迁移办法：先执行 `points-ledger backup FILE`（它会寻找 PostgreSQL {major} 的程序，可用 LEDGER_PG_BIN 指明），"
        "再移走该目录，然后执行 `points-ledger restore FILE`。",
    )


def admin_password(folder: Path) -> str:
    try:
        return (folder / PASSWORD_FILE).read_text(encoding="utf-8").strip()
    except PermissionError as error:
        raise _belongs_to_another(folder) from error


def prepare_data_folder(data_folder: Path, account: ServerAccount) -> None:
    """Only what the server needs is opened to its account: it may pass through the data folder, not list it."""
    run = _make_owned(data_folder / "run", account)
    if account.switched and _is_ours(data_folder) and not may_enter(account, run):
        os.chown(data_folder, -1, account.gid)
        data_folder.chmod(0o710)
    if not may_enter(account, run):
        raise LaunchRefused(
            LaunchReason.ACCESS,
            english=f"User {account.name}, who runs PostgreSQL, may not reach {data_folder}: a folder above it is "
            "closed. Set LEDGER_DATA to a folder such as /var/lib/points-ledger, or run as an ordinary user.",
            chinese=f"运行 PostgreSQL 的用户 {account.name} 无法到达 {data_folder}：其上级目录不开放。"
            "请将 LEDGER_DATA 设为 /var/lib/points-ledger 之类的目录，或以普通用户运行。",
        )


def _remove(folder: Path) -> None:
    """Also while the program that made it is still dying: it may take files away itself, or write its last ones."""
    for attempt in range(1, REMOVE_TRIES + 1):
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            continue
        except OSError as error:
            if error.errno != errno.ENOTEMPTY or attempt == REMOVE_TRIES:
                raise
            time.sleep(REMOVE_SECONDS)
            continue
        return


def make_cluster(data_folder: Path, binaries: Binaries, account: ServerAccount, *, durable: bool) -> None:
    """Built beside and renamed: an interrupted first start leaves nothing that looks finished."""
    for leftover in data_folder.glob("postgres.new-*"):
        _remove(leftover)
    folder = cluster_folder(data_folder)
    if folder.exists():
        _own_cluster(folder, account)
        return
    beside = _make_owned(data_folder / f"postgres.new-{os.getpid()}", account)
    password = _make_owned(data_folder / "run", account) / PASSWORD_FILE
    password.unlink(missing_ok=True)
    with os.fdopen(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(24) + "\n")
    os.chown(password, account.uid, account.gid)
    _run_initdb(beside, password, binaries, account, durable=durable)
    password.rename(beside / PASSWORD_FILE)
    beside.rename(folder)
    sync_folder(data_folder)


def socket_folder(data_folder: Path, account: ServerAccount) -> Path:
    """Beside the data when its path is short and plain, else a private short one: kernels bound socket paths."""
    near = data_folder / "run"
    if len(os.fsencode(near)) + len("/.s.PGSQL.5432") <= SOCKET_PATH_MAX and re.fullmatch(r"[\w./-]+", str(near), re.A):
        return near
    made = Path(tempfile.mkdtemp(prefix=_SHORT_PREFIX, dir="/tmp"))
    os.chown(made, account.uid, account.gid)
    return made


def remove_short_socket_folder(folder: Path) -> None:
    if folder.parent == Path("/tmp") and folder.name.startswith(_SHORT_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)


def read_running(folder: Path) -> RunningServer | None:
    """None when no server of this folder is alive, whatever a stale file says."""
    lines = _read_pid_file(folder)
    if len(lines) < 5 or not is_server_of(folder, int(lines[0])):
        return None
    return RunningServer(pid=int(lines[0]), socket_folder=Path(lines[4]), ready=lines[7:8] == ["ready   "])


def clear_stale(folder: Path) -> None:
    """With the lock held and no server alive: after a reboot its old number may be a stranger's, at whom it balks.

    Orphaned backends are still noticed: PostgreSQL also derives its shared memory key from the folder itself.
    """
    lines = _read_pid_file(folder)
    if len(lines) > 4 and lines[4]:
        remove_short_socket_folder(Path(lines[4]))
    (folder / "postmaster.pid").unlink(missing_ok=True)


def is_server_of(folder: Path, pid: int) -> bool:
    """Its working folder tells the server from a stranger that was given the same number later."""
    try:
        os.kill(pid, 0)
        return not Path("/proc/self").exists() or Path(f"/proc/{pid}/cwd").samefile(folder)
    except PermissionError:
        return False
    except (ProcessLookupError, FileNotFoundError):
        return False


def _read_pid_file(folder: Path) -> list[str]:
    try:
        return (folder / "postmaster.pid").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except FileNotFoundError:
        return []
    except PermissionError as error:
        raise _belongs_to_another(folder) from error


def _belongs_to_another(folder: Path) -> LaunchRefused:
    return LaunchRefused(
        LaunchReason.ACCESS,
        english=f"{folder} belongs to another user. Run as that user or as root, or set LEDGER_DATA.",
        chinese=f"{folder} 属于其他用户。请以该用户或 root 身份运行，或更换 LEDGER_DATA。",
    )


def _is_ours(data_folder: Path) -> bool:
    """A folder that somebody keeps other things in is not opened to another account behind their back."""
    names = {path.name for path in data_folder.iterdir()}
    return "postgres" in names or names <= {"lock", "run"}


def _make_owned(folder: Path, account: ServerAccount) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != account.uid:
        os.chown(folder, account.uid, account.gid)
    return folder


def _own_cluster(folder: Path, account: ServerAccount) -> None:
    """A folder copied by root belongs to root: it is handed to the server's account whole."""
    if folder.stat().st_uid != account.uid and account.switched:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
    admin_password(folder)
    if folder.stat().st_uid == account.uid:
        folder.chmod(0o700)


def _run_initdb(folder: Path, password: Path, binaries: Binaries, account: ServerAccount, *, durable: bool) -> None:
    command = [binaries.program("initdb"), "-D", str(folder), "--username", ADMIN, "--pwfile", str(password)]
    command += ["--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8", "--no-instructions"]
    command += [] if durable else ["--no-sync"]
    locales = ["C.UTF-8", "C"]  # Up to PostgreSQL 16 the locale is the system's, which may lack C.UTF-8.
    if binaries.major >= 17:
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        locales = ["C"]
    for locale in locales:
        answer = subprocess.run(
            [*command, f"--locale={locale}"],
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            **spawn_options(account),
        )
        if answer.returncode == 0:
            return
    shutil.rmtree(folder, ignore_errors=True)
    raise LaunchRefused(
        LaunchReason.START,
        english=f"initdb failed: {answer.stderr.strip()[-600:]}",
        chinese=f"初始化数据库失败：{answer.stderr.strip()[-600:]}",
    )


def sync_folder(folder: Path) -> None:
    """A renamed file survives a power cut only when its folder is on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
