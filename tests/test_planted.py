"""Every detector finds the bug that it is there for: planted into a scratch copy, the unchanged test goes red."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.planting import PATCHES, ROOT, Planted, StalePatch, copy_tree, plant, planted_bugs, run_detector

BUGS = planted_bugs()


def find(bug: Planted, tree: Path) -> None:
    copy_tree(tree)
    plant(tree, bug.diff)
    is_green, said = run_detector(tree, bug.detector)
    assert not is_green, f"{bug.detector} does not notice: {bug.bug}"
    assert re.search(bug.red, said), f"{bug.detector} went red for another reason:\n{said[-3000:]}"


@pytest.mark.parametrize("bug", [bug for bug in BUGS if bug.is_quick], ids=lambda bug: bug.name)
def test_a_planted_bug_is_found(bug: Planted, tmp_path: Path) -> None:
    find(bug, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("bug", [bug for bug in BUGS if not bug.is_quick], ids=lambda bug: bug.name)
def test_a_slow_planted_bug_is_found(
    bug: Planted, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    find(bug, tmp_path)
    record_property("Planted", f"1 slow one found: {bug.name}")


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_patch_still_fits(bug: Planted, tmp_path: Path) -> None:
    """In `make test` for all of them, so that whoever moves the code draws the patch anew."""
    for name in re.findall(r"^--- a/(\S+)", bug.diff, re.MULTILINE):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    plant(tmp_path, bug.diff)
    assert (ROOT / bug.detector.split("::")[0]).exists()


def test_a_patch_that_no_longer_fits_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 2\n")
    with pytest.raises(StalePatch):
        plant(tmp_path, "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x = 1\n+x = 3\n")
    plant(tmp_path, "--- a/a.py\n+++ b/a.py\n@@ -9 +9 @@\n-x = 2\n+x = 3\n")
    assert (tmp_path / "a.py").read_text() == "x = 3\n"


def test_every_patch_is_read() -> None:
    assert len(BUGS) == len(list(PATCHES.iterdir()))
