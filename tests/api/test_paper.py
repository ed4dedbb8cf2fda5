"""Paper: a backlog on its own days, and the passbook."""

from typing import Any

from tests.api.client import Office
from tests.api.test_imports import CSV, as_csv
from tests.village import gift, receive, redeem

HEADER = ["序号", "日期", "规则", "户号", "备注"]


async def enter(office: Office, rows: list[list[Any]], batch: str = "notebook-1", key: str | None = None) -> Any:
    key = key or await office.key("operator")
    raw = as_csv([HEADER, *rows])
    answer = await office.call("POST", f"backlogs/{batch}", key=key, content=raw, headers={"Content-Type": CSV})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def open_households(office: Office, references: list[str]) -> None:
    key = await office.key("operator")
    for reference in references:
        await office.call("POST", "households", key=key, json={"reference": reference})


async def test_a_backlog_is_entered_on_its_days_and_only_once(office: Office) -> None:
    await open_households(office, ["1", "2"])
    rows = [[f"a{n}", f"2026-0{3 + n % 3}-1{n % 5}", "plenty", str(1 + n % 2), "旧账"] for n in range(150)]
    rows += [
        ["b1", "2026-03-01", "flying", "1", ""],
        ["b2", "2026-03-01", "plenty", "9", ""],
        ["b3", "2026-02-30", "plenty", "1", ""],
        ["a0", "2026-03-01", "plenty", "1", ""],
        ["b4", "2099-03-01", "plenty", "1", ""],
    ]
    first = await enter(office, rows)
    assert (first["lines"], first["posted"], first["refused"], first["is_complete"]) == (155, 150, 5, True)
    told = [(one["line"], one["reason"]) for one in first["outcomes"] if one["state"] == "refused"]
    assert told == [
        (152, "unknown_rule"), (153, "not_found"), (154, "malformed"), (155, "malformed"), (156, "not_due")
    ]  # fmt: skip
    assert all(one["zh"] and one["en"] for one in first["outcomes"] if one["state"] == "refused")
    assert {one["effective_on"] for one in first["outcomes"][:150]} == {row[1] for row in rows[:150]}
    again = await enter(office, rows)
    assert (again["posted"], again["replayed"], again["refused"]) == (0, 150, 5)
    [issued] = await office.village.rows("SELECT sum(amount) AS total FROM entry WHERE purse = 'main'")
    assert issued["total"] == 15_000
    other = await enter(office, rows[:1], "notebook-2")
    assert other["posted"] == 1


async def test_a_month_that_is_closed_takes_no_line_of_it(office: Office) -> None:
    await open_households(office, ["1"])
    admin = await office.key("admin")
    assert (await office.post("periods", {"through": "2026-03-31"}, key=admin)).status_code < 300
    done = await enter(office, [["1", "2026-03-10", "plenty", "1", ""], ["2", "2026-04-02", "plenty", "1", ""]])
    assert [one["effective_on"] for one in done["outcomes"]] == ["2026-04-01", "2026-04-02"]
    rows = await office.village.rows(
        "SELECT happened_on, effective_on FROM journal WHERE batch IS NOT NULL ORDER BY id"
    )
    assert [str(row["happened_on"]) for row in rows] == ["2026-03-10", "2026-04-02"]


async def test_a_backlog_that_ran_out_of_time_says_so_and_is_finished_by_sending_it_again(office: Office) -> None:
    await open_households(office, ["1"])
    key = await office.key("operator")
    raw = as_csv([HEADER, *([f"{n}", "2026-03-10", "plenty", "1", ""] for n in range(150))])
    headers = {"Content-Type": CSV, "Request-Timeout": "1"}
    answer = await office.call("POST", "backlogs/slow", key=key, content=raw, headers=headers)
    assert (answer.status_code, answer.json()["is_complete"], answer.json()["posted"]) == (200, False, 0)
    headers["Request-Timeout"] = "60"
    answer = await office.call("POST", "backlogs/slow", key=key, content=raw, headers=headers)
    assert (answer.json()["is_complete"], answer.json()["posted"]) == (True, 150)


async def test_a_passbook_prints_the_last_lines_and_those_since_the_last_print(office: Office) -> None:
    key, own = await office.key("operator"), await office.key("resident", owner="hh_1")
    name = "<script>王</script>"
    await office.call("POST", "households", key=key, json={"reference": "9", "name": name})
    await office.village.post(("goods", receive()), ("a", gift()), ("b", redeem()), ("c", gift()))
    page = await office.call("GET", "accounts/hh_1/passbook?lang=zh", key=own)
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    assert page.text.index(">1<") < page.text.index(">2<") < page.text.index(">3<")
    assert "-30" in page.text and "170" in page.text
    rest = await office.call("GET", "accounts/hh_1/passbook?after=2&lang=en", key=own)
    assert ">3<" in rest.text and ">2<" not in rest.text and "Passbook" in rest.text
    [row] = await office.village.rows("SELECT id FROM owner WHERE reference = '9'")
    assert "<script>" not in (await office.call("GET", f"accounts/{row['id']}/passbook", key=key)).text
    assert (await office.call("GET", "accounts/hh_404/passbook", key=key)).status_code == 404


async def test_the_largest_backlog_is_entered_whole(office: Office) -> None:
    """Ten thousand lines: each on its own day, those of a closed month on the first open one."""
    await open_households(office, ["1", "2"])
    admin, key = await office.key("admin"), await office.key("operator")
    assert (await office.post("periods", {"through": "2026-03-31"}, key=admin)).status_code < 300
    days = [f"2026-0{month}-{day:02d}" for month in (3, 4, 5, 6) for day in range(1, 26)]
    lines = [[f"n{n}", days[n % 100], "plenty", str(1 + n % 2), ""] for n in range(10_000)]
    headers = {"Content-Type": CSV, "Request-Timeout": "120"}
    raw = as_csv([HEADER, *lines])
    answer = await office.call("POST", "backlogs/years", key=key, content=raw, headers=headers)
    told = answer.json()
    assert (answer.status_code, told["posted"], told["refused"], told["is_complete"]) == (200, 10_000, 0, True)
    rows = await office.village.rows(
        "SELECT happened_on, effective_on, count(*) AS lines FROM journal WHERE batch IS NOT NULL"
        " GROUP BY happened_on, effective_on"
    )
    assert {str(row["happened_on"]) for row in rows} == set(days)
    assert {row["lines"] for row in rows} == {100}
    for row in rows:
        happened, booked = str(row["happened_on"]), str(row["effective_on"])
        assert booked == ("2026-04-01" if happened < "2026-04-01" else happened)
    too_many = as_csv([HEADER, *lines, ["n10000", days[0], "plenty", "1", ""]])
    refused = await office.call("POST", "backlogs/more", key=key, content=too_many, headers=headers)
    assert 400 <= refused.status_code < 500
