"""Who sees which name, telephone and card: every route that is read, every role, against a table written by hand."""

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from ledger.core.mask import mask_name, mask_number
from ledger.db.service_role import connect
from ledger.hall.access import Role
from ledger.hall.sight import SIGHT, Fact, Sight
from tests.api.matrix import MATRIX, OWNERS, P
from tests.api.outside_matrix import OUTSIDE
from tests.api.test_access import Town, town  # noqa: F401 - the fixture
from tests.village import noticed

# What is planted, by fact: whole, and as a mask shows it.
PLANTED = {
    "name": ("欧阳小红", "欧**红"),
    "phone": ("13811112222", "…2222"),
    "card": ("88001234", "…1234"),
    "contact": ("诸葛老板", "诸**板"),
    "contact phone": ("13911113333", "…3333"),
    "staff": ("上官明月", "上**月"),
}
W, M = "whole", "masked"
CARD = f"crd_{'1':0>18}"
Seen = dict[str, dict[str, str]]


def _seen(roles: str, **facts: str) -> Seen:
    told = {fact.replace("_", " "): how for fact, how in facts.items()}
    return dict.fromkeys(roles.split(), told)


_WORKERS = "admin operator reviewer"
_ALL_MASKED = _seen(f"{_WORKERS} auditor cashier merchant resident", name=M)
_CARDS = _seen(f"{_WORKERS} resident", card=W) | _seen("auditor", card=M)
_PEOPLE = _seen(f"{_WORKERS} resident", name=W, phone=W) | _seen("cashier auditor", name=M)

# Routes that show something personal, and to whom; every other route that is read shows none of it to anybody.
SEEN: dict[tuple[str, str], Seen] = {
    ("GET", f"{P}/households/{{household}}"): _PEOPLE,
    ("GET", f"{P}/members/{{member}}"): _PEOPLE,
    ("GET", f"{P}/households/{{household}}/members"): (
        _seen(f"{_WORKERS} resident", name=W) | _seen("auditor", name=M)
    ),
    ("GET", f"{P}/persons/{{owner}}/export"): _seen("admin resident", name=W, phone=W, card=M),
    ("GET", f"{P}/cards/{{card}}"): _CARDS,
    ("GET", f"{P}/accounts/{{owner}}/cards"): {**_CARDS, "resident": {}},  # the card is the household's
    ("GET", f"{P}/accounts/{{owner}}/passbook"): _seen(f"{_WORKERS} auditor resident", name=M),
    ("GET", f"{P}/merchants/{{merchant}}/enrolment"): _seen("admin operator merchant", contact=W, contact_phone=W),
    ("GET", f"{P}/sign-up-lists/{{list}}"): _seen(_WORKERS, name=W) | _seen("auditor resident", name=M),
    **{("GET", f"{P}/{wall}{form}"): _ALL_MASKED for wall in ("notice", "bulletin") for form in ("", "/csv", "/print")},
    ("GET", "/my/{programme}"): _seen("resident", name=M),
}
STAFF_SEEN = _seen("admin", staff=W) | _seen("auditor", staff=M)


@pytest_asyncio.fixture
async def street(town: Town) -> AsyncIterator[Town]:  # noqa: F811
    admin = await connect(town.office.village.database.admin_url)
    (name, _), (phone, _), (card, _) = (PLANTED[fact] for fact in ("name", "phone", "card"))
    (contact, _), (contact_phone, _) = PLANTED["contact"], PLANTED["contact phone"]
    await admin.execute("SET session_replication_role = replica")
    await admin.execute(
        "INSERT INTO ledger.person (programme, owner, name, phone) SELECT 'village', id, $1, $2 FROM ledger.owner"
        " WHERE programme = 'village' AND kind IN ('household', 'member')", name, phone,
    )  # fmt: skip
    await admin.execute(
        "UPDATE ledger.card SET number = $1, member = 'mbr_1' WHERE programme = 'village' AND id = $2", card, CARD
    )
    await admin.execute("DELETE FROM ledger.merchant_contact")
    await admin.execute(
        "INSERT INTO ledger.merchant_contact (programme, merchant, name, phone)"
        " SELECT programme, merchant, $1, $2 FROM ledger.merchant", contact, contact_phone,
    )  # fmt: skip
    await town.office.village.post(("seen", noticed("hh_1")))
    await admin.close()
    yield town


