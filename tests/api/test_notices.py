"""Public notices and bulletins: masked names, the window, areas ranked, who is left out, nothing a sheet reckons."""

import csv
import io
from typing import Any

import msgspec
import pytest

from ledger.actions.publish import publish_programme
from ledger.actions.seal import seal_waiting
from ledger.actions.seal_key import SealKey
from ledger.core.mask import mask_name
from ledger.core.programme import Area
from ledger.core.title import Title
from ledger.db.journal import show_programmes
from ledger.db.owners import Owner, open_owners
from ledger.db.service_role import connect
from tests.api.client import Office
from tests.village import BOTH, programme_of

SPAN = "first=2026-09-01&last=2026-09-30"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张三", "张*"),
        ("张小三", "张*三"),
        ("欧阳小红", "欧**红"),
        ("王", "王*"),
        ("John Smith", "J*** S***"),
        ("", "*"),
        (None, "*"),
    ],
)
def test_names_are_masked(name: str | None, shown: str) -> None:
    assert mask_name(name) == shown


async def rows(office: Office, path: str, key: str) -> list[dict[str, str]]:
    answer = await office.call("GET", path, key=key)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8", answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def settle(office: Office) -> None:
    """Two areas; of the first two of three households took part, of the second one of one."""
    village = office.village
    programme = msgspec.structs.replace(
        programme_of(village.slug), areas=(Area("east", Title("东", "East")), Area("west", BOTH))
    )
    await publish_programme(village.connection, programme, node="nod_1", by="system:test")
    async with village.connection.transaction():
        await show_programmes(village.connection, [village.slug])
        names = (
            ("hh_a", "=cmd()", "east"),
            ("hh_b", "张小三", "east"),
            ("hh_c", "李四", "east"),
            ("hh_d", "王五", "west"),
        )
        owners = [Owner(id, "household", name=name, area=area) for id, name, area in names]
        await open_owners(village.connection, village.slug, owners)


async def test_what_hangs_on_the_wall(office: Office) -> None:
    await settle(office)
    key, resident = await office.key("operator"), await office.key("resident", owner="hh_b")

    async def award(rule: str, owner: str) -> str:
        body = {"rule": rule, "recipient": owner, "facts": {"happened_on": "2026-09-14"}}
        return str((await office.post("awards", body, key=key)).json()["transaction"])

    noticed = [await award("noticed", owner) for owner in ("hh_a", "hh_b", "hh_d")]
    for owner, times in (("hh_b", 2), ("hh_d", 1)):
        for _ in range(times):
            await award("plenty", owner)
    await office.post(f"awards/{noticed[1]}/objections", {"note": "n"}, key=resident)
    told = (await office.call("GET", "notice?area=east", key=resident)).json()["lines"]
    assert [(line["name"], line["amounts"], line["is_held"]) for line in told] == [
        ("=***", {"points": 10}, False),
        ("张*三", {"points": 10}, True),
    ]
    assert told[0]["objections_until"] is not None and told[1]["objections_until"] is None
    page = (await office.call("GET", "notice?limit=2", key=resident)).json()
    more = (await office.call("GET", f"notice?cursor={page['next_cursor']}", key=resident)).json()
    assert [line["transaction"] for line in (*page["lines"], *more["lines"])] == noticed
    assert (await office.call("GET", "notice?last=2026-09-01", key=resident)).json()["lines"] == []
    assert [line["name"] for line in await rows(office, "notice/csv", key)] == ["'=***", "张*三", "王*"]
    await check_bulletin(office, key, resident)
    sheet = await office.call("GET", "notice/print?area=east&lang=zh", key=resident)
    assert "张*三" in sheet.text and "张小三" not in sheet.text and "异议处理中" in sheet.text
    assert "<script" not in sheet.text and "script" not in sheet.headers["content-security-policy"]
    assert "尚未封存" in sheet.text
    admin = await connect(office.village.database.admin_url)
    await seal_waiting(admin, SealKey(bytes(32)))
    await admin.close()
    note = (await office.call("GET", "checkpoints/latest", key=key)).json()["note"]
    wall = await office.call("GET", f"bulletin/print?{SPAN}&lang=en", key=resident)
    assert note.splitlines()[2] in wall.text and "Points issued" in wall.text


async def check_bulletin(office: Office, key: str, resident: str) -> None:
    told: dict[str, Any] = (await office.call("GET", f"bulletin?{SPAN}", key=resident)).json()
    assert (told["issued"], told["redeemed"]) == (10 + 210 + 110, 0)
    assert [(line["place"], line["area"], line["taking_part"], line["percent"]) for line in told["areas"]] == [
        (1, "west", 1, 100),
        (2, "east", 2, 66),
        (3, None, 0, 0),
    ]
    assert [(line["name"], line["points"]) for line in told["best"]] == [("张*三", 210), ("王*", 110), ("=***", 10)]
    path = "accounts/hh_b/bulletin-listing"
    assert (await office.post(path, {"listed": False}, key=resident)).json() == {"owner": "hh_b", "listed": False}
    hidden = (await office.call("GET", f"bulletin?{SPAN}&best=1", key=resident)).json()
    assert [line["name"] for line in hidden["best"]] == ["王*"]
    assert (hidden["issued"], hidden["areas"]) == (told["issued"], told["areas"])
    assert [line["name"] for line in (await office.call("GET", "notice?area=east", key=key)).json()["lines"]][
        1
    ] == "张*三"
    kinds = [(line["kind"], line["points"]) for line in await rows(office, f"bulletin/csv?{SPAN}", key)]
    assert kinds[-3:] == [("issued", "330"), ("redeemed", "0"), ("checkpoint", "")]
    await office.post(path, {"listed": True}, key=key)
    assert len((await office.call("GET", f"bulletin?{SPAN}", key=resident)).json()["best"]) == 3
