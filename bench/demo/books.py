"""The auditor's part: promises kept, totals of zero, and the journal read by programs that are not ours."""

import csv
import io
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from bench.demo.proof import must_equal
from bench.demo.running import Running
from bench.demo.words import say, show

BEAN_CHECK = Path(sys.executable).with_name("bean-check")
READ_SECONDS_MAX = 60.0


def check(running: Running) -> None:
    """Every promise of the ledger, one line each."""
    ended = running.run("check")
    for line in ended.said.splitlines():
        show(line)
    must_equal(ended.code, 0, "the exit code of points-ledger check")


def export(running: Running, folder: Path) -> None:
    """Accepted by bean-check, and by hledger where it is installed."""
    for form, suffix in (("beancount", "beancount"), ("hledger", "journal")):
        file = folder / f"fuxi.{suffix}"
        ended = running.run("export", "--format", form)
        must_equal(ended.code, 0, f"the exit code of the export for {form} ({ended.said[-500:]})")
        file.write_text(ended.said, encoding="utf-8")
        program = str(BEAN_CHECK) if form == "beancount" else shutil.which("hledger")
        command = [program, str(file)] if form == "beancount" else [program, "-f", str(file), "check"]
        if program is None:
            say("!! 未安装 hledger,跳过该项核对", "!! hledger is not installed here: this check is SKIPPED")
            continue
        read = subprocess.run(
            [word for word in command if word],
            capture_output=True,
            text=True,
            timeout=READ_SECONDS_MAX,
            check=False,
        )
        must_equal(read.returncode, 0, f"{form}: {(read.stdout + read.stderr)[-2000:]}")
        show(f"{Path(program).name}: {len(ended.said.splitlines())} 行通过 / lines accepted")


def print_trial_balance(running: Running) -> None:
    """Summed here, from the lines of the export, by nothing that the ledger knows."""
    ended = running.run("export", "--format", "csv")
    must_equal(ended.code, 0, f"the exit code of the export as csv ({ended.said[-500:]})")
    held: defaultdict[str, int] = defaultdict(int)
    given: defaultdict[str, int] = defaultdict(int)
    for row in csv.DictReader(io.StringIO(ended.said)):
        side = given if row["owner"] == "programme" else held
        side[row["unit"]] += int(row["amount"])
    show(f"{'unit':<32}{'方案 / programme':>20}{'其他 / all others':>20}{'合计 / total':>14}")
    for unit in sorted({*held, *given}):
        total = held[unit] + given[unit]
        show(f"{unit:<32}{given[unit]:>18}{held[unit]:>18}{total:>16}")
        must_equal(total, 0, f"the trial balance of {unit}")
