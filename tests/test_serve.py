"""The service as a process: it starts on nothing, prints its keys, survives its database, and stops in order."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ledger.serve import Deaths

ROOT = Path(__file__).parent.parent
START_SECONDS_MAX = 60.0


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@contextmanager
def serving(data: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    environ = {**os.environ, "LEDGER_DATA": str(data), "LEDGER_PORT": str(port), "LEDGER_LOG": "json"}
    environ.pop("DATABASE_URL", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "ledger.main", "serve"],
        cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        wait_until(lambda: ask(port, "/health/ready") == 200)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(timeout=30)


def ask(port: int, path: str, key: str | None = None) -> int:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def wait_until(is_so: Any) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while not is_so():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.05)


def stop(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    return said


def test_a_start_on_nothing_serves_survives_its_database_and_prints_the_same_keys_again(open_folder: Path) -> None:
    data, port = open_folder / "data", free_port()
    with serving(data, port) as process:
        kept = json.loads((data / "ready-keys.json").read_text())
        assert (data / "ready-keys.json").stat().st_mode & 0o777 == 0o600
        auditor = next(key["token"] for key in kept["keys"] if key["role"] == "auditor")
        assert ask(port, "/v1/programmes/fuxi", auditor) == 200
        server = int(next(data.rglob("postmaster.pid")).read_text().split("\n")[0])
        os.kill(server, signal.SIGKILL)
        wait_until(lambda: ask(port, "/v1/programmes/fuxi/publications", auditor) == 200)
        refused = subprocess.run(
            [sys.executable, "-m", "ledger.main", "serve"],
            cwd=ROOT, env={**os.environ, "LEDGER_DATA": str(data), "LEDGER_PORT": str(port)},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert (refused.returncode, f"127.0.0.1:{port}" in refused.stderr) == (2, True)
        first = stop(process)
    with serving(data, port) as process:
        assert ask(port, "/v1/programmes/fuxi", auditor) == 200
        second = stop(process)
    printed = re.findall(r"pl_\w+", first)
    assert printed == re.findall(r"pl_\w+", second) == [key["token"] for key in kept["keys"]]
    assert {key["role"] for key in kept["keys"]} == {
        "admin", "operator", "reviewer", "cashier", "merchant", "resident", "auditor",
    }  # fmt: skip
    assert f"http://127.0.0.1:{port}/docs" in first


def test_a_death_a_week_is_mended_for_ever_and_one_a_minute_is_not() -> None:
    rare, often = Deaths(), Deaths()
    assert not any(rare.is_too_often(week * 7 * 86_400.0) for week in range(100))
    assert [often.is_too_often(minute * 60.0) for minute in range(8)] == [False] * 5 + [True] * 3
