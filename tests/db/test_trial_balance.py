"""The trial balance adds up in every unit, and every figure of it leads down to entries, activities and rules."""

import argparse
from collections.abc import AsyncIterator
from datetime import date, timedelta
from itertools import groupby

import asyncpg
import msgspec
import pytest
import pytest_asyncio

from ledger.cli_books import trial_balance
from ledger.db.embedded import EmbeddedDatabase
from ledger.db.journal import show_programmes
from ledger.db.service_role import connect
from ledger.db.trial_balance import Span, find_origin, list_accounts, list_entries, list_headings
from tests.busy_village import Busy, busy_database

EVER = Span("village", date(2020, 1, 1), date(2099, 1, 1))


@pytest_asyncio.fixture(scope="module")
async def busy(server: EmbeddedDatabase, template: str) -> AsyncIterator[Busy]:
    async with busy_database(server, template, "trial_busy") as opened:
        yield opened


@pytest_asyncio.fixture
async def reader(busy: Busy) -> AsyncIterator[asyncpg.Connection]:
    """The service's own login, as the API has it."""
    connection = await connect(busy.village.database.url)
    async with connection.transaction():
        await show_programmes(connection, ["village"])
        yield connection
    await connection.close()


async def test_every_unit_adds_to_zero(reader: asyncpg.Connection) -> None:
    headings = await list_headings(reader, EVER)
    for _, some in groupby(headings, lambda heading: heading.unit):
        lines = list(some)
        assert sum(line.closing for line in lines) == 0
        assert sum(line.came for line in lines) == sum(line.went for line in lines) > 0
    assert {"household main", "merchant claims", "outlet stock", "programme redeemed"} <= {
        f"{heading.side} {heading.purse}" for heading in headings
    }


async def test_what_a_period_closes_with_the_next_one_opens_with(busy: Busy, reader: asyncpg.Connection) -> None:
    today = (await busy.village.rows("SELECT max(effective_on) AS day FROM journal"))[0]["day"]
    yesterday = today - timedelta(days=1)
    before = {
        (h.side, h.purse, h.unit): h
        for h in await list_headings(reader, msgspec.structs.replace(EVER, last_day=yesterday))
    }
    after = await list_headings(reader, msgspec.structs.replace(EVER, first_day=today))
    for heading in after:
        opened = before.get((heading.side, heading.purse, heading.unit))
        assert heading.opening == (opened.closing if opened else 0)
        assert heading.closing == heading.opening + heading.came - heading.went


async def test_accounts_and_entries_add_up_to_their_heading(reader: asyncpg.Connection) -> None:
    for heading in await list_headings(reader, EVER):
        accounts = await list_accounts(reader, EVER, heading.side, heading.purse, heading.unit)
        assert (len(accounts), sum(line.closing for line in accounts)) == (heading.accounts, heading.closing)
        for account in accounts:
            entries = await list_entries(reader, EVER, account.owner, heading.purse, heading.unit)
            assert sum(entry.amount for entry in entries) == account.closing == entries[-1].balance_after


async def test_pages_leave_nothing_out(reader: asyncpg.Connection) -> None:
    whole = await list_entries(reader, EVER, "hh_1", "main", "points")
    paged, after = [], 0
    while page := await list_entries(reader, EVER, "hh_1", "main", "points", after=after, limit=3):
        paged += page
        after = page[-1].account_version
    assert paged == whole and len(whole) > 6
    owners, last = [], ""
    while some := await list_accounts(reader, EVER, "household", "main", "points", after=last, limit=1):
        owners += [line.owner for line in some]
        last = owners[-1]
    assert owners == ["hh_1", "hh_2", "hh_3"]


async def test_an_entry_leads_to_its_rule(busy: Busy, reader: asyncpg.Connection) -> None:
    origin = await find_origin(reader, "village", busy.done["swept"])
    assert origin is not None and origin.rule is not None and origin.trace is not None
    assert msgspec.json.decode(origin.rule)["id"] == "sweep"
    assert origin.rulebook == "2026-02" or origin.rulebook == "2026-01"
    assert [leg.amount for leg in origin.legs] == [-5, 5]
    assert await find_origin(reader, "village", "txn_nowhere") is None


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "household main"),
        ({"side": "household", "purse": "main", "unit": "points"}, "hh_1"),
        ({"owner": "hh_1", "purse": "main", "unit": "points"}, "award plenty"),
        ({"transaction": "swept"}, '"rulebook"'),
    ],
)
async def test_the_command_goes_down_step_by_step(
    options: dict[str, str], says: str, busy: Busy, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {name: busy.done.get(value, value) for name, value in options.items()}
    empty = dict.fromkeys(("first_day", "last_day", "unit", "side", "purse", "owner", "transaction"))
    admin = await connect(busy.village.database.admin_url)
    code = await trial_balance(admin, argparse.Namespace(**{**empty, "programme": "village", **given}))
    await admin.close()
    assert code == 0 and says in capsys.readouterr().out
