"""How a deed becomes a number, kind by kind, with the edges of each."""

from datetime import date
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.activity import Decision, Facts
from ledger.core.judged import Discretionary, RatedBy, Ratings, rate
from ledger.core.measured import (
    Band,
    Bands,
    Deadline,
    Deadlines,
    DeductFrom,
    PerUnit,
    Remainder,
    Rounding,
    Table,
    count,
    units_of,
)
from ledger.core.refusal import Reason, Refused
from ledger.core.value import Parts, Value, most_of, value_of
from tests.core.rulebooks import compiled

DAY = date(2026, 3, 5)
AMOUNTS = st.integers(0, 100_000)
SOME = st.integers(1, 1000)


def amount(value: Value, **facts: object) -> int:
    return value_of(value, msgspec.convert({"happened_on": "2026-03-05", **facts}, Facts), "points").amount  # type: ignore[arg-type]


def refusal(value: Value, **facts: object) -> Reason:
    with pytest.raises(Refused) as refused:
        amount(value, **facts)
    return refused.value.reason


@pytest.mark.parametrize(
    ("rounding", "minutes", "units"),
    [
        (Rounding.DOWN, 59, 0),
        (Rounding.DOWN, 60, 1),
        (Rounding.NEAREST, 29, 0),
        (Rounding.NEAREST, 30, 1),
        (Rounding.NEAREST, 90, 2),
        (Rounding.UP, 0, 0),
        (Rounding.UP, 1, 1),
        (Rounding.UP, 60, 1),
    ],
)
def test_parts_of_a_unit(rounding: Rounding, minutes: int, units: int) -> None:
    assert units_of(minutes, 60, rounding) == units


@given(AMOUNTS, SOME, st.sampled_from(Rounding))
def test_rounding_moves_by_less_than_a_unit(quantity: int, each: int, rounding: Rounding) -> None:
    units = units_of(quantity, each, rounding)
    assert abs(units * each - quantity) < each
    if rounding is not Rounding.UP:
        assert rounding is Rounding.NEAREST or units * each <= quantity


@given(st.lists(AMOUNTS, max_size=20), SOME)
def test_a_carried_remainder_loses_nothing(quantities: list[int], each: int) -> None:
    value = PerUnit("bags", each, 1, remainder=Remainder.CARRY)
    brought = points = 0
    for quantity in quantities:
        step = count(value, Facts(DAY, {"bags": quantity}), "points", brought)
        points += step.amount
        brought += quantity
        assert step.rest == brought - points * each < each
    assert points == sum(quantities) // each


def test_a_bound_on_the_quantity_counts_no_more() -> None:
    hours = PerUnit("minutes", 60, 1, at_most=120)
    assert amount(hours, quantities={"minutes": 500}) == 2 == most_of(hours)
    assert refusal(hours) is Reason.FACT_MISSING


def test_a_table_has_an_amount_for_each_choice() -> None:
    ladder = Table("level", {"nation": 50, "community": 5, "none": 0})
    assert amount(ladder, choices={"level": "community"}) == 5
    assert amount(ladder, choices={"level": "none"}) == 0
    assert refusal(ladder, choices={"level": "moon"}) is Reason.UNKNOWN_CHOICE
    assert refusal(ladder) is Reason.FACT_MISSING


@pytest.mark.parametrize(("quantity", "points"), [(0, 0), (4, 0), (5, 10), (9, 10), (10, 30), (1000, 30)])
def test_bands_take_the_highest_that_is_reached(quantity: int, points: int) -> None:
    bands = Bands("people", (Band(5, 10), Band(10, 30)))
    assert most_of(bands) == 30
    assert amount(bands, quantities={"people": quantity}) == points


@pytest.mark.parametrize(
    ("day", "points"), [("2026-01-01", 30), ("2026-03-31", 30), ("2026-04-01", 10), ("2026-07-01", 0)]
)
def test_the_day_of_a_deadline_is_in_time(day: str, points: int) -> None:
    tiers = Deadlines("household.moved_in_on", (Deadline(date(2026, 3, 31), 30), Deadline(date(2026, 6, 30), 10)))
    assert amount(tiers, household={"moved_in_on": day}) == points
    assert refusal(tiers, household={}) is Reason.FACT_MISSING


@given(AMOUNTS, SOME, SOME)
def test_a_deduction_stays_between_nothing_and_its_maximum(found: int, start: int, minus: int) -> None:
    points = amount(DeductFrom(start, minus, "spots"), quantities={"spots": found})
    assert points == max(0, start - found * minus)


