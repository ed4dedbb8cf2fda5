"""September at Fuxi: what people did on which day, and what a person with a pencil would give them for it."""

import random
from collections.abc import Iterable, Iterator

import msgspec

from bench.demo.caller import Body, Caller
from bench.demo.notebook import Notebook
from bench.demo.people import SEED, Person, Residents
from bench.demo.proof import must_equal
from bench.demo.words import day_zh, padded, say

RECYCLABLES_MONTH_MAX = 60
BARBER, CLINIC = "mer_lijian-hair", "mer_renhe-clinic"


class Deed(msgspec.Struct, frozen=True):
    """One activity as somebody reports it, and the points and minutes that the rule sheet promises for it."""

    rule: str
    recipient: str
    facts: Body
    points: int
    minutes: int = 0
    is_noticed: bool = False


class Happening(msgspec.Struct, frozen=True):
    """The deeds of one kind on one day."""

    day: str
    zh: str
    en: str
    deeds: tuple[Deed, ...]


def live_through(caller: Caller, notebook: Notebook, happenings: Iterable[Happening]) -> None:
    """Each deed is recorded by a worker and awarded by a reviewer, and brings exactly what was promised."""
    for happening in happenings:
        for deed in happening.deeds:
            do(caller, notebook, deed)
        points = sum(deed.points for deed in happening.deeds)
        times = len(happening.deeds)
        zh = padded(f"{padded(day_zh(happening.day), 9)}{happening.zh}", 34)
        say(f"{zh}{times:>3} 次 {points:>4} 分", f"{happening.en}: {times} times, {points} points")


def do(caller: Caller, notebook: Notebook, deed: Deed) -> Body:
    """Answers the receipt."""
    key = f"{deed.facts['happened_on']}-{deed.rule}-{deed.recipient}-{notebook.next_number()}"
    report = {"rule": deed.rule, "recipient": deed.recipient, "facts": deed.facts}
    recorded = caller.posted("activities", report, key=key)
    receipt = caller.posted(f"activities/{recorded['activity']}/award", None, key=f"{key}-award", role="reviewer")
    must_equal(moved(receipt, deed.recipient, "points"), deed.points, f"points for {deed.rule} {deed.facts}")
    must_equal(moved(receipt, deed.recipient, "service_minutes"), deed.minutes, f"minutes for {deed.facts}")
    if deed.is_noticed:
        notebook.show(deed.recipient, deed.points)
    else:
        notebook.earn(deed.recipient, deed.points, minutes=deed.minutes)
    return receipt


def moved(receipt: Body, owner: str, unit: str) -> int:
    """What a receipt brought to, or took from, an owner in all its purses."""
    return sum(entry["amount"] for entry in receipt["entries"] if (entry["owner"], entry["unit"]) == (owner, unit))


def hazard(person: Person, day: str) -> Deed:
    facts = {"happened_on": day, "evidence": {"photos": 1, "place": True}}
    return Deed("hazard-snapshot", person.id, facts, 5)


def clean_up(person: Person, day: str) -> Deed:
    return Deed("clean-up", person.id, {"happened_on": day, "evidence": {"photos": 1}}, 10)


def proposal(person: Person, day: str, points: int, reason: str) -> Deed:
    facts = {"happened_on": day, "decision": {"amount": points, "reason": reason}, "evidence": {"documents": 1}}
    return Deed("proposal-adopted", person.id, facts, points)


