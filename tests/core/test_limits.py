"""Limits: by subject and period, cut, refused or overflowing; cooldown, budgets, vouchers, bans."""

from datetime import date, timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.activity import Decision, Facts, Household, Person
from ledger.core.compiled import Compiled
from ledger.core.counter import CounterKey
from ledger.core.effect import BanEarning, BanRedeeming, ban_counts
from ledger.core.period import Span
from ledger.core.refusal import Reason, Refused
from ledger.core.score import counters_needed, score
from ledger.core.trace import Vouchered
from tests.core.rulebooks import compiled

DAY = date(2026, 3, 5)


@cache
def rule(body: str, expect: str = "points: 5", given: str = "", programme: str = "", head: str = "") -> Compiled:
    return compiled(
        f"""
  - id: deed
    title: {{zh: 事, en: Deed}}
    category: all
{body}
    examples: [{{given: {{happened_on: 2026-03-05{given}}}, expect: {{{expect}}}}}]
""",
        head,
        programme,
    )


FIVE = "    gives: [{value: {kind: fixed, amount: 5}}]\n"


def attempt(rules: Compiled, facts: Facts, used: dict[CounterKey, int], who: str = "hh_1") -> object:
    """Points, or the reason word; what was used is written into `used`."""
    keys = counters_needed(rules, "deed", facts, who)
    try:
        result = score(rules, "deed", facts, who, used)
    except Refused as refused:
        return refused.reason
    assert {key for key, _ in result.counts} <= set(keys), "only locked rows are written"
    for key, number in result.counts:
        used[key] = used.get(key, 0) + number
    return sum(line.amount for line in result.lines if line.unit == "points")


def test_one_household_of_an_area_a_year() -> None:
    rules = rule(FIVE + "    caps: [{per: year, times: 1, of: area}]", given=", household: {area: east}")
    used: dict[CounterKey, int] = {}
    assert attempt(rules, Facts(DAY, household=Household("hh_1", area="east")), used) == 5
    assert attempt(rules, Facts(DAY, household=Household("hh_2", area="east")), used, "hh_2") is Reason.LIMIT_REACHED
    assert attempt(rules, Facts(DAY, household=Household("hh_3", area="west")), used, "hh_3") == 5
    with pytest.raises(Refused):
        counters_needed(rules, "deed", Facts(DAY), "hh_4")


def test_a_limit_that_refuses_gives_all_or_nothing() -> None:
    rules = rule(FIVE + "    caps: [{per: month, points: 12, over: refuse}]")
    used: dict[CounterKey, int] = {}
    assert [attempt(rules, Facts(DAY), used) for _ in range(3)] == [5, 5, Reason.LIMIT_REACHED]
    assert sum(used.values()) == 10


def test_the_category_and_the_programme_have_limits_of_their_own() -> None:
    rules = rule(
        FIVE,
        programme="budgets: [{per: month, points: 8, over: cut}]\n",
        head="caps: {all: [{per: day, points: 9}]}\n",
    )
    used: dict[CounterKey, int] = {}
    assert attempt(rules, Facts(DAY), used) == 5
    assert attempt(rules, Facts(DAY), used) == 3, "the budget is spent first"
    assert attempt(rules, Facts(DAY), used, "hh_2") is Reason.LIMIT_REACHED
    assert {key.counter for key in used} == {"category:all/day/points", "budget:all/month/points/programme"}


def test_cooldown_counts_days_in_both_directions() -> None:
    rules = rule(FIVE + "    cooldown_days: 7")
    used: dict[CounterKey, int] = {}
    assert attempt(rules, Facts(DAY), used) == 5
    assert attempt(rules, Facts(DAY + timedelta(days=6)), used) is Reason.LIMIT_REACHED
    assert attempt(rules, Facts(DAY - timedelta(days=6)), used) is Reason.LIMIT_REACHED, "recorded late"
    assert attempt(rules, Facts(DAY + timedelta(days=7)), used) == 5
    assert attempt(rules, Facts(DAY), used, "hh_2") == 5, "somebody else's"
    with pytest.raises(Refused) as refused:
        score(rules, "deed", Facts(DAY + timedelta(days=3)), "hh_1", used)
    numbers = refused.value.numbers
    assert (numbers["counter"], numbers["limit"], numbers["used"]) == ("deed/cooldown", 1, 1)
    assert numbers["resets_on"] in ("2026-03-12", "2026-03-19"), "seven days after the one that is too near"


def test_what_fills_no_voucher_is_dropped_and_not_counted() -> None:
    body = "    gives: [{value: {kind: range, min: 1, max: 50}}]\n    caps: [{per: year, points: 50}]"
    rules = rule(body, "points: 20", ", decision: {amount: 23}", "vouchers_of: 5\n")
    used: dict[CounterKey, int] = {}
    facts = Facts(DAY, decision=Decision(23))
    assert attempt(rules, facts, used) == 20 and sum(used.values()) == 20
    assert attempt(rules, Facts(DAY, decision=Decision(4)), used) is Reason.NOTHING_EARNED
    whole = score(rules, "deed", Facts(DAY, decision=Decision(20)), "hh_2", {}).trace.steps
    assert not any(isinstance(step, Vouchered) for step in whole), "nothing was dropped, so nothing is said"


