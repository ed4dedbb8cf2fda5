"""A small programme that tests post into, and the shortest way to post into it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from ledger.actions.publish import publish_catalogue, publish_programme, publish_rulebook
from ledger.core.activity import Facts
from ledger.core.cap import Cap
from ledger.core.command import Award, Command, Line, Receive, Redeem, Request
from ledger.core.item import Catalogue, Item, Offer, OfferKind, Price, Shop
from ledger.core.period import Rolling, Span
from ledger.core.programme import AccountHolder, Outlet, Programme
from ledger.core.rulebook import Give, Rule, Rulebook, RuleUnit
from ledger.core.spending import Spending
from ledger.core.title import Title
from ledger.core.transaction import Outcome
from ledger.core.value import FixedValue
from ledger.db.journal import show_programmes
from ledger.db.owners import Owner, open_owners
from ledger.db.schemes import SchemeShelf
from ledger.db.service_role import connect
from ledger.posting import post

DAY = date(2026, 9, 14)
# The village's own day, which is what the ledger goes by; the machine's may be another one at the same moment.
TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
BOTH = Title(zh="一", en="one")
HOUSEHOLDS = ("hh_1", "hh_2", "hh_3")
SWEEP_POINTS = 5
SWEEPS_A_MONTH = 4


class Database(msgspec.Struct, frozen=True):
    """Addresses of one test database: the service's, and the administrator's."""

    admin_url: str
    url: str


class Village(msgspec.Struct):
    """An open programme with a service connection of its own."""

    database: Database
    slug: str
    connection: asyncpg.Connection
    shelf: SchemeShelf
    days_passed: int = 0

    async def post(self, *commands: tuple[str, Command], connection: asyncpg.Connection | None = None) -> list[Outcome]:
        """One batch of (key, command) in one database transaction."""
        connection = connection or self.connection
        requests = [Request(self.slug, "system:test", key, command) for key, command in commands]
        async with connection.transaction():
            return await post(connection, requests, self.shelf)

    async def rows(self, sql: str, *values: object) -> list[asyncpg.Record]:
        """What the administrator sees."""
        admin = await connect(self.database.admin_url)
        try:
            return await admin.fetch(sql, *values)
        finally:
            await admin.close()

    async def open(self, owner: str) -> None:
        """One more member."""
        async with self.connection.transaction():
            await show_programmes(self.connection, [self.slug])
            await open_owners(self.connection, self.slug, [Owner(owner, "member", household="hh_1")])

    async def let_days_pass(self, days: int) -> None:
        """Moves the ledger's clock; points lapse and notices end accordingly."""
        self.days_passed += days
        admin = await connect(self.database.admin_url)
        await admin.execute(
            "CREATE OR REPLACE FUNCTION now_at() RETURNS timestamptz LANGUAGE sql VOLATILE "
            f"RETURN clock_timestamp() + interval '{self.days_passed} days'"
        )
        await admin.close()

    async def total(self, owner: str, purse: str = "main", unit: str = "points") -> int:
        rows = await self.rows(
            "SELECT total FROM balance WHERE programme = $1 AND owner = $2 AND purse = $3 AND unit = $4",
            self.slug, owner, purse, unit,
        )  # fmt: skip
        return rows[0]["total"] if rows else 0


@asynccontextmanager
async def open_village(database: Database, slug: str = "village") -> AsyncIterator[Village]:
    connection = await connect(database.url)
    await connection.execute(
        "INSERT INTO node (id, kind, title_zh, title_en)"
        " VALUES ('nod_1', 'county', '县', 'County') ON CONFLICT DO NOTHING"
    )
    await publish_programme(connection, programme_of(slug), node="nod_1", by="system:test")
    await publish_rulebook(connection, slug, RULEBOOK, by="system:test")
    await publish_catalogue(connection, slug, CATALOGUE, by="system:test")
    async with connection.transaction():
        await show_programmes(connection, [slug])
        await open_owners(connection, slug, [Owner(id, "household") for id in HOUSEHOLDS])
    yield Village(database, slug, connection, SchemeShelf())
    await connection.close()


def programme_of(slug: str, spending: Spending | None = None) -> Programme:
    return Programme(
        spending=spending or Spending(),
        programme=slug,
        title=BOTH,
        account_holder=AccountHolder.HOUSEHOLD,
        units=(RuleUnit.POINTS,),
        outlets=(
            Outlet(id="shop", title=BOTH),
            Outlet(id="fair", title=BOTH),
            Outlet(id="station", title=BOTH, sells=False, donations=True),
        ),
        expiry=Rolling(months=12),
    )


def sweep(recipient: str = "hh_1", *, day: date = DAY) -> Award:
    """Five points, four times a month."""
    return Award("sweep", recipient, Facts(happened_on=day))


def gift(recipient: str = "hh_1", *, day: date = DAY) -> Award:
    """A hundred points without a limit."""
    return Award("plenty", recipient, Facts(happened_on=day))


def noticed(recipient: str = "hh_1", *, day: date = DAY) -> Award:
    """Ten points once a year, seven days under public notice."""
    return Award("noticed", recipient, Facts(happened_on=day))


def receive(quantity: int = 10, *, item: str = "tissue", outlet: str = "out_shop") -> Receive:
    return Receive(outlet, item, quantity)


def redeem(owner: str = "hh_1", quantity: int = 1, *, item: str = "tissue", outlet: str = "out_shop") -> Redeem:
    """Tissue costs 30 points, soap 5."""
    return Redeem(owner, (Line(item, quantity),), outlet=outlet)


def haircut(owner: str = "hh_1") -> Redeem:
    """Twenty points at the barber's."""
    return Redeem(owner, (Line("haircut"),), merchant="mer_barber")


def _rule(id: str, points: int, *caps: Cap, notice_days: int = 0) -> Rule:
    gives = (Give(value=FixedValue(points)),)
    return Rule(id=id, title=BOTH, category="clean", gives=gives, caps=caps, notice_days=notice_days)


RULEBOOK = Rulebook(
    rulebook="2026-01",
    title=BOTH,
    from_=date(2026, 1, 1),
    categories={"clean": BOTH},
    rules=(
        _rule("sweep", SWEEP_POINTS, Cap(per=Span.MONTH, times=SWEEPS_A_MONTH)),
        _rule("plenty", 100),
        _rule("noticed", 10, Cap(per=Span.YEAR, times=1), notice_days=7),
    ),
)
CATALOGUE = Catalogue(
    categories={"home": BOTH},
    items=tuple(
        Item(id=id, title=BOTH, category="home", prices=(Price(label=1, from_=date(2026, 1, 1), points=points),))
        for id, points in (("tissue", 30), ("soap", 5))
    ),
    trades={"hair": BOTH},
    shops=(
        Shop(
            id="barber",
            title=BOTH,
            trade="hair",
            offers=(
                Offer(
                    id="haircut",
                    title=BOTH,
                    kind=OfferKind.SERVICE,
                    prices=(Price(label=1, from_=date(2026, 1, 1), points=20),),
                ),
            ),
        ),
    ),
)
