"""Who may do what: every route × every role × own, other, sibling and foreign things, against a matrix of its own."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio

from ledger.actions.publish import publish_rulebook
from ledger.actions.seal import seal_waiting
from ledger.actions.seal_key import SealKey
from ledger.app import RouteNotInTable, create_app
from ledger.core.activity import Facts
from ledger.core.card import Carrier
from ledger.core.command import Adjust, Award, Donate, Hold, Line, Redeem
from ledger.core.paper import check_hash
from ledger.core.rulebook import Give, RecipientKind, Rule
from ledger.core.value import FixedValue
from ledger.db.activities import insert_activity
from ledger.db.adjustments import insert_adjustment
from ledger.db.appointments import Appointment, insert_appointment
from ledger.db.audit_events import NewEvent, write_events
from ledger.db.cards import NewCard, insert_cards
from ledger.db.event_sources import declare_source
from ledger.db.evidence import Clean, insert_evidence
from ledger.db.files import FileShelf
from ledger.db.inspections import Asked, insert_inspection
from ledger.db.journal import show_programmes
from ledger.db.keys import revoke_key
from ledger.db.objections import insert_objection
from ledger.db.owners import Owner, open_owners
from ledger.db.service_role import connect
from ledger.db.shifts import Shift, insert_shift
from ledger.db.sign_ups import AskedList, insert_list, sign_up
from ledger.db.terminals import Terminal, insert_terminal
from ledger.db.vouchers import Series, activate_series, insert_series, print_vouchers
from ledger.hall.access import TABLE, Role
from ledger.routes import ROUTES as SERVED
from tests.api.alliance_things import fill_alliance
from tests.api.client import Office, open_office
from tests.api.matrix import (
    FORMS,
    KINDS,
    MATRIX,
    OTHER_SHIFT,
    OTHER_TERMINAL,
    OWNERS,
    PUBLIC,
    QUERIES,
    SEALED,
    SHIFT,
    SIGNED,
    STAFF,
    TERMINAL,
    WITH_BODY,
    WITHOUT_BODY,
    body_of,
)
from tests.api.outside_matrix import OUTSIDE, OUTSIDE_BODIES, SIGN_IN
from tests.api.test_sessions import add, token
from tests.village import BOTH, DAY, RULEBOOK, Database, Village, gift, open_village, receive, sweep

REFUSED = {401, 403, 404}
SERIES = Series(f"vch_{'1':0>18}", "OLD", 5, 3, None, 0, "system:test")


class Town:
    """Two villages below one county, one below another, and in each the things that routes are about."""

    def __init__(self, office: Office, things: dict[str, dict[str, str]]) -> None:
        self.office = office
        self.things = things
        self.counts: Counter[str] = Counter()

    def thing(self, kind: str, whose: str, role: str, programme: str) -> str:
        """The id of what belongs to the role's owner, or to somebody else in the same programme."""
        mine = {
            "household": "hh_1", "member": "mbr_1", "merchant": "mer_barber", "outlet": "out_shop",
            "batch": "b1", "series": f"vch_{'1':0>18}",
            "kind": "rulebook", "version": "2026-01", "adjustment": "adj_1", "helper": f"hlp_{'1':0>18}",
            "card": f"crd_{'1':0>18}", "terminal": TERMINAL, "shift": SHIFT, "number": "1",
            "report": "areas", "publication": "pub_1",
            "objection": "obj_1", "inspection": "ins_1", "list": "sgn_1", "source": "hotline",
            "owner": {"merchant": "mer_barber", "resident": "mbr_1"}.get(role, "hh_1"),
        }  # fmt: skip
        others = {**mine, "household": "hh_2", "member": "mbr_2", "merchant": "mer_tea", "outlet": "out_fair"}
        others |= {"card": f"crd_{'2':0>18}", "terminal": OTHER_TERMINAL, "shift": OTHER_SHIFT}
        others["owner"] = "hh_2"
        if kind in mine:
            return mine[kind] if whose == "own" else others[kind]
        owned_by = role if role in OWNERS else "resident"
        return self.things[programme][f"{kind} {owned_by}" if whose == "own" else f"{kind} other"]

    async def status(self, route: tuple[str, str], role: str, whose: str, programme: str, key: str | None) -> int:
        return (await self.answer(route, role, whose, programme, key)).status_code

    async def answer(
        self, route: tuple[str, str], role: str, whose: str, programme: str, key: str | None
    ) -> httpx.Response:
        method, template = route
        names = [part[1:-1] for part in template.split("/") if part.startswith("{")]
        values = {
            name: self.thing(KINDS.get(template, name), whose, role, programme) for name in names if name != "programme"
        }
        path = f"{template.format(programme=programme, **values)}?{QUERIES.get(template, '')}".removesuffix("?")
        more: dict[str, Any] = {"headers": {"Idempotency-Key": f"cell-{self.counts.total()}"}}
        if template.rsplit("/", 1)[1] in ("policies", "catalogues", "events", "rulebooks", "simulations"):
            more = {"content": b"nothing: here", "headers": {"Content-Type": "application/yaml"}}
        elif method == "POST" and template.endswith("/sheet"):
            more = {"content": b"nothing", "headers": {"Content-Type": "text/csv"}}
        elif method == "POST" and template.endswith("/evidence"):
            more = {"content": b"nothing", "headers": {"Content-Type": "image/png"}}
        elif method == "POST" and template in FORMS:
            path = path.partition("?")[0]
            more = {"data": FORMS[template]}
        elif "/imports/" in template or "/backlogs/" in template:
            more = {"content": b"nothing", "headers": {"Content-Type": "text/csv"}}
        elif method == "POST" and (template in WITH_BODY or not template.endswith(WITHOUT_BODY)):
            more["json"] = body_of(template, role, is_own=whose == "own")
        answer = await self.office.call(method, path, key=key, **more)
        self.counts["cells"] += 1
        return answer


