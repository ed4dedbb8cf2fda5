"""Buckets: nearest expiry pays first, lapsed days pay nothing, and whatever happens they add to the total."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.balance import NEVER, Balance, claw_back, take

TODAY = date(2026, 9, 14)
days = st.one_of(st.integers(-40, 400).map(lambda number: TODAY + timedelta(days=number)), st.just(NEVER))
amounts = st.integers(1, 1_000)


@st.composite
def balances(draw: st.DrawFn) -> Balance:
    buckets = draw(st.dictionaries(days, amounts, max_size=8))
    ordered = sorted(buckets)
    return Balance(sum(buckets.values()), len(buckets), ordered, [buckets[day] for day in ordered])


def buckets_of(balance: Balance) -> dict[date, int]:
    return dict(zip(balance.days, balance.amounts, strict=True))


@given(balances(), st.data())
def test_the_nearest_good_days_pay_first(balance: Balance, data: st.DataObject) -> None:
    amount = data.draw(st.integers(0, balance.spendable(TODAY)))
    taken = take(balance, amount, today=TODAY)
    good = [day for day in balance.days if day >= TODAY]
    assert sum(part for _, part in taken) == amount
    assert [day for day, _ in taken] == good[: len(taken)]
    assert all(part == buckets_of(balance)[day] for day, part in taken[:-1])
    assert all(0 < part <= buckets_of(balance)[day] for day, part in taken)


@given(balances())
def test_more_than_is_good_is_a_bug(balance: Balance) -> None:
    with pytest.raises(AssertionError):
        take(balance, balance.spendable(TODAY) + 1, today=TODAY)


@given(balances(), days, st.integers(0, 9_000))
def test_taking_back_begins_with_its_own_day_and_owes_the_rest(balance: Balance, own_day: date, amount: int) -> None:
    taken, owed = claw_back(balance, amount, own_day=own_day)
    assert sum(part for _, part in taken) + owed == amount
    assert owed == max(0, amount - balance.total)
    order = sorted(balance.days, key=lambda day: (day != own_day, day))
    assert [day for day, _ in taken] == order[: len(taken)]
    assert all(part == buckets_of(balance)[day] for day, part in taken[:-1])
    assert all(0 < part <= buckets_of(balance)[day] for day, part in taken)


@given(balances(), st.lists(st.tuples(st.integers(-900, 900), days), max_size=20))
def test_buckets_add_to_the_total_whatever_happens(balance: Balance, changes: list[tuple[int, date]]) -> None:
    expected, version = buckets_of(balance), balance.version
    for amount, day in changes:
        if amount and expected.get(day, 0) + amount >= 0:
            balance.change(amount, day, has_buckets=True)
            expected[day] = expected.get(day, 0) + amount
            version += 1
    assert buckets_of(balance) == {day: amount for day, amount in expected.items() if amount}
    assert balance.days == sorted(balance.days)
    assert (balance.total, balance.version) == (sum(balance.amounts), version)


@given(balances(), days)
def test_a_bucket_never_goes_below_zero(balance: Balance, day: date) -> None:
    with pytest.raises(AssertionError):
        balance.change(-buckets_of(balance).get(day, 0) - 1, day, has_buckets=True)


def test_a_purse_without_buckets_only_counts() -> None:
    debt = Balance(0, 0, [], [])
    debt.change(-30, NEVER, has_buckets=False)
    assert (debt.total, debt.version, debt.days, debt.is_changed) == (-30, 1, [], True)


@given(balances())
def test_what_lapses_next_is_the_first_good_day_with_an_end(balance: Balance) -> None:
    ending = [day for day in balance.days if TODAY <= day < NEVER]
    expected = (ending[0], buckets_of(balance)[ending[0]]) if ending else None
    assert balance.next_expiry(TODAY) == expected
    assert balance.spendable(TODAY) == sum(amount for day, amount in buckets_of(balance).items() if day >= TODAY)


def test_the_last_good_day_is_still_good() -> None:
    balance = Balance(5, 1, [TODAY], [5])
    assert (balance.spendable(TODAY), balance.spendable(TODAY + timedelta(days=1))) == (5, 0)
    assert take(balance, 5, today=TODAY) == [(TODAY, 5)]
