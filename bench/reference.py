"""The yardstick: PostgreSQL's own pgbench on the same server and settings, in the same minutes as each figure."""

import os
import re
import subprocess
from urllib.parse import unquote, urlsplit

from bench.ground import Ground

DATABASE = "reference_s100"
SCALE = 100
CLIENTS = 16
RUN = ("-b", "tpcb-like", "-M", "prepared", "-c", str(CLIENTS), f"-s{SCALE}", "-n")
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)


async def prepare_reference(ground: Ground) -> None:
    """Ten million rows, made once."""

    async def fill(url: str) -> None:
        _pgbench(ground, url, "-i", "-q", f"-s{SCALE}")

    await ground.make_once(DATABASE, fill)


def measure_reference(ground: Ground, *, seconds: int) -> float:
    """Transactions a second."""
    printed = _pgbench(ground, ground.server.url(database=DATABASE), *RUN, "-T", str(seconds))
    found = _TPS.search(printed)
    assert found, printed
    return float(found[1])


def _pgbench(ground: Ground, url: str, *arguments: str) -> str:
    parts = urlsplit(url)
    environ = os.environ | {"PGPASSWORD": unquote(parts.password or ""), "LC_ALL": "C"}
    command = [ground.binaries.program("pgbench"), *arguments, _without_password(url)]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise RuntimeError(f"pgbench failed: {ended.stderr[-600:]}")
    return ended.stdout


def _without_password(url: str) -> str:
    """Arguments of a process can be seen by everyone."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.username}@").geturl()
