"""An award tells why, in both languages, with the numbers that led to it and what was nearly reached."""

from datetime import date
from pathlib import Path

import msgspec
import pytest

from ledger.actions.read_rules import read_folder
from ledger.core.activity import Facts
from ledger.core.compiled import Compiled, compile_rulebook
from ledger.core.counter import CounterKey
from ledger.core.explain import explain, explain_refusal, tell_batch
from ledger.core.refusal import Reason, Refused
from ledger.core.score import score
from ledger.core.title import Title
from ledger.core.trace import Kept, Placed, Trace
from tests.core.rulebooks import compiled

ROOT = Path(__file__).parents[2] / "rules"
SPRING = compiled(
    """
  - id: hours
    title: {zh: 志愿时长, en: Volunteer hours}
    category: all
    gives: [{value: {kind: per_unit, of: minutes, each: 30, amount: 5}}]
    caps: [{per: day, points: 40}]
    notice_days: 3
    examples: [{given: {happened_on: 2026-03-05, quantities: {minutes: 95}}, expect: {points: 15}}]
""",
    """campaigns:
  - {id: spring, title: {zh: 春季周, en: spring week}, from: 2026-03-14, until: 2026-03-20, times: 2, rules: [hours]}
""",
)


def told(rules: Compiled, trace: Trace, shown_on: date | None = None) -> tuple[list[str], list[str]]:
    sentences = explain(rules, trace, shown_on)
    assert all(sentence.zh and sentence.en for sentence in sentences)
    return [sentence.zh for sentence in sentences], [sentence.en for sentence in sentences]


def test_the_sentence_of_the_specification() -> None:
    """95 minutes = 3 × 30 → 15; spring week ×2 = 30; daily limit 40 leaves 40 → 30 points; public until 19 March."""
    result = score(SPRING, "hours", Facts(date(2026, 3, 16), {"minutes": 95}), "hh_1", {})
    zh, en = told(SPRING, result.trace, shown_on=date(2026, 3, 16))
    assert en == [
        "Volunteer hours (16 March 2026)",
        "95 minutes = 3 × 30 → 15 points; 25 more would have brought 5 more",
        "spring week ×2 = 30",
        "daily limit 40 leaves 40 → 30 points",
        "public until 19 March 2026",
    ]
    assert zh == [
        "志愿时长（2026年3月16日）",
        "95 分钟 = 3 × 30 → 15 积分；再有 25 分钟可多得 5",
        "春季周 ×2 = 30",
        "每日上限 40，余 40 → 30 积分",
        "公示至2026年3月19日",
    ]


def test_a_campaign_that_was_just_missed_is_told() -> None:
    result = score(SPRING, "hours", Facts(date(2026, 3, 12), {"minutes": 95}), "hh_1", {})
    zh, en = told(SPRING, result.trace)
    assert "missed “spring week”: day of the activity not before 2026-03-14, is 2026-03-12" in en
    assert "未得“春季周”：发生日期不早于2026-03-14，实为2026-03-12" in zh


def test_a_cut_says_when_it_starts_again() -> None:
    key = CounterKey("hours/day/points", "hh_1", "2026-03-16")
    result = score(SPRING, "hours", Facts(date(2026, 3, 16), {"minutes": 95}), "hh_1", {key: 28})
    _, en = told(SPRING, result.trace)
    assert "daily limit 40 leaves 12 → 12 points (starts again on 2026-03-17)" in en


@pytest.mark.parametrize("folder", sorted(path.name for path in ROOT.iterdir() if path.is_dir()))
def test_every_example_of_every_sheet_can_be_told(folder: str) -> None:
    """Awards and refusals, stored and read back; nothing falls through to an internal word."""
    read = read_folder(ROOT / folder)
    assert read.programme is not None
    for rulebook in read.rulebooks:
        rules = compile_rulebook(rulebook, read.programme)
        for rule in rulebook.rules:
            for example in rule.examples:
                for sentence in _tell(rules, rule.id, example.given):
                    assert sentence.zh and sentence.en
                    assert "None" not in sentence.en and "{" not in sentence.en
                    assert not any("\u4e00" <= letter <= "\u9fff" for letter in sentence.en.split(":")[0])


def _tell(rules: Compiled, rule: str, facts: Facts) -> tuple[Title, ...]:
    try:
        trace = score(rules, rule, facts, "recipient", {}).trace
    except Refused as refused:
        return (explain_refusal(rules, refused.reason, refused.numbers),)
    stored = msgspec.json.decode(msgspec.json.encode(trace), type=Trace)
    assert stored == trace
    return explain(rules, stored, date(2026, 9, 1))


@pytest.mark.parametrize(
    ("reason", "numbers", "en"),
    [
        (
            Reason.NOT_ELIGIBLE,
            {"fact": "person.age", "test": "at_least", "wanted": "60", "found": "59"},
            "a condition is not met: age at least 60 years, is 59 years",
        ),
        (
            Reason.NOT_ELIGIBLE,
            {"fact": "household.class", "test": "in", "wanted": "poor|ordinary", "found": ""},
            "a condition is not met: the household's class should be one of household in need or ordinary household,"
            " nothing is known",
        ),
        (
            Reason.LIMIT_REACHED,
            {"limit": 4, "used": 4, "resets_on": "2026-10-01"},
            "the limit of 4 is used (4); it starts again on 2026-10-01",
        ),
        (Reason.LIMIT_REACHED, {"limit": 1, "used": 1, "resets_on": None}, "the limit of 1 is used (1)"),
        (Reason.EVIDENCE_MISSING, {"missing": ["photos", "place"]}, "evidence is missing: photos, place"),
        (Reason.FACT_MISSING, {"fact": "minutes"}, "nobody has said: time"),
        (
            Reason.RULE_NOT_IN_FORCE,
            {"first_day": "2026-01-01", "last_day": None},
            "the rule holds from 2026-01-01",
        ),
        (Reason.NOTHING_EARNED, {}, "nothing was earned (nothing_earned)"),
    ],
)
def test_a_refusal_says_what_was_missing(reason: Reason, numbers: dict[str, object], en: str) -> None:
    sentence = explain_refusal(SPRING, reason, numbers)  # type: ignore[arg-type]  # numbers as in refusals
    assert sentence.en == en and sentence.zh


def test_lines_of_a_batch_tell_their_place_or_their_row() -> None:
    assert tell_batch(Placed("board", "2026-09", 158, 2, 30)).en == "158 in 2026-09, place 2 → 30"
    assert tell_batch(Kept("row", ("2026-07", "2026-08", "2026-09"), 10)).zh == "连续 3 期（2026-07 至 2026-09）→ 10"
