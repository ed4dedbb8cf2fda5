"""The auditor's part: promises kept, totals of zero, and the journal read by programs that are not ours."""

import csv
import io
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

from bench.demo.notebook import Notebook
from bench.demo.proof import must_equal
from bench.demo.running import Running
from bench.demo.words import say, show

BEAN_CHECK = Path(sys.executable).with_name("bean-check")
READ_SECONDS_MAX = 60.0
CATEGORIES = {
    "governance": ("小区治理", "neighbourhood governance"),
    "civility": ("文明帮创", "civility and mutual help"),
    "reuse": ("废旧利用", "reuse"),
    "volunteering": ("志愿服务", "volunteering"),
}
PLACES = (
    ("redeemed", "已在积分超市兑换", "redeemed at the supermarket"),
    ("claims", "商铺待结算", "to be settled with the shops"),
    ("main", "居民和商铺手中", "in the hands of residents and shops"),
    ("pending", "公示中", "under public notice"),
    ("debt", "欠分", "owed"),
)


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


def read_entries(running: Running) -> list[dict[str, str]]:
    """The lines of the export for spreadsheets: what follows is summed here, by nothing that the ledger knows."""
    ended = running.run("export", "--format", "csv")
    must_equal(ended.code, 0, f"the exit code of the export as csv ({ended.said[-500:]})")
    return list(csv.DictReader(io.StringIO(ended.said)))


def print_points(entries: list[dict[str, str]], notebook: Notebook) -> None:
    """Where the points came from and where they are, with the pencil's sums beside them."""
    purses: Counter[str] = Counter()
    for entry in entries:
        if entry["unit"] == "points":
            purses[entry["purse"]] += int(entry["amount"])
    for category, (zh, en) in CATEGORIES.items():
        say(f"发放 {zh} {-purses[f'issued:{category}']} 分", f"issued for {en}")
    issued = -sum(amount for purse, amount in purses.items() if purse.startswith("issued:"))
    must_equal(issued, notebook.issued, "points issued")
    must_equal(purses["redeemed"], notebook.redeemed, "points redeemed")
    must_equal(purses["claims"], sum(notebook.claims.values()), "points that shops may claim")
    for purse, zh, en in PLACES:
        say(f"{zh} {purses[purse]} 分", en)


def print_trial_balance(entries: list[dict[str, str]]) -> None:
    """For each unit the programme's side, everybody else's, and their sum, which is 0."""
    sides: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for entry in entries:
        sides[entry["unit"]][entry["owner"] != "programme"] += int(entry["amount"])
    show(f"{'单位 / unit':<29}{'方案 / programme':>18}{'其他 / all others':>18}{'合计 / total':>13}")
    for unit, (programme, others) in sorted(sides.items()):
        show(f"{unit:<31}{programme:>20}{others:>20}{programme + others:>15}")
        must_equal(programme + others, 0, f"the trial balance of {unit}")