def test_discretion_needs_a_reason_in_writing() -> None:
    value = Discretionary(500)
    assert amount(value, decision={"amount": 500, "reason": "国家级表彰"}) == 500
    assert refusal(value, decision={"amount": 500, "reason": "  "}) is Reason.FACT_MISSING
    assert refusal(value, decision={"amount": 501, "reason": "过高"}) is Reason.DECISION_OUT_OF_RANGE
    assert refusal(value) is Reason.FACT_MISSING


@pytest.mark.parametrize(
    ("by", "marks", "mark"),
    [
        (RatedBy.MEAN, (90, 95, 91), Fraction(92)),
        (RatedBy.TRIMMED_MEAN, (0, 90, 92, 100), Fraction(91)),
        (RatedBy.MEDIAN, (10, 90, 100), Fraction(90)),
        (RatedBy.MEDIAN, (80, 90), Fraction(85)),
        (RatedBy.MAJORITY, (60, 80, 80), Fraction(80)),
        (RatedBy.MAJORITY, (60, 60, 80, 80), Fraction(60)),
    ],
)
def test_many_marks_become_one(by: RatedBy, marks: tuple[int, ...], mark: Fraction) -> None:
    step = rate(Ratings("peers", by, 20, 100, raters=3 if by is RatedBy.TRIMMED_MEAN else 1), _rated(marks), "points")
    assert Fraction(step.mark) == mark
    assert step.amount == units_of((mark / 5).numerator, (mark / 5).denominator, Rounding.NEAREST)


def test_too_few_raters_and_marks_beyond_the_best_are_refused() -> None:
    value = Ratings("peers", RatedBy.MEAN, 20, 20, raters=3)
    assert refusal(value, ratings={"peers": [20, 20]}) is Reason.FACT_MISSING
    assert refusal(value, ratings={"peers": [20, 20, 21]}) is Reason.DECISION_OUT_OF_RANGE


@given(
    st.lists(st.integers(0, 100), min_size=1, max_size=9),
    st.sampled_from([RatedBy.MEAN, RatedBy.MEDIAN, RatedBy.MAJORITY]),
)
def test_the_order_of_raters_does_not_matter(marks: list[int], by: RatedBy) -> None:
    value = Ratings("peers", by, 100, 100)
    amounts = {rate(value, _rated(tuple(order)), "points").amount for order in (marks, sorted(marks), marks[::-1])}
    assert len(amounts) == 1 and 0 <= amounts.pop() <= 100


def test_a_sheet_adds_weighted_parts_and_takes_penalties_off() -> None:
    sheet = msgspec.convert(
        {
            "kind": "parts",
            "at_most": 100,
            "parts": [
                {
                    "id": "yard",
                    "title": {"zh": "院", "en": "Yard"},
                    "weight": "4/5",
                    "value": {"kind": "deduct_from", "max": 100, "minus": 7, "of": "spots"},
                },
                {
                    "id": "peers",
                    "title": {"zh": "评", "en": "Peers"},
                    "weight": "1/5",
                    "value": {"kind": "ratings", "of": "peers", "by": "mean", "out_of": 100, "amount": 100},
                },
                {
                    "id": "fault",
                    "title": {"zh": "过", "en": "Fault"},
                    "minus": True,
                    "at_most": 30,
                    "value": {"kind": "per_unit", "of": "faults", "each": 1, "amount": 10},
                },
            ],
        },
        Parts,
    )
    assert amount(sheet, quantities={"spots": 1, "faults": 0}, ratings={"peers": [90]}) == 92, "74.4 + 18"
    assert amount(sheet, quantities={"spots": 0, "faults": 9}, ratings={"peers": [100]}) == 70
    assert amount(sheet, quantities={"spots": 99, "faults": 3}, ratings={"peers": [5]}) == 0, "never below nothing"
    assert most_of(sheet) == 100


def test_an_analogy_names_a_listed_rule_and_a_reason() -> None:
    rules = compiled(
        """
  - id: listed
    title: {zh: 所列, en: Listed}
    category: all
    gives: [{value: {kind: fixed, amount: 7}}]
    examples: [{given: {happened_on: 2026-03-05}, expect: {points: 7}}]
  - id: unlisted
    title: {zh: 比照, en: By analogy}
    category: all
    gives: [{value: {kind: by_analogy, rules: [listed]}}]
    examples:
      - given: {happened_on: 2026-03-05, like: listed, note: 扶老人过河}
        expect: {points: 7}
      - given: {happened_on: 2026-03-05, like: unlisted, note: 不可}
        expect: {refused: unknown_choice}
      - given: {happened_on: 2026-03-05, note: 未写明}
        expect: {refused: fact_missing}
      - given: {happened_on: 2026-03-05, like: listed}
        expect: {refused: fact_missing}
"""
    )
    assert len(rules.rules) == 2


