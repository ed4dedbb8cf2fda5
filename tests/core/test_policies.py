"""Programme policies: spending, rates, read-outs, dividends, resets, the time bank, reviews, redemption days."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.actions.read_rules import read_programme
from ledger.core.baseline import PeriodReset, reset_differences
from ledger.core.cap import Cap
from ledger.core.counter import CounterKey
from ledger.core.dividend import Dividend, pool_fen
from ledger.core.payout import payout_lines
from ledger.core.period import Span
from ledger.core.programme import EveryDay, Listed, Monthly, Programme, Weekday, Weekly, may_redeem_on
from ledger.core.rate import Rate, rate_on, worth_fen
from ledger.core.readout import Readout, Slope, Tier, Tiers, read_out
from ledger.core.refusal import Reason, Refused
from ledger.core.review import MoreAbove, Review, Reviewed, Reviewer, Verifier, approvals_needed, refuse_reviewer
from ledger.core.spending import CashPart, GiftRatio, Payment, Spendable, Spending, payment, spendable, spending_charges
from ledger.core.time_bank import LINEAL, Relation, TimeBank, refuse_gift, refuse_use
from ledger.core.title import Title
from ledger.core.unit import RuleUnit
from tests.core.rulebooks import PROGRAMME

DAY = date(2026, 9, 14)
BALANCES = st.integers(0, 1000)


def reason(attempt: object) -> Reason:
    with pytest.raises(Refused) as refused:
        attempt()  # type: ignore[operator]  # a lambda
    return refused.value.reason


@given(BALANCES, BALANCES, st.integers(1, 300), st.integers(0, 5), st.integers(0, 100))
def test_a_payment_adds_to_the_price_and_keeps_every_policy(
    points: int, gift: int, price: int, ratio: int, base: int
) -> None:
    spending = Spending(base=base, gift=GiftRatio(ratio))
    able = spendable(spending, points, gift)
    try:
        paid = payment(spending, price, {"points": points, "gift": gift})
    except Refused:
        assert price > able.points + able.gift, "what can be paid is not refused"
        return
    assert paid.points + paid.gift == price
    assert 0 <= paid.gift <= min(gift, ratio * paid.points)
    assert 0 <= paid.points <= max(0, points - base)


def test_cash_pays_a_part_down_to_the_least_points() -> None:
    spending = Spending(cash=CashPart(fen_per_point=100, least_points=10))
    assert payment(spending, 30, {"points": 12}, cash_fen=1800) == Payment(12, 0, 1800)
    assert payment(spending, 30, {"points": 12}, cash_fen=2000) == Payment(10, 0, 2000)
    assert reason(lambda: payment(spending, 30, {"points": 50}, cash_fen=2100)) is Reason.CASH_NOT_ACCEPTED
    assert reason(lambda: payment(spending, 30, {"points": 50}, cash_fen=150)) is Reason.CASH_NOT_ACCEPTED
    assert reason(lambda: payment(Spending(), 30, {"points": 50}, cash_fen=100)) is Reason.CASH_NOT_ACCEPTED


def test_least_amounts() -> None:
    spending = Spending(least_balance=50, least_spent=5)
    assert spendable(spending, 49) == Spendable(0, 0, missing=1)
    assert spendable(Spending(suspended_below=70), 60) == Spendable(0, 0, suspended=True, missing=10)
    assert reason(lambda: payment(spending, 10, {"points": 49})) is Reason.INSUFFICIENT_POINTS
    assert reason(lambda: payment(spending, 4, {"points": 50})) is Reason.BELOW_LEAST
    assert payment(spending, 5, {"points": 50}) == Payment(5)


def test_one_redemption_a_quarter_and_none_under_a_ban() -> None:
    spending = Spending(limits=(Cap(Span.QUARTER, times=1), Cap(Span.MONTH, points=40)))
    charges = spending_charges(spending, "hh_1", DAY, 30, {})
    assert charges == (
        (CounterKey("redeem/quarter/times", "hh_1", "2026-Q3"), 1),
        (CounterKey("redeem/month/points", "hh_1", "2026-09"), 30),
    )
    with pytest.raises(Refused) as refused:
        spending_charges(spending, "hh_1", date(2026, 9, 30), 1, dict(charges))
    assert refused.value.numbers["resets_on"] == "2026-10-01"
    assert spending_charges(spending, "hh_1", date(2026, 10, 1), 40, dict(charges))
    banned = {CounterKey("ban/redeeming", "hh_1", "2026-09"): 1}
    assert reason(lambda: spending_charges(Spending(), "hh_1", DAY, 1, banned)) is Reason.RIGHTS_SUSPENDED


def test_a_rate_holds_from_its_day() -> None:
    rates = (Rate(date(2026, 1, 1), points=3, fen=100), Rate(date(2026, 7, 1), points=1, fen=50))
    assert rate_on(rates, date(2026, 6, 30)) == Fraction(100, 3)
    assert worth_fen(rates, 10, date(2026, 6, 30)) == 333, "what is left of a fen is dropped"
    assert worth_fen(rates, 10, date(2026, 7, 1)) == 500
    assert worth_fen(rates, 10, date(2025, 12, 31)) is None


def test_read_outs() -> None:
    tiers = Tiers((Tier(100, Title("九五折", "5 % off"), 5), Tier(500, Title("八折", "20 % off"), 20)))
    discount = Readout("discount", Title("折扣", "Discount"), tiers)
    assert read_out(discount, 99) is None
    assert read_out(discount, 499) == tiers.tiers[0]
    assert read_out(discount, 500) == tiers.tiers[1]
    slope = Readout("loan", Title("利率", "Rate"), Slope(start=5, minus="1/10", each=100, floor="9/2"))
    assert read_out(slope, 0) == 5
    assert read_out(slope, 583) == Fraction(9, 2)
    assert read_out(slope, 250) == Fraction(19, 4)


@given(st.integers(0, 10**9), st.dictionaries(st.text("abc", min_size=1), st.integers(0, 10**6), max_size=50))
def test_a_dividend_loses_nothing(pool: int, points: dict[str, int]) -> None:
    lines = payout_lines(pool, points)
    total = sum(points.values())
    assert sum(line.amount for line in lines) == (pool if total else 0)
    for line in lines:
        assert abs(line.amount - Fraction(pool * points[line.owner], total)) < 1
    assert lines == payout_lines(pool, dict(reversed(points.items())))


def test_the_pool_is_a_share_of_the_profit_and_bounded() -> None:
    policy = Dividend(share_of_profit="49/100", at_most_of_payout="1/5")
    assert pool_fen(policy, profit_fen=1001, payout_fen=10_000) == 490
    assert pool_fen(policy, profit_fen=100_000, payout_fen=10_000) == 2000


def test_a_reset_brings_everybody_to_the_base_and_keeps_what_may_be_kept() -> None:
    reset = PeriodReset(RuleUnit.POINTS, Span.YEAR, to=100, carry=20)
    balances = {"hh_1": 80, "hh_2": 100, "hh_3": 110, "hh_4": 300}
    assert reset_differences(reset, balances) == (("hh_1", 20), ("hh_4", -180))
    after = {owner: balances[owner] + dict(reset_differences(reset, balances)).get(owner, 0) for owner in balances}
    assert reset_differences(reset, after) == (), "the same again changes nothing"


def test_the_time_bank() -> None:
    bank = TimeBank(use_from_age=60, use_by=(Relation.SELF, Relation.SPOUSE), give_to=LINEAL)
    refuse_use(bank, Relation.SELF, 60)
    refuse_gift(bank, Relation.GRANDPARENT)
    assert reason(lambda: refuse_use(bank, Relation.CHILD, 70)) is Reason.NOT_ELIGIBLE
    assert reason(lambda: refuse_gift(bank, Relation.SPOUSE)) is Reason.NOT_ELIGIBLE


def test_approvals_rise_with_the_amount() -> None:
    review = Review((Verifier.PANEL,), approvals=2, more_above=MoreAbove(200, 3))
    assert [approvals_needed(review, points) for points in (1, 200, 201)] == [2, 2, 3]
    assert approvals_needed(None, 10**6) == 0


@pytest.mark.parametrize(
    ("reviewer", "refused"),
    [
        (Reviewer("mbr_9", Verifier.PANEL, "hh_9"), None),
        (Reviewer("mbr_9", Verifier.PEERS, "hh_9"), Reason.NOT_ELIGIBLE),
        (Reviewer("mbr_1", Verifier.PANEL, "hh_1"), Reason.CONFLICT_OF_INTEREST),
        (Reviewer("mbr_2", Verifier.PANEL, "hh_1"), Reason.CONFLICT_OF_INTEREST),
        (Reviewer("mbr_3", Verifier.PANEL, "hh_3"), Reason.CONFLICT_OF_INTEREST),
        (Reviewer("mbr_4", Verifier.PANEL, "hh_4"), Reason.CONFLICT_OF_INTEREST),
    ],
)
def test_nobody_approves_for_himself_his_family_or_twice(reviewer: Reviewer, refused: Reason | None) -> None:
    about = Reviewed("mbr_1", "hh_1", recorded_by="mbr_3")
    review = Review((Verifier.PANEL,), approvals=2)
    if refused is None:
        refuse_reviewer(review, reviewer, about, ["mbr_4"])
        return
    assert reason(lambda: refuse_reviewer(review, reviewer, about, ["mbr_4"])) is refused


def test_redemption_days() -> None:
    def opens(days: object) -> bool:
        return may_redeem_on(_programme(days), DAY)

    assert opens(EveryDay()) and opens(Weekly((Weekday.MONDAY,))) and opens(Monthly((14, 28))) and opens(Listed((DAY,)))
    assert not opens(Weekly((Weekday.SUNDAY,))) and not opens(Monthly((15,))) and not opens(Listed((date(2026, 1, 1),)))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("opening: [{unit: points, amount: 1}]\nunits2: 1\n", "unknown field units2"),
        ("spending: {goods: false, base: 3, gift: {}}\n", "where no goods are given nothing else is limited"),
        ("spending: {gift: {by_class: {rich: 2}}}\n", "there is no such class"),
        (
            "spending: {gift: {}, limits: [{per: month, minutes: 2}]}\n",
            "spending is limited in times or points a period",
        ),
        ("rates: [{from: 2026-02-01, points: 1, fen: 1}, {from: 2026-01-01, points: 1, fen: 2}]\n", "rates stand"),
        ("outlets: [{id: shop, title: {zh: 店, en: Shop}, area: north}]\n", "there is no such area"),
        ("resets: [{unit: points, every: ever}]\n", "a reset comes with a period of the calendar"),
        ("hour_rate: {min_fen: 2, max_fen: 1}\n", "`min_fen` is more than `max_fen`"),
        ("time_zone: Asia/Fuxi\n", "no such time zone"),
        ("expiry: {kind: calendar, end_of: ever}\n", "a calendar expiry ends with a period"),
        ("redemption_days: {kind: weekly, days: [someday]}\n", "someday is not a word that is known here"),
    ],
)
def test_policies_that_contradict_are_refused(text: str, problem: str) -> None:
    gift = "" if "spending" in text else "spending: {gift: {}}\n"
    programme, problems = read_programme((PROGRAMME + gift + text).encode())
    assert programme is None
    assert any(problem in found.message.en for found in problems), problems


def _programme(days: object) -> Programme:
    programme, _ = read_programme((PROGRAMME + "spending: {gift: {}}\n").encode())
    assert programme is not None
    return Programme(
        programme.programme,
        programme.title,
        programme.account_holder,
        programme.units,
        redemption_days=days,  # type: ignore[arg-type]  # one of the kinds
    )
