"""Statements in whole numbers: sums of lines, largest remainders, and nothing lost from one statement to the next."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.alliance import Alliance, Commission, commission_on, due_through, next_due_on
from ledger.core.period import Span
from ledger.core.rate import Rate
from ledger.core.refusal import Reason, Refused
from ledger.core.settlement import Claim, Rests, draw_lines, spread

FIRST = date(2026, 9, 1)
TERMS = Alliance(commissions=(Commission(FIRST, "1/30"), Commission(FIRST + timedelta(days=10), "1/7")))
RATES = (Rate(FIRST, 3, 100), Rate(FIRST + timedelta(days=15), 7, 310))

points = st.integers(-200, 200).filter(bool)
days = st.integers(0, 29).map(lambda number: FIRST + timedelta(days=number))
statements = st.lists(st.lists(st.tuples(points, days), max_size=12), min_size=1, max_size=4)


def claims_of(sold: list[tuple[int, date]]) -> list[Claim]:
    return [Claim(place + 1, "txn", "redeem", day, day, amount) for place, (amount, day) in enumerate(sold)]


@given(statements)
def test_nothing_is_lost_over_all_statements(drawn: list[list[tuple[int, date]]]) -> None:
    rests = Rests()
    exact = paid = exact_kept = kept = 0
    for sold in drawn:
        lines, rests = draw_lines(claims_of(sold), TERMS, RATES, rests)
        for line in lines:
            exact += line.claim.points * Fraction(line.rate)
            exact_kept += line.claim.points * Fraction(line.share)
            paid += line.fen
            kept += line.commission_points
            assert abs(line.fen - line.claim.points * Fraction(line.rate)) < 1, "no line is off by a fen"
        assert 0 <= exact - paid < 1 and exact - paid == rests.fen
        assert 0 <= exact_kept - kept < 1 and exact_kept - kept == rests.commission_points


def test_each_line_has_the_rate_and_the_share_of_its_own_day() -> None:
    sold = [(30, FIRST), (70, FIRST + timedelta(days=15))]
    lines, rests = draw_lines(claims_of(sold), TERMS, RATES, Rests())
    assert [(line.rate, line.share) for line in lines] == [("100/3", "1/30"), ("310/7", "1/7")]
    assert [(line.fen, line.commission_points) for line in lines] == [(1000, 1), (3100, 10)]
    assert rests.fen == 0 and rests.commission_fen == Fraction(100, 3) + Fraction(3100, 7) - 476


def test_what_a_sale_brought_its_refund_takes_back_to_the_fen() -> None:
    later = FIRST + timedelta(days=20)
    sale = Claim(1, "txn_a", "redeem", FIRST, FIRST, 100)
    back = Claim(2, "txn_b", "refund", later, FIRST, -100)
    lines, rests = draw_lines([sale, back], TERMS, RATES, Rests())
    assert (sum(line.fen for line in lines), sum(line.commission_fen for line in lines), rests) == (0, 0, Rests())


def test_the_largest_remainder_comes_first_and_ties_in_order() -> None:
    thirds = [Fraction(1, 3), Fraction(2, 3), Fraction(2, 3), Fraction(1, 3)]
    assert spread(thirds, Fraction(0)) == ([0, 1, 1, 0], Fraction(0))
    assert spread([Fraction(1, 2)] * 3, Fraction(0)) == ([1, 0, 0], Fraction(1, 2))
    assert spread([Fraction(1, 2)], Fraction(1, 2)) == ([1], Fraction(0))
    assert spread([], Fraction(1, 2)) == ([], Fraction(1, 2))


def test_a_day_before_the_first_rate_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        draw_lines(claims_of([(1, FIRST - timedelta(days=1))]), TERMS, RATES, Rests())
    assert refused.value.reason is Reason.NO_RATE_IN_FORCE


@pytest.mark.parametrize(
    ("cycle", "hold", "today", "through", "next_on"),
    [
        (Span.MONTH, 14, date(2026, 10, 14), date(2026, 8, 31), date(2026, 10, 15)),
        (Span.MONTH, 14, date(2026, 10, 15), date(2026, 9, 30), date(2026, 11, 15)),
        (Span.DAY, 0, date(2026, 10, 15), date(2026, 10, 14), date(2026, 10, 16)),
        (Span.QUARTER, 0, date(2026, 10, 1), date(2026, 9, 30), date(2027, 1, 1)),
        (Span.WEEK, 3, date(2026, 10, 15), date(2026, 10, 11), date(2026, 10, 22)),
    ],
)
def test_a_cycle_is_due_when_it_is_over_and_its_window_has_passed(
    cycle: Span, hold: int, today: date, through: date, next_on: date
) -> None:
    terms = Alliance(cycle=cycle, hold_days=hold)
    assert (due_through(terms, today), next_due_on(terms, today)) == (through, next_on)


def test_terms_are_in_order_and_within_the_whole() -> None:
    assert commission_on(TERMS, FIRST - timedelta(days=1)) == 0
    for wrong in (
        lambda: Commission(FIRST, "8/7"),
        lambda: Alliance(cycle=Span.EVER),
        lambda: Alliance(commissions=(Commission(FIRST, 1), Commission(FIRST, 0))),
    ):
        with pytest.raises(ValueError, match="/"):
            wrong()
