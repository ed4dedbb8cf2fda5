"""From an activity to amounts, counters and a trace."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.activity import Evidence, Facts, Household
from ledger.core.counter import CounterKey
from ledger.core.period import Rolling
from ledger.core.refusal import Reason, Refused
from ledger.core.score import counters_needed, score
from tests.core.rulebooks import compiled

DAY = date(2026, 9, 14)
HOURS = compiled(
    """
  - id: hours
    title: {zh: 时长, en: Hours}
    category: all
    gives:
      - value: {kind: per_unit, of: minutes, each: 30, amount: 5, at_most: 240}
      - value: {kind: per_unit, of: minutes, each: 1, amount: 1}
        unit: service_minutes
    caps:
      - {per: month, points: 100}
      - {per: day, times: 2}
      - {per: year, points: 50, of: household}
    examples:
      - given: {happened_on: 2026-09-14, quantities: {minutes: 95}, household: {id: hh}}
        expect: {points: 15, service_minutes: 95}
  - id: photo
    title: {zh: 拍照, en: Photo}
    category: all
    from: 2026-03-01
    until: 2026-09-30
    gives:
      - value: {kind: fixed, amount: 5}
        expiry: {kind: rolling, months: 12}
    evidence: {photos: 2, place: true, witnesses: 1, documents: 1, weighed: true}
    notice_days: 3
    examples:
      - given: {happened_on: 2026-09-14}
        expect: {refused: evidence_missing}
""",
)
FACTS = Facts(DAY, {"minutes": 95}, household=Household("hh_1"))
MONTH = CounterKey("hours/month/points", "mbr_1", "2026-09")
TODAY = CounterKey("hours/day/times", "mbr_1", "2026-09-14")
FAMILY = CounterKey("hours/year/points/household", "hh_1", "2026")


def test_counters_are_named_by_rule_period_and_subject() -> None:
    assert counters_needed(HOURS, "hours", FACTS, "mbr_1") == (TODAY, MONTH, FAMILY)


def test_amounts_by_unit_and_what_they_use_up() -> None:
    result = score(HOURS, "hours", FACTS, "mbr_1", {})
    assert [(line.unit, line.amount) for line in result.lines] == [("points", 15), ("service_minutes", 95)]
    assert dict(result.counts) == {MONTH: 15, TODAY: 1, FAMILY: 15}


def test_points_are_cut_to_the_tightest_limit_and_minutes_are_not() -> None:
    result = score(HOURS, "hours", FACTS, "mbr_1", {MONTH: 90, FAMILY: 43})
    assert [(line.unit, line.amount) for line in result.lines] == [("points", 7), ("service_minutes", 95)]
    assert dict(result.counts) == {MONTH: 7, TODAY: 1, FAMILY: 7}


def test_a_spent_limit_of_times_refuses_with_its_numbers() -> None:
    with pytest.raises(Refused) as refused:
        score(HOURS, "hours", FACTS, "mbr_1", {TODAY: 2})
    assert refused.value.reason is Reason.LIMIT_REACHED
    assert refused.value.numbers == {
        "rule": "hours",
        "counter": "hours/day/times",
        "limit": 2,
        "used": 2,
        "resets_on": "2026-09-15",
    }


@pytest.mark.parametrize(
    ("rule", "facts", "reason"),
    [
        ("nothing", FACTS, Reason.UNKNOWN_RULE),
        ("photo", Facts(date(2026, 2, 28)), Reason.RULE_NOT_IN_FORCE),
        ("photo", Facts(date(2026, 10, 1)), Reason.RULE_NOT_IN_FORCE),
        ("photo", Facts(DAY, evidence=Evidence(photos=2)), Reason.EVIDENCE_MISSING),
        ("hours", Facts(DAY, household=Household("hh_1")), Reason.FACT_MISSING),
        ("hours", Facts(DAY, {"minutes": 95}), Reason.FACT_MISSING),
        ("hours", Facts(DAY, {"minutes": 0}, household=Household("hh_1")), Reason.NOTHING_EARNED),
    ],
)
def test_refusals(rule: str, facts: Facts, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        counters_needed(HOURS, rule, facts, "mbr_1")
        score(HOURS, rule, facts, "mbr_1", {})
    assert refused.value.reason is reason


def test_missing_evidence_is_named() -> None:
    with pytest.raises(Refused) as refused:
        score(HOURS, "photo", Facts(DAY, evidence=Evidence(photos=1, place=True)), "mbr_1", {})
    assert refused.value.numbers["missing"] == ["photos", "witnesses", "documents", "weighed"]


def test_expiry_and_notice_travel_with_the_score() -> None:
    proof = Evidence(photos=2, place=True, witnesses=1, documents=1, weighed=True)
    result = score(HOURS, "photo", Facts(DAY, evidence=proof), "mbr_1", {})
    assert result.lines[0].expires == Rolling(12)
    assert result.notice_days == 3


@given(st.lists(st.integers(0, 400), max_size=30))
def test_no_order_of_awards_passes_a_limit(minutes: list[int]) -> None:
    used: dict[CounterKey, int] = {}
    points = 0
    for number in minutes:
        facts = Facts(DAY, {"minutes": number}, household=Household("hh_1"))
        try:
            result = score(HOURS, "hours", facts, "mbr_1", used)
        except Refused:
            continue
        points += sum(line.amount for line in result.lines if line.unit == "points")
        for key, count in result.counts:
            used[key] = used.get(key, 0) + count
    assert used.get(FAMILY, 0) == points <= 50
    assert used.get(TODAY, 0) <= 2


@given(st.integers(0, 10**9), st.integers(0, 10**6))
def test_scoring_is_a_function(minutes: int, used: int) -> None:
    facts = Facts(DAY, {"minutes": minutes}, household=Household("hh_1"))

    def once() -> object:
        try:
            return score(HOURS, "hours", facts, "mbr_1", {MONTH: used})
        except Refused as refused:
            return refused.reason, refused.numbers

    assert once() == once()
