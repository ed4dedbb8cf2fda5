"""Conditions, coefficients, bonuses and campaigns, and the near misses that they leave."""

from datetime import date

import pytest

from ledger.core.activity import Facts, Household, Person
from ledger.core.compiled import Compiled
from ledger.core.condition import Missed
from ledger.core.refusal import Reason, Refused
from ledger.core.score import score
from ledger.core.trace import Multiplied
from tests.core.rulebooks import compiled, problems_of

FACTS = """
facts:
  - {id: organiser, type: flag, title: {zh: 组织者, en: organiser}}
  - id: difficulty
    type: choice
    title: {zh: 难度, en: difficulty}
    choices: {easy: {zh: 易, en: easy}, hard: {zh: 难, en: hard}}
"""
CAMPAIGNS = """
campaigns:
  - {id: spring, title: {zh: 春季周, en: Spring week}, from: 2026-03-16, until: 2026-03-22, times: 2, categories: [all]}
  - {id: clean, title: {zh: 清洁日, en: Clean day}, from: 2026-03-22, until: 2026-03-22, times: 3/2, rules: [hours]}
"""
HOURS = """
  - id: hours
    title: {zh: 时长, en: Hours}
    category: all
    gives:
      - value: {kind: per_unit, of: minutes, each: 30, amount: 5}
        factors: [{title: {zh: 难度, en: Difficulty}, of: difficulty, table: {easy: 1, hard: 3/2}}]
        bonuses: [{title: {zh: 组织者, en: Organiser}, when: [{fact: organiser, is: true}], amount: 2}]
        at_most: 60
      - {unit: service_minutes, value: {kind: per_unit, of: minutes, each: 1, amount: 1}}
    caps: [{per: day, points: 60}]
    examples:
      - given:
          happened_on: 2026-03-05
          quantities: {minutes: 95}
          choices: {difficulty: easy}
          flags: {organiser: false}
        expect: {points: 15, service_minutes: 95}
"""


def book(combine: str = "combine_campaigns: best\n") -> Compiled:
    return compiled(HOURS, FACTS + CAMPAIGNS + combine)


def points(rules: Compiled, day: int, minutes: int = 95, difficulty: str = "easy", organiser: bool = False) -> int:
    facts = Facts(date(2026, 3, day), {"minutes": minutes}, {"difficulty": difficulty}, {"organiser": organiser})
    return score(rules, "hours", facts, "hh_1", {}).lines[0].amount


def test_ninety_five_minutes_in_the_spring_week() -> None:
    """95 minutes = 3 × 30 → 15; spring week ×2 = 30."""
    assert points(book(), 15) == 15
    assert points(book(), 16) == points(book(), 22) == 30
    assert points(book(), 23) == 15


def test_coefficients_then_bonuses_then_campaigns_then_rounding_once() -> None:
    assert points(book(), 5, difficulty="hard") == 22, "22 1/2, rounded at the very end"
    assert points(book(), 5, difficulty="hard", organiser=True) == 24
    assert points(book(), 16, difficulty="hard") == 45, "2 × 22 1/2 loses nothing"
    assert points(book(), 16, difficulty="hard", organiser=True) == 49
    assert points(book(), 16, minutes=600) == 60, "at most 60 at once"


@pytest.mark.parametrize(("combine", "amount"), [("best", 30), ("first", 30), ("sum", 37)])
def test_campaigns_that_overlap_combine_as_the_rulebook_says(combine: str, amount: int) -> None:
    assert points(book(f"combine_campaigns: {combine}\n"), 22) == amount, "×2 and ×3/2 sum to ×5/2 of 15"


def test_a_campaign_leaves_the_hours_alone() -> None:
    facts = Facts(date(2026, 3, 16), {"minutes": 95}, {"difficulty": "easy"}, {"organiser": False})
    assert score(book(), "hours", facts, "hh_1", {}).lines[1].amount == 95


def test_a_near_miss_says_what_was_wanting() -> None:
    facts = Facts(date(2026, 3, 16), {"minutes": 95}, {"difficulty": "easy"}, {"organiser": False})
    steps = score(book(), "hours", facts, "hh_1", {}).trace.steps
    assert Missed("organiser", "is", "true", "false", "Organiser") in steps
    assert [step.why for step in steps if isinstance(step, Multiplied)] == ["Difficulty", "spring"]


