"""Problems in rule files: all of them, each with its line, in both languages."""

from pathlib import Path

import msgspec
import pytest

from ledger.actions.read_rules import read_folder, read_programme, read_rulebook
from ledger.core.rulebook import digest
from tests.core.rulebooks import HEAD, PROGRAMME, compiled, problems_of

RULES = Path(__file__).parents[2] / "rules"

RULE = """
  - id: photo
    title: {zh: 拍照, en: Photo}
    category: all
    gives: [{value: {kind: fixed, amount: 5}}]
    examples: [{given: {happened_on: 2026-09-14}, expect: {points: 5}}]
"""


@pytest.mark.parametrize("folder", sorted(path.name for path in RULES.iterdir() if path.is_dir()))
def test_every_folder_is_free_of_problems(folder: str) -> None:
    read = read_folder(RULES / folder)
    assert read.problems == ()
    assert read.rulebooks


@pytest.mark.parametrize("folder", sorted(path.name for path in RULES.iterdir() if path.is_dir()))
def test_a_document_comes_back_from_storage_as_it_was_published(folder: str) -> None:
    read = read_folder(RULES / folder)
    for document in (*read.rulebooks, read.programme, read.catalogue, read.events):
        if document is not None:
            stored = msgspec.json.encode(document, order="sorted")
            again = msgspec.json.decode(stored, type=type(document), strict=True)
            assert again == document and digest(again) == digest(document)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("amount: 5", "amount: five"), "rules[0].gives[0].value.amount: should be int, is str"),
        (("amount: 5", "amount: 0"), "rules[0].gives[0].value.amount: out of range: should be >= 1"),
        (("kind: fixed", "kind: fixd"), "rules[0].gives[0].value.kind: fixd is not a word that is known here"),
        (("category: all", "catgory: all"), "rules[0]: unknown field catgory; did you mean category"),
        ((", en: Photo", ""), "rules[0].title: the field en is missing"),
        (("category: all", "category: none"), "rules[0].category: there is no such category"),
        (("points: 5", "points: 6"), 'rules[0].examples[0]: expected {"points":6}, came out as {"points":5}'),
        (("09-14", "02-30"), "rules[0].examples[0].given.happened_on: a day is written 2026-09-01"),
        (("id: photo", "id: Photo"), "rules[0].id: holds a character that is not allowed here"),
    ],
)
def test_a_wrong_word_is_named_with_its_path(change: tuple[str, str], problem: str) -> None:
    assert problem in problems_of(RULE.replace(*change))


def test_problems_of_several_rules_come_together_with_their_lines() -> None:
    rules = RULE.replace("amount: 5", "amount: x") + RULE.replace("category: all", "catgory: all") + RULE
    programme, _ = read_programme((PROGRAMME + "spending: {gift: {}}\n").encode())
    assert programme is not None
    _, problems = read_rulebook((HEAD + "rules:\n" + rules).encode(), programme, "a.yaml")
    first = (HEAD + "rules:\n").count("\n") + 1
    assert [(problem.file, problem.line, problem.path) for problem in problems] == [
        ("a.yaml", first + 4, "rules[0].gives[0].value.amount"),
        ("a.yaml", first + 9, "rules[1]"),
    ]
    assert problems[0].message.zh == "应为整数，实为文字"


def test_a_limit_below_one_award_is_refused() -> None:
    rule = RULE.replace("    gives:", "    caps: [{per: day, points: 4}]\n    gives:")
    assert problems_of(rule) == ["rules[0].caps[0]: the limit 4 is less than one award may bring, 5"]


def test_an_undeclared_fact_is_refused() -> None:
    rule = RULE.replace("kind: fixed, amount: 5", "kind: per_unit, of: bags, each: 50, amount: 1")
    assert problems_of(rule) == ["rules[0].gives[0].value.of: no such fact is declared: bags"]


def test_points_that_lapse_before_the_notice_ends_are_refused() -> None:
    assert problems_of(RULE, programme="expiry: {kind: calendar, end_of: year}\nnotice_days: 3\n") == [
        "rules[0].gives[0]: points may lapse before the public notice ends"
    ]


def test_the_digest_ignores_layout_and_words_at_their_defaults() -> None:
    plain = compiled(RULE).digest
    assert (
        compiled(RULE.replace("    category: all", "    category: all # 说明\n    recipient: holder")).digest == plain
    )
    assert compiled(RULE.replace("5", "6").replace("14", "15")).digest != plain
    assert digest(compiled(RULE).rulebook) == plain


def test_every_place_that_does_not_fit_is_named_at_once() -> None:
    rules = """
  - id: Photo
    title: {zh: 拍照}
    category: all
    gives:
      - value: {kind: per_unit, of: minutes, each: 0, amount: x}
        unit: gold
      - {value: {kind: fixd, amount: 5}}
    caps: [{per: day}, {per: fortnight, times: 1}]
    when: [{fact: person.age, at_least: -1, like: 3}]
    examples: [{given: {happened_on: 2026-02-30, quantities: {minutes: -5, Bad: 1}}, expect: {refused: never}}]
  - nonsense
"""
    found = problems_of(rules, "facts: 7\n")
    for place in (
        "facts",
        "rules[0].id",
        "rules[0].title",
        "rules[0].gives[0].value.each",
        "rules[0].gives[0].value.amount",
        "rules[0].gives[0].unit",
        "rules[0].gives[1].value.kind",
        "rules[0].caps[0]",
        "rules[0].caps[1].per",
        "rules[0].when[0].at_least",
        "rules[0].when[0]",
        "rules[0].examples[0].given.happened_on",
        "rules[0].examples[0].given.quantities.minutes",
        "rules[0].examples[0].given.quantities.Bad",
        "rules[0].examples[0].expect.refused",
        "rules[1]",
    ):
        assert any(problem.startswith(f"{place}: ") for problem in found), (place, found)
    assert len(found) == 16
