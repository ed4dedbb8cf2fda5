"""A village in which every kind of transaction has happened, for whoever looks at the ledger as a whole."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec

from ledger.actions.publish import publish_rulebook
from ledger.core.command import (
    Activate,
    Adjust,
    CancelPending,
    Capture,
    Command,
    Count,
    Deduct,
    Donate,
    Expire,
    Group,
    Hold,
    LateSale,
    Line,
    Move,
    Open,
    Refund,
    RefundLine,
    Reset,
    Return,
    Reverse,
    Settle,
    Share,
    Split,
    TakenLine,
    Transfer,
    Void,
    WriteOff,
)
from ledger.core.transaction import Outcome
from ledger.db.embedded import EmbeddedDatabase
from ledger.db.service_role import connect, prepare_database
from tests.village import RULEBOOK, TODAY, Database, Village, gift, haircut, open_village, receive, redeem, sweep

SOON = TODAY + timedelta(days=40)
UNTIL = TODAY + timedelta(days=3)


class Busy(msgspec.Struct):
    """The village and the transaction that stands under each key."""

    village: Village
    done: dict[str, str]

    async def post(self, **commands: Command | Group) -> list[Outcome]:
        outcomes = await self.village.post(*commands.items())
        for key, outcome in zip(commands, outcomes, strict=True):
            self.done[key] = outcome.transaction or ""
        return outcomes


@asynccontextmanager
async def open_busy_village(database: Database, slug: str = "village") -> AsyncIterator[Busy]:
    async with open_village(database, slug) as village:
        await _publish_a_rule_with_notice(village)
        busy = Busy(village, {})
        await _earn(busy)
        await _spend(busy)
        await _group_and_late(busy)
        await _correct(busy)
        await _let_lapse(busy)
        yield busy


async def _publish_a_rule_with_notice(village: Village) -> None:
    noticed = msgspec.structs.replace(RULEBOOK.rules[1], id="under-notice", notice_days=7)
    rulebook = msgspec.structs.replace(
        RULEBOOK, rulebook="2026-02", from_=date(2026, 2, 1), rules=(*RULEBOOK.rules, noticed)
    )
    await publish_rulebook(village.connection, village.slug, rulebook, by="system:test")


def noticed(recipient: str = "hh_3") -> Command:
    return msgspec.structs.replace(gift(recipient), rule="under-notice")


def hold(owner: str = "hh_1", quantity: int = 2) -> Hold:
    return Hold(owner, (Line("tissue", quantity),), outlet="out_shop", until=UNTIL)


async def _earn(busy: Busy) -> None:
    await busy.post(
        stock=receive(50),
        soap=receive(20, item="soap"),
        opening=Open("hh_1", 40, expires_on=SOON),
        earned=gift(),
        earned_again=gift(),
        swept=sweep(),
        swept_again=sweep(),
        rich=gift("hh_2"),
        noticed=noticed(),
        noticed_too=noticed(),
        objected=noticed(),
        given=Donate("out_fair", "soap", sweep("hh_3")),
    )


async def _spend(busy: Busy) -> None:
    await busy.post(
        bought=redeem(),
        bought_more=redeem(quantity=3),
        shorn=haircut(),
        shorn_too=haircut("hh_2"),
        refused=redeem("hh_3", 10),
        held=hold(),
        held_on=hold(quantity=1),
        held_in_vain=hold("hh_2", 1),
        moved=Move("out_shop", "out_fair", "tissue", 5),
        counted=Count("out_shop", "tissue", 30, note="stock-take"),
        broken=WriteOff("out_shop", "soap", 1, note="burst"),
        sent_back=Return("out_shop", "soap", 2),
        passed_on=Transfer("hh_2", "hh_3", 15, note="moved house"),
        fined=Deduct("hh_3", 4, "debt", note="fly-tipping"),
        settled=Settle("mer_barber", 20, 1, 10),
        shared=Split(101, (Share("hh_1", 2), Share("hh_2", 1), Share("hh_3", 1))),
    )


async def _group_and_late(busy: Busy) -> None:
    """All or nothing under one key; and a sale of which the ledger hears when it has been made."""
    late = LateSale(
        "hh_3", (Line("soap", 40),), outlet="out_shop", happened_at=datetime.now(UTC), terminal="trm_1", sequence=1
    )
    await busy.post(
        grouped=Group((gift("hh_2"), redeem("hh_2", item="soap"), haircut("hh_2"))),
        refused_group=Group((gift("hh_2"), redeem("hh_3", 99))),
        late=late,
    )


async def _correct(busy: Busy) -> None:
    done = busy.done
    await busy.post(
        captured=Capture(done["held"], (TakenLine("tissue", 1),)),
        voided=Void(done["held_in_vain"]),
        cancelled=CancelPending(done["objected"]),
        refunded=Refund(done["bought_more"], (RefundLine("tissue", 1, "restock"),)),
        reversed=Reverse(done["bought"]),
        undone=Reverse(done["earned_again"], amount=30),
        adjusted=Adjust("hh_1", 11, note="forgotten"),
        reset=Reset("hh_3", 10),
    )


async def _let_lapse(busy: Busy) -> None:
    """Nobody can wait for a day to pass, so the days of one bucket and the end of one notice are moved."""
    await busy.post(gone=Open("hh_2", 7, expires_on=SOON))
    admin = await connect(busy.village.database.admin_url)
    await admin.execute(
        f"""
        SET session_replication_role = replica;
        UPDATE entry SET expires_on = '2026-01-31' WHERE expires_on = '{SOON}' AND owner = 'hh_2';
        UPDATE balance SET bucket_days = array_replace(bucket_days, '{SOON}', '2026-01-31') WHERE owner = 'hh_2';
        UPDATE open_item SET due_on = '2026-01-31' WHERE journal_id = '{busy.done["noticed"]}';
        """
    )
    await admin.close()
    await busy.post(expired=Expire("hh_2"), active=Activate(busy.done["noticed"]))


@asynccontextmanager
async def busy_database(server: EmbeddedDatabase, template: str, name: str) -> AsyncIterator[Busy]:
    async with own_database(server, template, name) as database, open_busy_village(database) as busy:
        yield busy


@asynccontextmanager
async def own_database(server: EmbeddedDatabase, template: str, name: str) -> AsyncIterator[Database]:
    """For all tests of a module; gone afterwards."""
    admin = await connect(server.admin_url)
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    with tempfile.TemporaryDirectory() as folder:
        url = await prepare_database(server.url(database=name), Path(folder) / "password")
    yield Database(admin_url=server.url(database=name), url=url)
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.execute(f"DROP ROLE {name}_service")
    await admin.close()
