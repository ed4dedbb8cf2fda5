"""At a shop of the alliance: the resident's card pays, or a code that is confirmed by card and PIN."""

from ledger.actions.check import look_at_all
from ledger.db.service_role import connect
from tests.api.alliance import pass_days, set_terms
from tests.api.client import Office
from tests.api.test_card_sales import PIN, give_pin
from tests.api.test_cards import issued
from tests.village import gift, haircut

LINES = {"lines": [{"item": "haircut"}]}


async def test_a_card_pays_at_a_shop(office: Office) -> None:
    await office.village.post(("earn", gift()))
    card = await issued(office, await office.key("operator"))
    barber = await office.key("merchant", owner="mer_barber")
    sale = {**LINES, "card": {"code": card["code"]}, "merchant": "mer_barber"}
    sold = await office.post("redemptions", sale, key=barber)
    assert (sold.status_code, sold.json()["about"]["proof"]) == (201, "card"), sold.text
    vouched = await office.post("redemptions", {**sale, "document_seen": True}, key=barber)
    assert vouched.status_code == 403, "a shop is no office"
    assert await office.village.total("mer_barber", "claims") == 20


async def test_a_code_is_confirmed_by_card_and_pin_at_the_shop(office: Office) -> None:
    await office.village.post(("earn", gift()))
    card = await issued(office, await office.key("operator"), number="8001")
    await give_pin(office, card["card"])
    barber, tea = [await office.key("merchant", owner=owner) for owner in ("mer_barber", "mer_tea")]
    code = (await office.post("merchants/mer_barber/codes", LINES, key=barber)).json()["code"]
    path = f"shop-codes/{code}/confirm"
    assert (await office.post(path, {"owner": "hh_1"}, key=barber)).status_code == 403, "only the resident can"
    assert (await office.post(path, {"card": {"number": "8001"}}, key=barber)).status_code == 400, "with the PIN"
    told = {"card": {"number": "8001"}, "pin": PIN}
    assert (await office.post(path, told, key=tea)).status_code == 404
    wrong = await office.post(path, {**told, "pin": "583921"}, key=barber)
    assert wrong.json()["code"] == "pin_wrong"
    first, again = [await office.post(path, told, key=barber, idempotency="c") for _ in "ab"]
    assert (first.status_code, first.json()["about"]["proof"]) == (201, "pin"), first.text
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    assert await office.village.total("mer_barber", "claims") == 20


async def test_check_finds_a_statement_that_is_not_what_the_ledger_says(office: Office) -> None:
    await set_terms(office.village)
    await office.village.post(("earn", gift()), ("cut", haircut()))
    await pass_days(office, 5)
    operator, admin = await office.key("operator"), await office.key("admin")
    barber = await office.key("merchant", owner="mer_barber")
    id = (await office.post("settlements", {"merchant": "mer_barber"}, key=operator)).json()["settlement"]
    await office.call("POST", f"settlements/{id}/confirm", key=barber)
    assert (await office.post(f"settlements/{id}/pay", {"method": "cash"}, key=admin)).status_code == 201
    connection = await connect(office.village.database.admin_url)
    for planted in (
        "UPDATE settlement_line SET points = points + 1",
        "UPDATE settlement_line SET state = 'carried'",
        "UPDATE settlement SET closing = closing + 1",
        "UPDATE settlement_line SET account_version = account_version + 1",
    ):
        whole = connection.transaction()
        await whole.start()
        await connection.execute(f"SET LOCAL session_replication_role = replica; {planted}")
        broken = {finding.line for finding in await look_at_all(connection) if finding.broken}
        await whole.rollback()
        assert "I19" in broken, planted
    await connection.close()
