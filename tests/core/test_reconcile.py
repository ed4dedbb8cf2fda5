"""Matching a list with the ledger: one for one, exact first, and a reason for whatever is left."""

from collections import Counter
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ledger.core.reconcile import Claimed, Tolerance, Unmatched, Why, added_up, match

DAY = date(2026, 9, 14)


def line(place: str, key: str, amount: int, days: int | None = 0) -> Claimed:
    return Claimed((place,), (key,) if key else (), amount, None if days is None else DAY + timedelta(days=days))


def test_each_reason_is_told() -> None:
    theirs = [
        line("2", "a", 10),
        line("3", "b", 20),
        line("4", "c", 30, 9),
        line("5", "d", 40),
        line("6", "d", 40),
        line("7", "e", 50),
    ]
    ours = [
        line("txn_a", "a", 10),
        line("txn_b", "b", 21),
        line("txn_c", "c", 30),
        line("txn_d", "d", 40),
        line("txn_f", "f", 60),
        line("txn_g", "a", 10),
    ]
    found = match(theirs, ours, Tolerance())
    assert (found.pairs, found.within_tolerance) == (2, 0)
    told = {one.why: (one.lines, one.ledger) for one in found.unmatched}
    assert told == {
        Why.AMOUNT_DIFFERS: (("3",), ("txn_b",)),
        Why.DAY_DIFFERS: (("4",), ("txn_c",)),
        Why.TWICE_IN_LIST: (("6",), ()),
        Why.NOT_IN_LEDGER: (("7",), ()),
        Why.NOT_IN_LIST: ((), ("txn_f",)),
        Why.TWICE_IN_LEDGER: ((), ("txn_g",)),
    }
    assert Unmatched(Why.AMOUNT_DIFFERS, ("3",), ("txn_b",), ("b",), 20, 21, DAY, DAY) in found.unmatched


def test_what_is_near_enough_matches_and_is_counted_apart() -> None:
    theirs, ours = [line("2", "a", 10), line("3", "a", 11, 2)], [line("x", "a", 11), line("y", "a", 10, 1)]
    found = match(theirs, ours, Tolerance(amount=1, days=2))
    assert (found.pairs, found.within_tolerance, found.unmatched) == (2, 2, ())
    assert len(match(theirs, ours, Tolerance(amount=1, days=1)).unmatched) == 1


def test_a_list_without_days_is_matched_by_amount() -> None:
    found = match([line("2", "a", 10, None)], [line("x", "a", 10)], Tolerance())
    assert (found.pairs, found.within_tolerance, found.unmatched) == (1, 0, ())


def test_without_keys_nothing_is_said_to_belong_together() -> None:
    found = match([line("2", "", 10)], [line("x", "", 11)], Tolerance())
    assert {one.why for one in found.unmatched} == {Why.NOT_IN_LEDGER, Why.NOT_IN_LIST}


def test_counts_of_one_item_are_added_up() -> None:
    assert added_up([line("2", "a", 3, None), line("4", "a", 4, None)]) == [Claimed(("2", "4"), ("a",), 7)]


lines = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 6), st.integers(0, 3)), max_size=12)


@given(lines, lines, st.integers(0, 2), st.integers(0, 2))
def test_every_line_is_matched_or_named_once(
    left: list[tuple[str, int, int]], right: list[tuple[str, int, int]], amount: int, days: int
) -> None:
    theirs = [line(f"l{place}", *one) for place, one in enumerate(left)]
    ours = [line(f"r{place}", *one) for place, one in enumerate(right)]
    found = match(theirs, ours, Tolerance(amount, days))
    named = Counter(place for one in found.unmatched for place in (*one.lines, *one.ledger))
    assert not named or max(named.values()) == 1
    assert len(theirs) - found.pairs == sum(bool(one.lines) for one in found.unmatched)
    assert len(ours) - found.pairs == sum(bool(one.ledger) for one in found.unmatched)
    exact = Counter(left) & Counter(right)
    assert found.pairs - found.within_tolerance >= sum(exact.values())
    if not amount and not days:
        assert found.pairs == sum(exact.values())
