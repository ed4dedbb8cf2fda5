"""The types of catalogue.yaml: goods with their points prices and label revisions, shops with their offers."""

import enum
import itertools
from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.cap import Cap
from ledger.core.title import Note, Slug, Title

Points = Annotated[int, Meta(ge=0, le=1_000_000_000)]


class ItemSource(enum.StrEnum):
    """Where the goods come from; bought stock has a cost, donated stock a donor."""

    BOUGHT = "bought"
    DONATED = "donated"
    MERCHANT = "merchant"
    SECOND_HAND = "second_hand"


class Price(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename={"from_": "from"}):
    """What one piece costs from a day on. `label`, printed on the shelf label, rises with each change."""

    label: Annotated[int, Meta(ge=1, le=100_000)]
    from_: date
    points: Points
    cash: Annotated[int, Meta(ge=0, le=10_000_000, description="fen")] = 0


def _check_prices(prices: tuple[Price, ...]) -> None:
    for before, after in itertools.pairwise(prices):
        if after.label <= before.label or after.from_ <= before.from_:
            raise ValueError("价格须按日期和标签号递增 / each later price has a later day and a higher label")


Prices = Annotated[tuple[Price, ...], Meta(min_length=1, max_length=200)]


class Item(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One kind of goods. A `single` piece exists once, such as a donated coat, and names the donation behind it."""

    id: Slug
    title: Title
    category: Slug
    prices: Prices
    sold_by: Title | None = None
    source: ItemSource = ItemSource.BOUGHT
    single: bool = False
    donation: Annotated[str, Meta(pattern=r"^don_[0-9a-z]{18}$(?!\n)")] | None = None
    low_stock: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    limits: Annotated[tuple[Cap, ...], Meta(max_length=10)] = ()
    assumption: Note | None = None

    def __post_init__(self) -> None:
        _check_prices(self.prices)


class OfferKind(enum.StrEnum):
    """What a shop gives for points."""

    GOODS = "goods"
    SERVICE = "service"
    DISCOUNT = "discount"


class Offer(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that a shop gives for points, priced by the shop."""

    id: Slug
    title: Title
    kind: OfferKind
    prices: Prices
    assumption: Note | None = None

    def __post_init__(self) -> None:
        _check_prices(self.prices)


class Shop(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A shop of the merchant alliance."""

    id: Slug
    title: Title
    trade: Slug
    area: Slug | None = None
    offers: Annotated[tuple[Offer, ...], Meta(max_length=200)] = ()
    assumption: Note | None = None


class Catalogue(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """All that points can be exchanged for."""

    categories: Annotated[dict[Slug, Title], Meta(max_length=100)]
    items: Annotated[tuple[Item, ...], Meta(max_length=5000)]
    trades: Annotated[dict[Slug, Title], Meta(max_length=100)] = {}
    shops: Annotated[tuple[Shop, ...], Meta(max_length=5000)] = ()
    assumption: Note | None = None
    source: Note | None = None


def price_on(prices: tuple[Price, ...], day: date) -> Price | None:
    """The price in force on a day; None before the first one."""
    for price in reversed(prices):
        if price.from_ <= day:
            return price
    return None
