"""What is exported is accepted by independent programs, which find the same balances to the last part."""

import csv
import io
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from beancount import loader
from beancount.core.data import Open, Transaction

from ledger.actions import write_beancount, write_hledger
from ledger.actions.export import export_ledger
from ledger.actions.write_beancount import commodity
from ledger.actions.write_csv import CsvWriter
from ledger.core.balance import NEVER
from ledger.core.refusal import Reason, Refused
from ledger.core.scale import decimal
from ledger.db.embedded import EmbeddedDatabase
from ledger.db.export import Leg, Posted, Unit
from ledger.db.service_role import connect
from tests.busy_village import Busy, busy_database


@pytest_asyncio.fixture(scope="module")
async def busy(server: EmbeddedDatabase, template: str) -> AsyncIterator[Busy]:
    async with busy_database(server, template, "export_busy") as opened:
        await opened.village.rows("UPDATE unit SET scale = 2 WHERE unit = 'cash'")
        yield opened


async def export(busy: Busy, form: str, programme: str | None = None) -> str:
    connection = await connect(busy.village.database.admin_url)
    try:
        return "".join([piece async for piece in export_ledger(connection, form, programme)])
    finally:
        await connection.close()


def run(*command: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, check=False, capture_output=True, text=True)


async def kept(busy: Busy) -> dict[tuple[str, str, str], int]:
    rows = await busy.village.rows("SELECT owner, purse, unit, total FROM balance WHERE total <> 0")
    return {(row["owner"], row["purse"], row["unit"]): row["total"] for row in rows}


async def test_beancount_accepts_it_and_finds_the_same_balances(busy: Busy, tmp_path: Path) -> None:
    file = tmp_path / "ledger.beancount"
    file.write_text(await export(busy, "beancount"), encoding="utf-8")
    checked = run(Path(sys.executable).parent / "bean-check", file)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    entries, errors, _ = loader.load_file(str(file))
    assert not errors
    totals: defaultdict[tuple[str, str], object] = defaultdict(int)
    for entry in entries:
        for posting in entry.postings if isinstance(entry, Transaction) else ():
            totals[posting.account, posting.units.currency] += posting.units.number
    expected = {
        (write_beancount.account_name("village", owner, purse), commodity(unit)): decimal(
            total, 2 if unit == "cash" else 0
        )
        for (owner, purse, unit), total in (await kept(busy)).items()
    }
    assert {key: str(total) for key, total in totals.items() if total} == expected
    assert len({entry.account for entry in entries if isinstance(entry, Open)}) > 20


async def test_beancount_refuses_a_balance_that_is_off_by_one(busy: Busy, tmp_path: Path) -> None:
    text = await export(busy, "beancount")
    file = tmp_path / "ledger.beancount"
    line = next(line for line in text.splitlines() if " balance Assets:Village:Hh-2:Main " in line and "POINTS" in line)
    [amount] = [word for word in line.split() if word.isdecimal()]
    file.write_text(text.replace(line, line.replace(amount, str(int(amount) + 1))), encoding="utf-8")
    checked = run(Path(sys.executable).parent / "bean-check", file)
    assert checked.returncode == 1


@pytest.mark.skipif(shutil.which("hledger") is None, reason="HLEDGER IS NOT INSTALLED: its second opinion is missing")
async def test_hledger_accepts_it_and_finds_the_same_balances(busy: Busy, tmp_path: Path) -> None:
    file = tmp_path / "ledger.journal"
    file.write_text(await export(busy, "hledger"), encoding="utf-8")
    checks = ["accounts", "commodities", "assertions", "balancednoautoconversion"]
    checked = run("hledger", "-f", file, "check", *checks)
    assert (checked.returncode, checked.stderr) == (0, "")
    told = run("hledger", "-f", file, "balance", "--flat", "--no-total", "-O", "csv", "--layout=bare")
    found = {(row["account"], row["commodity"]): row["balance"] for row in csv.DictReader(io.StringIO(told.stdout))}
    expected = {
        (write_hledger.account_name("village", owner, purse), unit): decimal(total, 2 if unit == "cash" else 0)
        for (owner, purse, unit), total in (await kept(busy)).items()
    }
    assert {key: value for key, value in found.items() if value != "0"} == expected


async def test_csv_adds_up_to_the_balances(busy: Busy) -> None:
    totals: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for row in csv.DictReader(io.StringIO(await export(busy, "csv", "village"))):
        totals[row["owner"], row["purse"], row["unit"]] += int(row["amount"])
    assert {key: total for key, total in totals.items() if total} == await kept(busy)


@pytest.mark.parametrize("form", ["hledger", "beancount", "csv"])
async def test_the_same_ledger_gives_the_same_bytes(form: str, busy: Busy) -> None:
    assert await export(busy, form) == await export(busy, form)


async def test_a_programme_that_is_not_there_is_refused(busy: Busy) -> None:
    with pytest.raises(Refused) as refused:
        await export(busy, "csv", "nowhere")
    assert refused.value.reason == Reason.NOT_FOUND


@pytest.mark.parametrize("text", ['=HYPERLINK("http://x")', "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_spreadsheet_runs_nothing(text: str) -> None:
    row, _ = csv.reader(CsvWriter([Unit("p", "points", 0)]).transaction(posted_by(text)))
    assert row[7] == f"'{text}"
    assert row[12] == "-5"


@pytest.mark.skipif(shutil.which("hledger") is None, reason="HLEDGER IS NOT INSTALLED: its second opinion is missing")
def test_no_text_breaks_out_of_hledger(tmp_path: Path) -> None:
    units = [Unit("p", "points", 0)]
    posted = posted_by('x", date:2020-01-01 [2020-01-01]\n\n2020-01-01 * thief ; é 表')
    file = tmp_path / "ledger.journal"
    file.write_text("".join(write_hledger.HledgerWriter(units).transaction(posted)), encoding="utf-8")
    told = run("hledger", "-f", file, "print")
    assert told.stdout.count("2026-09-14 *") == 1 and "2020-01-01 *" not in told.stdout


def test_no_text_breaks_out_of_beancount() -> None:
    writer = write_beancount.BeancountWriter([Unit("p", "points", 0)])
    posted = posted_by('x"\n2020-01-01 open Assets:Thief\n\\')
    text = "".join(writer.transaction(posted))
    entries, _, _ = loader.load_string(text)
    assert [type(entry) for entry in entries] == [Transaction]


def test_long_items_stay_apart_as_commodities() -> None:
    first, second = (commodity(f"item:{'long-' * 6}{end}") for end in ("a", "b"))
    assert first != second
    assert max(len(first), len(second)) <= 24


def posted_by(principal: str) -> Posted:
    def leg(line: int, amount: int) -> Leg:
        return Leg(line, "hh_1" if line else "programme", "main", "points", amount, NEVER, 1, amount)

    return Posted(
        "p", "txn_1", "award", principal, datetime(2026, 9, 14, tzinfo=UTC), date(2026, 9, 14), None, None, None, None,
        None, (leg(0, -5), leg(1, 5)),
    )  # fmt: skip
