"""The real program `points-ledger` as a child process, on a free port and a data folder of its own."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from bench.demo.proof import must

PROGRAM = Path(sys.executable).with_name("points-ledger")
START_SECONDS_MAX = 90.0
END_SECONDS_MAX = 15.0
COMMAND_SECONDS_MAX = 120.0
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


class Key(msgspec.Struct, frozen=True):
    """A ready-made key as the first start keeps it."""

    role: str
    token: str
    owner: str | None = None
    principal: str | None = None


class _Keys(msgspec.Struct, frozen=True):
    keys: tuple[Key, ...]


class Ended(msgspec.Struct, frozen=True):
    """How a command of the program ended, and what it said."""

    code: int
    said: str


class Running:
    """One data folder, and the service on it while it runs; on another PostgreSQL if one is named."""

    def __init__(self, folder: Path, *, database_url: str | None = None, rate_per_key: int | None = None) -> None:
        self.folder = folder
        self._database = {} if database_url is None else {"DATABASE_URL": database_url}
        self._rates = {} if rate_per_key is None else {"LEDGER_RATE_PER_KEY": str(rate_per_key)}
        self.log = folder.with_name(f"{folder.name}.log")
        self.address = ""
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Until it says where it listens."""
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [PROGRAM, "serve"], env=self._environ(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline and self._process.poll() is None:
            found = _ADDRESS.search(self.log.read_text(encoding="utf-8", errors="replace"))
            if found:
                self.address = found[0]
                return
            time.sleep(0.05)
        said = self.log.read_text(encoding="utf-8", errors="replace")
        must(False, f"the service did not start:\n{said[-3000:]}")

    @property
    def pid(self) -> int:
        assert self._process is not None, "only what runs has a number"
        return self._process.pid

    def keys(self) -> Mapping[str, Key]:
        """By role."""
        ready = msgspec.json.decode((self.folder / "ready-keys.json").read_bytes(), type=_Keys)
        return {key.role: key for key in ready.keys}

    def run(self, *arguments: str | Path) -> Ended:
        """One of the program's other commands, on the same data folder; also while the service runs."""
        command = [str(PROGRAM), *map(str, arguments)]
        ended = subprocess.run(
            command, env=self._environ(), capture_output=True, text=True, timeout=COMMAND_SECONDS_MAX, check=False
        )
        return Ended(ended.returncode, ended.stdout if ended.returncode == 0 else ended.stdout + ended.stderr)

    def kill(self) -> None:
        """As a power cut would; its PostgreSQL must not outlive it."""
        assert self._process is not None, "only what runs can be killed"
        server = self._server_pid()
        self._process.kill()
        self._process.wait()
        self._process = None
        deadline = time.monotonic() + END_SECONDS_MAX
        while is_alive(server):
            must(time.monotonic() < deadline, "PostgreSQL ends with the service that started it")
            time.sleep(0.05)

    def stop(self) -> None:
        """An orderly end, if it runs at all."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def troubles(self) -> list[str]:
        """What the service logged as an error, for who must find out why the story did not come true."""
        if not self.log.exists():
            return []
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return [line for line in lines if '"level":"error"' in line][-20:]

    def destroy(self) -> None:
        shutil.rmtree(self.folder)

    def _server_pid(self) -> int:
        return int((self.folder / "postgres" / "postmaster.pid").read_text().split()[0])

    def _environ(self) -> dict[str, str]:
        """Nothing of the caller's own ledger may reach this one."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEDGER_", "DATABASE_URL"))}
        programs = {"LEDGER_PG_BIN": os.environ["LEDGER_PG_BIN"]} if "LEDGER_PG_BIN" in os.environ else {}
        ours = {"LEDGER_DATA": str(self.folder), "LEDGER_PORT": "0", "LEDGER_LOG": "json", "PYTHONUTF8": "1"}
        return kept | programs | ours | self._database | self._rates


def is_alive(pid: int) -> bool:
    """A process that has ended but was not waited for by its parent counts as ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    state = Path(f"/proc/{pid}/stat")
    try:
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
