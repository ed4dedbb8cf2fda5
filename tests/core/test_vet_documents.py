"""What types cannot see in whole documents: each contradiction at its exact place, and none where there is none."""

from collections.abc import Callable

import pytest

from ledger.actions.read_rules import Problem, read_catalogue, read_events, read_programme, read_rulebook
from tests.core.rulebooks import HEAD, PROGRAMME, problems_of
from tests.core.test_vet import rule

GIFT = "spending: {gift: {per_earned: 1}}\n"
NO_GIFT = PROGRAMME.replace("units: [points, gift, score, service_minutes]", "units: [points]")
CATALOGUE = """
categories:
  home: {zh: 家用, en: Household}
items:
  - {id: soap, title: {zh: 皂, en: Soap}, category: home, prices: [{label: 1, from: 2026-01-01, points: 5}]}
  - {id: rice, title: {zh: 米, en: Rice}, category: home, prices: [{label: 1, from: 2026-01-01, points: 9}]}
trades:
  hair: {zh: 理发, en: Hair}
shops:
  - id: barber
    title: {zh: 理发店, en: Barber}
    trade: hair
    offers:
      - {id: cut, title: {zh: 剪, en: Cut}, kind: service, prices: [{label: 1, from: 2026-01-01, points: 5}]}
      - {id: dye, title: {zh: 染, en: Dye}, kind: service, prices: [{label: 1, from: 2026-01-01, points: 7}]}
  - {id: tailor, title: {zh: 裁缝, en: Tailor}, trade: hair, offers: []}
"""


def told(problems: tuple[Problem, ...]) -> list[str]:
    return [f"{problem.path}: {problem.message.en}" for problem in problems]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (PROGRAMME + GIFT, []),
        (PROGRAMME.replace("en: Test", "en: 测") + GIFT, ["title.en: the English title is not translated"]),
        (PROGRAMME.replace("id: west", "id: east") + GIFT, ["areas[1]: the name stands here twice: east"]),
        (
            PROGRAMME
            + GIFT
            + "outlets: [{id: a, title: {zh: 店, en: A}, area: east}, {id: a, title: {zh: 店, en: A}, area: north}]\n",
            ["outlets[1]: the name stands here twice: a", "outlets[1].area: there is no such area"],
        ),
        (
            NO_GIFT + "opening: [{unit: points, amount: 5}, {unit: score, amount: 5}]\n",
            ["opening[1].unit: the programme lacks this unit"],
        ),
        (NO_GIFT + "resets: [{unit: score, every: year, to: 9}]\n", ["resets[0].unit: the programme lacks this unit"]),
        (NO_GIFT + GIFT, ["spending.gift: the programme has no gift points"]),
        (PROGRAMME, ["spending: say how gift points may be spent"]),
        (
            PROGRAMME + "spending: {gift: {per_earned: 1, by_class: {poor: 2, rich: 3}}}\n",
            ["spending.gift.by_class.rich: there is no such class"],
        ),
        (
            NO_GIFT + "spending: {goods: false, base: 10}\n",
            ["spending: where no goods are given nothing else is limited"],
        ),
        (NO_GIFT + "spending: {goods: false, assumption: why}\n", []),
    ],
)
def test_a_programme_is_told_what_contradicts(text: str, problems: list[str]) -> None:
    assert told(read_programme(text.encode())[1]) == problems


@pytest.mark.parametrize(
    ("days", "is_wrong"), [(("01-01", "02-01"), False), (("02-01", "01-01"), True), (("01-01", "01-01"), True)]
)
def test_rates_stand_in_the_order_of_their_days(days: tuple[str, str], is_wrong: bool) -> None:
    rates = ", ".join(f"{{from: 2026-{day}, fen: 5, points: 1}}" for day in days)
    found = told(read_programme((NO_GIFT + f"rates: [{rates}]\n").encode())[1])
    assert found == (["rates: rates stand in the order of their days"] if is_wrong else [])