@pytest.mark.parametrize(
    ("day", "near"),
    [
        (8, []),
        (9, [Missed("happened_on", "from", "2026-03-16", "2026-03-09", "spring")]),
        (16, []),
        (
            29,
            [
                Missed("happened_on", "before", "2026-03-23", "2026-03-29", "spring"),
                Missed("happened_on", "before", "2026-03-23", "2026-03-29", "clean"),
            ],
        ),
        (30, []),
    ],
)
def test_a_campaign_missed_by_days_is_told(day: int, near: list[Missed]) -> None:
    facts = Facts(date(2026, 3, day), {"minutes": 95}, {"difficulty": "easy"}, {"organiser": True})
    steps = score(book(), "hours", facts, "hh_1", {}).trace.steps
    assert [step for step in steps if isinstance(step, Missed)] == near


@pytest.mark.parametrize(
    ("condition", "facts", "holds"),
    [
        ("{fact: household.class, is: poor}", Facts(date(2026, 3, 5), household=Household(class_="poor")), True),
        ("{fact: household.class, is: poor}", Facts(date(2026, 3, 5), household=Household(class_="ordinary")), False),
        ("{fact: household.class, is: poor}", Facts(date(2026, 3, 5)), False),
        ("{fact: household.area, in: [east]}", Facts(date(2026, 3, 5), household=Household(area="east")), True),
        ("{fact: household.area, not_in: [east]}", Facts(date(2026, 3, 5), household=Household(area="west")), True),
        ("{fact: household.area, not_in: [east]}", Facts(date(2026, 3, 5), household=Household()), False),
        ("{fact: person.age, at_least: 60, at_most: 70}", Facts(date(2026, 3, 5), person=Person(age=60)), True),
        ("{fact: person.age, at_least: 60, at_most: 70}", Facts(date(2026, 3, 5), person=Person(age=70)), True),
        ("{fact: person.age, at_least: 60, at_most: 70}", Facts(date(2026, 3, 5), person=Person(age=59)), False),
        ("{fact: person.age, at_least: 60, at_most: 70}", Facts(date(2026, 3, 5), person=Person(age=71)), False),
        ("{fact: person.resident, is: false}", Facts(date(2026, 3, 5), person=Person(resident=False)), True),
        ("{fact: happened_on, from: 2026-03-05, before: 2026-03-06}", Facts(date(2026, 3, 5)), True),
        ("{fact: happened_on, before: 2026-03-05}", Facts(date(2026, 3, 5)), False),
        (
            "{any: [{fact: person.age, at_least: 60}, {fact: household.class, is: poor}]}",
            Facts(date(2026, 3, 5), person=Person(age=20), household=Household(class_="poor")),
            True,
        ),
        (
            "{any: [{fact: person.age, at_least: 60}, {fact: household.class, is: poor}]}",
            Facts(date(2026, 3, 5), person=Person(age=20)),
            False,
        ),
    ],
)
def test_conditions(condition: str, facts: Facts, holds: bool) -> None:
    rules = compiled(
        f"""
  - id: deed
    title: {{zh: 事, en: Deed}}
    category: all
    when: [{condition}]
    gives: [{{value: {{kind: fixed, amount: 5}}}}]
    examples: [{{given: {{happened_on: 2025-12-31}}, expect: {{refused: rule_not_in_force}}}}]
"""
    )
    if holds:
        assert score(rules, "deed", facts, "hh_1", {}).lines[0].amount == 5
        return
    with pytest.raises(Refused) as refused:
        score(rules, "deed", facts, "hh_1", {})
    assert refused.value.reason is Reason.NOT_ELIGIBLE
    first = condition.removeprefix("{any: [").removeprefix("{").split("fact: ")[1].split(",")[0]
    assert refused.value.numbers["fact"] == first, "of several ways the first is named"


def test_a_fact_that_nobody_declared_is_refused_by_name() -> None:
    facts = Facts(date(2026, 3, 5), {"minuts": 95})
    with pytest.raises(Refused) as refused:
        score(book(), "hours", facts, "hh_1", {})
    assert refused.value.reason is Reason.UNKNOWN_FACT and refused.value.numbers["fact"] == "minuts"
    wrong = Facts(date(2026, 3, 5), {"minutes": 95}, {"difficulty": "extreme"})
    with pytest.raises(Refused) as refused:
        score(book(), "hours", wrong, "hh_1", {})
    assert refused.value.reason is Reason.UNKNOWN_CHOICE