@pytest_asyncio.fixture
async def town(database: Database) -> AsyncIterator[Town]:
    admin = await connect(database.admin_url)
    await admin.execute(
        "INSERT INTO node (id, parent, kind, title_zh, title_en) VALUES"
        " ('nod_1', NULL, 'county', '县', 'County'), ('nod_2', NULL, 'county', '邻县', 'Next county')"
    )
    async with (
        open_village(database) as village,
        open_village(database, "hamlet") as sibling,
        open_village(database, "abroad") as foreign,
        open_office(village) as office,
    ):
        await admin.execute("UPDATE programme SET node = 'nod_2' WHERE programme = 'abroad'")
        things = {one.slug: await fill(one) for one in (village, sibling, foreign)}
        for content in (b"1", b"2", b"3"):
            FileShelf(office.folder).keep(content)
        assert await seal_waiting(admin, SealKey(bytes(32))) == 3 * (SEALED + 1)
        await admin.close()
        yield Town(office, things)


async def fill(village: Village) -> dict[str, str]:
    """For each role a transaction, an award, a hold and an activity of its own."""
    await _open(village)
    soap = (Line("soap"),)
    outcomes = await village.post(
        ("a", gift("hh_1")),
        ("b", gift("hh_2")),
        ("c", receive(1_000, item="soap")),
        ("d", receive(1_000, item="soap", outlet="out_fair")),
        ("e", Redeem("hh_2", soap, outlet="out_shop")),
        ("f", Redeem("hh_2", (Line("haircut"),), merchant="mer_barber")),
        ("g", Redeem("hh_2", soap, outlet="out_fair")),
        ("h", sweep("hh_1")),
        ("i", sweep("hh_2")),
        ("j", Award("serve", "mer_barber", Facts(happened_on=DAY))),
        ("k", Hold("hh_1", soap, outlet="out_shop", until=date(2099, 1, 1))),
        ("l", Hold("hh_2", (Line("haircut"),), merchant="mer_barber", until=date(2099, 1, 1))),
        ("m", Hold("hh_2", soap, outlet="out_fair", until=date(2099, 1, 1))),
        ("n", Donate("out_shop", "soap", gift("hh_1"))),
        ("o", Donate("out_shop", "soap", gift("hh_2"))),
    )
    ids = [str(outcome.transaction) for outcome in outcomes]
    assert all(outcome.receipt for outcome in outcomes), outcomes
    async with village.connection.transaction():
        await show_programmes(village.connection, [village.slug])
        await insert_objection(
            village.connection, village.slug, "obj_1", ids[7], note="n", by="system:neighbour", due_on=DAY
        )
    event = NewEvent(village.slug, "nod_1", "system:test", None, "blind", "GET /", {}, 200)
    [seen] = await write_events(village.connection, [event])
    events = dict.fromkeys(("event resident", "event other", *(f"event {role}" for role in OWNERS)), str(seen))
    return _named(ids) | events | await fill_alliance(village)


