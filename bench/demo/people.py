"""Who lives at Fuxi in this story: invented, always the same, and a rider who lives elsewhere."""

import random
from collections.abc import Iterator
from typing import Any

import msgspec

from bench.demo.caller import Caller

SEED = 20_260_901
HOUSEHOLDS = 48
AREAS = ("fuxi", "ankang", "huating")
RIDER = "rider-01"

_FAMILY = "安白常程丁段樊高郭韩侯贾康雷梁刘马孟宁裴乔任史宋田王武薛杨原张赵"
_GIVEN = (
    "春梅",
    "建国",
    "丽华",
    "志强",
    "桂兰",
    "晓东",
    "秀珍",
    "海涛",
    "玉芳",
    "文斌",
    "小雨",
    "俊杰",
    "淑英",
    "国平",
)


class Person(msgspec.Struct):
    """`id` is what the service answered when the account was opened."""

    reference: str
    name: str
    area: str
    id: str = ""


class Residents(msgspec.Struct):
    """In the order in which they were registered; the rider is not among the residents."""

    everyone: list[Person]
    rider: Person
    households: int = 0

    def __getitem__(self, number: int) -> Person:
        return self.everyone[number % len(self.everyone)]

    def __len__(self) -> int:
        return len(self.everyone)


def register(caller: Caller) -> Residents:
    """Opens a household for each family and an account for each of its members: at Fuxi points belong to persons."""
    draw = random.Random(SEED)
    residents = Residents([], Person(RIDER, "骑手小郭", "fuxi"))
    for number in range(HOUSEHOLDS):
        area = AREAS[number % len(AREAS)]
        reference = f"fx-{number + 1:03d}"
        household = caller.posted("households", {"reference": reference, "area": area}, key=f"open-{reference}")
        residents.households += 1
        for person in _family(draw, reference, area):
            person.id = _open_member(caller, person, {"household": household["id"], "resident": True})
            residents.everyone.append(person)
    residents.rider.id = _open_member(caller, residents.rider, {"resident": False})
    return residents


def _family(draw: random.Random, reference: str, area: str) -> Iterator[Person]:
    for number in range(draw.randint(1, 3)):
        name = draw.choice(_FAMILY) + draw.choice(_GIVEN)
        yield Person(f"{reference}-{number + 1}", name, area)


def _open_member(caller: Caller, person: Person, more: dict[str, Any]) -> str:
    body = {"reference": person.reference, "name": person.name, "area": person.area, **more}
    member: str = caller.posted("members", body, key=f"open-{person.reference}")["id"]
    return member
