"""Numbered vouchers: a series is printed, each is paid in once, and paper and ledger agree."""

import asyncio
import re
from typing import Any

from ledger.core.refusal import Reason
from tests.api.client import Office
from tests.api.test_households import broken


async def handed_out(office: Office, key: str, *, active: bool = True, **more: Any) -> tuple[str, list[str]]:
    """A series with its codes, as printed."""
    body = {"name": "2026A", "points": 5, "count": 6, **more}
    issued = await office.post("voucher-series", body, key=key)
    assert issued.status_code == 201, issued.text
    series = issued.json()["series"]
    sheet = await office.call("POST", f"voucher-series/{series}/print", key=key)
    assert sheet.status_code == 200 and "svg" in sheet.text and "script" not in sheet.text
    if active:
        await office.call("POST", f"voucher-series/{series}/activate", key=key)
    return series, re.findall(rf"<p>({body['name']}-\d{{6}}-[0-9A-Z]{{6}})</p>", sheet.text)


async def pay(office: Office, key: str, voucher: str, owner: str = "hh_1", **more: Any) -> Any:
    return await office.post("voucher-payments", {"voucher": voucher, "owner": owner}, key=key, **more)


async def test_a_voucher_is_paid_in_once_however_many_bring_it(office: Office) -> None:
    key, till = await office.key("operator"), await office.key("cashier", owner="out_shop")
    series, codes = await handed_out(office, key)
    assert len(codes) == 6
    answers = await asyncio.gather(*(pay(office, till, codes[0], f"hh_{1 + n % 3}") for n in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert {answer.json().get("code") for answer in answers} == {None, Reason.VOUCHER_REDEEMED}
    first = await pay(office, till, codes[1], idempotency="again")
    again = await pay(office, till, codes[1].lower(), idempotency="again")
    assert (first.status_code, again.content) == (201, first.content)
    other = await pay(office, till, codes[2], idempotency="again")
    assert other.json()["code"] == "idempotency_key_reused"
    for wrong in (f"{codes[3][:-6]}000000", "2026A-000099-AAAAAA", "NONE-000001-AAAAAA"):
        assert (await pay(office, till, wrong)).json()["code"] == Reason.VOUCHER_UNKNOWN
    lost = await pay(office, till, codes[3], "hh_404")
    assert lost.status_code == 404
    balance = (await office.call("GET", f"voucher-series/{series}", key=key)).json()
    assert (balance["issued"], balance["redeemed"], balance["void"], balance["outstanding"]) == (6, 2, 0, 4)
    assert (balance["redeemed_points"], balance["posted_points"], balance["difference"]) == (10, 10, 0)
    assert balance["transactions"] == 2
    assert await broken(office) == []


async def test_a_series_is_printed_while_pending_and_only_the_newest_sheet_is_good(office: Office) -> None:
    key = await office.key("operator")
    series, old = await handed_out(office, key, active=False)
    assert (await pay(office, key, old[0])).json()["code"] == Reason.VOUCHER_PENDING
    sheet = (await office.call("POST", f"voucher-series/{series}/print?lang=en", key=key)).text
    new = re.findall(r"<p>(2026A-\d{6}-[0-9A-Z]{6})</p>", sheet)
    await office.call("POST", f"voucher-series/{series}/activate", key=key)
    assert (await pay(office, key, old[0])).json()["code"] == Reason.VOUCHER_UNKNOWN
    assert (await pay(office, key, new[0])).status_code == 201
    printed = await office.call("POST", f"voucher-series/{series}/print", key=key)
    assert (printed.status_code, printed.json()["code"]) == (409, Reason.SERIES_IN_USE)
    [row] = await office.village.rows("SELECT string_agg(row_to_json(v)::text, '') AS told FROM voucher AS v")
    assert new[0][-6:] not in row["told"]


async def test_a_voucher_that_is_void_or_past_its_day_brings_nothing(office: Office) -> None:
    key = await office.key("operator")
    series, codes = await handed_out(office, key)
    await pay(office, key, codes[0])
    path = f"voucher-series/{series}/retire"
    whole = await office.call("POST", path, key=key, json={"numbers": [1, 2], "note": "受潮"})
    assert (whole.status_code, whole.json()["code"]) == (409, Reason.VOUCHER_REDEEMED)
    for _ in range(2):
        done = await office.call("POST", path, key=key, json={"numbers": [2, 3], "note": "受潮"})
        assert (done.json()["void"], done.json()["outstanding"], done.json()["difference"]) == (2, 3, 0)
    assert (await pay(office, key, codes[1])).json()["code"] == Reason.VOUCHER_VOID
    shown = (await office.call("GET", f"voucher-series/{series}/vouchers?state=void", key=key)).json()["vouchers"]
    assert [(one["voucher"], one["ended_for"]) for one in shown] == [("2026A-000002", "受潮"), ("2026A-000003", "受潮")]
    _, lapsed = await handed_out(office, key, name="OLD", valid_until="2026-01-01")
    assert (await pay(office, key, lapsed[0])).json()["code"] == Reason.VOUCHER_LAPSED


async def test_a_series_is_issued_once_and_its_name_is_its_own(office: Office) -> None:
    key = await office.key("operator")
    body = {"name": "A", "points": 5, "count": 1000}
    answers = await asyncio.gather(*(office.post("voucher-series", body, key=key, idempotency="s") for _ in range(3)))
    assert {answer.status_code for answer in answers} == {201} and len({answer.content for answer in answers}) == 1
    taken = await office.post("voucher-series", body, key=key)
    assert (taken.status_code, taken.json()["code"]) == (409, "reference_taken")
    other = await office.post("voucher-series", {**body, "points": 6}, key=key, idempotency="s")
    assert other.json()["code"] == "idempotency_key_reused"
    listed = (await office.call("GET", "voucher-series", key=key)).json()["series"]
    assert [one["name"] for one in listed] == ["A"]
    for bad in ({"count": 1001}, {"points": 0}, {"name": "=A"}, {"name": "a\u202eb"}):
        assert (await office.post("voucher-series", {**body, **bad}, key=key)).status_code == 400
