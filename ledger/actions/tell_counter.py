"""What a cashier must see before a sale: who pays with how much, what is on the shelves, what the basket comes to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import asyncpg
import msgspec

from ledger.actions.fill_class import filled_sale, looks_at_class
from ledger.actions.open_owner import read_register
from ledger.actions.quote_redemption import Quote, quote_redemption
from ledger.core.card import Shown
from ledger.core.command import Line, Redeem
from ledger.core.item import Item, Price, price_on
from ledger.core.mask import mask_number
from ledger.core.period import business_day
from ledger.core.programme import LabelPolicy
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.core.title import Title
from ledger.db.accounts import read_stock
from ledger.db.schemes import SchemeShelf

GOODS_SHOWN = 24
_STOCK_READ = 5_000


class Goods(msgspec.Struct, frozen=True):
    """One kind of goods with its price of today and how many pieces are left here.

    `key` is what a basket calls it: the item, and behind a colon the revision of an old label that is honoured.
    """

    key: str
    item: str
    title: Title
    points: int
    fen: int
    left: int


class BasketLine(msgspec.Struct, frozen=True):
    """What is to be sold, at the price of today."""

    goods: Goods
    quantity: int

    @property
    def points(self) -> int:
        return self.goods.points * self.quantity

    @property
    def is_short(self) -> bool:
        return self.quantity > self.goods.left


class LabelStanding(msgspec.Struct, frozen=True):
    """A label that was scanned: what a basket calls the goods, the old price that it shows, if it does, and today's."""

    key: str
    old: Price | None
    now: Price

    @property
    def is_honoured(self) -> bool:
        return ":" in self.key


class Counter(msgspec.Struct, frozen=True):
    """Everything of one sale that has not been made. `goods` is what was looked for, or the first that are there."""

    owner: str
    name: str
    number: str
    basket: tuple[BasketLine, ...]
    quote: Quote
    fen: int
    in_cash: int
    most_in_cash: int
    goods: tuple[Goods, ...]
    is_more: bool

    @property
    def points(self) -> int:
        """What is taken in points, when part of the price is paid in money."""
        return self.quote.points - self.in_cash

    @property
    def needs_pin(self) -> bool:
        """A number alone, or more than the card alone may pay."""
        refusal = self.quote.refusal
        return refusal is not None and refusal.reason == Reason.PIN_NEEDED

    @property
    def after(self) -> int:
        """What is left when it is paid; below zero, what is missing."""
        return self.quote.available - self.points


async def tell_counter(
    connection: asyncpg.Connection,
    programme: str,
    *,
    owner: str,
    outlet: str,
    wanted: Mapping[str, int],
    shown: Shown,
    find: str,
    in_cash: int = 0,
    shelf: SchemeShelf,
) -> Counter:
    """In one consistent view; refuses `not_found` for whom the programme does not know. `in_cash` points are paid in
    money, as far as the programme lets them.
    """
    scheme = await shelf.current(connection, programme)
    known = (await read_register(connection, programme, [owner])).get(owner)
    if known is None:
        raise Refused(Reason.NOT_FOUND, owner=owner)
    shelves = await _goods(connection, programme, outlet, scheme, shelf)
    basket = tuple(_basket(wanted, shelves, scheme, business_day(shelf.now(), scheme.policy.time_zone)))
    in_cash = min(in_cash, _most_in_cash(scheme, basket))
    fen = sum(line.goods.fen * line.quantity for line in basket) + in_cash * _fen_per_point(scheme)
    sale = Redeem(owner, sale_lines(basket), outlet=outlet, cash_fen=fen, shown=shown)
    if looks_at_class(scheme):
        sale = await filled_sale(connection, programme, sale)
    quote = await quote_redemption(connection, programme, sale, shelf=shelf)
    found = found_goods(shelves.values(), find)
    return Counter(
        owner=owner,
        name=known.masked_name or "",
        number=mask_number(known.reference or ""),
        basket=basket,
        quote=quote,
        fen=fen,
        in_cash=in_cash,
        most_in_cash=_most_in_cash(scheme, basket),
        goods=tuple(found[:GOODS_SHOWN]),
        is_more=len(found) > GOODS_SHOWN,
    )


def label_standing(scheme: Scheme, item: str, revision: int | None, today: date) -> LabelStanding | None:
    """What a scanned label says against today's price; None for a label that never was, or has no price yet."""
    found = scheme.items.get(item)
    now = None if found is None else price_on(found.prices, today)
    if found is None or now is None:
        return None
    if revision in (None, now.label):
        return LabelStanding(item, None, now)
    old = next((one for one in found.prices if one.label == revision and one.from_ <= today), None)
    if old is None:
        return None
    honoured = scheme.policy.labels is LabelPolicy.HONOUR
    return LabelStanding(f"{item}:{revision}" if honoured else item, old, now)


def sale_lines(basket: Sequence[BasketLine]) -> tuple[Line, ...]:
    """With the prices that the cashier sees, so that a price changed meanwhile is refused and not taken."""
    return tuple(Line(line.goods.item, line.quantity, line.goods.points) for line in basket)


def _basket(
    wanted: Mapping[str, int], shelves: Mapping[str, Goods], scheme: Scheme, today: date
) -> Iterator[BasketLine]:
    """What has a price today, or the price of a label that is honoured."""
    for key, quantity in wanted.items():
        item, _, revision = key.partition(":")
        standing = label_standing(scheme, item, int(revision) if revision else None, today)
        if item in shelves and standing is not None and standing.key == key:
            price = standing.old or standing.now
            yield BasketLine(
                msgspec.structs.replace(shelves[item], key=key, points=price.points, fen=price.cash), quantity
            )


def _most_in_cash(scheme: Scheme, basket: Sequence[BasketLine]) -> int:
    """How many points of the price money may stand for."""
    cash = scheme.policy.spending.cash
    return 0 if cash is None else max(0, sum(line.points for line in basket) - cash.least_points)


def _fen_per_point(scheme: Scheme) -> int:
    cash = scheme.policy.spending.cash
    return 0 if cash is None else cash.fen_per_point


def found_goods(goods: Iterable[Goods], find: str) -> list[Goods]:
    """Those whose name or number has the words in it; what is on the shelf first, then by name."""
    words = find.casefold().split()
    found = [one for one in goods if all(word in _told(one) for word in words)]
    return sorted(found, key=lambda one: (one.left <= 0, one.title.zh))


def _told(goods: Goods) -> str:
    return f"{goods.item} {goods.title.zh} {goods.title.en}".casefold()


async def _goods(
    connection: asyncpg.Connection, programme: str, outlet: str, scheme: Scheme, shelf: SchemeShelf
) -> dict[str, Goods]:
    """All that has a price today, by item; what was never received here is not there."""
    today = business_day(shelf.now(), scheme.policy.time_zone)
    rows = await read_stock(connection, programme, outlet, after="item:", limit=_STOCK_READ)
    left = {row.unit.removeprefix("item:"): row.stock for row in rows}
    priced = ((item, price_on(item.prices, today)) for item in scheme.items.values())
    return {item.id: _priced(item, price, left.get(item.id, 0)) for item, price in priced if price is not None}


def _priced(item: Item, price: Price, left: int) -> Goods:
    return Goods(item.id, item.id, item.title, price.points, price.cash, left)