@pytest.mark.parametrize(
    ("old", "new", "problems"),
    [
        ("", "", []),
        ("id: rice", "id: soap", ["items[1]: the name stands here twice: soap"]),
        ("id: tailor", "id: barber", ["shops[1]: the name stands here twice: barber"]),
        ("id: dye", "id: cut", ["shops[0].offers[1]: the name stands here twice: cut"]),
        ("en: Rice", "en: 米", ["items[1].title.en: the English title is not translated"]),
        ("en: Dye", "en: 染色", ["shops[0].offers[1].title.en: the English title is not translated"]),
        ("en: Rice}, category: home", "en: Rice}, category: food", ["items[1].category: there is no such category"]),
        ("en: Tailor}, trade: hair", "en: Tailor}, trade: cloth", ["shops[1].trade: there is no such trade"]),
    ],
)
def test_a_catalogue_is_told_what_contradicts(old: str, new: str, problems: list[str]) -> None:
    assert told(read_catalogue(CATALOGUE.replace(old, new).encode())[1]) == problems


@pytest.mark.parametrize(
    ("english", "is_wrong"), [("㐀", True), ("鿿", True), ("Deed 好", True), ("Deed", False), ("ꀀ㏿é", False)]
)
def test_chinese_in_an_english_title_is_a_translation_that_is_missing(english: str, is_wrong: bool) -> None:
    found = problems_of(rule().replace("en: Deed", f'en: "{english}"'))
    assert found == (["rules[0].title.en: the English title is not translated"] if is_wrong else [])


def campaign(name: str, first: str, last: str, more: str = "times: 2, rules: [deed]") -> str:
    return f"  - {{id: {name}, title: {{zh: 期, en: C}}, from: {first}, until: {last}, {more}}}\n"


@pytest.mark.parametrize(
    ("campaigns", "problems"),
    [
        (campaign("a", "2026-01-01", "2026-01-31") + campaign("b", "2026-02-01", "2026-02-28"), []),
        (
            campaign("a", "2026-01-01", "2026-01-31") + campaign("b", "2026-01-31", "2026-02-28"),
            ["campaigns[1]: overlaps with a: say `combine_campaigns`"],
        ),
        (
            campaign("a", "2026-01-31", "2026-02-28") + campaign("b", "2026-01-01", "2026-01-31"),
            ["campaigns[1]: overlaps with a: say `combine_campaigns`"],
        ),
        (
            campaign("a", "2026-01-01", "2026-01-31") + campaign("b", "2026-01-31", "2026-02-28", "assumption: none"),
            ["campaigns[1]: no rule belongs to this campaign"],
        ),
        (
            campaign("a", "2026-01-01", "2026-01-31")
            + campaign("b", "2026-01-31", "2026-02-28", "times: 2, rules: [other]"),
            [],
        ),
        (campaign("a", "2025-12-01", "2026-01-01"), []),
        (campaign("a", "2025-12-01", "2025-12-31"), ["campaigns[0]: the campaign lies outside this version"]),
        (campaign("a", "2026-06-30", "2026-07-31"), []),
        (campaign("a", "2026-07-01", "2026-07-31"), ["campaigns[0]: the campaign lies outside this version"]),
        (
            campaign("a", "2026-01-01", "2026-01-31", "times: 1, rules: [deed]"),
            ["campaigns[0].times: times 1 changes nothing"],
        ),
        (
            campaign("a", "2026-01-01", "2026-01-31", "times: 2, rules: [deed, gone], categories: [all, none]"),
            ["campaigns[0].rules[1]: there is no such rule", "campaigns[0].categories[1]: there is no such category"],
        ),
        (
            campaign("a", "2026-01-01", "2026-01-31") + campaign("a", "2026-02-01", "2026-02-28"),
            ["campaigns[1]: the name stands here twice: a"],
        ),
    ],
)
def test_campaigns_are_told_what_contradicts(campaigns: str, problems: list[str]) -> None:
    found = problems_of(rule() + rule("other"), f"until: 2026-06-30\ncampaigns:\n{campaigns}")
    assert [problem for problem in found if "examples" not in problem] == problems


RANK = (
    "{id: r, title: {zh: 榜, en: R}, category: all, per: month, top: [5], examples: [{totals: {a: 3}, expect: {a: 5}}]"
)
STREAK = (
    "{id: s, title: {zh: 连, en: S}, category: all, per: month, periods: 2, rules: [deed], amount: 4,"
    " examples: [{totals: [1, 1], expect: 4}]"
)


def ranks(more: str = "") -> str:
    return rule() + f"ranks: [{RANK}{more}}}]\n"


def streaks(change: Callable[[str], str] = str) -> str:
    return rule() + f"streaks: [{change(STREAK)}}}]\n"


