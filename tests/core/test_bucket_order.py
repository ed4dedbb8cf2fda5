"""The first look at the order of buckets passes nothing that the replay would not."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ledger.core.bucket_order import Buckets, Move, took_nearest

TODAY = date(2026, 6, 1)
MOVES = st.lists(st.tuples(st.integers(0, 3), st.integers(-3, 3).filter(bool)), max_size=12)


@given(MOVES)
def test_what_passes_at_a_glance_is_in_order(moves: list[tuple[int, int]]) -> None:
    days, amounts = [day for day, _ in moves], [amount for _, amount in moves]
    buckets = Buckets()
    replayed = [
        buckets.take_in(Move("", "redeem", TODAY, TODAY + timedelta(days=day), amount))
        for day, amount in zip(days, amounts, strict=True)
    ]
    assert all(replayed) or not took_nearest(days, amounts)


def test_the_nearest_bucket_is_taken_until_it_is_empty() -> None:
    assert took_nearest([5, 7, 5, 7], [10, 10, -10, -3])
    assert not took_nearest([5, 7, 7], [10, 10, -3])
    assert not took_nearest([5, 7], [10, -3])
    assert took_nearest([], [])
