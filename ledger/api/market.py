"""The points supermarket: what things have cost, and what is running out."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from ledger.core.item import Item
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.core.title import Title
from ledger.db.accounts import read_stock
from ledger.db.owners import find_owners
from ledger.hall.answer import answer
from ledger.hall.call import Call, Limit
from ledger.hall.plain import Csv, csv

_P = "/v1/programmes/{programme:str}"
ITEMS_MAX = 5_000


class PriceChange(msgspec.Struct, frozen=True):
    """From that day on an item costs so many points, and fen where cash is part of the price; or it is no longer sold.

    `number` counts the changes of the item.
    """

    item: str
    number: int
    title: Title
    label: int | None
    from_day: date
    points: int | None
    cash: int | None
    points_before: int | None
    cash_before: int | None


class PriceHistory(msgspec.Struct, frozen=True):
    """By item and day. `next_cursor` asks for the changes after these."""

    programme: str
    changes: tuple[PriceChange, ...]
    next_cursor: str | None


class LowItem(msgspec.Struct, frozen=True):
    """Fewer pieces than `threshold` are left to be sold."""

    item: str
    title: Title
    stock: int
    reserved: int
    threshold: int


class LowStock(msgspec.Struct, frozen=True):
    """What an outlet should order, the scarcest first."""

    outlet: str
    items: tuple[LowItem, ...]


@get(f"{_P}/prices/history")
async def price_history(
    call: NamedDependency[Call],
    limit: Limit = 100,
    cursor: Annotated[str, QueryParameter(pattern="^([a-z0-9-]{1,40}/[0-9]{1,6})?$")] = "",
    item: Annotated[str | None, QueryParameter(pattern="^[a-z0-9-]{1,40}$")] = None,
) -> Response[PriceHistory]:
    """Every price that an item has had or will have, by all catalogues that were ever published; for everybody."""
    scheme = await call.scheme()
    after, _, number = cursor.partition("/")
    place = (after, int(number or "0"))
    changes = [change for change in _changes(scheme, item) if (change.item, change.number) > place][: limit + 1]
    page = tuple(changes[:limit])
    last = f"{page[-1].item}/{page[-1].number}" if len(changes) > limit else None
    return answer(PriceHistory(scheme.slug, page, last))


@get(f"{_P}/prices/history/csv")
async def price_history_table(call: NamedDependency[Call]) -> Response[Csv]:
    """The same as a table; for everybody."""
    scheme = await call.scheme()
    columns = (
        "item",
        "number",
        "title_zh",
        "title_en",
        "label",
        "from",
        "points",
        "cash_fen",
        "points_before",
        "cash_before_fen",
    )
    rows = (
        (one.item, one.number, one.title.zh, one.title.en, one.label, one.from_day, one.points, one.cash,
         one.points_before, one.cash_before)
        for one in _changes(scheme, None)
    )  # fmt: skip
    return csv(columns, rows, name=f"{scheme.slug}-prices")


@get(f"{_P}/outlets/{{outlet:str}}/low-stock")
async def low_stock(outlet: FromPath[str], call: NamedDependency[Call]) -> Response[LowStock]:
    """Items of which fewer are left than the item's own threshold, or the outlet's where the item has none."""
    async with call.desk.reading(call.programme) as connection:
        if not (outlet.startswith("out_") and await find_owners(connection, call.programme, [outlet])):
            raise Refused(Reason.NOT_FOUND, owner=outlet)
        rows = await read_stock(connection, call.programme, outlet, after="item:", limit=ITEMS_MAX)
        scheme = await call.desk.shelf.current(connection, call.programme)
    held = {row.unit.removeprefix("item:"): row for row in rows}
    low = []
    for id, item in scheme.items.items():
        threshold, row = _threshold(scheme, outlet, item, is_held=id in held), held.get(id)
        stock, reserved = (0, 0) if row is None else (row.stock, row.reserved)
        if threshold is not None and stock < threshold:
            low.append(LowItem(id, item.title, stock, reserved, threshold))
    return answer(LowStock(outlet, tuple(sorted(low, key=lambda one: (one.stock - one.threshold, one.item)))))


def _threshold(scheme: Scheme, outlet: str, item: Item, *, is_held: bool) -> int | None:
    """The outlet's own counts only for goods that it has ever had; a single piece is never ordered again."""
    if item.single:
        return None
    if item.low_stock is not None:
        return item.low_stock
    own = next((one.low_stock for one in scheme.policy.outlets if f"out_{one.id}" == outlet), None)
    return own if is_held else None


def _changes(scheme: Scheme, wanted: str | None) -> Iterator[PriceChange]:
    for id, steps in sorted(scheme.price_steps.items()):
        for place, (before, step) in enumerate(pairwise((None, *steps)) if wanted in (None, id) else (), start=1):
            assert step is not None, "only the first has none before it"
            price = step.price
            earlier = None if before is None else before.price
            yield PriceChange(
                item=id,
                number=place,
                title=step.title,
                label=None if price is None else price.label,
                from_day=step.from_day,
                points=None if price is None else price.points,
                cash=None if price is None else price.cash,
                points_before=None if earlier is None else earlier.points,
                cash_before=None if earlier is None else earlier.cash,
            )
