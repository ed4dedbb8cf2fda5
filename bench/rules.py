"""How long one activity takes to score, with its trace, against a rulebook of sixty rules."""

import json
import time
from collections.abc import Iterator
from datetime import date

from ledger.actions.read_rules import read_programme, read_rulebook
from ledger.core.activity import Decision, Evidence, Facts, Household, Person
from ledger.core.compiled import Compiled, compile_rulebook
from ledger.core.counter import CounterKey
from ledger.core.explain import explain
from ledger.core.score import counters_needed, score

RULES = 60
ROUNDS = 3_000
DAY = date(2026, 3, 16)

_PROGRAMME = """
programme: bench
title: {zh: 测量, en: Measurement}
account_holder: household
units: [points, service_minutes]
expiry: {kind: rolling, months: 24}
classes: {poor: {zh: 困难户, en: in need}, ordinary: {zh: 普通户, en: ordinary}}
budgets: [{per: month, points: 1000000000}]
"""
_HEAD = """
rulebook: bench
title: {zh: 测量, en: Measurement}
from: 2026-01-01
categories: {all: {zh: 全部, en: All}}
facts:
  - {id: spots, type: quantity, title: {zh: 处, en: spots}}
  - {id: peers, type: rating, title: {zh: 互评, en: marks}}
  - {id: organiser, type: flag, title: {zh: 组织者, en: organiser}}
  - id: difficulty
    type: choice
    title: {zh: 难度, en: difficulty}
    choices: {easy: {zh: 易, en: easy}, hard: {zh: 难, en: hard}}
campaigns:
  - {id: spring, title: {zh: 春季周, en: Spring week}, from: 2026-03-14, until: 2026-03-20, times: 2, categories: [all]}
caps: {all: [{per: month, points: 1000000000}]}
rules:
"""
# One of each weight: what most rules are, hours with everything on them, a sheet of eight parts, a panel's decision.
_FIXED = """
  - id: fixed-NUMBER
    title: {zh: 固定, en: Fixed}
    category: all
    gives: [{value: {kind: fixed, amount: 5}}]
    caps: [{per: month, times: 1000000}]
    examples: [{given: {happened_on: 2026-03-05}, expect: {points: 5}}]
"""
_HOURS = """
  - id: hours-NUMBER
    title: {zh: 时长, en: Hours}
    category: all
    gives:
      - value: {kind: per_unit, of: minutes, each: 30, amount: 5, at_most: 480}
        factors: [{title: {zh: 难度, en: Difficulty}, of: difficulty, table: {easy: 1, hard: 3/2}}]
        bonuses: [{title: {zh: 组织者, en: Organiser}, when: [{fact: organiser, is: true}], amount: 2}]
      - {unit: service_minutes, value: {kind: per_unit, of: minutes, each: 1, amount: 1}}
    when: [{fact: person.age, at_least: 18}, {fact: household.class, in: [poor, ordinary]}]
    evidence: {photos: 1, place: true}
    caps: [{per: day, points: 400}, {per: month, points: 1000000000}, {per: year, times: 1000000, of: household}]
    notice_days: 3
    examples: [{given: {happened_on: 2026-03-05, household: {class: poor}}, expect: {refused: not_eligible}}]
"""
_SHEET = """
  - id: sheet-NUMBER
    title: {zh: 检查表, en: Sheet}
    category: all
    gives: [{value: {kind: parts, at_most: 100, parts: [PARTS]}}]
    caps: [{per: month, times: 1000000}]
    examples: [{given: {happened_on: 2026-03-05, quantities: {spots: 0}}, expect: {points: 100}}]
"""
_PANEL = """
  - id: panel-NUMBER
    title: {zh: 评定, en: Panel}
    category: all
    gives: [{value: {kind: range, min: 1, max: 50}}]
    review: {by: [panel], approvals: 2}
    caps: [{per: year, points: 1000000000}]
    examples: [{given: {happened_on: 2026-03-05, decision: {amount: 7}}, expect: {points: 7}}]
"""
_PART = "{id: p-N, title: {zh: 项, en: Part}, value: {kind: deduct_from, max: 13, minus: 5, of: spots}}"

FACTS = {
    "fixed": Facts(DAY),
    "hours": Facts(
        DAY,
        {"minutes": 95},
        {"difficulty": "hard"},
        {"organiser": True},
        evidence=Evidence(photos=1, place=True),
        person=Person("mbr_1", age=40),
        household=Household("hh_1", class_="ordinary"),
    ),
    "sheet": Facts(DAY, {"spots": 1}),
    "panel": Facts(DAY, decision=Decision(20, "评议小组")),
}


def sixty_rules() -> Compiled:
    """Fifteen rules of each weight, all of them in campaigns, limits and a budget."""
    programme, problems = read_programme(_PROGRAMME.encode())
    assert programme is not None, problems
    parts = ", ".join(_PART.replace("p-N", f"p-{number}") for number in range(8))
    texts = (_FIXED, _HOURS, _SHEET.replace("PARTS", parts), _PANEL)
    rules = "".join(text.replace("NUMBER", str(number)) for number in range(RULES // 4) for text in texts)
    rulebook, problems = read_rulebook((_HEAD + rules).encode(), programme)
    assert rulebook is not None, problems
    assert len(rulebook.rules) == RULES
    return compile_rulebook(rulebook, programme)


def measure(compiled: Compiled) -> Iterator[dict[str, object]]:
    """One line for each weight and one for all: counters named, scored, traced; time of one core."""
    everything: list[float] = []
    for kind, facts in FACTS.items():
        rule = f"{kind}-{RULES // 8}"
        used: dict[CounterKey, int] = dict.fromkeys(counters_needed(compiled, rule, facts, "hh_1"), 1)
        times = []
        for _ in range(ROUNDS):
            begun = time.process_time_ns()
            counters_needed(compiled, rule, facts, "hh_1")
            result = score(compiled, rule, facts, "hh_1", used)
            times.append((time.process_time_ns() - begun) / 1000)
        assert result.lines and explain(compiled, result.trace)
        everything += times
        yield _line(f"rule_score_{kind}", times)
    yield _line("rule_score", everything)


def _line(name: str, times: list[float]) -> dict[str, object]:
    ordered = sorted(times)
    return {
        "name": name,
        "value": round(sum(times) / len(times), 1),
        "unit": "us",
        "p50": round(ordered[len(ordered) // 2], 1),
        "p99": round(ordered[len(ordered) * 99 // 100], 1),
        "settings": {"rules": RULES, "rounds": len(times)},
    }


if __name__ == "__main__":
    for line in measure(sixty_rules()):
        print(json.dumps(line))
