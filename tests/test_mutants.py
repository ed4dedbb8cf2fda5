"""Q11: of all small changes to core and posting, a sample drawn anew each time; nearly all must be noticed."""

import ast
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mutating import ROOT, is_noticed, mutants_of, sample
from tests.planting import copy_tree

NOTICED = 0.85


def files() -> list[str]:
    """Those of the quality page, or those that are asked for."""
    asked = os.environ.get("MUTANT_FILES")
    if asked:
        return asked.split()
    core = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "ledger" / "core").glob("*.py"))
    return [*core, "ledger/posting.py", "ledger/batch.py"]


def test_a_mutant_is_the_file_with_one_change() -> None:
    mutants = mutants_of("ledger/core/balance.py")
    assert len(mutants) > 20
    assert len({mutant.text for mutant in mutants}) == len(mutants)
    original = ast.unparse(ast.parse((ROOT / "ledger/core/balance.py").read_text(encoding="utf-8")))
    for mutant in mutants:
        lines = zip(mutant.text.split("\n"), original.split("\n"), strict=True)
        assert sum(mine != theirs for mine, theirs in lines) == 1, mutant.change


@pytest.mark.soak
def test_nearly_every_mutant_is_noticed(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    copy_tree(tmp_path)
    seed = int(os.environ.get("MUTANT_SEED", random.randrange(10**6)))
    mutants = sample(files(), int(os.environ.get("MUTANTS", "300")), seed)
    unnoticed = [mutant for mutant in mutants if not is_noticed(mutant, tmp_path)]
    for mutant in unnoticed:
        print(f"{mutant.file}:{mutant.line}  {mutant.change}")
    share = 1 - len(unnoticed) / len(mutants)
    record_property("Q11", f"{share:.0%} of {len(mutants)} mutants noticed (seed {seed})")
    assert share >= NOTICED
