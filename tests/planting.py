"""Bugs on purpose: a patch is applied to a scratch copy of the tree, on which a detector must then go red."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

ROOT = Path(__file__).parent.parent
PATCHES = Path(__file__).parent / "planted"
# Plugins and warning filters that pull in half of the web take longer to import than most detectors take to run.
_SPARE = ("-p", "pytest_asyncio.plugin", "-p", "no:cacheprovider", "-o", "filterwarnings=", "-o", "addopts=-q")
COPIED = ("ledger", "tests", "rules", "schemas", "pyproject.toml")
_HEAD = re.compile(r"^(Bug|Detector|Red|Quick): (.+)$", re.MULTILINE)


class Planted(msgspec.Struct, frozen=True):
    """One bug: what it is, the test that must find it, what that test must then say, and the changes."""

    name: str
    bug: str
    detector: str
    red: str
    is_quick: bool
    diff: str


class StalePatch(Exception):
    """The code has moved on: the patch must be drawn anew, for a bug that is not planted cannot be found."""


def planted_bugs() -> list[Planted]:
    return [_read(path) for path in sorted(PATCHES.glob("*.patch"))]


def _read(path: Path) -> Planted:
    head, mark, diff = path.read_text(encoding="utf-8").partition("--- a/")
    words = dict(_HEAD.findall(head))
    return Planted(
        name=path.stem,
        bug=words["Bug"],
        detector=words["Detector"],
        red=words["Red"],
        is_quick=words.get("Quick") == "yes",
        diff=mark + diff,
    )


def copy_tree(scratch: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, scratch / name, ignore=shutil.ignore_patterns("__pycache__", "planted"))
        else:
            shutil.copy(source, scratch / name)


def plant(tree: Path, diff: str) -> None:
    """Hunks are found by their text, which must stand there exactly once; line numbers do not matter."""
    for part in re.split(r"^--- a/", diff, flags=re.MULTILINE)[1:]:
        name = part.split("\n", 1)[0].strip()
        text = (tree / name).read_text(encoding="utf-8")
        for hunk in re.split(r"^@@.*\n", part, flags=re.MULTILINE)[1:]:
            lines = [line for line in hunk.splitlines() if not line.startswith("\\")]
            before = "".join(f"{line[1:]}\n" for line in lines if line[:1] in ("", " ", "-"))
            after = "".join(f"{line[1:]}\n" for line in lines if line[:1] in ("", " ", "+"))
            if text.count(before) != 1:
                raise StalePatch(f"{name}: a hunk is found {text.count(before)} times:\n{before}")
            text = text.replace(before, after)
        (tree / name).write_text(text, encoding="utf-8")


def run_detector(tree: Path, detector: str) -> tuple[bool, str]:
    """Whether it stayed green, and what it said. The tree's own ledger is imported, not the installed one."""
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", *_SPARE, *detector.split()],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return ended.returncode == 0, ended.stdout + ended.stderr
