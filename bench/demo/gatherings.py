"""Many at once: an inspection of every household, its public notice with objections, and a sign-up list."""

import random
import time

from bench.demo.caller import Body, Caller
from bench.demo.notebook import Notebook
from bench.demo.people import SEED, Person, Residents
from bench.demo.proof import must, must_equal
from bench.demo.words import say, show

DAY = "2026-09-28"
RATERS = ("zhao", "qian", "sun")
POST_SECONDS_MAX = 60.0
HELPERS = 12
PLACES = 10


def inspect_homes(caller: Caller, notebook: Notebook, residents: Residents) -> None:
    """Three raters mark the home of every household; one sheet, previewed, posted in the background as one batch."""
    draw = random.Random(SEED + 1)
    heads = householders(residents)
    sheet = {"rule": "home-inspection", "title": "九月入户巡查", "happened_on": DAY}
    path = f"inspections/{caller.posted('inspections', sheet, key='inspection-open')['inspection']}"
    marks = {rater: {person.id: draw.randint(5, 10) * 10 for person in heads} for rater in RATERS}
    for rater in RATERS:
        caller.posted(
            f"{path}/marks", {"fact": "tidiness", "rater": rater, "marks": marks[rater]}, key=f"marks-{rater}"
        )
    wanted = {person.id: sorted(marks[rater][person.id] for rater in RATERS)[1] // 10 for person in heads}
    before = caller.get("notice")["lines"]
    tried = caller.get(f"{path}/preview", role="reviewer")
    must_equal(tried["totals"].get("points"), sum(wanted.values()), "the preview's points")
    must_equal(caller.get("notice")["lines"], before, "nothing is posted by a preview")
    caller.posted(f"{path}/post", None, key="inspection-post")
    done = wait_until_posted(caller, path)
    must_equal((done["progress"]["posted"], done["progress"]["refused"]), (len(heads), 0), "lines posted")
    for owner, points in wanted.items():
        notebook.show(owner, points)
    say(
        f"三名评分员巡查全部 {len(heads)} 户,先试算后入账,共 {sum(wanted.values())} 分,公示三天",
        f"three raters at all {len(heads)} households, previewed, then posted: {sum(wanted.values())} points",
    )


def object_to_two(caller: Caller, notebook: Notebook) -> None:
    """One objection is upheld and takes exactly that award away, the other is dismissed and leaves its award."""
    lines = [line for line in caller.get("notice")["lines"] if line["rule"]["zh"] == "月度入户巡查"]
    must(all("*" in line["name"] for line in lines), "names on the wall are masked")
    for line, note, verdict in ((lines[0], "那天没有来过我家", "uphold"), (lines[1], "院子没有那么干净", "dismiss")):
        award = line["transaction"]
        raised = caller.posted(f"awards/{award}/objections", {"note": note}, key=f"object-{verdict}")
        held = {one["transaction"]: one["is_held"] for one in caller.get("notice")["lines"]}
        must(held[award] and sum(held.values()) == 1, "an objection holds exactly that award")
        caller.posted(f"objections/{raised['id']}/{verdict}", {"note": "已核实"}, key=verdict, role="reviewer")
        if verdict == "uphold":
            owner = caller.get(f"transactions/{award}")["about"]["owner"]
            notebook.pending[owner] -= line["amounts"]["points"]
            notebook.issued -= line["amounts"]["points"]
    left = [one["transaction"] for one in caller.get("notice")["lines"]]
    must(lines[0]["transaction"] not in left and lines[1]["transaction"] in left, "one award is gone, one stays")
    say(
        f"公示 {len(lines)} 条:一条异议成立,撤销;一条不成立,照常生效",
        f"{len(lines)} lines on the wall: one objection upheld and cancelled, one dismissed",
    )


def call_helpers(caller: Caller, notebook: Notebook, residents: Residents) -> None:
    """Ten places, twelve who want them; eight come, and an hour counts once."""
    call = {
        "rule": "volunteer-hours", "title": "清理汾河边", "capacity": PLACES,
        "starts_at": "2026-09-29T09:00:00+08:00", "ends_at": "2026-09-29T11:00:00+08:00",
    }  # fmt: skip
    path = f"sign-up-lists/{caller.posted('sign-up-lists', call, key='call-river')['list']}"
    people = residents.everyone[30 : 30 + HELPERS]
    for person in people[:PLACES]:
        caller.posted(f"{path}/sign-up", {"member": person.id}, key=f"sign-{person.reference}")
    for person in people[PLACES:]:
        caller.refused(f"{path}/sign-up", {"member": person.id}, "list_full", key=f"sign-{person.reference}")
    came = people[: PLACES - 2]
    caller.posted(f"{path}/attendance", {"people": [{"member": person.id} for person in came]}, key="attendance")
    other = call | {"title": "路口值守", "starts_at": "2026-09-29T10:30:00+08:00"}
    second = f"sign-up-lists/{caller.posted('sign-up-lists', other, key='call-crossing')['list']}"
    caller.posted(f"{second}/attendance", {"people": [{"member": came[0].id}]}, key="attendance-2")
    credited = caller.posted(f"{path}/credit", None, key="credit-river")
    must_equal(_outcomes(credited), ["credited"] * len(came), "everybody who came is credited")
    twice = caller.posted(f"{second}/credit", None, key="credit-crossing")
    must_equal([line["reason"] for line in twice["people"]], ["hours_counted"], "the same hour counts once")
    for person in came:
        notebook.earn(person.id, 8, minutes=120)
    say(
        f"{PLACES} 个名额,{len(people)} 人报名,{len(came)} 人到场各得 8 分和 120 分钟;重叠的时段不再计",
        f"{PLACES} places, {len(people)} wanted one, {len(came)} came: 8 points and 120 minutes each, no hour twice",
    )


def print_bulletin(caller: Caller) -> None:
    told = caller.get("bulletin", first="2026-09-01", last="2026-09-30", best=3)
    for area in told["areas"]:
        show(f"  {area['place']}. {area['title']['zh']}  {area['taking_part']}/{area['holders']}  {area['points']}")
    must(all("*" in line["name"] for line in told["best"]), "names in the bulletin are masked")
    must(bool(told["checkpoint"]), "the last checkpoint is printed")


def householders(residents: Residents) -> list[Person]:
    """The first of each household: at Fuxi points belong to persons."""
    return [person for person in residents.everyone if person.reference.endswith("-1")]


def wait_until_posted(caller: Caller, path: str) -> Body:
    until = time.monotonic() + POST_SECONDS_MAX
    while time.monotonic() < until:
        shown = caller.get(path)
        if shown["state"] == "posted":
            return shown
        time.sleep(0.2)
    must(False, "a sheet is posted in the background")
    return None


def _outcomes(shown: Body) -> list[str]:
    return [line["outcome"] for line in shown["people"] if line["came_at"]]
