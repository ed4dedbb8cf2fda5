"""What things have cost: the prices of all catalogues, each in force from its publication until the next one."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from ledger.core.item import Item, Price, price_on
from ledger.core.title import Title


class PriceStep(Struct, frozen=True):
    """From a day on an item costs so much, under this label; without a price it is no longer sold."""

    item: str
    title: Title
    from_day: date
    price: Price | None


class Goods(Struct, frozen=True):
    """The items of one catalogue and the business day on which it was published."""

    published_on: date
    items: tuple[Item, ...]


def price_steps(catalogues: Sequence[Goods]) -> dict[str, tuple[PriceStep, ...]]:
    """By item, oldest first; `catalogues` are in the order of publication.

    What a catalogue says of days before it is believed only of items that no catalogue had named: of the others it is
    known what they cost, and a price that is set back holds from the day on which it was published.
    """
    steps: dict[str, list[PriceStep]] = {}
    for place, goods in enumerate(catalogues):
        until = catalogues[place + 1].published_on if place + 1 < len(catalogues) else date.max
        named = {item.id for item in goods.items}
        for id in [id for id in steps if id not in named and _is_sold(steps[id])]:
            steps[id].append(PriceStep(id, steps[id][-1].title, goods.published_on, None))
        for item in goods.items:
            _add(steps.setdefault(item.id, []), item, goods.published_on, until)
    return {id: tuple(found) for id, found in steps.items() if found}


def step_on(steps: Sequence[PriceStep], day: date) -> PriceStep | None:
    """The last price that held on a day or before it."""
    return next((step for step in reversed(steps) if step.from_day <= day and step.price is not None), None)


def _add(steps: list[PriceStep], item: Item, published_on: date, until: date) -> None:
    """What a later catalogue took back before its day never was a price."""
    if not steps:
        steps += [PriceStep(item.id, item.title, one.from_, one) for one in item.prices if one.from_ <= until]
        return
    now = price_on(item.prices, published_on)
    if _told(now) != _told(steps[-1].price):
        steps.append(PriceStep(item.id, item.title, published_on, now))
    later = [one for one in item.prices if published_on < one.from_ <= until]
    steps += [PriceStep(item.id, item.title, one.from_, one) for one in later]


def _is_sold(steps: Sequence[PriceStep]) -> bool:
    return bool(steps) and steps[-1].price is not None


def _told(price: Price | None) -> tuple[int, int, int] | None:
    """What a shelf label says."""
    return None if price is None else (price.label, price.points, price.cash)
