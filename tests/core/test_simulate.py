"""Replays: who gains under a draft, and that putting right is done once and only where something differs."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ledger.core.activity import Facts
from ledger.core.compiled import Compiled
from ledger.core.counter import CounterKey
from ledger.core.refusal import Reason, Refused
from ledger.core.score import score
from ledger.core.simulate import Gain, Past, replay, rerate_key
from tests.core.rulebooks import compiled

DAY = date(2026, 9, 1)


def book(amount: int, limit: int, until: str = "2026-12-31") -> Compiled:
    return compiled(
        f"""
  - id: hours
    title: {{zh: 时长, en: Hours}}
    category: all
    until: {until}
    gives: [{{value: {{kind: per_unit, of: minutes, each: 60, amount: {amount}, at_most: 240}}}}]
    caps: [{{per: month, points: {limit}}}]
    examples: [{{given: {{happened_on: 2026-09-01, quantities: {{minutes: 60}}}}, expect: {{points: {amount}}}}}]
"""
    )


def live(rules: Compiled, activities: list[tuple[str, int, int]]) -> list[Past]:
    """Awards activities as the ledger would; refused ones leave nothing behind."""
    used: dict[CounterKey, int] = {}
    done = []
    for number, (who, day, minutes) in enumerate(activities):
        facts = Facts(DAY + timedelta(days=day), {"minutes": minutes})
        try:
            result = score(rules, "hours", facts, who, used)
        except Refused:
            done.append(Past(f"act_{number}", "hours", who, facts, {}))
            continue
        for key, count in result.counts:
            used[key] = used.get(key, 0) + count
        given = {line.unit: line.amount for line in result.lines}
        done.append(Past(f"act_{number}", "hours", who, facts, given, result.counts))
    return done


ACTIVITIES = st.lists(
    st.tuples(st.sampled_from(["hh_1", "hh_2"]), st.integers(0, 60), st.integers(0, 400)), max_size=30
)


@given(ACTIVITIES)
def test_the_same_rules_change_nothing(activities: list[tuple[str, int, int]]) -> None:
    rules = _OLD
    simulation = replay(rules, live(rules, activities))
    assert simulation.changes == () and simulation.gains == ()


@given(ACTIVITIES)
def test_after_posting_the_differences_nothing_differs(activities: list[tuple[str, int, int]]) -> None:
    past = live(_OLD, activities)
    simulation = replay(_NEW, past)
    changes = {change.activity: change for change in simulation.changes}
    corrected = []
    for done in past:
        change = changes.get(done.activity)
        if change is None:
            corrected.append(done)
            continue
        units = done.given.keys() | change.differences.keys()
        given = {unit: done.given.get(unit, 0) + change.differences.get(unit, 0) for unit in units}
        counts = dict(done.counts)
        for key, count in change.counts:
            counts[key] = counts.get(key, 0) + count
        corrected.append(Past(done.activity, done.rule, done.recipient, done.facts, given, tuple(counts.items())))
    assert replay(_NEW, corrected).changes == ()
    assert sum(gain.after - gain.before for gain in simulation.gains) == sum(
        sum(change.differences.values()) for change in simulation.changes
    )
    assert {key: number for key, number in simulation.counters.items() if number} == _recount(corrected)


def test_gains_and_losses_are_told_by_household() -> None:
    past = [
        Past(done.activity, done.rule, done.recipient, done.facts, done.given, done.counts, household="hh_family")
        for done in live(_OLD, [("mbr_1", 0, 60), ("mbr_2", 1, 60)])
    ]
    [gain] = replay(_NEW, past).gains
    assert (gain.owner, gain.unit, gain.before, gain.after) == ("hh_family", "points", 10, 14)


def test_what_a_draft_would_refuse_is_taken_back_with_the_reason() -> None:
    past = live(_OLD, [("hh_1", 20, 120)])
    simulation = replay(book(5, 20, until="2026-09-10"), past)
    [change] = simulation.changes
    assert simulation.gains == (Gain("hh_1", "points", 10, 0),)
    assert change.differences == {"points": -10}
    assert change.refused is Reason.RULE_NOT_IN_FORCE and change.lines == ()
    assert change.counts == ((CounterKey("hours/month/points", "hh_1", "2026-09"), -10),)


def test_what_others_have_used_is_not_given_twice() -> None:
    past = live(_OLD, [("hh_1", 0, 60)])
    used = {CounterKey("hours/month/points", "hh_1", "2026-09"): 18}
    [change] = replay(_OLD, past, used=used).changes
    assert change.differences == {"points": -3}


def test_one_correction_of_one_activity_has_one_key() -> None:
    assert rerate_key("ab" * 32, "act_1") == "rerate:abababababababab:act_1"


def _recount(past: list[Past]) -> dict[CounterKey, int]:
    counters: dict[CounterKey, int] = {}
    for done in past:
        for key, count in done.counts:
            counters[key] = counters.get(key, 0) + count
    return {key: number for key, number in counters.items() if number}


_OLD, _NEW = book(5, 20), book(7, 30)