async def _open(village: Village) -> None:
    """Members, a second shop, a rule for shops, and recorded activities."""
    serve = Rule(
        id="serve",
        title=BOTH,
        category="clean",
        gives=(Give(value=FixedValue(5)),),
        recipient=RecipientKind.MERCHANT,
    )
    rules = msgspec.structs.replace(
        RULEBOOK, rulebook="2026-02", from_=date(2026, 1, 2), rules=(*RULEBOOK.rules, serve)
    )
    await publish_rulebook(village.connection, village.slug, rules, by="system:test")
    async with village.connection.transaction():
        await show_programmes(village.connection, [village.slug])
        members = [Owner("mbr_1", "member", household="hh_1"), Owner("mbr_2", "member", household="hh_2")]
        await open_owners(village.connection, village.slug, [*members, Owner("mer_tea", "merchant", "tea")])
        new = [NewCard(f"crd_{id:0>18}", f"hh_{id}", Carrier.QR, number=f"100{id}") for id in "123"]
        await insert_cards(village.connection, village.slug, new, by="system:test")
        await insert_series(village.connection, village.slug, SERIES)
        await print_vouchers(
            village.connection, village.slug, SERIES.id, {1: check_hash(village.slug, "OLD-000001", "000000")}
        )
        await activate_series(village.connection, village.slug, SERIES.id, by="system:test")
        helper = Appointment(f"hlp_{'1':0>18}", "hh_1", "mbr_2", None, None, None, "system:test")
        await insert_appointment(village.connection, village.slug, helper)
        await _open_gatherings(village)
        much = Adjust("hh_1", 1_000, "much")
        await insert_adjustment(village.connection, village.slug, "adj_1", much, effective_on=None, by="system:test")
        for id, outlet in ((TERMINAL, "out_shop"), (OTHER_TERMINAL, "out_fair")):
            device = Terminal(id, outlet, "1", 100, 1_000, "active", "system:test", datetime.now(UTC))
            await insert_terminal(village.connection, village.slug, device)
            shift = Shift(
                id.replace("trm", "shf"), id, outlet, "staff:li", 0, "system:test", datetime.now(UTC), "txn_1"
            )
            await insert_shift(village.connection, village.slug, shift)
        await _open_activities(village)


async def _open_activities(village: Village) -> None:
    """One of each owner, with a file to show for it."""
    for id, recipient in (("1", "hh_1"), ("2", "mer_barber"), ("3", "hh_2")):
        await insert_activity(
            village.connection, village.slug, id=f"act_{id:0>18}", rule="sweep", recipient=recipient,
            facts=Facts(happened_on=DAY), by="system:test",
        )  # fmt: skip
        sha256 = hashlib.sha256(id.encode()).hexdigest()
        file = Clean(id.encode(), sha256, sha256, "application/pdf")
        await insert_evidence(
            village.connection, village.slug, f"evd_{id}", f"act_{id:0>18}", file, warnings=(), by="system:test"
        )