@pytest.mark.parametrize(
    "factor",
    [
        "{title: {zh: 系, en: F}}",
        "{title: {zh: 系, en: F}, of: difficulty}",
        "{title: {zh: 系, en: F}, table: {easy: 1}}",
        "{title: {zh: 系, en: F}, times: 2}",
        "{title: {zh: 系, en: F}, when: [{fact: organiser, is: true}]}",
        "{title: {zh: 系, en: F}, of: difficulty, table: {easy: 1}, times: 2}",
        "{title: {zh: 系, en: F}, of: difficulty, table: {easy: 1}, when: [{fact: organiser, is: true}], times: 2}",
    ],
)
def test_half_a_coefficient_is_refused(factor: str) -> None:
    rules = HOURS.replace("{title: {zh: 难度, en: Difficulty}, of: difficulty, table: {easy: 1, hard: 3/2}}", factor)
    assert any("a factor has `of` and `table`" in problem for problem in problems_of(rules, FACTS))


def test_a_condition_multiplies_when_it_holds() -> None:
    doubled = "{title: {zh: 系, en: Double}, when: [{fact: organiser, is: true}], times: 2}"
    rules = compiled(
        HOURS.replace("{title: {zh: 难度, en: Difficulty}, of: difficulty, table: {easy: 1, hard: 3/2}}", doubled),
        FACTS,
    )
    assert points(rules, 5, organiser=True) == 32, "2 × 15 + 2"
    assert points(rules, 5) == 15


@pytest.mark.parametrize(
    ("campaign", "problem"),
    [
        ("from: 2026-03-22, until: 2026-03-16, times: 2, rules: [hours]", "`until` is before `from`"),
        ("from: 2026-03-16, until: 2026-03-22, times: 2", "`times` goes with the `rules` or `categories`"),
        ("from: 2026-03-16, until: 2026-03-22, rules: [hours]", "`times` goes with the `rules` or `categories`"),
        ("from: 2026-03-16, until: 2026-03-22, times: 1, rules: [hours]", "times 1 changes nothing"),
        ("from: 2026-03-16, until: 2026-03-22, times: 2, rules: [gone]", "there is no such rule"),
        ("from: 2026-03-16, until: 2026-03-22, times: 2, categories: [gone]", "there is no such category"),
        ("from: 2026-03-16, until: 2026-03-22, times: -2, rules: [hours]", "times"),
    ],
)
def test_campaigns_that_make_no_sense_are_refused(campaign: str, problem: str) -> None:
    head = f"campaigns: [{{id: c, title: {{zh: 期, en: C}}, {campaign}}}]\n"
    assert any(problem in found for found in problems_of(HOURS, FACTS + head))


def test_campaigns_that_overlap_without_a_word_are_refused() -> None:
    assert "campaigns[1]: overlaps with spring: say `combine_campaigns`" in problems_of(HOURS, FACTS + CAMPAIGNS)


def test_times_nothing_is_nothing() -> None:
    nothing = "{title: {zh: 系, en: None}, when: [{fact: organiser, is: true}], times: 0}"
    rules = compiled(
        HOURS.replace("{title: {zh: 难度, en: Difficulty}, of: difficulty, table: {easy: 1, hard: 3/2}}", nothing),
        FACTS,
    )
    assert points(rules, 5, organiser=True) == 2, "0 × 15 + 2"
    pause = "{id: c, title: {zh: 停, en: Pause}, from: 2026-03-05, until: 2026-03-05, times: 0, rules: [hours]}"
    stopped = f"campaigns: [{pause}]\n"
    facts = Facts(date(2026, 3, 5), {"minutes": 95}, {"difficulty": "easy"}, {"organiser": False})
    lines = score(compiled(HOURS.replace("03-05", "03-06"), FACTS + stopped), "hours", facts, "hh_1", {}).lines
    assert [(line.unit, line.amount) for line in lines] == [("service_minutes", 95)]
