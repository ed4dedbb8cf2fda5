"""Small edges of the core that nothing larger comes upon: first days, words for answers, numbers on a screen."""

from datetime import date, timedelta

import pytest

from ledger.core.fact import Fact, FactType
from ledger.core.item import Price, price_on
from ledger.core.mask import mask_name, mask_number
from ledger.core.phrase import choice_words
from ledger.core.scale import decimal
from ledger.core.title import Title
from tests.village import BOTH

FIRST, SECOND = date(2026, 3, 1), date(2026, 5, 1)
PRICES = (Price(label=1, from_=FIRST, points=5), Price(label=2, from_=SECOND, points=6))
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "points"), [(FIRST - DAY, None), (FIRST, 5), (SECOND - DAY, 5), (SECOND, 6), (SECOND + 999 * DAY, 6)]
)
def test_a_price_holds_from_its_first_day(day: date, points: int | None) -> None:
    price = price_on(PRICES, day)
    assert (None if price is None else price.points) == points


@pytest.mark.parametrize(
    ("amount", "scale", "shown"),
    [(1205, 2, "12.05"), (-1205, 2, "-12.05"), (-5, 2, "-0.05"), (0, 2, "0.00"), (7, 1, "0.7"), (-7, 0, "-7")],
)
def test_people_see_decimals(amount: int, scale: int, shown: str) -> None:
    assert decimal(amount, scale) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [("", "*"), ("  ", "*"), (None, "*"), ("张", "张*"), ("张三", "张*"), ("张小三", "张*三"), ("Li A", "L* A*")],
)
def test_a_name_on_a_wall(name: str | None, shown: str) -> None:
    assert mask_name(name) == shown


@pytest.mark.parametrize(("number", "shown"), [("1234567", "…4567"), ("123456", ""), ("", "")])
def test_a_number_on_a_screen(number: str, shown: str) -> None:
    assert mask_number(number) == shown


@pytest.mark.parametrize(
    ("fact", "answer", "zh", "en"),
    [
        (None, "x", "x", "x"),
        (Fact("resident", FactType.FLAG, Title("居民", "resident")), "true", "是", "yes"),
        (Fact("resident", FactType.FLAG, Title("居民", "resident")), "false", "否", "no"),
        (Fact("resident", FactType.FLAG, Title("居民", "resident")), "", "", ""),
        (Fact("bags", FactType.QUANTITY, Title("袋", "bags"), Title("个", "pieces")), "3", "3 个", "3 pieces"),
        (
            Fact("grade", FactType.CHOICE, BOTH, None, {"a": Title("甲", "1st"), "b": Title("乙", "2nd")}),
            "a|b", "甲或乙", "1st or 2nd",
        ),
    ],
)  # fmt: skip
def test_an_answer_is_told_as_people_say_it(fact: Fact | None, answer: str, zh: str, en: str) -> None:
    assert choice_words(fact, answer) == Title(zh, en)
