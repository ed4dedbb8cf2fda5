"""The server as a child process: it dies with us, its log stays small, and its end is noticed at once."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from ledger.db.cluster import is_server_of, read_running
from ledger.db.launch_refusal import LaunchReason, LaunchRefused
from ledger.db.server_account import ServerAccount, spawn_options

START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 20.0
LOG_BYTES_MAX = 8 * 2**20
_LOG_CHECK_SECONDS = 5.0
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
# What remains of a killed server for a moment; the next try finds it gone.
_PASSING_TROUBLE = ("pre-existing shared memory block", "lock file")


class Postmaster:
    """Ready when made."""

    def __init__(self, command: list[str], folder: Path, log: Path, account: ServerAccount) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:  # Ends by readiness or by the deadline.
            self.ended: Future[int] = Future()
            log_from = log.stat().st_size if log.exists() else 0
            self._process = _spawn(command, log, account, self.ended)
            self.pid = self._process.pid
            if self._became_ready(folder, deadline):
                return
            self.stop()
            said = _log_since(log, log_from)
            if time.monotonic() > deadline or not any(words in said for words in _PASSING_TROUBLE):
                raise LaunchRefused(
                    LaunchReason.START,
                    english=f"PostgreSQL did not start (see {log}): {said.strip()[-600:]}",
                    chinese=f"PostgreSQL 未能启动（详见 {log}）：{said.strip()[-600:]}",
                )
            time.sleep(0.3)

    def stop(self) -> None:
        """Fast, then immediate, then killed: each with a bound, and none of them loses a committed transaction."""
        for sign, seconds in ((signal.SIGINT, STOP_SECONDS_MAX), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            if self.ended.done():
                return
            self._process.send_signal(sign)
            try:
                self.ended.result(timeout=seconds)
            except TimeoutError:
                continue

    def _became_ready(self, folder: Path, deadline: float) -> bool:
        while time.monotonic() < deadline and not self.ended.done():
            running = read_running(folder)
            if running is not None and running.pid == self.pid and running.ready:
                return True
            time.sleep(0.02)
        return False


def end_old_server(folder: Path) -> None:
    """Called with the folder's lock: a server alive here lost its parent, and is on its way out or must be."""
    for sign, seconds in ((signal.SIGINT, STOP_SECONDS_MAX), (signal.SIGQUIT, 10.0)):
        running = read_running(folder)
        if running is None:
            break
        os.kill(running.pid, sign)
        deadline = time.monotonic() + seconds
        while is_server_of(folder, running.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
    running = read_running(folder)
    if running is not None:
        raise LaunchRefused(
            LaunchReason.BUSY,
            english=f"A PostgreSQL server without an owner (process {running.pid}) runs in {folder} and does not end.",
            chinese=f"{folder} 中有一个无主的 PostgreSQL 服务器（进程 {running.pid}）没有停止。",
        )


def _spawn(command: list[str], log: Path, account: ServerAccount, ended: "Future[int]") -> "subprocess.Popen[bytes]":
    """The parent-death signal follows the *thread* that forks, so one thread forks and stays until the server ends."""
    started: Future[subprocess.Popen[bytes]] = Future()

    def live_with_server() -> None:
        try:
            with open(log, "ab", opener=_private) as sink:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=sink,
                    stderr=sink,
                    start_new_session=True,  # Ctrl-C at the terminal is for us; we stop the server when we are done.
                    preexec_fn=_die_with_parent(),  # noqa: PLW1509 - two system calls, nothing that takes a lock.
                    **spawn_options(account),
                )
        except BaseException as error:
            started.set_exception(error)
            return
        started.set_result(process)
        ended.set_result(_wait_and_trim(process, log))

    threading.Thread(target=live_with_server, name="postmaster", daemon=True).start()
    return started.result()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


def _die_with_parent() -> Callable[[], None] | None:
    if _LIBC is None:
        return None
    prctl, parent = _LIBC.prctl, os.getpid()

    def ask_for_signal() -> None:
        # Runs after the switch of account: changing it would clear the request.
        prctl(_PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask_for_signal


def _wait_and_trim(process: "subprocess.Popen[bytes]", log: Path) -> int:
    """The server writes its log itself, so that it never waits for us; we only keep the file short."""
    while True:  # Ends with the server.
        try:
            return process.wait(timeout=_LOG_CHECK_SECONDS)
        except subprocess.TimeoutExpired:
            trim_log(log)


def trim_log(log: Path) -> None:
    """One older part is kept. The server appends, so emptying the file under it is safe."""
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        shutil.copyfile(log, log.with_name(log.name + ".1"))
        os.truncate(log, 0)


def _log_since(log: Path, offset: int) -> str:
    with log.open("rb") as file:
        file.seek(offset)
        return file.read(100_000).decode("utf-8", errors="replace")