async def _open_gatherings(village: Village) -> None:
    """A sheet, a list with one of each household on it, and a system that reports."""
    connection, slug = village.connection, village.slug
    await insert_inspection(
        connection, slug, Asked("ins_1", "sweep", "t", None, DAY, "system:test"), holder="household"
    )
    starts_at = datetime(2026, 9, 14, 1, tzinfo=UTC)
    call = AskedList("sweep", "t", starts_at, starts_at + timedelta(hours=1), 9)
    await insert_list(connection, slug, "sgn_1", call, by="system:test")
    for member in ("mbr_1", "mbr_2"):
        await sign_up(connection, slug, "sgn_1", member)
    await declare_source(connection, slug, "hotline", by="system:test", is_new_secret=False)


def _named(ids: list[str]) -> dict[str, str]:
    return {
        "transaction resident": ids[0], "transaction cashier": ids[4], "transaction merchant": ids[5],
        "transaction other": ids[6], "award resident": ids[7], "award merchant": ids[9], "award cashier": ids[8],
        "award other": ids[8], "activity resident": f"act_{'1':0>18}", "activity merchant": f"act_{'2':0>18}",
        "activity cashier": f"act_{'3':0>18}", "activity other": f"act_{'3':0>18}",
        "evidence resident": "evd_1", "evidence merchant": "evd_2", "evidence cashier": "evd_3",
        "evidence other": "evd_3", "donation resident": f"don_{ids[13][4:]}", "donation other": f"don_{ids[14][4:]}",
        "donation cashier": f"don_{ids[14][4:]}", "donation merchant": f"don_{ids[14][4:]}",
        "sale cashier": ids[4], "sale merchant": ids[5], "sale resident": ids[4], "sale other": ids[6],
        "hold cashier": ids[10], "hold resident": ids[10], "hold merchant": ids[11], "hold other": ids[12],
    }  # fmt: skip


def cells() -> Iterator[tuple[tuple[str, str], str, str, str, bool]]:
    """Route, role, whose thing, in which programme, and whether the key is bound to the village."""
    for route in MATRIX:
        for role in Role:
            for bound in (True, False) if role in STAFF else (True,):
                for whose in ("own", "other"):
                    yield route, role, whose, "village", bound
                yield route, role, "own", "hamlet", bound
                yield route, role, "own", "abroad", bound


def is_allowed(route: tuple[str, str], role: str, whose: str) -> int | None:
    """None when the request must get past the guard; otherwise the status that stops it."""
    everything, own = MATRIX[route]
    if role in everything.split():
        return None
    if role not in own.split():
        return 403
    return None if whose == "own" else 404


async def test_every_cell_of_the_matrix(town: Town, record_property: Callable[[str, object], None]) -> None:
    keys: dict[tuple[str, bool], str] = {}
    for role in Role:
        owner = OWNERS.get(role)
        keys[role, True] = await town.office.key(role, owner=owner, programme="village")
        keys[role, False] = await town.office.key(role)
    wrong = []
    for route, role, whose, programme, bound in cells():
        status = await town.status(route, role, whose, programme, keys[role, bound])
        out_of_reach = programme == "abroad" or (programme == "hamlet" and bound)
        expected = 404 if out_of_reach else is_allowed(route, role, whose)
        if (status in REFUSED or status >= 500) if expected is None else status != expected:
            wrong.append((route, role, whose, programme, bound, status, expected))
    assert wrong == []
    record_property("Q9", f"access table, route x role x own, other, sibling, foreign: {town.counts.total()} cells")


async def test_people_are_let_in_as_keys_are(town: Town) -> None:
    """A county's auditor and a cashier of one outlet who have signed in, at every route; the auditor writes nothing."""
    admin = await town.office.key("admin")
    await add(town.office, admin, "auditor", role="auditor", node="nod_1")
    await add(town.office, admin, "teller", role="cashier", programme="village", owner="out_shop")
    wrong = []
    for role in ("auditor", "cashier"):
        held = await token(town.office, {"auditor": "auditor", "cashier": "teller"}[role])
        for route in (route for route in MATRIX if not route[1].endswith("/sign-out")):
            for programme, out_of_reach in (("village", False), ("abroad", True), ("hamlet", role == "cashier")):
                status = await town.status(route, role, "own", programme, held)
                expected = 404 if out_of_reach else is_allowed(route, role, "own")
                if status >= 500 or (status in REFUSED if expected is None else status != expected):
                    wrong.append((route, role, programme, status, expected))
    assert wrong == []