@pytest.mark.parametrize(
    ("rules", "problems"),
    [
        (ranks(), []),
        (streaks(), []),
        (rule() + f"ranks: [{RANK}}}, {RANK}}}]\n", ["ranks[1]: the name stands here twice: r"]),
        (rule() + f"streaks: [{STREAK}}}, {STREAK}}}]\n", ["streaks[1]: the name stands here twice: s"]),
        (ranks().replace("en: R}", "en: 榜}"), ["ranks[0].title.en: the English title is not translated"]),
        (
            ranks().replace("category: all, per", "category: none, per"),
            ["ranks[0].category: there is no such category"],
        ),
        (ranks(", rules: [deed, gone]"), ["ranks[0].rules[1]: there is no such rule"]),
        (ranks(", honour: clean-house"), []),
        (ranks(", honour: hero"), ["ranks[0].honour: there is no such honour"]),
        (
            ranks(", campaign: spring").replace("per: month", "per: campaign"),
            ["ranks[0].campaign: there is no such campaign"],
        ),
        (
            ranks().replace(", examples: [{totals: {a: 3}, expect: {a: 5}}]", ""),
            ["ranks[0].examples: a worked example is needed"],
        ),
        (
            streaks(lambda text: text.replace(", examples: [{totals: [1, 1], expect: 4}]", "")),
            ["streaks[0].examples: a worked example is needed"],
        ),
        (
            streaks(lambda text: text.replace("rules: [deed]", "rules: [deed, gone]")),
            ["streaks[0].rules[1]: there is no such rule"],
        ),
    ],
)
def test_ranks_and_streaks_are_told_what_contradicts(rules: str, problems: list[str]) -> None:
    assert problems_of(rules) == problems


@pytest.mark.parametrize("field", ["unit", "counts"])
def test_ranks_count_and_give_in_units_that_there_are(field: str) -> None:
    policies, _ = read_programme(NO_GIFT.encode())
    assert policies is not None
    text = HEAD + "rules:\n" + ranks(f", {field}: score")
    assert told(read_rulebook(text.encode(), policies)[1]) == [
        f"ranks[0].{field}: the programme does not have this unit"
    ]


@pytest.mark.parametrize(
    ("head", "problems"),
    [
        ("until: 2026-01-01\n", []),
        ("until: 2025-12-31\n", ["until: is before the first day"]),
        (
            "facts: [{id: bags, type: flag, title: {zh: 袋, en: b}}, {id: bags, type: flag, title: {zh: 袋, en: b}}]\n",
            ["facts[1]: the name stands here twice: bags"],
        ),
        (
            "facts: [{id: bags, type: quantity, title: {zh: 袋, en: 袋}}]\n",
            ["facts[0].title.en: the English title is not translated"],
        ),
        (
            "caps: {all: [{per: year, points: 9}, {per: campaign, points: 9}]}\n",
            ["caps.all[1].per: a category's limit has no campaign"],
        ),
    ],
)
def test_the_head_of_a_rulebook_is_told_what_contradicts(head: str, problems: list[str]) -> None:
    found = problems_of(rule().split("    examples")[0], head)
    assert [problem for problem in found if not problem.startswith("rules[0]")] == problems


@pytest.mark.parametrize(("until", "is_wrong"), [("2026-02-01", False), ("2026-01-31", True)])
def test_a_rule_may_be_in_force_on_one_day_only(until: str, is_wrong: bool) -> None:
    found = problems_of(rule(body=f"    from: 2026-02-01\n    until: {until}"))
    assert ("rules[0].until: the rule is never in force" in found) is is_wrong


def test_neighbours_keep_what_they_promise_each_other() -> None:
    text = PROGRAMME + GIFT + "budgets: [{per: year, points: 900}, {per: year, points: 9, category: gone}]\n"
    policies, _ = read_programme(text.encode())
    assert policies is not None
    events, _ = read_events(
        "events: [{id: walk, title: {zh: 走, en: Walk}, by: [worker], facts: [minutes]}]\n".encode()
    )
    timed = "{kind: per_unit, of: minutes, each: 1, amount: 1}"
    rules = (
        rule("none")
        + rule("ball", "    event: ball", expect="points: 5")
        + rule("walk", "    event: walk", timed, "refused: fact_missing")
    )
    _, problems = read_rulebook((HEAD + "rules:\n" + rules).encode(), policies, "a.yaml", events)
    assert told(problems) == [
        "rules[1].event: events.yaml has no such event",
        "categories: a budget names a category that is not here: gone",
    ]
