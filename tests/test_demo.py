"""The demonstration ends well: it is the whole line, from a rule sheet to a receipt and to a restored backup."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SECONDS_MAX = 240  # On a quiet machine a fifteenth of it; the machine may be busy with other tests.


def test_the_month_comes_true() -> None:
    command = [sys.executable, "-m", "bench.demo"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-4000:]
    assert "All as told" in ended.stdout
