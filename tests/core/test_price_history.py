"""What things have cost, by all catalogues: nothing that was charged can be taken out of it."""

from datetime import date

from ledger.core.item import Item, Price
from ledger.core.price_history import Goods, price_steps, step_on
from tests.village import BOTH

FIRST, SECOND, THIRD = date(2026, 3, 1), date(2026, 5, 1), date(2026, 7, 1)


def soap(*prices: tuple[int, date, int]) -> Item:
    named = tuple(Price(label=label, from_=day, points=points) for label, day, points in prices)
    return Item(id="soap", title=BOTH, category="home", prices=named)


def told(*catalogues: Goods) -> list[tuple[date, int | None]]:
    steps = price_steps(catalogues).get("soap", ())
    return [(step.from_day, None if step.price is None else step.price.points) for step in steps]


def test_what_the_first_catalogue_says_of_days_before_it_is_believed() -> None:
    assert told(Goods(FIRST, (soap((1, date(2025, 1, 1), 5), (2, SECOND, 6)),))) == [(date(2025, 1, 1), 5), (SECOND, 6)]


def test_a_price_that_is_set_back_holds_from_its_publication() -> None:
    before, after = soap((1, date(2025, 1, 1), 5)), soap((1, date(2025, 1, 1), 9))
    assert told(Goods(FIRST, (before,)), Goods(SECOND, (after,))) == [(date(2025, 1, 1), 5), (SECOND, 9)]


def test_a_later_catalogue_drops_no_price_that_was_charged() -> None:
    first, short = soap((1, FIRST, 5), (2, SECOND, 6)), soap((3, THIRD, 7))
    assert told(Goods(FIRST, (first,)), Goods(THIRD, (short,))) == [(FIRST, 5), (SECOND, 6), (THIRD, 7)]


def test_a_price_that_was_taken_back_before_its_day_never_was_one() -> None:
    first, second = soap((1, FIRST, 5), (2, THIRD, 6)), soap((1, FIRST, 5))
    assert told(Goods(FIRST, (first,)), Goods(SECOND, (second,))) == [(FIRST, 5)]


def test_what_is_no_longer_sold_is_told_and_may_come_again() -> None:
    there, gone = Goods(FIRST, (soap((1, FIRST, 5)),)), Goods(SECOND, ())
    again = Goods(THIRD, (soap((1, FIRST, 5)),))
    assert told(there, gone, gone, again) == [(FIRST, 5), (SECOND, None), (THIRD, 5)]
    steps = price_steps([there, gone])["soap"]
    last = step_on(steps, THIRD)
    assert last is not None and last.price is not None and last.price.points == 5
    assert step_on(steps, date(2026, 1, 1)) is None
