"""The town that the model knows by heart, as the ledger's own documents, with a clock that a test sets."""

from datetime import date
from typing import Any

import asyncpg

from ledger.actions.publish import publish_catalogue, publish_programme, publish_rulebook
from ledger.core.cap import Cap, Subject
from ledger.core.item import Catalogue, Item, Offer, OfferKind, Price, Shop
from ledger.core.measured import FixedValue
from ledger.core.period import CalendarEnd, Expiry, Never, Rolling, Span
from ledger.core.programme import AccountHolder, Outlet, Programme
from ledger.core.rulebook import Give, Proof, RecipientKind, Rule, Rulebook
from ledger.core.spending import CashPart, GiftRatio, Spending
from ledger.core.title import Title
from ledger.core.unit import RuleUnit
from ledger.db.journal import show_programmes
from ledger.db.owners import Owner, open_owners
from ledger.db.service_role import connect

BOTH = Title(zh="镇", en="town")
NEW_YEAR = date(2026, 1, 1)
HOUSEHOLDS = ("hh_1", "hh_2", "hh_3")
OWNERS = {
    **dict.fromkeys(HOUSEHOLDS, "household"),
    **dict.fromkeys(("mer_barber", "mer_grocer"), "merchant"),
    **dict.fromkeys(("out_shop", "out_fair"), "outlet"),
}
"""Everybody by kind, as the model wants them."""

KEPT_BACK = Spending(
    base=10,
    suspended_below=15,
    least_spent=5,
    gift=GiftRatio(per_earned=1, by_class={"poor": 3}),
    cash=CashPart(fen_per_point=5, least_points=4),
)
"""What the stricter of the model's two towns keeps back."""

# Whoever may post can choose the day of a database made for tests, session by session.
CLOCK = """
CREATE OR REPLACE FUNCTION now_at() RETURNS timestamptz LANGUAGE sql VOLATILE
RETURN coalesce(nullif(current_setting('town.now', TRUE), '')::timestamptz, clock_timestamp())
"""


async def prepare_town(admin_url: str) -> None:
    """Once for a database: a county to hang towns on, and the clock."""
    admin = await connect(admin_url)
    await admin.execute("INSERT INTO node (id, kind, title_zh, title_en) VALUES ('nod_1', 'county', '县', 'County')")
    await admin.execute(CLOCK)
    await admin.close()


async def set_day(connection: asyncpg.Connection, day: date) -> None:
    """Noon of that day in the town, for this connection."""
    await connection.execute("SELECT set_config('town.now', $1, FALSE)", f"{day.isoformat()} 12:00:00+08")


async def open_town(connection: asyncpg.Connection, slug: str, spending: Spending | None = None) -> None:
    programme = Programme(
        programme=slug,
        title=BOTH,
        account_holder=AccountHolder.HOUSEHOLD,
        units=tuple(RuleUnit),
        outlets=(Outlet(id="shop", title=BOTH), Outlet(id="fair", title=BOTH)),
        expiry=Rolling(months=12),
        spending=spending or Spending(),
        classes={"poor": BOTH},
    )
    await publish_programme(connection, programme, node="nod_1", by="system:test")
    await publish_rulebook(connection, slug, RULEBOOK, by="system:test")
    await publish_catalogue(connection, slug, CATALOGUE, by="system:test")
    async with connection.transaction():
        await show_programmes(connection, [slug])
        await open_owners(connection, slug, [Owner(id, "household") for id in HOUSEHOLDS])


YEAR: Expiry = Rolling(months=12)
THIS_MONTH: Expiry = CalendarEnd(end_of=Span.MONTH)
NEXT_QUARTER: Expiry = CalendarEnd(end_of=Span.QUARTER, later=1)


def _give(amount: int, unit: RuleUnit = RuleUnit.POINTS, expiry: Expiry | None = None) -> Give:
    return Give(value=FixedValue(amount), unit=unit, expiry=expiry)


def _rules() -> tuple[Rule, ...]:
    def rule(id: str, *gives: Give, **more: Any) -> Rule:
        return Rule(id=id, title=BOTH, category="clean", gives=gives, **more)

    budget = Cap(per=Span.YEAR, points=500, of=Subject.PROGRAMME)
    return (
        rule("sweep", _give(5), caps=(Cap(per=Span.MONTH, times=4),)),
        rule("plenty", _give(100)),
        rule("hasty", _give(40, expiry=THIS_MONTH)),
        rule("slow", _give(33, expiry=NEXT_QUARTER)),
        rule("lasting", _give(7, expiry=Never()), evidence=Proof(photos=1)),
        rule("trickle", _give(20), caps=(Cap(per=Span.WEEK, points=50),)),
        rule("budgeted", _give(60, expiry=THIS_MONTH), caps=(budget, Cap(per=Span.MONTH, times=3))),
        rule("noticed", _give(60, expiry=THIS_MONTH), caps=(Cap(per=Span.MONTH, times=5),), notice_days=3),
        rule(
            "mixed",
            _give(10),
            _give(6, RuleUnit.GIFT),
            _give(3, RuleUnit.SCORE),
            _give(45, RuleUnit.SERVICE_MINUTES),
            caps=(Cap(per=Span.MONTH, points=25),),
        ),
        rule("noticed-mixed", _give(12, expiry=NEXT_QUARTER), _give(5, RuleUnit.GIFT), notice_days=20),
        rule("open-shop", _give(15), caps=(Cap(per=Span.WEEK, times=2),), recipient=RecipientKind.MERCHANT),
    )


def _price(points: int, *, since: date = NEW_YEAR, label: int = 1) -> Price:
    return Price(label=label, from_=since, points=points)


def _item(id: str, *prices: Price) -> Item:
    return Item(id=id, title=BOTH, category="home", prices=prices)


def _shop(id: str, **offers: int) -> Shop:
    return Shop(
        id=id,
        title=BOTH,
        trade="trade",
        offers=tuple(
            Offer(id=offer, title=BOTH, kind=OfferKind.SERVICE, prices=(_price(points),))
            for offer, points in offers.items()
        ),
    )


RULEBOOK = Rulebook(rulebook="2026-01", title=BOTH, from_=NEW_YEAR, categories={"clean": BOTH}, rules=_rules())
CATALOGUE = Catalogue(
    categories={"home": BOTH},
    items=(
        _item("tissue", _price(30), _price(35, since=date(2026, 11, 1), label=2)),
        _item("soap", _price(5)),
        _item("leaflet", _price(0)),
        _item("lantern", _price(8, since=date(2027, 1, 15))),
    ),
    trades={"trade": BOTH},
    shops=(_shop("barber", haircut=20), _shop("grocer", eggs=12, greeting=0)),
)
