"""Q11: of all small changes to core and posting, a sample drawn anew each time; nearly all must be noticed."""

import ast
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ledger.db.embedded import open_database
from tests.conftest import FORGETFUL
from tests.covering import Cover
from tests.mutating import ROOT, Mutant, files_to_change, mutants_of, sample
from tests.noticing import GREEN, RED, find_cover, judge_all, likely_tests, open_triers
from tests.portion import Portion
from tests.trying import ENDLESS, Attempt

NOTICED = 0.85
PURE = "tests/core/test_balance.py"
WITH_A_DATABASE = "tests/test_posting.py::test_twins_post_once"


def test_a_mutant_is_the_file_with_one_change() -> None:
    mutants = mutants_of("ledger/core/balance.py")
    assert len(mutants) > 20
    assert len({mutant.text for mutant in mutants}) == len(mutants)
    original = ast.unparse(ast.parse((ROOT / "ledger/core/balance.py").read_text(encoding="utf-8")))
    for mutant in mutants:
        lines = zip(mutant.text.split("\n"), original.split("\n"), strict=True)
        assert sum(mine != theirs for mine, theirs in lines) == 1, mutant.change


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    files = ["ledger/core/balance.py", "ledger/core/expire.py"]
    assert sample(files, 5, seed=1) == sample(files, 5, seed=1) != sample(files, 5, seed=2)


def test_the_tests_of_a_mutant_are_those_that_run_its_lines_within_the_time_there_is() -> None:
    cover = Cover(
        {"ledger/core/a.py": {7: ["tests/api/test_b.py::x", "tests/core/test_a.py::y"], 9: ["tests/test_c.py::z"]}},
        {"tests/api/test_b.py::x": 24.0, "tests/core/test_a.py::y": 2.0, "tests/test_c.py::z": 1.0},
    )
    assert likely_tests(cover, Mutant("ledger/core/a.py", 6, 8, "", "")) == ["tests/core/test_a.py::y"]
    assert likely_tests(cover, Mutant("ledger/core/a.py", 8, 8, "", "")) == []


async def test_a_copy_tells_red_from_green_and_from_endless(tmp_path: Path) -> None:
    file = "ledger/core/balance.py"
    text = (ROOT / file).read_text(encoding="utf-8")
    async with open_triers([tmp_path / "none"], tmp_path) as [trier]:
        told = [
            (await trier.attempt(Attempt(file, changed, [PURE], seconds_max))).status
            for changed, seconds_max in (
                (text, 60),
                (text.replace("day >= today", "day > today"), 60),
                (f"{text}\nwhile True: pass\n", 1.5),
                (text, 60),
            )
        ]
    assert told == [GREEN, RED, ENDLESS, GREEN]


@pytest.fixture
def data_folders(open_folder: Path) -> Iterator[list[Path]]:
    """A running database for each that tries."""
    with ExitStack() as stack:
        folders = [open_folder / str(number) for number in range(int(os.environ.get("WORKERS", "2")))]
        for folder in folders:
            stack.enter_context(open_database(folder, settings=FORGETFUL))
        yield folders


@pytest.mark.soak
async def test_nearly_every_mutant_is_noticed(
    data_folders: list[Path], portion: Portion, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    cover = find_cover(portion.folder / "cover.json", len(data_folders))
    mutants = sample(files_to_change(), portion.size(300), portion.seed)
    async with open_triers(data_folders, tmp_path) as triers:
        for trier in triers:
            text = (ROOT / "ledger/posting.py").read_text(encoding="utf-8")
            control = await trier.attempt(Attempt("ledger/posting.py", text, [WITH_A_DATABASE], 60))
            assert control.status == GREEN, control.said
        judged = await judge_all(triers, cover, mutants)
    for one in judged:
        print(f"{'noticed' if one.is_noticed else 'UNNOTICED'} {one.mutant.place}  {one.mutant.change}  {one.by}")
    noticed = sum(one.is_noticed for one in judged)
    record_property("Q11", f"{noticed} of {len(judged)} mutants noticed")
    assert noticed >= NOTICED * len(judged)
