"""The private PostgreSQL used when no DATABASE_URL is set: one data folder, one server, gone with its process."""

import fcntl
import hashlib
import os
import time
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from ledger.db.binaries import Binaries, find_binaries, reachable_binaries
from ledger.db.cluster import (
    ADMIN,
    SOCKET_PORT,
    admin_password,
    clear_stale,
    cluster_folder,
    make_cluster,
    prepare_data_folder,
    read_running,
    remove_short_socket_folder,
    require_same_major,
    socket_folder,
)
from ledger.db.launch_refusal import LaunchReason, LaunchRefused
from ledger.db.postmaster import Postmaster, end_old_server
from ledger.db.server_account import ServerAccount, choose_server_account, may_enter

OPEN_SECONDS_MAX = 90.0
LOG_FILE = "postgres.log"
SYSTEM_DATA_FOLDER = Path("/var/lib/points-ledger")

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "60",
    "shared_buffers": "192MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_compression": "on",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    "max_wal_size": "1GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "logging_collector": "off",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %u@%d ",
    # Details repeat the values of a failing row, and those may be people's names.
    "log_error_verbosity": "terse",
    "cluster_name": "points-ledger",
}


def open_database(
    data_folder: Path, *, binaries: Binaries | None = None, settings: Mapping[str, str] | None = None
) -> "EmbeddedDatabase":
    """Starts the server, or joins the one that another live process runs in this folder.

    `settings` are laid over SETTINGS and only for tests and benches.
    """
    data_folder = data_folder.absolute()
    deadline = time.monotonic() + OPEN_SECONDS_MAX
    while time.monotonic() < deadline:
        lock = _take_lock(data_folder)
        if lock is not None:
            return _open_owned(data_folder, lock, binaries or find_binaries(), dict(settings or {}))
        running = read_running(cluster_folder(data_folder))
        if running is not None and running.ready:
            return EmbeddedDatabase(data_folder, running.socket_folder)
        time.sleep(0.05)
    raise LaunchRefused(
        LaunchReason.BUSY,
        english=f"Another process holds {data_folder} but its database is not ready after {OPEN_SECONDS_MAX:.0f} s.",
        chinese=f"另一个进程占用了 {data_folder}，但等待 {OPEN_SECONDS_MAX:.0f} 秒后其数据库仍未就绪。",
    )


def default_data_folder(wanted: Path) -> Path:
    """The wanted one, unless we are root in a checkout closed to the server's account, such as below /root."""
    wanted = wanted.absolute()
    nearest = next(path for path in (wanted, *wanted.parents) if path.exists())
    account = choose_server_account(cluster_folder(wanted))
    if not account.switched or may_enter(account, nearest if nearest != wanted else nearest.parent):
        return wanted
    mark = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:8]
    return SYSTEM_DATA_FOLDER / f"{wanted.parent.name}-{mark}"


class EmbeddedDatabase:
    """A server that is ready. It is stopped by `close` only by the process that started it."""

    def __init__(self, data_folder: Path, sockets: Path, *, owned: "_Owned | None" = None) -> None:
        self.data_folder = data_folder
        self.socket_folder = sockets
        self._owned = owned
        self._password = admin_password(cluster_folder(data_folder))

    @property
    def is_owned(self) -> bool:
        return self._owned is not None

    @property
    def admin_url(self) -> str:
        return self.url()

    def url(self, *, user: str = ADMIN, password: str | None = None, database: str = "postgres") -> str:
        """Read by asyncpg and by libpq alike."""
        secret = quote(self._password if password is None else password, safe="")
        host = quote(str(self.socket_folder), safe="")
        return f"postgresql://{quote(user, safe='')}:{secret}@/{quote(database)}?host={host}&port={SOCKET_PORT}"

    def is_alive(self) -> bool:
        if self._owned is not None:
            return not self._owned.postmaster.ended.done()
        return read_running(cluster_folder(self.data_folder)) is not None

    @property
    def ended(self) -> "Future[int]":
        """Done, with the exit code, when the owned server ends for whatever reason: what `serve` watches."""
        assert self._owned is not None, "only the owner can watch the server"
        return self._owned.postmaster.ended

    @property
    def server_pid(self) -> int:
        if self._owned is not None:
            return self._owned.postmaster.pid
        running = read_running(cluster_folder(self.data_folder))
        return running.pid if running else 0

    def restart(self) -> None:
        """After the server died: the folder stays ours meanwhile, and the addresses stay the same."""
        assert self._owned is not None, "only the owner can restart the server"
        self._owned.postmaster.stop()
        self._owned.postmaster = _start(self.data_folder, self.socket_folder, self._owned)

    def close(self) -> None:
        if self._owned is None:
            return
        self._owned.postmaster.stop()
        remove_short_socket_folder(self.socket_folder)
        os.close(self._owned.lock)
        self._owned = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Owned:
    """What only the holder of the folder's lock has."""

    postmaster: Postmaster

    def __init__(self, lock: int, binaries: Binaries, account: ServerAccount, settings: dict[str, str]) -> None:
        self.lock = lock
        self.binaries = binaries
        self.account = account
        self.settings = settings


def _take_lock(data_folder: Path) -> int | None:
    """The kernel lets go of it when its holder dies, however it dies."""
    try:
        data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(data_folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise LaunchRefused(
            LaunchReason.ACCESS,
            english=f"{data_folder} cannot be made or written ({error.strerror}). Name another LEDGER_DATA.",
            chinese=f"无法建立或写入 {data_folder}（{error.strerror}）。请更换 LEDGER_DATA。",
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _open_owned(data_folder: Path, lock: int, binaries: Binaries, settings: dict[str, str]) -> EmbeddedDatabase:
    folder = cluster_folder(data_folder)
    try:
        require_same_major(folder, binaries)
        account = choose_server_account(folder)
        prepare_data_folder(data_folder, account)
        owned = _Owned(lock, reachable_binaries(binaries, account), account, settings)
        make_cluster(data_folder, owned.binaries, account, durable=settings.get("fsync") != "off")
        end_old_server(folder)
        clear_stale(folder)
        sockets = socket_folder(data_folder, account)
        owned.postmaster = _start(data_folder, sockets, owned)
        return EmbeddedDatabase(data_folder, sockets, owned=owned)
    except BaseException:
        os.close(lock)
        raise


def _start(data_folder: Path, sockets: Path, owned: _Owned) -> Postmaster:
    settings = {**SETTINGS, "unix_socket_directories": str(sockets), "port": str(SOCKET_PORT), **owned.settings}
    command = [owned.binaries.program("postgres"), "-D", str(cluster_folder(data_folder))]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    return Postmaster(command, cluster_folder(data_folder), data_folder / LOG_FILE, owned.account)
