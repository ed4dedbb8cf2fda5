"""Labels for shelves: every item carries its points, the revision of the label and a bar code."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import get
from litestar.connection import Request
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Response

from ledger.core.item import Item, price_on
from ledger.core.period import business_day
from ledger.core.title import Title
from ledger.hall.call import Call, Limit
from ledger.hall.html import Html
from ledger.web.sheet import Lang, Paper, show

Items = Annotated[str, QueryParameter(pattern=r"^([a-z0-9-]{1,40}(,[a-z0-9-]{1,40}){0,199})?$")]


class ShelfLabel(msgspec.Struct, frozen=True):
    """What is printed on one piece of 40×30 mm."""

    title: Title
    sold_by: Title | None
    points: int
    cash: int
    revision: int
    code: str
    donation: str | None


@get("/v1/programmes/{programme:str}/label-sheets")
async def label_sheet(
    call: NamedDependency[Call],
    request: Request[Any, Any, Any],
    paper: Annotated[Literal["a4", "label"], QueryParameter(name="paper")] = "a4",
    items: Items = "",
    limit: Limit = 200,
    cursor: Annotated[str, QueryParameter(pattern="^[a-z0-9-]{0,40}$")] = "",
    lang: Lang = None,
) -> Response[Html]:
    """Of the items named, or of all with a price today: an A4 sheet, or one label after another on a roll."""
    scheme = await call.scheme()
    today = business_day(call.desk.shelf.now(), scheme.policy.time_zone)
    wanted = items.split(",") if items else sorted(id for id in scheme.items if id > cursor)
    labels: list[ShelfLabel] = []
    for id in wanted:
        item = scheme.must_have_item(id)
        price = price_on(item.prices, today)
        if price is not None and len(labels) < limit:
            labels.append(_label(item, price.points, price.cash, price.label))
    return show(
        request,
        "labels.html",
        paper=Paper(paper),
        time_zone=scheme.policy.time_zone,
        programme=scheme.policy.title,
        today=today,
        labels=labels,
    )


def _label(item: Item, points: int, cash: int, revision: int) -> ShelfLabel:
    """The bar code holds item and revision, so that a till can send the label that it read."""
    return ShelfLabel(item.title, item.sold_by, points, cash, revision, f"{item.id}.{revision}", item.donation)
