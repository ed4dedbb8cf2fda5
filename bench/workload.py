"""W, the unit of work of every figure: what one busy minute of a county asks of the ledger, made from a seed."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime

import msgspec

from ledger.core.activity import Facts
from ledger.core.cap import Cap
from ledger.core.command import Award, Command, Line, Redeem, Request
from ledger.core.item import Catalogue, Item, Offer, OfferKind, Price, Shop
from ledger.core.measured import FixedValue
from ledger.core.period import Rolling, Span, business_day
from ledger.core.programme import AccountHolder, Outlet, Programme
from ledger.core.rulebook import Give, Rule, Rulebook
from ledger.core.title import Title
from ledger.core.unit import RuleUnit

AWARD_SHARE = 0.60
REDEEM_SHARE = 0.35  # the rest are redemptions at a merchant
AWARD_POINTS_MAX = 50
REDEEM_POINTS_MAX = 30
TIMES_A_MONTH = 30
SHOPS = 30
PRINCIPAL = "trm_000000000000000001"
BEGIN = date(2026, 1, 1)
TITLE = Title(zh="基准", en="Benchmark")


class Size(msgspec.Struct, frozen=True):
    """How many programmes, and how many households and outlets in each."""

    name: str
    programmes: int
    households: int
    outlets: int

    @property
    def slugs(self) -> list[str]:
        return [f"{self.name}-{number}" for number in range(self.programmes)]


COUNTY = Size("county", 1, 58_000, 204)
VILLAGES = Size("village", 204, 284, 1)
SIZES = {size.name: size for size in (COUNTY, VILLAGES)}


def work(size: Size, seed: int) -> Iterator[Request]:
    """Without end; every request has an idempotency key of its own, and two seeds never share one."""
    draw = random.Random(seed)
    slugs, today = size.slugs, local_today()
    while True:
        slug = draw.choice(slugs) if size.programmes > 1 else slugs[0]
        yield Request(slug, PRINCIPAL, f"{draw.getrandbits(128):032x}", _command(draw, size, today))


def local_today() -> date:
    """The business day of the programmes; the first day of a month is as good as any other."""
    return business_day(datetime.now(UTC), "Asia/Shanghai")


def household(number: int) -> str:
    """Registered one after another, so ids ascend as real ones do."""
    return f"hh_{number:018d}"


def outlet(number: int) -> str:
    return f"out_shop-{number}"


def programme_of(slug: str, size: Size) -> Programme:
    return Programme(
        programme=slug,
        title=TITLE,
        account_holder=AccountHolder.HOUSEHOLD,
        units=(RuleUnit.POINTS,),
        outlets=tuple(Outlet(id=f"shop-{number}", title=TITLE) for number in range(size.outlets)),
        expiry=Rolling(months=12),
    )


def _command(draw: random.Random, size: Size, today: date) -> Command:
    owner, kind = household(draw.randrange(size.households)), draw.random()
    if kind < AWARD_SHARE:
        return Award(f"deed-{draw.randint(1, AWARD_POINTS_MAX)}", owner, Facts(happened_on=today))
    points = draw.randint(1, REDEEM_POINTS_MAX)
    if kind < AWARD_SHARE + REDEEM_SHARE:
        return Redeem(owner, (Line(f"item-{points}"),), outlet=outlet(draw.randrange(size.outlets)))
    return Redeem(owner, (Line(f"offer-{points}"),), merchant=f"mer_barber-{draw.randrange(SHOPS)}")


def _price(points: int) -> tuple[Price, ...]:
    return (Price(label=1, from_=BEGIN, points=points),)


RULEBOOK = Rulebook(
    rulebook="2026-01",
    title=TITLE,
    from_=BEGIN,
    categories={"deeds": TITLE},
    rules=tuple(
        Rule(
            id=f"deed-{points}",
            title=TITLE,
            category="deeds",
            gives=(Give(value=FixedValue(points)),),
            caps=(Cap(per=Span.MONTH, times=TIMES_A_MONTH),),
        )
        for points in range(1, AWARD_POINTS_MAX + 1)
    ),
)
CATALOGUE = Catalogue(
    categories={"home": TITLE},
    items=tuple(
        Item(id=f"item-{points}", title=TITLE, category="home", prices=_price(points))
        for points in range(1, REDEEM_POINTS_MAX + 1)
    ),
    trades={"hair": TITLE},
    shops=tuple(
        Shop(
            id=f"barber-{number}",
            title=TITLE,
            trade="hair",
            offers=tuple(
                Offer(id=f"offer-{points}", title=TITLE, kind=OfferKind.SERVICE, prices=_price(points))
                for points in range(1, REDEEM_POINTS_MAX + 1)
            ),
        )
        for number in range(SHOPS)
    ),
)
