"""What types cannot see: each contradiction is found and named."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.actions.read_rules import read_events, read_programme, read_rulebook
from ledger.core.activity import Facts, Household, Person
from ledger.core.choose import choose_rules
from ledger.core.compiled import Compiled, CompiledRule
from ledger.core.condition import Condition, missed
from ledger.core.overlap import can_never_hold, hides, may_meet
from ledger.core.refusal import Reason
from tests.core.rulebooks import HEAD, PROGRAMME, compiled, problems_of

_DAY = date(2026, 3, 5)
_NOT = "refused: not_eligible"


def rule(name: str = "deed", body: str = "", gives: str = "{kind: fixed, amount: 5}", expect: str = "points: 5") -> str:
    return f"""
  - id: {name}
    title: {{zh: 事, en: Deed}}
    category: all
    gives: [{{value: {gives}}}]
{body}
    examples: [{{given: {{happened_on: 2026-03-05}}, expect: {{{expect}}}}}]
"""


def when(conditions: str) -> str:
    return rule(body=f"    when: [{conditions}]")


def gives(value: str) -> str:
    return rule(gives=value)


_OLD_CAMPAIGN = "{id: c, title: {zh: 期, en: C}, from: 2025-01-01, until: 2025-01-02, times: 2, rules: [deed]}"
_STREAK_FOR_EVER = "{id: s, title: {zh: 连, en: S}, category: all, per: ever, periods: 3, rules: [deed], amount: 1}"


@pytest.mark.parametrize(
    ("rules", "head", "problem"),
    [
        (rule() + rule(), "", "rules[1]: the name stands here twice: deed"),
        (rule(body="    until: 2025-12-31"), "", "rules[0].until: the rule is never in force"),
        (rule(body="    from: 2026-06-01\n    until: 2026-05-31"), "", "rules[0].until: the rule is never in force"),
        (rule(body="    opposite: other"), "", "rules[0].opposite: there is no such rule"),
        (
            rule(body="    opposite: other") + rule("other", "    opposite: deed"),
            "",
            "rules[0].opposite: a pair is one that gives and one that takes",
        ),
        (rule(body="    campaign: spring"), "", "rules[0].campaign: there is no such campaign"),
        (
            rule(body="    caps: [{per: campaign, times: 1}]"),
            "",
            "rules[0].caps[0].per: the rule belongs to no campaign",
        ),
        (rule(body="    caps: [{per: day, minutes: 60}]"), "", "rules[0].caps[0]: the rule has no minutes to limit"),
        (
            rule(body="    caps: [{per: day, times: 1}, {per: day, times: 2}]"),
            "",
            "rules[0].caps[1]: the same limit stands here twice",
        ),
        (rule(body="    caps: [{per: day}]"), "", "a limit has one of `times`"),
        (rule(body="    caps: [{per: day, times: -1}]"), "", "rules[0].caps[0].times: out of range: should be >= 1"),
        (
            rule(body="    caps: [{per: day, points: 9, over: pool}]"),
            "",
            "only service minutes overflow to the pool",
        ),
        (when("{fact: person.shoe, is: big}"), "", "rules[0].when[0].fact: no such fact is declared"),
        (when("{fact: person.age, is: old}"), "", "rules[0].when[0].is: person.age is a quantity"),
        (
            when("{fact: person.resident, at_least: 3}"),
            "",
            "rules[0].when[0].at_least: person.resident",
        ),
        (
            when("{fact: person.resident, is: poor}"),
            "",
            "rules[0].when[0].is: person.resident is a flag",
        ),
        (when("{fact: household.class, is: rich}"), "", "rules[0].when[0].is: household.class"),
        (when("{fact: household.class, is: true}"), "", "rules[0].when[0].is: household.class"),
        (
            when("{fact: household.cohort, is: a}"),
            "",
            "rules[0].when[0].fact: no such fact is declared",
        ),
        (when("{fact: person.age}"), "", "a condition names a `fact` and what it must be"),
        (when("{at_least: 3}"), "", "a condition names a `fact` and what it must be"),
        (
            when("{fact: person.age, at_least: 60}, {fact: person.age, at_most: 59}"),
            "",
            "rules[0].when: the conditions on person.age exclude each other",
        ),
        (
            when("{fact: household.class, is: poor}, {fact: household.class, not_in: [poor]}"),
            "",
            "rules[0].when: the conditions on household.class exclude each other",
        ),
        (gives("{kind: table, of: minutes, amounts: {a: 1}}"), "", "minutes is a quantity, a choice is needed"),
        (
            gives("{kind: table, of: household.class, amounts: {poor: 5, rich: 9}}"),
            "",
            "household.class has no such choice: rich",
        ),
        (
            gives("{kind: table, of: household.class, amounts: {poor: 0}}"),
            "",
            "rules[0].gives[0].value: this can never give anything",
        ),
        (gives("{kind: by_analogy, rules: [deed]}"), "", "an analogy cites a rule of its own kind with a value"),
        (
            gives("{kind: by_analogy, rules: [gone]}"),
            "",
            "rules[0].gives[0].value.rules[0]: there is no such rule",
        ),
        (
            gives("{kind: bands, of: minutes, bands: [{from: 9, amount: 1}, {from: 3, amount: 2}]}"),
            "",
            "bands stand",
        ),
        (
            gives("{kind: per_unit, of: minutes, each: 60, amount: 1, rounding: up, remainder: carry}"),
            "",
            "a remainder that is carried is not rounded",
        ),
        (gives("{kind: range, min: 9, max: 3}"), "", "`min` is more than `max`"),
        (rule(body="    effects: [{kind: gain_honour, honour: hero}]"), "", "there is no such honour"),
        (rule(body="    effects: [{kind: zero_activity, rules: [gone]}]"), "", "there is no such rule"),
        (rule(), "caps: {none: [{per: day, times: 1}]}\n", "caps.none: there is no such category"),
        (rule(), "caps: {all: [{per: day, points: 3}]}\n", "the limit 3 is less than one award may bring, 5"),
        (rule(), "until: 2025-12-31\n", "until: is before the first day"),
        (rule(), "combine: {picnic: best}\n", "combine.picnic: no two rules share this event"),
        (
            rule(),
            "campaigns: [{id: c, title: {zh: 期, en: C}, from: 2026-01-01, until: 2026-01-02}]\n",
            "campaigns[0]: no rule belongs to this campaign",
        ),
        (
            rule(),
            f"campaigns: [{_OLD_CAMPAIGN}]\n",
            "campaigns[0]: the campaign lies outside this version",
        ),
        (
            rule(),
            "facts: [{id: minutes, type: quantity, title: {zh: 分, en: minutes}}]\n",
            "facts[0].id: this fact is declared already",
        ),
        (
            rule(),
            "facts: [{id: grade, type: choice, title: {zh: 等, en: grade}}]\n",
            "`choices` belong to the type `choice`",
        ),
        (rule().replace("en: Deed", "en: 好事"), "", "rules[0].title.en: the English title is not translated"),
        (rule().split("    examples")[0], "", "rules[0].examples: every rule needs a worked example"),
        (
            rule() + "ranks: [{id: r, title: {zh: 榜, en: R}, category: none, per: month, top: [5], rules: [gone]}]\n",
            "",
            "ranks[0].category: there is no such category",
        ),
        (
            rule() + f"streaks: [{_STREAK_FOR_EVER}]\n",
            "",
            "a streak counts periods of the calendar",
        ),
        (
            rule()
            + "ranks:\n  - {id: r, title: {zh: 榜, en: R}, category: all, per: month, top: [5],"
            + " examples: [{totals: {a: 3}, expect: {a: 4}}]}\n",
            "",
            "ranks[0].examples[0]: expected {'a': 4}, came out as {'a': 5}",
        ),
    ],
)
def test_each_contradiction_is_named(rules: str, head: str, problem: str) -> None:
    found = problems_of(rules, head)
    assert any(message.startswith(problem) or f": {problem}" in message for message in found), found


def test_two_rules_of_an_event_that_can_meet_need_a_word() -> None:
    one, other = rule("one", "    event: picnic"), rule("other", "    event: picnic")
    assert "rules[1].event: overlaps with one: say `best`, `sum` or `first` under `combine`" in problems_of(one + other)
    for word in ("best", "sum"):
        assert problems_of(one + other, f"combine: {{picnic: {word}}}\n") == []
    hidden = problems_of(one + other, "combine: {picnic: first}\n")
    assert hidden == ["rules[1]: is never reached: one always comes first"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("[{fact: household.class, is: poor}]", "[{fact: household.class, not_in: [poor]}]"),
        ("[{fact: person.age, at_least: 60}]", "[{fact: person.age, at_most: 59}]"),
        ("[{fact: person.resident, is: true}]", "[{fact: person.resident, is: false}]"),
        ("[{fact: happened_on, before: 2026-06-01}]", "[{fact: happened_on, from: 2026-06-01}]"),
    ],
)
def test_rules_that_cannot_meet_need_none(first: str, second: str) -> None:
    rules = "".join(
        rule(name, f"    event: picnic\n    when: {when}", expect=expect)
        for name, when, expect in (("one", first, _NOT), ("other", second, _NOT))
    )
    assert not any("overlaps" in problem for problem in problems_of(rules))


def picnic(combine: str) -> Compiled:
    """A general rule and one for elders."""
    return compiled(
        rule(
            "elders", "    event: picnic\n    when: [{fact: person.age, at_least: 60}]", expect="refused: not_eligible"
        )
        + rule("all-ages", "    event: picnic", "{kind: fixed, amount: 9}", "points: 9"),
        f"combine: {{picnic: {combine}}}\n",
    )


@pytest.mark.parametrize(
    ("combine", "chosen"), [("best", ("all-ages",)), ("sum", ("elders", "all-ages")), ("first", ("elders",))]
)
def test_the_rules_of_an_event_combine_as_the_rulebook_says(combine: str, chosen: tuple[str, ...]) -> None:
    elder = Facts(_DAY, person=Person(age=70))
    assert choose_rules(picnic(combine), "picnic", elder, "mbr_1").rules == chosen
    young = choose_rules(picnic(combine), "picnic", Facts(_DAY, person=Person(age=20)), "mbr_1")
    assert young.rules == ("all-ages",)
    [near] = young.near_misses
    assert (near.rule, near.reason, near.numbers["wanted"]) == ("elders", Reason.NOT_ELIGIBLE, "60")
    assert choose_rules(picnic(combine), "funeral", elder, "mbr_1").rules == ()


def test_rules_of_other_events_are_passed_over() -> None:
    book = compiled(rule("deed") + rule("fair", "    event: fair") + rule("picnic", "    event: picnic"))
    assert choose_rules(book, "picnic", Facts(_DAY), "mbr_1").rules == ("picnic",)


def test_an_event_must_exist_and_bring_what_its_rules_look_at() -> None:
    programme, _ = read_programme((PROGRAMME + "spending: {gift: {}}\n").encode())
    events, _ = read_events(b"events: [{id: picnic, title: {zh: x, en: Picnic}, by: [worker]}]\n")
    assert programme is not None
    text = HEAD + "rules:\n" + rule("one", "    event: ball")
    text += rule(
        "two", "    event: picnic", "{kind: per_unit, of: minutes, each: 1, amount: 1}", "refused: fact_missing"
    )
    _, problems = read_rulebook(text.encode(), programme, "a.yaml", events)
    assert [(problem.path, problem.message.en) for problem in problems] == [
        ("rules[0].event", "events.yaml has no such event"),
        ("rules[1].event", "the event picnic does not bring minutes"),
    ]


AGES = st.builds(
    Condition,
    fact=st.just("person.age"),
    at_least=st.one_of(st.none(), st.integers(0, 10)),
    at_most=st.integers(0, 10),
)
CLASSES = st.one_of(
    st.builds(Condition, fact=st.just("household.class"), in_=st.sets(st.sampled_from("abc"), min_size=1).map(tuple)),
    st.builds(
        Condition, fact=st.just("household.class"), not_in=st.sets(st.sampled_from("abc"), min_size=1).map(tuple)
    ),
)
CONDITIONS = st.lists(st.one_of(AGES, CLASSES), max_size=3).map(tuple)
PEOPLE = [Facts(_DAY, person=Person(age=age), household=Household(class_=kind)) for age in range(12) for kind in "abcd"]


@given(CONDITIONS, CONDITIONS)
def test_what_is_proved_about_conditions_holds_for_everybody(
    one: tuple[Condition, ...], other: tuple[Condition, ...]
) -> None:
    first = [missed(one, facts) is None for facts in PEOPLE]
    second = [missed(other, facts) is None for facts in PEOPLE]
    if can_never_hold(one) is not None:
        assert not any(first)
    made, also = _made(one), _made(other)
    if not may_meet(made, also):
        assert not any(a and b for a, b in zip(first, second, strict=True))
    if hides(made, also):
        assert all(a for a, b in zip(first, second, strict=True) if b)


def _made(conditions: tuple[Condition, ...]) -> CompiledRule:
    made = _PLAIN.rules["deed"]
    return msgspec.structs.replace(made, rule=msgspec.structs.replace(made.rule, when=conditions))


_PLAIN = compiled(rule())


@pytest.mark.parametrize(
    ("first", "later", "is_hidden"),
    [
        ("", "    when: [{fact: person.age, at_least: 60}]", True),
        ("    when: [{fact: person.age, at_least: 60}]", "", False),
        ("    when: [{fact: person.age, at_least: 60}]", "    when: [{fact: person.age, at_least: 60}]", True),
        ("    when: [{fact: person.age, at_least: 60}]", "    when: [{fact: person.age, at_least: 70}]", True),
        ("    when: [{fact: person.age, at_least: 60}]", "    when: [{fact: person.age, at_least: 50}]", False),
        ("    when: [{fact: household.class, in: [poor]}]", "    when: [{fact: household.class, is: poor}]", True),
        ("    when: [{fact: household.class, in: [poor]}]", "    when: [{fact: household.area, is: east}]", False),
        (
            "    when: [{fact: household.class, not_in: [poor]}]",
            "    when: [{fact: household.class, is: ordinary}]",
            True,
        ),
        ("    when: [{fact: household.class, not_in: [poor]}]", "    when: [{fact: household.class, is: poor}]", False),
        ("    evidence: {photos: 1}", "", False),
        ("", "    evidence: {photos: 1}", True),
        ("    evidence: {photos: 2}", "    evidence: {photos: 1}", False),
        ("    evidence: {photos: 1}", "    evidence: {photos: 1, place: true}", True),
        ("    until: 2026-06-30", "", False),
        ("", "    until: 2026-06-30", True),
        ("    from: 2026-02-01", "", False),
    ],
)
def test_an_earlier_rule_hides_a_later_one_only_when_it_takes_all_of_it(
    first: str, later: str, is_hidden: bool
) -> None:
    def book(name: str, body: str) -> str:
        example = "    examples: [{given: {happened_on: 2025-12-31}, expect: {refused: rule_not_in_force}}]"
        return rule(name, f"    event: picnic\n{body}").split("    examples")[0] + example + "\n"

    found = problems_of(book("one", first) + book("other", later), "combine: {picnic: first}\n")
    assert ("rules[1]: is never reached: one always comes first" in found) is is_hidden, found
