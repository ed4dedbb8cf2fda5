"""Ranks and streaks: evaluations over a period that come out the same however often they are run."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.batch import batch_name
from ledger.core.campaign import Campaign
from ledger.core.period import Span, period_key
from ledger.core.rank import Rank, rank_lines, rank_window
from ledger.core.streak import Streak, run_ending, streak_lines
from ledger.core.title import Title
from ledger.core.trace import Kept, Placed

TITLE = Title("榜", "Board")
TOTALS = st.dictionaries(st.sampled_from("abcdefghij"), st.integers(0, 6), max_size=10)


def rank(**words: object) -> Rank:
    return Rank("board", TITLE, "all", Span.MONTH, **{"top": (50, 30, 20), **words})  # type: ignore[arg-type]


def streak(**words: object) -> Streak:
    return Streak(
        "row",
        TITLE,
        "all",
        Span.MONTH,
        **{"periods": 3, "rules": ("clean",), "amount": 10, **words},  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("totals", "prizes"),
    [
        ({"a": 9, "b": 7, "c": 5, "d": 1}, {"a": 50, "b": 30, "c": 20}),
        ({"a": 9, "b": 9, "c": 5, "d": 1}, {"a": 50, "b": 50, "c": 20}),
        ({"a": 9, "b": 7, "c": 7, "d": 7}, {"a": 50, "b": 30, "c": 30, "d": 30}),
        ({"a": 9}, {"a": 50}),
        ({"a": 0}, {}),
        ({}, {}),
    ],
)
def test_places_and_ties(totals: dict[str, int], prizes: dict[str, int]) -> None:
    assert {line.owner: line.amount for line in rank_lines(rank(), "2026-09", totals)} == prizes


@given(TOTALS)
def test_more_points_never_bring_less(totals: dict[str, int]) -> None:
    prizes = {line.owner: line.amount for line in rank_lines(rank(least=2), "2026-09", totals)}
    for one in totals:
        for other in totals:
            if totals[one] >= totals[other]:
                assert prizes.get(one, 0) >= prizes.get(other, 0)
        assert totals[one] >= 2 or one not in prizes
    assert rank_lines(rank(least=2), "2026-09", dict(reversed(totals.items()))) == rank_lines(
        rank(least=2), "2026-09", totals
    )


def test_an_area_has_its_own_first_place() -> None:
    lines = rank_lines(rank(by_area=True), "2026-09", {"a": 9, "b": 7, "c": 5}, {"a": "east", "b": "east", "c": "west"})
    assert {line.owner: line.amount for line in lines} == {"a": 50, "b": 30, "c": 50}
    assert lines[0].why == Placed("board", "2026-09", 9, 1, 50)


def test_a_campaign_is_a_period_of_its_own() -> None:
    spring = Campaign("spring", TITLE, date(2026, 3, 28), date(2026, 4, 11))
    ranked = Rank("board", TITLE, "all", Span.CAMPAIGN, (5,), campaign="spring")
    assert rank_window(ranked, [spring], date(2026, 6, 1)) == ("spring", date(2026, 3, 28), date(2026, 4, 11))
    assert rank_window(rank(), [spring], date(2026, 4, 2)) == ("2026-04", date(2026, 4, 1), date(2026, 4, 30))


def months(*totals: int) -> tuple[dict[str, int], date]:
    days = [date(2026, 1 + number, 15) for number in range(len(totals))]
    return {period_key(Span.MONTH, day): total for day, total in zip(days, totals, strict=True)}, days[-1]


@pytest.mark.parametrize(
    ("totals", "again", "amount"),
    [
        ((9, 9, 9), False, 10),
        ((9, 9), False, 0),
        ((9, 0, 9), False, 0),
        ((9, 9, 9, 9), False, 0),
        ((0, 9, 9, 9), False, 10),
        ((9, 9, 9, 9, 9, 9), False, 0),
        ((9, 9, 9, 9, 9, 9), True, 10),
        ((9, 9, 9, 9, 9), True, 0),
    ],
)
def test_a_row_of_three_months(totals: tuple[int, ...], again: bool, amount: int) -> None:
    kept, day = months(*totals)
    lines = streak_lines(streak(again=again, least=9), day, {"hh_1": kept})
    assert sum(line.amount for line in lines) == amount


def test_a_row_names_its_months() -> None:
    kept, day = months(9, 9, 9)
    [line] = streak_lines(streak(), day, {"hh_1": kept, "hh_2": {}})
    assert line.why == Kept("row", ("2026-01", "2026-02", "2026-03"), 10)


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_weeks_in_a_row_cross_the_year(good: list[bool]) -> None:
    days = [date(2026, 11, 2) + timedelta(weeks=number) for number in range(len(good))]
    totals = {period_key(Span.WEEK, day): int(kept) for day, kept in zip(days, good, strict=True)}
    run = run_ending(_weekly(), days[-1], totals)
    expected = 0
    for kept in reversed(good):
        if not kept:
            break
        expected += 1
    assert len(run) == expected


def _weekly() -> Streak:
    return Streak("row", TITLE, "all", Span.WEEK, periods=3, rules=("clean",), amount=10)


def test_a_batch_has_one_name_for_one_period() -> None:
    assert batch_name("rank", "board", "2026-09") == "rank:board:2026-09"
