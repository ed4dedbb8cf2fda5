"""The commands for people who write rules."""

from pathlib import Path

import pytest

from ledger.cli_rules import check_rules, explain_activity, new_rules, run_examples

RULES = Path(__file__).parents[1] / "rules"


@pytest.fixture
def village(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert new_rules("our-village", tmp_path) == 0
    capsys.readouterr()
    return tmp_path / "our-village"


def test_all_sheets_are_free_of_problems_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert check_rules([RULES]) == 0
    [counts] = capsys.readouterr().out.splitlines()
    assert f"rulebooks / 规则手册 {len(list(RULES.glob('*/rulebook/*.yaml')))}," in counts
    assert counts.endswith("OK / 没有问题")


def test_the_starter_passes_as_it_is(village: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_rules([village]) == 0
    assert run_examples([village]) == 0
    assert "our-village" in capsys.readouterr().out
    assert sorted(path.name for path in village.iterdir()) == [
        "catalogue.yaml",
        "events.yaml",
        "programme.yaml",
        "rulebook",
    ]


def test_a_starter_never_writes_over_anything(village: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (village / "programme.yaml").read_bytes()
    assert new_rules("our-village", village.parent) == 2
    assert new_rules("../elsewhere", village.parent) == 2
    assert new_rules("Our Village", village.parent) == 2
    assert (village / "programme.yaml").read_bytes() == before
    assert "is there already" in capsys.readouterr().err


def test_problems_come_with_file_and_line(village: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [book] = (village / "rulebook").iterdir()
    text = book.read_text(encoding="utf-8")
    book.write_text(text.replace("amount: 5", "amount: five").replace("each: 60", "each: 0"), encoding="utf-8")
    assert check_rules([book]) == 1
    out = capsys.readouterr().out.splitlines()
    five = next(number for number, line in enumerate(text.splitlines(), 1) if "amount: 5" in line)
    assert out[0].startswith(
        f"{book}:{five}: rules[0].gives[0].value.amount: 应为整数，实为文字 / should be int, is str"
    )
    assert len(out) == 3


def test_an_example_that_fails_is_told_by_both_commands(village: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [book] = (village / "rulebook").iterdir()
    book.write_text(book.read_text(encoding="utf-8").replace("{points: 5}", "{points: 6}"), encoding="utf-8")
    assert run_examples([village]) == 1
    assert 'expected {"points":6}, came out as {"points":5}' in capsys.readouterr().out
    assert check_rules([village]) == 1


def test_nothing_to_look_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_rules([tmp_path]) == 2
    assert check_rules([tmp_path / "gone"]) == 2
    assert "no programme.yaml there" in capsys.readouterr().err


def test_a_version_bears_the_name_of_its_file(village: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [book] = (village / "rulebook").iterdir()
    book.rename(book.with_name("other.yaml"))
    assert check_rules([village]) == 1
    assert "is not the name of the file" in capsys.readouterr().out


def test_an_activity_is_explained_without_a_service(capsys: pytest.CaptureFixture[str]) -> None:
    facts = '{"happened_on": "2026-09-06", "quantities": {"minutes": 95}}'
    assert explain_activity(RULES / "fuxi", "volunteer-hours", facts) == 0
    assert "95 minutes = 3 × 30 → 6 points" in capsys.readouterr().out
    assert explain_activity(RULES / "fuxi", "clean-up", facts) == 0
    assert "evidence is missing: photos" in capsys.readouterr().out
    assert explain_activity(RULES / "fuxi", "clean-up", '{"happened_on": "soon"}') == 2
