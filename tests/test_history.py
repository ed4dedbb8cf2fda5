"""Q2: one order of all calls explains every answer that many clients were given, and a checker that would know."""

from collections.abc import Callable

import pytest

from tests.crowd import gather_crowd
from tests.history import Call, Leg, anomalies, lose_updates, make_stale, versions_read
from tests.portion import Portion
from tests.village import Village


def wrote(began: float, ended: float, *legs: tuple[str, int, int, int]) -> Call:
    return Call(began, ended, legs=tuple(Leg(*leg) for leg in legs))


def read(began: float, ended: float, *seen: tuple[str, int, int]) -> Call:
    return Call(began, ended, seen=seen)


GOOD = [
    wrote(0, 2, ("a", 1, 10, 10), ("b", 1, -10, -10)),
    wrote(1, 3, ("a", 2, -4, 6)),
    read(1.5, 2.5, ("a", 1, 10), ("b", 1, -10)),
    read(4, 5, ("a", 2, 6)),
    wrote(6, 7, ("b", 2, 5, -5)),
]


def test_a_history_that_one_order_explains_is_accepted() -> None:
    assert anomalies(GOOD) == []
    assert anomalies([]) == []


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        (wrote(8, 9, ("a", 2, -4, 6)), "two calls wrote version 2 of a"),
        (wrote(8, 9, ("a", 4, -4, 2)), "version 3 of a was written by nobody"),
        (wrote(8, 9, ("a", 3, -4, 6)), "left 6 instead of 2"),
        (read(8, 9, ("a", 2, 10)), "read as 10 instead of 6"),
        (read(8, 9, ("a", 7, 6)), "read as 6 instead of None"),
        (read(8, 9, ("a", 1, 10)), "no order explains"),
        (read(8, 9, ("c", 1, 10)), "read as 10 instead of None"),
        (read(2.5, 3, ("a", 0, 0)), "no order explains"),
    ],
    ids=["lost update", "gap", "lost amount", "wrong", "from nowhere", "stale", "unknown", "stale from the start"],
)
def test_a_planted_anomaly_is_found(extra: Call, says: str) -> None:
    found = anomalies([*GOOD, extra])
    assert len(found) == 1
    assert says in found[0]


def test_reads_that_contradict_each_other_are_found() -> None:
    torn = [
        wrote(0, 9, ("a", 1, 1, 1)),
        wrote(0, 9, ("b", 1, 1, 1)),
        read(0, 9, ("a", 1, 1), ("b", 0, 0)),
        read(0, 9, ("a", 0, 0), ("b", 1, 1)),
    ]
    assert "no order explains" in anomalies(torn)[0]
    assert anomalies(torn[:3]) == []


async def see_one_order(village: Village, operations: int, seed: int = 2) -> str:
    told = await gather_crowd(village, operations, clients=160, seed=seed)
    assert anomalies(told.calls) == []
    assert versions_read(told.calls) > operations / 50
    planted = [*make_stale(told.calls, at_most=3), *lose_updates(told.calls, at_most=3)]
    assert len(planted) == 6
    assert all(anomalies(calls) for calls in planted)
    posted = sum(outcome.receipt is not None for outcome in told.outcomes.values())
    reads = sum(bool(call.seen) for call in told.calls)
    refused = len(told.outcomes) - posted
    assert posted + reads + told.replays >= operations
    return (
        f"{posted + reads + told.replays} operations ({reads} reads, {told.replays} replays), 0 anomalies;"
        f" {refused} refused not counted"
    )


async def test_a_crowd_sees_one_order(village: Village, record_property: Callable[[str, object], None]) -> None:
    record_property("Q2", await see_one_order(village, 20_000))


@pytest.mark.soak
async def test_a_great_crowd_sees_one_order(
    village: Village, portion: Portion, record_property: Callable[[str, object], None]
) -> None:
    record_property("Q2", await see_one_order(village, portion.size(300_000), seed=portion.seed))