def first_weeks(residents: Residents) -> Iterator[Happening]:
    """Up to the donation day; the rider has cleaned up once and photographed two hazards by then."""
    yield _clean_up_day("2026-09-05", residents.everyone[:30])
    yield Happening(
        "2026-09-07", "爱心商铺义剪(商户得分)", "Free haircuts by an alliance shop", (_haircuts("2026-09-07"),)
    )
    yield _hazard_day("2026-09-08", residents.everyone[10:30])
    yield Happening(
        "2026-09-10", "文明帮创结对帮扶", "Helping a neighbour", tuple(_help(p) for p in residents.everyone[20:40])
    )
    yield _clean_up_day("2026-09-12", [*residents.everyone[30:60], residents.rider])
    settled = tuple(_settlement(person) for person in residents.everyone[60:63])
    yield Happening("2026-09-14", "协助化解邻里矛盾", "A neighbours' dispute settled", settled)
    adopted = proposal(residents[63], "2026-09-15", 20, "义诊由每月一次改为每周一次")
    yield Happening("2026-09-15", "府西夜话建议被采纳", "A proposal adopted", (adopted,))
    yield _hazard_day("2026-09-16", residents.everyone[40:60])


def last_weeks(residents: Residents) -> Iterator[Happening]:
    """From the donation day on."""
    yield Happening("2026-09-19", "废旧物品回收", "Recyclables", tuple(_recyclables(residents.everyone[70:90])))
    yield Happening("2026-09-20", "义诊志愿服务", "Volunteering at the clinic", tuple(_hours(residents.everyone[:15])))
    yield Happening("2026-09-20", "诊所义诊人次(商户得分)", "People served by the clinic", (_clinic("2026-09-20"),))
    yield Happening("2026-09-22", "文明事迹上榜(公示3天)", "Good deed, 3 days of notice", (_good_deed(residents[5]),))
    yield _hazard_day("2026-09-24", residents.everyone[:10])
    yield _clean_up_day("2026-09-26", [*residents.everyone[20:50], residents.rider])


def _clean_up_day(day: str, people: list[Person]) -> Happening:
    return Happening(day, "环境整治", "Clean-up", tuple(clean_up(person, day) for person in people))


def _hazard_day(day: str, people: list[Person]) -> Happening:
    return Happening(day, "随手拍安全隐患", "Hazard snapshots", tuple(hazard(person, day) for person in people))


def _help(person: Person) -> Deed:
    return Deed("helped-a-neighbour", person.id, {"happened_on": "2026-09-10", "evidence": {"witnesses": 1}}, 8)


def _settlement(person: Person) -> Deed:
    return Deed("dispute-settled", person.id, {"happened_on": "2026-09-14", "evidence": {"witnesses": 2}}, 10)


def _good_deed(person: Person) -> Deed:
    facts = {"happened_on": "2026-09-22", "evidence": {"documents": 1}}
    return Deed("good-deed", person.id, facts, 20, is_noticed=True)


def _haircuts(day: str) -> Deed:
    """Three hours; ten points an hour."""
    return Deed("shop-service-hours", BARBER, {"happened_on": day, "quantities": {"minutes": 180}}, 30)


def _clinic(day: str) -> Deed:
    """Two points for each of twelve people."""
    return Deed("shop-service-people", CLINIC, {"happened_on": day, "quantities": {"people": 12}}, 24)


def _recyclables(people: list[Person]) -> Iterator[Deed]:
    """A point for each whole 500 g; the first brings 35 kg and meets the month's limit."""
    draw = random.Random(SEED + 1)
    for number, person in enumerate(people):
        grams = 35_000 if number == 0 else draw.randrange(2_000, 16_000, 50)
        facts = {"happened_on": "2026-09-19", "quantities": {"grams": grams}, "evidence": {"weighed": True}}
        yield Deed("recyclables", person.id, facts, min(grams // 500, RECYCLABLES_MONTH_MAX))


def _hours(people: list[Person]) -> Iterator[Deed]:
    """Two points for each whole half hour, and every minute in the time book."""
    draw = random.Random(SEED + 2)
    for person in people:
        minutes = draw.randrange(45, 200, 5)
        facts = {"happened_on": "2026-09-20", "quantities": {"minutes": minutes}}
        yield Deed("volunteer-hours", person.id, facts, minutes // 30 * 2, minutes)