def told(text: str) -> dict[str, str]:
    """Which facts an answer shows, and how."""
    found = {fact: M for fact, (_, masked) in PLANTED.items() if masked in text}
    return found | {fact: W for fact, (whole, _) in PLANTED.items() if whole in text}


def test_the_masks_are_as_planted() -> None:
    assert {mask_name(PLANTED[fact][0]) for fact in ("name", "contact", "staff")} == {"欧**红", "诸**板", "上**月"}
    assert mask_number(PLANTED["card"][0]) == PLANTED["card"][1]


async def test_each_role_sees_what_the_table_says(street: Town, record_property: Callable[[str, object], None]) -> None:
    wrong, cells = [], 0
    keys = {role: await street.office.key(role, owner=OWNERS.get(role), programme="village") for role in Role}
    for route, (everything, own) in MATRIX.items():
        if route[0] != "GET" and route not in SEEN:
            continue
        for role in (*everything.split(), *own.split()):
            answer = await street.answer(route, role, "own", "village", keys[Role(role)])
            cells += 1
            expected = SEEN.get(route, {}).get(role, {})
            if told(answer.text) != expected or (answer.status_code >= 400 and expected):
                wrong.append((*route, role, answer.status_code, told(answer.text), expected))
    assert wrong == [], "\n".join(map(str, wrong))
    record_property("Q9", f"who sees which name, telephone and card: {cells} cells")


async def test_people_who_work_here_are_seen_by_the_same_table(street: Town) -> None:
    admin = await street.office.key("admin")
    body = {"user_name": "moon", "password": "nine-lives-of-a-cat", "name": PLANTED["staff"][0]}
    person = (await street.office.call("POST", "/v1/people", key=admin, json=body)).json()["person"]
    for (method, path), allowed in OUTSIDE.items():
        for role in allowed.split() if method == "GET" else ():
            key = await street.office.key(role, owner=OWNERS.get(role))
            where = path.format(session="ses_x", person=person, key="key_x", event="aud_x")
            seen = told((await street.office.call(method, where, key=key)).text)
            assert seen == (STAFF_SEEN[role] if "/people" in path else {}), (path, role)


def test_whoever_is_not_named_in_the_table_sees_nothing_whole() -> None:
    assert {fact: {role for role, sight in row.items() if sight is Sight.WHOLE} for fact, row in SIGHT.items()} == {
        Fact.NAME: {Role.ADMIN, Role.OPERATOR, Role.REVIEWER},
        Fact.PHONE: {Role.ADMIN, Role.OPERATOR, Role.REVIEWER},
        Fact.CARD_NUMBER: {Role.ADMIN, Role.OPERATOR, Role.REVIEWER},
        Fact.STAFF_NAME: {Role.ADMIN},
        Fact.CONTACT: {Role.ADMIN, Role.OPERATOR, Role.MERCHANT},
    }


async def test_what_others_look_at_is_masked_for_everybody(street: Town) -> None:
    admin = await street.office.key("admin")
    assert (await street.office.post(f"cards/{CARD}/activate", None, key=admin)).status_code == 200
    for role in ("admin", "operator", "cashier", "merchant"):
        key = await street.office.key(role, owner=OWNERS.get(role), programme="village")
        shown = await street.office.post("presented-cards", {"number": PLANTED["card"][0]}, key=key)
        assert told(shown.text) == {"name": M}, role


async def test_a_route_that_forgets_to_mask_is_seen(street: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.hall.sight.mask_name", lambda name: name)
    key = await street.office.key("cashier", owner="out_shop", programme="village")
    route = ("GET", f"{P}/households/{{household}}")
    answer = await street.answer(route, "cashier", "own", "village", key)
    assert told(answer.text) == {"name": W} != SEEN[route]["cashier"]
