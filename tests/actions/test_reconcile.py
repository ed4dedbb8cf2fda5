"""Lists as people send them, against a village in which things have happened: by API and by command line."""

import argparse
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from ledger.actions.read_list import ListRefused, Wanted, decode_list, read_list
from ledger.cli_reconcile import add_reconcile_parser, reconcile_file
from ledger.core.period import business_day
from ledger.core.reconcile import Claimed, Unmatched, Why
from ledger.db.embedded import EmbeddedDatabase
from ledger.db.service_role import connect
from tests.api.client import Office, open_office
from tests.busy_village import Busy, busy_database

TODAY = business_day(datetime.now(UTC), "Asia/Shanghai")
FIRST, LAST = TODAY - timedelta(days=2), TODAY + timedelta(days=2)
SPAN = {"first": FIRST.isoformat(), "last": LAST.isoformat()}


@pytest_asyncio.fixture(scope="module")
async def busy(server: EmbeddedDatabase, template: str) -> AsyncIterator[Busy]:
    async with busy_database(server, template, "reconcile_busy") as opened:
        yield opened


@pytest_asyncio.fixture
async def office(busy: Busy) -> AsyncIterator[Office]:
    async with open_office(busy.village) as opened:
        yield opened


async def ask(office: Office, kind: str, rows: str, **more: Any) -> dict[str, Any]:
    key = await office.key("auditor")
    body = {"kind": kind, **SPAN, "list": rows, **more}
    answer = await office.call("POST", "reconciliations", key=key, json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def shelf(busy: Busy) -> dict[tuple[str, str], int]:
    rows = await busy.village.rows(
        "SELECT owner, unit, sum(total)::bigint AS there FROM balance WHERE programme = 'village'"
        " AND purse IN ('stock', 'reserved') GROUP BY owner, unit"
    )
    return {(row["owner"], row["unit"].removeprefix("item:")): row["there"] for row in rows}


async def test_a_stock_count_names_what_differs(office: Office, busy: Busy) -> None:
    there = await shelf(busy)
    counts = {place: pieces for place, pieces in there.items() if pieces}
    rows = "网点,商品,数量\n" + "".join(f"{outlet},{item},{pieces}\n" for (outlet, item), pieces in counts.items())
    agreed = await ask(office, "stock", rows)
    assert (agreed["unmatched"], agreed["matched"]) == ([], len(counts))
    tissue = counts["out_shop", "tissue"]
    wrong = f"outlet,item,quantity\nshop,tissue,{tissue - 4}\nshop,tissue,2\nshop,soap,many\nshop,moon,3\nfair,moon,0\n"
    told = {one["why"]: one for one in (await ask(office, "stock", wrong, of="out_shop"))["unmatched"]}
    assert set(told) == {"unreadable", "amount_differs", "not_in_ledger"} | (
        {"not_in_list"} if counts.get(("out_shop", "soap")) else set()
    )
    assert (told["amount_differs"]["lines"], told["amount_differs"]["listed"]) == (["2", "3"], tissue - 2)
    assert told["amount_differs"]["booked"] == tissue
    assert (told["unreadable"]["lines"], told["unreadable"]["column"]) == (["4"], "amount")
    assert told["not_in_ledger"]["key"] == ["shop", "moon"]


async def test_a_merchants_list_is_matched_by_number_or_by_day_and_customer(office: Office, busy: Busy) -> None:
    done = busy.done
    today = FIRST + timedelta(days=2)
    grouped = await busy.village.rows(
        "SELECT id FROM journal WHERE programme = 'village' AND kind = 'redeem' AND about ->> 'merchant' = 'mer_barber'"
        " ORDER BY id"
    )
    ids = [row["id"] for row in grouped]
    assert {done["shorn"], done["shorn_too"]} < set(ids)
    assert len(ids) == 3
    rows = "reference,date,points\n" + "".join(f"No. {id.upper()} thanks,{today},20\n" for id in ids)
    assert (await ask(office, "merchant", rows, of="mer_barber"))["unmatched"] == []
    short = "\n".join(rows.split("\n")[:-2]).replace(",20\n", ",20.0\n", 1)
    [alone] = (await ask(office, "merchant", short))["unmatched"]
    assert (alone["why"], alone["ledger"], alone["booked"]) == ("not_in_list", [ids[-1]], 20)
    later = today + timedelta(days=1)
    by_customer = f"户,日期,积分\nhh_1,{today},20\nhh_2,{later:%Y/%m/%d},20\nhh_2,{today:%Y%m%d},19\n"
    strict = await ask(office, "merchant", by_customer, keys=["owner"])
    assert sorted(one["why"] for one in strict["unmatched"]) == ["amount_differs", "day_differs"]
    lax = await ask(office, "merchant", by_customer, keys=["owner"], amount_tolerance=1, days_tolerance=1)
    assert (lax["unmatched"], lax["matched"], lax["within_tolerance"]) == ([], 3, 2)


async def test_a_banks_list_has_decimals_and_its_own_sign(office: Office, busy: Busy) -> None:
    paid = await busy.village.rows(
        "SELECT e.journal_id, e.amount FROM entry AS e WHERE e.purse = 'fund' AND e.unit = 'cash' ORDER BY e.journal_id"
    )
    assert paid
    rows = "摘要;金额\n" + "".join(f"{row['journal_id']};¥{-row['amount'] / 100:,.2f}\n" for row in paid)
    found = await ask(office, "bank", rows, is_opposite=True)
    assert (found["unmatched"], found["matched"], found["scale"]) == ([], len(paid), 2)
    wrong_sign = await ask(office, "bank", rows)
    assert {one["why"] for one in wrong_sign["unmatched"]} == {"amount_differs"}
    assert (await ask(office, "bank", rows, first="0001-01-01", last="9999-12-31", days_tolerance=9))["unmatched"]
    page = await ask(office, "bank", "摘要,金额\n" + "".join(f"x{n},1.00\n" for n in range(5)), limit=2, cursor=2)
    assert (len(page["unmatched"]), page["next_cursor"], page["unmatched_count"]) == (2, 4, 5 + len(paid))


@pytest.mark.parametrize(
    "body",
    [
        {"list": "item,quantity\nsoap,1"},
        {"list": "outlet,item,quantity,amount\nshop,soap,1,1"},
        {"list": "outlet,item\nshop,soap"},
        {"list": 'outlet,item,quantity\n"shop"x,soap,1'},
        {"list": "\n\n"},
        {"list": "outlet,item,quantity\nshop,soap,1", "keys": ["item"]},
        {"list": "outlet,item,quantity\nshop,soap,1", "keys": ["colour"]},
        {"list": "outlet,item,quantity\nshop,soap,1", "first": "2026-02-02", "last": "2026-02-01"},
        {"list": "outlet,item,quantity\nshop,soap,1", "columns": {"amount": "没有"}},
    ],
)
async def test_a_list_that_cannot_be_read_is_refused_with_the_reason(office: Office, body: dict[str, Any]) -> None:
    key = await office.key("auditor")
    answer = await office.call("POST", "reconciliations", key=key, json={"kind": "stock", **SPAN, **body})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed"), answer.text
    assert answer.json()["errors"][0]["detail"]


async def test_the_command_line_prints_each_line_that_stands_alone(
    busy: Busy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    add_reconcile_parser(parser.add_subparsers())
    file = tmp_path / "count.csv"
    there = await shelf(busy)
    good = "".join(f"{outlet},{item},{pieces}\n" for (outlet, item), pieces in there.items())
    file.write_bytes(("网点,货,实盘数\n" + good).encode("gb18030"))

    async def run(*more: str) -> tuple[int, str]:
        asked = ["reconcile", str(file), "--programme", "village", "--kind", "stock", "--column", "item=货", *more]
        connection = await connect(busy.village.database.admin_url)
        try:
            code = await reconcile_file(connection, parser.parse_args(asked))
        finally:
            await connection.close()
        said = capsys.readouterr()
        return code, said.out + said.err

    code, said = await run()
    assert code == 0, said
    assert f"{len(there)} matched" in said
    file.write_text("网点,货,实盘数\n" + good + "out_fair,lamp,7\n", encoding="utf-8-sig")
    code, said = await run()
    assert code == 1
    assert f"not_in_ledger    line {len(there) + 2}  outlet=fair  item=lamp  list: 7" in said
    assert (await run("--column", "amount=没有"))[0] == 2
    file.unlink()
    assert (await run())[0] == 2


def test_a_list_is_read_as_spreadsheets_save_it() -> None:
    wanted = Wanted(("transaction",), scale=2)
    rows = "Date\tReference\tAmount|2026-9-1\tx\t1,200.5||2026年9月14日\ty\t-3|2026-13-01\tz\t1|2026-1-1\tq\t0.001|"
    text = "\ufeff" + rows.replace("|", "\r\n")
    found = read_list(text, wanted)
    assert found.lines == (
        Claimed(("2",), ("x",), 120050, date(2026, 9, 1)),
        Claimed(("4",), ("y",), -300, date(2026, 9, 14)),
    )
    assert found.unreadable == (
        Unmatched(Why.UNREADABLE, ("5",), column="day"),
        Unmatched(Why.UNREADABLE, ("6",), column="amount"),
    )
    for amount in ("nan", "inf", "1e99", "1e-99", "9" * 400, "١x", ""):
        assert not read_list(f"transaction,amount\na,{amount}", Wanted(("transaction",))).lines, amount
    with pytest.raises(ListRefused):
        decode_list(b"\xff\xff\xff")