def test_overflow_goes_to_the_pool_and_is_not_charged() -> None:
    rules = compiled(
        """
  - id: deed
    title: {zh: 服务, en: Service}
    category: all
    gives: [{unit: service_minutes, value: {kind: per_unit, of: minutes, each: 1, amount: 1}}]
    caps: [{per: ever, minutes: 100, of: person, over: pool}]
    examples:
      - given: {happened_on: 2026-03-05, quantities: {minutes: 150}, person: {id: p}}
        expect: {service_minutes: 100, pool: 50}
"""
    )
    facts = Facts(DAY, {"minutes": 150}, person=Person("mbr_1"))
    result = score(rules, "deed", facts, "mbr_1", {})
    assert [(line.amount, line.to_pool) for line in result.lines] == [(100, False), (50, True)]
    assert dict(result.counts) == {CounterKey("deed/ever/minutes/person", "mbr_1", "ever"): 100}


def test_a_deduction_has_its_own_yearly_limit_and_no_category_limit() -> None:
    rules = compiled(
        """
  - id: deed
    title: {zh: 扣分, en: Deduction}
    category: all
    takes: [{value: {kind: fixed, amount: 20}, when_short: debt}]
    caps: [{per: year, points: 30}]
    examples: [{given: {happened_on: 2026-03-05}, expect: {points: -20}}]
""",
        "caps: {all: [{per: day, points: 5}]}\n",
    )
    used: dict[CounterKey, int] = {}
    assert [attempt(rules, Facts(DAY), used) for _ in range(3)] == [-20, -10, Reason.LIMIT_REACHED]
    line = score(rules, "deed", Facts(DAY), "hh_1", {}).lines[0]
    assert (line.amount, line.when_short) == (-20, "debt")


def test_a_ban_is_over_when_it_is_reversed() -> None:
    rules = compiled(
        """
  - id: veto
    title: {zh: 否决, en: Veto}
    category: all
    effects: [{kind: ban_earning, until_end_of: quarter}]
    examples: [{given: {happened_on: 2026-03-05}, expect: {effects: [ban_earning]}}]
  - id: deed
    title: {zh: 事, en: Deed}
    category: all
    gives: [{value: {kind: fixed, amount: 5}}]
    examples: [{given: {happened_on: 2026-03-05}, expect: {refused: rights_suspended}, used: {ban/earning: 1}}]
"""
    )
    ban = score(rules, "veto", Facts(DAY), "hh_1", {})
    assert ban.counts == ((CounterKey("ban/earning", "hh_1", "2026-03"), 1),)
    used = dict(ban.counts)
    assert attempt(rules, Facts(date(2026, 3, 31)), used) is Reason.RIGHTS_SUSPENDED
    assert attempt(rules, Facts(date(2026, 4, 1)), used) == 5
    assert attempt(rules, Facts(DAY), dict.fromkeys(used, 0)) == 5


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 30)), max_size=40))
def test_points_by_period_never_pass_a_limit_in_any_order(activities: list[tuple[int, int]]) -> None:
    limits = "    caps: [{per: week, points: 35}, {per: month, points: 60}]"
    body = "    gives: [{value: {kind: range, min: 1, max: 30}}]\n" + limits
    rules = rule(body, "points: 5", ", decision: {amount: 5}")
    used: dict[CounterKey, int] = {}
    by_month: dict[str, int] = {}
    for shift, amount in activities:
        day = DAY + timedelta(days=shift)
        points = attempt(rules, Facts(day, decision=Decision(amount)), used)
        if isinstance(points, int) and not isinstance(points, Reason):
            by_month[f"{day:%Y-%m}"] = by_month.get(f"{day:%Y-%m}", 0) + points
    assert all(points <= 60 for points in by_month.values())
    assert by_month == {key.period: number for key, number in used.items() if "/month/" in key.counter}


@pytest.mark.parametrize(
    ("ban", "months"),
    [
        (BanEarning(Span.DAY), ["2026-03"]),
        (BanEarning(Span.WEEK, later=4), ["2026-03", "2026-04"]),
        (BanRedeeming(Span.MONTH), ["2026-03"]),
        (BanRedeeming(Span.QUARTER, later=1), ["2026-03", "2026-04", "2026-05", "2026-06"]),
        (BanEarning(Span.YEAR), [f"2026-{month:02d}" for month in range(3, 13)]),
    ],
)
def test_a_ban_is_one_count_in_each_month(ban: BanEarning | BanRedeeming, months: list[str]) -> None:
    counts = ban_counts(ban, "hh_1", Facts(DAY))
    assert [(key.period, number) for key, number in counts] == [(month, 1) for month in months]


def test_a_ban_has_an_end() -> None:
    for kind in (BanEarning, BanRedeeming):
        for span in (Span.EVER, Span.CAMPAIGN):
            with pytest.raises(ValueError, match="a ban ends with a period of the calendar"):
                kind(span)
    longest = ban_counts(BanEarning(Span.YEAR, later=20), "hh_1", Facts(date(2026, 1, 1)))
    assert len(longest) == 21 * 12