async def test_every_cell_outside_the_programmes(town: Town) -> None:
    wrong = []
    for (method, path), allowed in OUTSIDE.items():
        for role in Role:
            for node in ("nod_1", "nod_2"):
                key = await town.office.key(role, owner=OWNERS.get(role), node=node)
                where = path.format(
                    event="aud_x", session="ses_x", person="usr_x", role="rol_x", key="key_x", old="key_x"
                )
                more = {"json": OUTSIDE_BODIES[path]} if path in OUTSIDE_BODIES and method == "POST" else {}
                headers = {"Idempotency-Key": f"outside-{town.counts.total()}"}
                status = (await town.office.call(method, where, key=key, headers=headers, **more)).status_code
                town.counts["cells"] += 1
                if (status == 403 or status >= 500) if role in allowed.split() else status != 403:
                    wrong.append((method, path, role, node, status))
        assert (await town.office.call(method, where, key=None, headers=headers, **more)).status_code == 401
    assert wrong == []


async def test_without_a_key_only_public_routes_answer(town: Town) -> None:
    revoked = await town.office.key("admin")
    connection = await connect(town.office.village.database.url)
    await revoke_key(connection, f"key_{revoked.split('_')[1]}")
    await connection.close()
    bad = [None, "pl_x", "pl_" + "0" * 18 + "_" + "0" * 40, revoked, revoked[:-1] + "0"]
    for route in MATRIX:
        for key in bad[:1] if route[0] == "GET" else bad[:5]:
            assert await town.status(route, "admin", "own", "village", key) == 401, (route, key)
    for method, template in PUBLIC:
        answer = await town.office.call(method, template.format(programme="village"), key=None)
        assert answer.status_code in (200, 303), template
        assert "www-authenticate" not in answer.headers


async def test_the_matrix_is_the_whole_of_the_api(town: Town) -> None:
    document = (await town.office.call("GET", "/schema", key=None)).json()
    served = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert served == set(MATRIX) | PUBLIC | set(OUTSIDE) | SIGN_IN | SIGNED == set(TABLE)
    for (method, path), (everything, own) in MATRIX.items():
        told = document["paths"][path][method.lower()]["description"]
        assert all(role in told for role in (*everything.split(), *own.split()))


async def test_a_list_shows_only_what_the_key_reaches(town: Town) -> None:
    async def seen(key: str) -> list[str]:
        return list((await town.office.call("GET", "/v1/programmes", key=key)).json()["programmes"])

    assert await seen(await town.office.key("auditor")) == ["hamlet", "village"]
    assert await seen(await town.office.key("auditor", node="nod_2")) == ["abroad"]
    assert await seen(await town.office.key("cashier", owner="out_shop")) == ["village"]


async def test_a_revoked_key_stops_working_within_two_seconds(town: Town) -> None:
    key = await town.office.key("auditor")
    assert (await town.office.call("GET", "accounts/hh_1/balances", key=key)).status_code == 200
    connection = await connect(town.office.village.database.url)
    await revoke_key(connection, f"key_{key.split('_')[1]}")
    await connection.close()
    await asyncio.sleep(2)
    assert (await town.office.call("GET", "accounts/hh_1/balances", key=key)).status_code == 401


def test_a_route_without_a_row_is_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    short = {route: access for route, access in TABLE.items() if not route[1].endswith("/redemptions")}
    monkeypatch.setattr("ledger.app.TABLE", short)
    with pytest.raises(RouteNotInTable, match="redemptions"):
        create_app("postgresql://nowhere")


def test_a_row_without_a_route_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.app.ROUTES", SERVED[1:])
    with pytest.raises(RouteNotInTable):
        create_app("postgresql://nowhere")
