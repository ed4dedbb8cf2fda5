"""The books over HTTP: closed periods, balances of another moment, the trial balance and the way down from it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.api.client import Office
from tests.village import DAY, gift, haircut, sweep


def days_ago(days: int) -> date:
    return datetime.now(UTC).date() - timedelta(days=days)


async def backdated(office: Office, key: str, day: date, number: str = "paper") -> dict[str, Any]:
    deed = {"verb": "award", "rule": "plenty", "recipient": "hh_1", "facts": {"happened_on": DAY.isoformat()}}
    item = {"idempotency_key": number, "effective_on": day.isoformat(), "command": deed}
    answer = await office.call("POST", "commands", key=key, json={"commands": [item]})
    receipt: dict[str, Any] = answer.json()["answers"][0]["receipt"]
    return receipt


async def test_closed_books_take_nothing_and_are_listed(office: Office) -> None:
    admin, auditor = await office.key("admin"), await office.key("auditor")
    for days, status in ((30, 201), (10, 201), (20, 409), (10, 409), (-2, 409)):
        body = {"through": days_ago(days).isoformat()}
        closed = await office.call("POST", "periods", key=admin, json=body)
        assert closed.status_code == status, closed.text
    assert (await backdated(office, admin, days_ago(40)))["effective_on"] == days_ago(9).isoformat()
    first = (await office.call("GET", "periods?limit=1", key=auditor)).json()
    assert [one["through"] for one in first["periods"]] == [days_ago(10).isoformat()]
    assert first["periods"][0]["closed_by"] == "admin:test"
    rest = (await office.call("GET", f"periods?cursor={first['next_cursor']}", key=auditor)).json()
    assert ([one["through"] for one in rest["periods"]], rest["next_cursor"]) == ([days_ago(30).isoformat()], None)


async def test_balances_are_told_for_an_instant_and_for_a_day(office: Office) -> None:
    key = await office.key("operator")
    await backdated(office, key, days_ago(40))
    between = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    await office.village.post(("cut", haircut()))

    async def main(query: str) -> tuple[int, int | None] | None:
        answer = await office.call("GET", f"accounts/hh_1/balances?{query}", key=key)
        assert answer.status_code == 200, answer.text
        found = {(row["purse"], row["unit"]): row for row in answer.json()["balances"]}
        row = found.get(("main", "points"))
        return None if row is None else (row["amount"], row["version"])

    assert await main("") == (80, 2)
    assert await main(f"as_of={between}") == (100, 1)
    assert await main("as_of=2026-01-01T00:00:00%2B08:00") is None
    assert await main(f"on={days_ago(39)}") == (100, None)
    assert await main(f"on={days_ago(41)}") is None
    for query in (f"as_of={between}&on={days_ago(1)}", "as_of=2026-01-01T00:00:00", "as_of=then", "on=2026-02-30"):
        wrong = await office.call("GET", f"accounts/hh_1/balances?{query}", key=key)
        assert (wrong.status_code, wrong.json()["code"]) == (400, "malformed"), query
    unknown = await office.call("GET", f"accounts/hh_404/balances?on={days_ago(1)}", key=key)
    assert unknown.status_code == 404
    resident = await office.key("resident", owner="hh_2")
    assert (await office.call("GET", f"accounts/hh_1/balances?on={days_ago(1)}", key=resident)).status_code == 404


async def test_the_way_down_from_the_trial_balance_to_the_rule(office: Office) -> None:
    key = await office.key("auditor")
    operator = await office.key("operator")
    deed = {"rule": "sweep", "recipient": "hh_1", "facts": {"happened_on": DAY.isoformat()}}
    recorded = (await office.post("activities", deed, key=operator)).json()["activity"]
    await office.call("POST", f"activities/{recorded}/award", key=operator, idempotency="a")
    await office.village.post(("earn", gift()), ("more", sweep("hh_2")), ("cut", haircut()))
    span = f"first={days_ago(3)}&last={days_ago(-2)}"

    async def get(path: str) -> Any:
        answer = await office.call("GET", path, key=key)
        assert answer.status_code == 200, answer.text
        return answer.json()

    headings = (await get(f"trial-balance?{span}"))["headings"]
    assert sum(row["closing"] for row in headings if row["unit"] == "points") == 0
    [main] = [row for row in headings if (row["side"], row["purse"]) == ("household", "main")]
    assert (main["opening"], main["came"], main["went"], main["closing"]) == (0, 110, 20, 90)
    below = f"{span}&side=household&purse=main&unit=points"
    page = await get(f"trial-balance/accounts?{below}&limit=1")
    rest = await get(f"trial-balance/accounts?{below}&cursor={page['next_cursor']}")
    assert [row["owner"] for row in (*page["accounts"], *rest["accounts"])] == ["hh_1", "hh_2"]
    assert page["accounts"][0]["closing"] + rest["accounts"][0]["closing"] == main["closing"]
    lines = f"trial-balance/entries?{span}&owner=hh_1&purse=main&unit=points"
    one = await get(f"{lines}&limit=1")
    others = await get(f"{lines}&cursor={one['next_cursor']}")
    assert [line["amount"] for line in (*one["entries"], *others["entries"])] == [5, 100, -20]
    origin = await get(f"transactions/{one['entries'][0]['journal_id']}/origin")
    assert (origin["activity"], origin["rulebook"], origin["rule"]["id"]) == (recorded, "2026-01", "sweep")
    assert sum(leg["amount"] for leg in origin["legs"]) == 0
    assert (await office.call("GET", "transactions/txn_404/origin", key=key)).status_code == 404
    backwards = await office.call("GET", "trial-balance?first=2026-02-01&last=2026-01-01", key=key)
    assert (backwards.status_code, backwards.json()["errors"][0]["parameter"]) == (400, "last")
