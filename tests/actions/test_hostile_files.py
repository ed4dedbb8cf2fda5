"""Files made to hurt: a clear answer with a line in less than a second, never a crash, nothing taken in."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.actions.read_rules import Problem, read_programme, read_rulebook
from ledger.actions.read_yaml import BYTES_MAX
from ledger.core.programme import Programme
from ledger.core.rulebook import Rulebook
from tests.core.rulebooks import PROGRAMME

CORPUS = Path(__file__).parents[1] / "hostile_rules"
FUXI = Path(__file__).parents[2] / "rules/fuxi/rulebook/2026-09.yaml"


def programme() -> Programme:
    policies, _ = read_programme((PROGRAMME + "spending: {gift: {}}\n").encode())
    assert policies is not None
    return policies


POLICIES = programme()


def answer(raw: bytes) -> tuple[Rulebook | None, tuple[Problem, ...]]:
    """Within the second; a busy machine may take twice as long as ours."""
    begun = time.process_time()
    rulebook, problems = read_rulebook(raw, POLICIES, "hostile.yaml")
    assert time.process_time() - begun < 1
    assert (rulebook is None) == bool(problems)
    lines = raw.count(b"\n") + 1
    for problem in problems:
        assert 1 <= problem.line <= max(lines, 1) + 1
        assert problem.message.zh and problem.message.en
        assert len(problem.message.en) < 500, "never the file itself"
    return rulebook, problems


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_hostile_file_is_refused_with_its_line(path: Path) -> None:
    rulebook, problems = answer(path.read_bytes())
    assert rulebook is None and problems


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("alias", "anchors and aliases"),
        ("billion_laughs", "anchors and aliases"),
        ("merge_key_without_anchor", "merge keys"),
        ("duplicate_key", "stands here twice: category"),
        ("duplicate_key_quoted", "stands here twice: category"),
        ("tag_python", "tags (!) are not allowed"),
        ("no_for_text", "no is read in several ways"),
        ("no_for_a_key", "no is read in several ways"),
        ("octal", "0100 is read in several ways"),
        ("sexagesimal", "1:40 is read in several ways"),
        ("huge_integer", "a number longer than 16 digits"),
        ("negative", "out of range"),
        ("bidi_in_an_id", "invisible character U+202E"),
        ("bidi_escaped_in_an_id", "invisible character U+202E"),
        ("homoglyph_in_an_id", "a character that is not allowed here"),
        ("unknown_kind", "eval is not a word that is known here"),
        ("two_documents", "one file holds one document"),
        ("not_utf8", "not UTF-8"),
        ("nothing", "nothing stands here"),
    ],
)
def test_the_answer_says_what_is_wrong(name: str, word: str) -> None:
    _, problems = answer((CORPUS / f"{name}.yaml").read_bytes())
    assert any(word in problem.message.en for problem in problems), problems


@pytest.mark.parametrize(
    "raw",
    [
        b"a: " + b"x" * 10_000_000,
        b"- " * 5_000_000,
        b"[" * 100_000,
        b"{a: " * 100_000,
        b"[" * 30 + b"]" * 30,
        b"".join(b" " * depth + b"a:\n" for depth in range(400)),
        b"a: [" + b"1," * 200_000 + b"]",
        b"".join(b"k%d: 1\n" % number for number in range(60_000)),
        b"- - - - - - - - - - - - - - - - - - - - - - - - - - - a",
        b"a: &a [*a, *a, *a]\n" * 1000,
        b"# \xe5\xa5\xbd\n" * 80_000,
        b"? " * 100_000,
        b"!" * 100_000,
        b"a: !" + b"x" * 100_000,
        b"&" + b"x" * 100_000 + b" a",
        b"%YAML 1.2\n" * 10_000,
        b"--- a\n" * 50_000,
        b'"' + b"\\n" * 100_000 + b'"',
        b"a: |\n" + b" x\n" * 100_000,
        b"a: 1" + b"0" * 300_000,
        b"\x00" * 1000,
        b"\xff\xfe" * 1000,
        b"\xf0\x9f\x92\xa3" * 1000,
        b"rules: " + b"'" * 99_999,
    ],
    ids=lambda raw: f"{raw[:12]!r}x{len(raw)}",
)
def test_a_bomb_is_answered_in_a_second(raw: bytes) -> None:
    rulebook, problems = answer(raw)
    assert rulebook is None and problems


def test_a_file_of_the_greatest_size_is_read_or_refused_in_a_second() -> None:
    rule = FUXI.read_text(encoding="utf-8").split("rules:\n")[1].split("  - id: proposal-adopted")[0]
    head = FUXI.read_text(encoding="utf-8").split("rules:\n")[0]
    many = "".join(rule.replace("id: hazard-snapshot", f"id: hazard-{number}") for number in range(1000))
    answer((head + "rules:\n" + many).encode()[:BYTES_MAX])


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    answer(raw)


YAMLISH = st.text(alphabet="ab01:-?[]{},&*!|>'\"%@`#\n\t ~<=.é事\u202e\x00", max_size=120)


@given(YAMLISH)
def test_no_text_that_looks_like_yaml_breaks_the_reader(text: str) -> None:
    answer(text.encode())


@given(st.data())
def test_no_damage_to_a_good_file_breaks_the_reader(data: st.DataObject) -> None:
    text = FUXI.read_text(encoding="utf-8")[:2500]
    place = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 40))
    answer((text[:place] + data.draw(YAMLISH) + text[place + length :]).encode())
