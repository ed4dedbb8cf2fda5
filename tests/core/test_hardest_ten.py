"""The ten hardest rules that villages are known to have, with the numbers that are printed for them."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from ledger.actions.read_rules import read_folder
from ledger.core.activity import Facts, Household, Person
from ledger.core.compiled import Compiled, compile_rulebook
from ledger.core.counter import CounterKey
from ledger.core.dividend import pool_fen
from ledger.core.effect import EARNING, REDEEMING, ZeroBalance, ban_key
from ledger.core.period import expires_on
from ledger.core.programme import Programme
from ledger.core.rank import rank_lines
from ledger.core.rate import rate_on, refuse_hour_price, worth_fen
from ledger.core.readout import read_out
from ledger.core.refusal import Reason, Refused
from ledger.core.score import Score, score
from ledger.core.spending import Payment, payment, spendable
from ledger.core.split import largest_remainder
from ledger.core.time_bank import Relation, refuse_gift, refuse_use

RULES = Path(__file__).parents[2] / "rules"
DAY = date(2026, 3, 5)


def programme(name: str) -> Programme:
    read = read_folder(RULES / name)
    assert read.programme is not None and not read.problems
    return read.programme


def rulebook(name: str) -> Compiled:
    read = read_folder(RULES / name)
    assert read.programme is not None and not read.problems
    return compile_rulebook(read.rulebooks[-1], read.programme)


def amounts(result: Score) -> dict[str, int]:
    return {("pool" if line.to_pool else line.unit): line.amount for line in result.lines}


def reason(attempt: object) -> Reason:
    with pytest.raises(Refused) as refused:
        attempt()  # type: ignore[operator]  # a lambda
    return refused.value.reason


def test_1_gift_points_spend_only_with_earned_ones_by_class() -> None:
    """200 yuan become 100 gift points; 5 of them need 5 earned ones, or 1 in a poor household."""
    shop = programme("gift-and-task")
    given = score(rulebook("gift-and-task"), "condolence-money", _money(200), "hh_1", {})
    assert amounts(given) == {"gift": 100}
    assert payment(shop.spending, 10, {"points": 5, "gift": 100}, "ordinary") == Payment(points=5, gift=5)
    assert payment(shop.spending, 6, {"points": 1, "gift": 100}, "poor") == Payment(points=1, gift=5)
    assert reason(lambda: payment(shop.spending, 10, {"points": 4, "gift": 100}, "ordinary")) is (
        Reason.INSUFFICIENT_POINTS
    )
    assert reason(lambda: payment(shop.spending, 1, {"points": 0, "gift": 100}, "poor")) is Reason.INSUFFICIENT_POINTS
    assert worth_fen(shop.rates, 100, DAY) == 20_000, "one point is two yuan"


def test_2_base_of_100_stays_and_below_70_rights_are_suspended() -> None:
    bank = programme("fengjie")
    assert bank.opening[0].amount == 100
    assert spendable(bank.spending, 130).points == 30
    assert spendable(bank.spending, 100).points == 0
    assert spendable(bank.spending, 69).suspended and spendable(bank.spending, 69).missing == 1
    assert not spendable(bank.spending, 70).suspended, "back at 70 the rights are back"
    assert reason(lambda: payment(bank.spending, 1, {"points": 69})) is Reason.RIGHTS_SUSPENDED
    late = score(rulebook("fengjie"), "late", Facts(DAY), "hh_1", {})
    assert amounts(late) == {"points": -1}


def test_3_dividend_of_165130_yuan_is_split_to_the_fen() -> None:
    """417 households, 668,819 points; 12,940 points are 3,194.86 yuan; 0.25 yuan was printed, 0.2469 paid."""
    others = 668_819 - 12_940
    points = [12_940, *(others // 416 + (number < others % 416) for number in range(416))]
    assert len(points) == 417 and sum(points) == 668_819
    fen = largest_remainder(16_513_000, points)
    assert fen[0] == 319_486
    assert sum(fen) == 16_513_000
    assert round(Fraction(16_513_000, 668_819), 4) == Fraction(246898, 10_000)
    policy = programme("dachong").dividend
    assert policy is not None
    assert pool_fen(policy, profit_fen=33_700_000, payout_fen=10**10) == 16_513_000, "49 % of the profit"


def test_4_littering_zeroes_the_balance_and_grave_conduct_bans_two_years() -> None:
    rules = rulebook("littering-veto")
    litter = score(rules, "littering", _photo(), "hh_1", {})
    assert litter.lines == () and litter.effects == (ZeroBalance(),)
    grave = score(rules, "grave-conduct", _document(), "hh_1", {})
    banned = {key.period for key, _ in grave.counts if key.counter == REDEEMING}
    assert banned == {f"{year}-{month:02d}" for year in (2026, 2027) for month in range(1, 13)} - {"2026-01", "2026-02"}
    used = dict(grave.counts)
    home = Facts(date(2027, 12, 31), household=Household("hh_1", area="group-one"))
    assert used[ban_key(EARNING, "hh_1", home.happened_on)] == 1
    assert reason(lambda: score(rules, "most-beautiful-home", home, "hh_1", used)) is Reason.RIGHTS_SUSPENDED
    after = Facts(date(2028, 1, 1), household=Household("hh_1", area="group-one"))
    assert amounts(score(rules, "most-beautiful-home", after, "hh_1", used)) == {"points": 50}


def test_5_month_score_of_100_in_parts_is_not_the_spendable_points() -> None:
    """25 for the yard less 5 a spot; contribution comes on top, penalties off; 310 in a month was seen."""
    rules = rulebook("shengxin")
    clean = {"piles": 0, "litter": 0, "sheds": 0, "unsorted": 0, "contribution": 0, "faults": 0}

    def month(**found: int) -> dict[str, int]:
        return amounts(score(rules, "month-sheet", Facts(DAY, quantities={**clean, **found}), "hh_1", {}))

    assert month() == {"score": 100}
    assert month(piles=1) == {"score": 95}
    assert month(piles=6) == {"score": 75}, "never below nothing"
    assert month(contribution=210) == {"score": 310}
    assert month(contribution=30, faults=4) == {"score": 126}
    points = score(rules, "contribution", Facts(DAY, quantities={"contribution": 210}), "hh_1", {})
    assert amounts(points) == {"points": 210}, "only these can be spent"


def test_6_move_in_tiers_have_cut_off_dates_of_their_own_for_each_cohort() -> None:
    rules = rulebook("move-in-tiers")

    def reward(cohort: str, moved_in_on: date) -> dict[str, int]:
        home = Household("hh_1", cohort=cohort, moved_in_on=moved_in_on)
        return amounts(score(rules, f"{cohort}-cohort", Facts(date(2026, 12, 31), household=home), "hh_1", {}))

    assert reward("first", date(2026, 3, 31)) == {"points": 300}
    assert reward("first", date(2026, 4, 1)) == {"points": 200}
    assert reward("second", date(2026, 4, 1)) == {"points": 300}, "the same day is early for the second cohort"
    assert reward("second", date(2026, 12, 31)) == {"points": 100}
    assert reason(lambda: reward("first", date(2026, 10, 1))) is Reason.NOTHING_EARNED


def test_7_only_self_signed_hours_become_points_that_lapse_on_31_december() -> None:
    rules = rulebook("huangshi")
    signed = Facts(DAY, quantities={"minutes": 150}, flags={"self-signed": True})
    result = score(rules, "signed-hours", signed, "mbr_1", {})
    assert amounts(result) == {"points": 2, "service_minutes": 150}
    assert expires_on(result.lines[0].expires, DAY) == date(2026, 12, 31)
    assert result.lines[1].expires is None, "hours stay"
    added = Facts(DAY, quantities={"minutes": 150}, flags={"self-signed": False})
    assert amounts(score(rules, "back-filled-hours", added, "mbr_1", {})) == {"service_minutes": 150}
    assert reason(lambda: score(rules, "signed-hours", added, "mbr_1", {})) is Reason.NOT_ELIGIBLE


def test_7_two_hours_an_activity_zero_on_complaint_one_redemption_a_quarter() -> None:
    rules = rulebook("hailin")
    served = Facts(DAY, quantities={"minutes": 300}, flags={"complained-of": False})
    assert amounts(score(rules, "service-hours", served, "mbr_1", {})) == {"points": 2, "service_minutes": 120}
    complaint = Facts(DAY, quantities={"minutes": 300}, flags={"complained-of": True})
    assert reason(lambda: score(rules, "service-hours", complaint, "mbr_1", {})) is Reason.NOT_ELIGIBLE
    [limit] = rules.programme.spending.limits
    assert (limit.per, limit.times) == ("quarter", 1)


def test_8_fifty_bags_thirty_five_bottles_or_one_cup_of_butts_make_a_point() -> None:
    rules = rulebook("qiankou")
    assert amounts(score(rules, "bags", Facts(DAY, quantities={"bags": 50}), "hh_1", {})) == {"points": 1}
    assert amounts(score(rules, "bottles", Facts(DAY, quantities={"bottles": 35}), "hh_1", {})) == {"points": 1}
    assert amounts(score(rules, "butts", Facts(DAY, quantities={"cups-of-butts": 1}), "hh_1", {})) == {"points": 1}
    first = score(rules, "bags", Facts(DAY, quantities={"bags": 49}), "hh_1", {})
    assert first.lines == () and first.counts == ((CounterKey("bags/carry/bags", "hh_1", "ever"), 49),)
    second = score(rules, "bags", Facts(DAY, quantities={"bags": 1}), "hh_1", dict(first.counts))
    assert amounts(second) == {"points": 1}, "the rest waited"


def test_8_five_bottles_a_point_twenty_a_household_in_fifteen_days_and_the_first_three() -> None:
    rules = rulebook("bottle-campaign")
    home = Household("hh_1")

    def bring(bottles: int, day: date, used: dict[CounterKey, int]) -> Score:
        return score(rules, "bottles", Facts(day, quantities={"bottles": bottles}, household=home), "mbr_1", used)

    used: dict[CounterKey, int] = {}
    assert amounts(bring(75, date(2026, 4, 1), used)) == {"points": 15}
    used.update(bring(75, date(2026, 4, 1), used).counts)
    assert amounts(bring(75, date(2026, 4, 15), used)) == {"points": 5}, "20 for the household"
    assert reason(lambda: bring(5, date(2026, 4, 16), used)) is Reason.RULE_NOT_IN_FORCE
    [rank] = rules.rulebook.ranks
    lines = rank_lines(rank, "fortnight", {"hh_1": 20, "hh_2": 20, "hh_3": 12, "hh_4": 11})
    assert [(line.owner, line.amount) for line in lines] == [("hh_1", 15), ("hh_2", 15), ("hh_3", 5)]


def test_9_above_1500_hours_only_the_pool_gains_and_hours_go_to_lineal_relatives() -> None:
    rules = rulebook("hours-overflow")
    key = CounterKey("elder-care/ever/minutes/person", "mbr_1", "ever")
    care = Facts(DAY, quantities={"minutes": 120}, person=Person("mbr_1"))
    assert amounts(score(rules, "elder-care", care, "mbr_1", {key: 1_500 * 60 - 60})) == {
        "service_minutes": 60,
        "pool": 60,
    }
    full = score(rules, "elder-care", care, "mbr_1", {key: 1_500 * 60})
    assert amounts(full) == {"pool": 120} and full.counts == ()
    bank = rules.programme.time_bank
    assert bank is not None
    refuse_use(bank, Relation.SPOUSE, 60)
    assert reason(lambda: refuse_use(bank, Relation.SELF, 59)) is Reason.NOT_ELIGIBLE
    refuse_gift(bank, Relation.GRANDCHILD)
    assert reason(lambda: refuse_gift(bank, Relation.SIBLING)) is Reason.NOT_ELIGIBLE
    assert rules.programme.spending.goods is False, "never goods or cash"
    coins = programme("beijing-timebank").readouts[0]
    assert read_out(coins, 10_000 * 60) is not None and read_out(coins, 10_000 * 60 - 1) is None


def test_10_one_village_pays_three_yuan_a_point_and_then_five() -> None:
    """13,301 points were reported as 39,909 yuan; exactly they are 39,903."""
    rates = programme("tuanbao").rates
    assert worth_fen(rates, 13_301, date(2020, 4, 30)) == 3_990_300
    assert worth_fen(rates, 13_301, date(2020, 5, 1)) == 6_650_500
    assert rate_on(rates, date(2019, 4, 30)) is None
    assert worth_fen(rates, 10, date(2019, 6, 1)) == 3_000, "ten points for a stone craft are 30 yuan"


def test_10_shops_price_an_hour_at_10_to_100_yuan_and_an_hour_counts_once_anywhere() -> None:
    rules = rulebook("hour-alliance")
    limits = rules.programme.hour_rate
    assert limits is not None
    refuse_hour_price(limits, 1_000)
    refuse_hour_price(limits, 10_000)
    assert reason(lambda: refuse_hour_price(limits, 10_001)) is Reason.DECISION_OUT_OF_RANGE
    slip = Facts(DAY, quantities={"minutes": 180}, record="slip-0001")
    first = score(rules, "hour-slip", slip, "mbr_1", {})
    assert reason(lambda: score(rules, "hour-slip", slip, "mbr_2", dict(first.counts))) is Reason.LIMIT_REACHED


def test_also_hard_a_loan_rate_falls_in_proportion_to_points() -> None:
    """583 points gave 0.58 of a percentage point off, not 0.5."""
    [loan] = programme("youyi").readouts
    assert read_out(loan, 583) == 5 - Fraction(583, 1000)
    assert read_out(loan, 60_000) == 0


def _money(yuan: int) -> Facts:
    return Facts(DAY, quantities={"yuan": yuan}, evidence=_document().evidence)


def _photo() -> Facts:
    return _evidence(photos=1)


def _document() -> Facts:
    return _evidence(documents=1)


def _evidence(**shown: int) -> Facts:
    return Facts(DAY, evidence=type(Facts(DAY).evidence)(**shown))
