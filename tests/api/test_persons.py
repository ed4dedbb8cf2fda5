"""A person's data over HTTP: handed out whole to whom it belongs, and forgotten without touching the books."""

import asyncio
from typing import Any

import asyncpg
import pytest

from ledger.actions.check import check_ledger
from ledger.actions.export_sealed import export_sealed
from ledger.actions.seal import seal_waiting
from ledger.db.journal import show_programmes
from ledger.db.service_role import connect
from ledger.verify import verify
from tests.actions.test_seal import KEY
from tests.api.client import Office
from tests.api.test_cards import issued
from tests.api.test_evidence import picture, send
from tests.village import Village

NAME, PHONE, NOTE, PLACE = "欧阳娜娜", "13800138000", "她搬家了", "grandmother"
FORGOTTEN = (NAME, PHONE, NOTE, PLACE, "r-77")


async def person(office: Office, admin: str) -> str:
    """Somebody with a card, a claim with a picture, and a correction of ten points with a note."""
    body = {"name": NAME, "phone": PHONE, "reference": "r-77", "moved_in_on": "2019-03-01"}
    who = str((await office.post("households", body, key=admin)).json()["id"])
    await issued(office, admin, owner=who, number="88001234")
    facts = {"happened_on": "2026-09-14", "note": PLACE}
    claim = await office.post("activities", {"rule": "plenty", "recipient": who, "facts": facts}, key=admin)
    assert claim.status_code == 201, claim.text
    correct = {"owner": who, "amount": 10, "note": NOTE}
    assert (await office.post("adjustments", correct, key=admin)).status_code == 201
    return who


async def export(office: Office, owner: str, key: str) -> Any:
    return await office.call("GET", f"persons/{owner}/export", key=key)


async def erase(office: Office, owner: str, key: str) -> Any:
    return await office.post(f"persons/{owner}/erase", None, key=key)


async def empty(office: Office, owner: str, key: str, amount: int = 10) -> None:
    left = await office.post("adjustments", {"owner": owner, "amount": -amount, "note": NOTE}, key=key)
    assert left.status_code == 201, left.text


async def seal(village: Village) -> None:
    admin = await connect(village.database.admin_url)
    await admin.execute("SET ROLE ledger_sealer")
    await seal_waiting(admin, KEY)
    await admin.close()


async def sealed_lines(village: Village) -> list[str]:
    admin = await connect(village.database.admin_url)
    lines = [line async for line in export_sealed(admin, KEY, None)]
    await admin.close()
    return lines


async def everything(village: Village) -> str:
    tables = await village.rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'ledger'::regnamespace AND relkind = 'r'"
    )
    told = [await village.rows(f"SELECT t::text AS told FROM ledger.{table} AS t") for (table,) in tables]
    return "\n".join(row["told"] for rows in told for row in rows)


async def test_an_export_tells_everything_and_only_to_its_own(office: Office) -> None:
    admin = await office.key("admin")
    who = await person(office, admin)
    told = (await export(office, who, await office.key("resident", owner=who))).json()
    assert (told["name"], told["phone"], told["reference"], told["traits"]["moved_in_on"]) == (
        NAME,
        PHONE,
        "r-77",
        "2019-03-01",
    )
    [line] = told["kept"]["lines"]
    assert (line["amount"], line["balance"], line["note"]) == (10, 10, NOTE)
    assert [(card["state"], card["number"]) for card in told["kept"]["cards"]] == [("active", "…1234")]
    [claim] = told["kept"]["activities"]
    assert claim["facts"]["note"] == PLACE
    assert (await export(office, who, await office.key("resident", owner="hh_2"))).status_code == 404
    assert (await export(office, who, await office.key("operator"))).status_code == 403
    assert (await export(office, "out_shop", admin)).status_code == 404


async def test_who_holds_something_is_not_erased(office: Office) -> None:
    admin = await office.key("admin")
    who = await person(office, admin)
    refused = (await erase(office, who, admin)).json()
    assert (refused["code"], refused["numbers"]["main"]) == ("still_holding", 10)
    assert (await export(office, who, admin)).json()["name"] == NAME
    assert (await erase(office, "hh_nobody", admin)).status_code == 404


async def test_an_erased_person_is_nowhere_and_the_books_are_as_they_were(office: Office) -> None:
    village, admin = office.village, await office.key("admin")
    who = await person(office, admin)
    [claim] = (await export(office, who, admin)).json()["kept"]["activities"]
    assert (await send(office, claim["activity"], picture(), admin)).status_code == 201
    assert (await office.post(f"activities/{claim['activity']}/award", None, key=admin)).status_code == 201
    await seal(village)
    before = await sealed_lines(village)
    waiting = await office.post("adjustments", {"owner": who, "amount": -110, "note": NOTE}, key=admin)
    assert waiting.status_code == 202
    for amount in (60, 50):
        await empty(office, who, admin, amount)  # Not sealed yet.
    own = await office.key("resident", owner=who)
    answers = await asyncio.gather(*(erase(office, who, admin) for _ in range(4)))
    assert [one.status_code for one in answers] == [200] * 4 and len({one.content for one in answers}) == 1
    assert (
        sorted(one.headers.get("Idempotency-Replayed") for one in answers if one.headers.get("Idempotency-Replayed"))
        == ["true"] * 3
    )
    assert [row["owner"] for row in await village.rows("SELECT owner FROM erasure")] == [who]
    told = (await export(office, who, own)).json()
    assert (told.pop("erased"), told.pop("owner"), told.pop("kind")) == (answers[0].json(), who, "household")
    assert not any(told.values())
    kept = await everything(village)
    assert [word for word in FORGOTTEN if word in kept] == []
    assert office.app.desk.files.names() == []
    assert (await office.post("adjustments", {"owner": who, "amount": 1, "note": "x"}, key=admin)).status_code == 409
    await seal(village)
    after = await sealed_lines(village)
    assert NOTE not in "".join(after) and NOTE in "".join(before)
    assert "OK" in next(iter(verify(after, [])))
    notes = [line for line in before if '"checkpoint"' in line]
    assert notes and set(notes) <= set(after)
    connection = await connect(village.database.admin_url)
    assert [finding for finding in await check_ledger(connection) if finding.broken] == []
    await connection.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE journal SET about = (about::jsonb - 'note')::json, facts = NULL",
        "UPDATE journal SET principal = 'x'",
        "UPDATE card SET number = NULL, nfc_number = NULL, code_hash = NULL, blocked_for = NULL, state = 'pending'",
        "DELETE FROM erasure",
    ],
)
async def test_history_loses_words_only_with_an_erasure(change: str, office: Office) -> None:
    admin = await office.key("admin")
    who = await person(office, admin)
    await empty(office, who, admin)
    if "erasure" in change or "principal" in change:
        await erase(office, who, admin)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await office.village.rows(change)


async def test_another_programme_is_not_erased(office: Office) -> None:
    connection = await connect(office.village.database.url)
    async with connection.transaction():
        await show_programmes(connection, ["elsewhere"])
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("SELECT erase_person('village', 'hh_1', 'x')")
    await connection.close()