def test_a_person_decides_inside_the_range_of_the_grade() -> None:
    facts = Facts(DAY, choices={"grade": "good"}, decision=Decision(15))
    from_files = compiled(
        """
  - id: donated
    title: {zh: 捐赠, en: Donated}
    category: all
    gives: [{value: {kind: range_by, of: grade, ranges: {good: {min: 10, max: 30}}}}]
    examples: [{given: {happened_on: 2026-03-05, choices: {grade: good}, decision: {amount: 15}}, expect: {points: 15}}]
""",
        "facts: [{id: grade, type: choice, title: {zh: 成色, en: grade}, choices: {good: {zh: 好, en: good}}}]\n",
    )
    value = from_files.rulebook.rules[0].gives[0].value
    assert value_of(value, facts, "points").amount == 15  # type: ignore[arg-type]  # not an analogy


def _rated(marks: tuple[int, ...]) -> Facts:
    return Facts(DAY, ratings={"peers": marks})


@pytest.mark.parametrize(
    ("value", "most"),
    [
        ({"kind": "fixed", "amount": 5}, 5),
        ({"kind": "per_unit", "of": "minutes", "each": 60, "amount": 2}, None),
        ({"kind": "per_unit", "of": "minutes", "each": 60, "amount": 2, "at_most": 150}, 4),
        ({"kind": "per_unit", "of": "minutes", "each": 60, "amount": 2, "at_most": 150, "rounding": "up"}, 6),
        ({"kind": "table", "of": "level", "amounts": {"a": 3, "b": 9, "c": 1}}, 9),
        ({"kind": "bands", "of": "people", "bands": [{"from": 1, "amount": 8}, {"from": 9, "amount": 3}]}, 8),
        (
            {
                "kind": "deadlines",
                "of": "happened_on",
                "deadlines": [{"until": "2026-01-01", "amount": 3}, {"until": "2026-02-01", "amount": 7}],
            },
            7,
        ),
        ({"kind": "deduct_from", "max": 25, "minus": 5, "of": "spots"}, 25),
        ({"kind": "range", "min": 2, "max": 6}, 6),
        ({"kind": "range_by", "of": "grade", "ranges": {"a": {"min": 1, "max": 4}, "b": {"min": 1, "max": 9}}}, 9),
        ({"kind": "discretionary", "at_most": 500}, 500),
        ({"kind": "ratings", "of": "peers", "by": "mean", "amount": 20, "out_of": 100}, 20),
        ({"kind": "by_analogy", "rules": ["a"]}, None),
    ],
)
def test_the_most_that_a_value_can_bring(value: dict[str, object], most: int | None) -> None:
    assert most_of(msgspec.convert(value, Value)) == most  # type: ignore[arg-type]  # a union of structs


def part(name: str, value: dict[str, object], **words: object) -> dict[str, object]:
    return {"id": name, "title": {"zh": "项", "en": "Part"}, "value": value, **words}


def test_the_most_of_a_sheet_counts_what_is_added_and_bounded() -> None:
    fixed = {"kind": "fixed", "amount": 30}
    open_ended = {"kind": "per_unit", "of": "merits", "each": 1, "amount": 1}
    sheet = {"kind": "parts", "parts": [part("a", fixed, weight="1/2"), part("b", fixed, minus=True)]}
    assert most_of(msgspec.convert(sheet, Parts)) == 15
    bounded = {"kind": "parts", "parts": [part("a", fixed), part("b", open_ended, at_most=10)]}
    assert most_of(msgspec.convert(bounded, Parts)) == 40
    assert most_of(msgspec.convert({"kind": "parts", "parts": [part("b", open_ended)]}, Parts)) is None


def test_a_sheet_stops_at_its_own_maximum() -> None:
    parts = [part("a", {"kind": "fixed", "amount": 80}), part("b", {"kind": "fixed", "amount": 50}, at_most=30)]
    assert amount(msgspec.convert({"kind": "parts", "parts": parts}, Parts)) == 110
    assert amount(msgspec.convert({"kind": "parts", "at_most": 100, "parts": parts}, Parts)) == 100
