"""Whatever a caller sends: a problem with a word and a pointer, nothing half stored, never a 500."""

import json
import re
from typing import Any

import pytest

from tests.api.client import Office
from tests.village import gift

SALE: dict[str, Any] = {"owner": "hh_1", "outlet": "out_shop", "lines": [{"item": "tissue"}]}
DEED: dict[str, Any] = {"rule": "sweep", "recipient": "hh_1", "facts": {"happened_on": "2026-09-14"}}
STORED = (
    "journal", "entry", "idempotency_key", "owner", "person", "activity", "publication", "programme", "adjustment",
    "closed_period", "card", "helper", "household_change", "voucher",
)  # fmt: skip
EIGHT_DEEP = json.loads('{"a":' * 8 + "1" + "}" * 8)


def changed(body: dict[str, Any], **changes: Any) -> bytes:
    return json.dumps({**body, **changes}).encode()


# (path, raw body, pointer)
MALFORMED: list[tuple[str, bytes, str]] = [
    ("redemptions", b"", ""),
    ("redemptions", b"{", ""),
    ("redemptions", b"null", ""),
    ("redemptions", b"[]", ""),
    ("redemptions", b"\xff\xfe", ""),
    ("redemptions", b"[" * 100_000, ""),
    ("redemptions", b'{"a":' * 50_000, "/a"),
    ("redemptions", b'{"owner": "hh_1"', ""),
    ("redemptions", changed(SALE, owner=None), ""),  # a card may stand in its place, so the whole is at fault
    ("redemptions", changed(SALE, owner=5), "/owner"),
    ("redemptions", changed(SALE, owner="hh_1\x00"), "/owner"),
    ("redemptions", changed(SALE, owner="hh_1\n"), "/owner"),
    ("redemptions", changed(SALE, owner="hh_" + "1" * 41), "/owner"),
    ("redemptions", b'{"owner":"hh_\\ud800","outlet":"out_shop","lines":[{"item":"tissue"}]}', ""),
    ("redemptions", b'{"owner":"hh_1\\u0000","outlet":"out_shop","lines":[{"item":"tissue"}]}', "/owner"),
    ("redemptions", changed(SALE, note="?"), "/note"),
    ("redemptions", changed(SALE, household_class="poor"), "/household_class"),
    ("redemptions", changed(SALE, lines=[]), "/lines"),
    ("redemptions", changed(SALE, lines=[{"item": "tissue"}] * 51), "/lines"),
    ("redemptions", changed(SALE, lines=[{"quantity": 1}]), "/lines/0/item"),
    ("redemptions", changed(SALE, lines=[{"item": "tissue"}, {"item": "soap", "quantity": "5"}]), "/lines/1/quantity"),
    ("redemptions", changed(SALE, lines=[{"item": "tissue", "quantity": 0}]), "/lines/0/quantity"),
    ("redemptions", changed(SALE, lines=[{"item": "tissue", "quantity": -1}]), "/lines/0/quantity"),
    ("redemptions", changed(SALE, lines=[{"item": "tissue", "quantity": 2.0}]), "/lines/0/quantity"),
    ("redemptions", changed(SALE, lines=[{"item": "tissue", "quantity": 10**30}]), "/lines/0/quantity"),
    ("redemptions", changed(SALE, lines=[{"item": "tissue", "label_points": 10**12 + 1}]), "/lines/0/label_points"),
    ("redemptions", changed(SALE, merchant="mer_barber"), ""),
    ("redemptions", changed(SALE, outlet=None), ""),
    ("redemptions", changed(SALE, verb="award"), "/verb"),
    ("redemptions", b'{"owner":"hh_1","outlet":"out_shop","lines":[{"item":"tissue","quantity":NaN}]}', ""),
    ("quotes", changed(SALE, cash_fen=-1), "/cash_fen"),
    ("awards", changed(DEED, facts={"happened_on": "2026-13-40"}), "/facts/happened_on"),
    ("awards", changed(DEED, facts={"happened_on": 20260914}), "/facts/happened_on"),
    ("awards", changed(DEED, facts={}), "/facts/happened_on"),
    ("awards", changed(DEED, facts={**DEED["facts"], "deep": EIGHT_DEEP}), "/facts/deep"),
    ("awards", changed(DEED, facts={**DEED["facts"], "quantities": {"minutes": -1}}), "/facts/quantities/*"),
    ("awards", changed(DEED, facts={**DEED["facts"], "quantities": {"a\x00": 1}}), "/facts/quantities"),
    ("awards", changed(DEED, facts={**DEED["facts"], "note": "a\u202eb"}), "/facts/note"),
    ("awards", changed(DEED, facts={**DEED["facts"], "note": "x" * 1001}), "/facts/note"),
    ("awards", changed(DEED, rule="Sweep!"), "/rule"),
    ("activities", changed(DEED, recipient="out_shop"), "/recipient"),
    ("households", changed({}, reference=""), "/reference"),
    ("households", changed({}, reference="a\u0000"), "/reference"),
    ("households", changed({}, reference="h", name="x" * 201), "/name"),
    ("members", changed({}, reference="m", age=-1), "/age"),
    ("members", changed({}, reference="m", resident="yes"), "/resident"),
    ("merchants", changed({}, name="x"), "/reference"),
    ("stock/receipts", changed({}, outlet="out_shop", item="soap", quantity=10**9), "/quantity"),
    ("stock/receipts", changed({}, outlet="out_shop", item="soap", quantity=1, source="stolen"), "/source"),
    ("transactions/txn_1/reverse", changed({}, amount=0), "/amount"),
    ("redemptions/txn_1/refund", changed({}, lines=[{"item": "soap", "quantity": 1}]), "/lines/0/goods"),
    ("redemptions/txn_1/refund", changed({}, goods="keep"), "/goods"),
    ("holds", changed(SALE), "/until"),
    ("holds", changed(SALE, until="2026-02-30"), "/until"),
    ("holds/txn_1/capture", changed({}, lines=[{"item": "soap", "quantity": 0}]), "/lines/0/quantity"),
    ("reversals", changed({}, lost_key="a b"), "/lost_key"),
    ("reversals", changed({}, lost_key="k\n"), "/lost_key"),
    ("deductions", changed({}, owner="hh_1", amount=0, shortage="debt", note="n"), "/amount"),
    ("deductions", changed({}, owner="hh_1", amount=1, shortage="forgive", note="n"), "/shortage"),
    ("deductions", changed({}, owner="hh_1", amount=1, shortage="debt", note="n", unit="item:soap"), "/unit"),
    ("adjustments", changed({}, owner="hh_1", amount=10**12 + 1, note="n"), "/amount"),
    ("adjustments", changed({}, owner="hh_1", amount=1, note=""), "/note"),
    ("adjustments", changed({}, owner="hh_1", amount=1, note="n", approved_by="boss"), "/approved_by"),
    ("transfers", changed({}, owner="hh_1", to="out_shop", amount=1, note="n"), "/to"),
    ("openings", changed({}, owner="hh_1", amount=-1), "/amount"),
    ("settlements", changed({}, merchant="mer_1", unit="cash"), "/unit"),
    ("dividends", changed({}, pool=1, shares=[]), "/shares"),
    ("dividends", changed({}, pool=1, shares=[{"owner": "hh_1", "weight": 0}]), "/shares/0/weight"),
    ("stock/donations", changed({}, outlet="out_shop", item="soap", award={**DEED, "rule": 5}), "/award/rule"),
    ("stock/counts", changed({}, outlet="out_shop", item="soap", counted=-1, note="n"), "/counted"),
    ("stock/write-offs", changed({}, outlet="out_shop", item="soap", quantity=1), "/note"),
    ("stock/moves", changed({}, outlet="out_shop", to="hh_1", item="soap", quantity=1), "/to"),
    ("stock/returns", changed({}, outlet="out_shop", item="so ap", quantity=1), "/item"),
    ("awards/txn_1/cancel", changed({}, note="a\u2028b"), "/note"),
]


async def stored(office: Office) -> dict[str, int]:
    counts = {}
    for table in STORED:
        [row] = await office.village.rows(f"SELECT count(*) AS rows FROM {table}")
        counts[table] = row["rows"]
    return counts


async def test_malformed_bodies_are_pointed_at_and_store_nothing(office: Office) -> None:
    key = await office.key("admin")
    before = await stored(office)
    for number, (path, raw, pointer) in enumerate(MALFORMED):
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"m{number}"}
        answer = await office.call("POST", path, key=key, content=raw, headers=headers)
        problem = answer.json()
        seen = (answer.status_code, problem["code"], problem["errors"][0].get("pointer"))
        assert seen == (400, "malformed", pointer), (raw[:200], answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem["errors"][0]["detail"]
    assert await stored(office) == before


@pytest.mark.parametrize(
    ("method", "path", "more", "status", "code"),
    [
        ("POST", "redemptions", {"headers": {"Content-Type": "text/plain"}, "content": json.dumps(SALE)}, 415, None),
        ("POST", "redemptions", {"content": json.dumps(SALE)}, 415, "unsupported_media_type"),
        ("POST", "redemptions", {"data": {"owner": "hh_1"}}, 415, "unsupported_media_type"),
        ("POST", "rulebooks", {"json": {}}, 415, "unsupported_media_type"),
        ("POST", "redemptions", {"json": {**SALE, "owner": "x" * 300_000}}, 413, "too_large"),
        ("POST", "rulebooks", {"headers": {"Content-Type": "application/yaml"}, "content": b"#" * 600_000}, 413, None),
        ("PUT", "redemptions", {"json": SALE}, 405, "method_not_allowed"),
        ("DELETE", "transactions/txn_1", {}, 405, "method_not_allowed"),
        ("GET", "nothing", {}, 404, "no_such_page"),
        ("GET", "/v2/programmes", {}, 404, "no_such_page"),
        ("GET", "accounts/hh_%00/balances", {}, 404, "not_found"),
        ("GET", "accounts/%ED%A0%80/balances", {}, 404, "not_found"),
        ("GET", "accounts/..%2f..%2fetc/balances", {}, 404, None),
        ("GET", f"accounts/{'h' * 500}/balances", {}, 404, "not_found"),
        ("GET", "transactions/' OR 1=1 --", {}, 404, "not_found"),
        ("GET", "/v1/programmes/%27;DROP TABLE entry/prices", {}, 404, "not_found"),
        ("GET", "accounts/hh_1/statement?limit=0", {}, 400, "malformed"),
        ("GET", "accounts/hh_1/statement?limit=201", {}, 400, "malformed"),
        ("GET", "accounts/hh_1/statement?limit=ten", {}, 400, "malformed"),
        ("GET", "accounts/hh_1/statement?cursor=-1", {}, 400, "malformed"),
        ("GET", f"accounts/hh_1/statement?cursor={2**53}", {}, 400, "malformed"),
        ("GET", "accounts/hh_1/statement?limit=1&limit=2", {}, 400, "malformed"),
        ("GET", "accounts/hh_1/statement?offset=3", {}, 400, "malformed"),
        ("GET", "accounts/hh_1/statement?unit=%00", {}, 400, "malformed"),
        ("GET", "accounts/hh_1/statement?unit=gold", {}, 200, None),
        ("GET", "/schema?x=1", {}, 400, "malformed"),
    ],
)
async def test_odd_requests_get_their_status(
    office: Office, method: str, path: str, more: dict[str, Any], status: int, code: str | None
) -> None:
    key = await office.key("admin")
    answer = await office.call(method, path, key=key, idempotency="odd", **more)
    assert answer.status_code == status, answer.text
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert code in (None, answer.json()["code"])
    if status == 405:
        assert "allow" in answer.headers


@pytest.mark.parametrize("sent", ["", " ", "a b", "x" * 101, "é", "a\tb"])
async def test_a_key_that_cannot_be_kept_is_refused(office: Office, sent: str) -> None:
    key = await office.key("admin")
    headers = {"Idempotency-Key": sent.encode("latin-1")}
    answer = await office.call("POST", "redemptions", key=key, json=SALE, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert answer.json()["errors"][0]["header"] == "Idempotency-Key"


async def test_every_command_wants_a_key(office: Office) -> None:
    key = await office.key("admin")
    before = await stored(office)
    for path, body in (
        ("redemptions", SALE),
        ("awards", DEED),
        ("activities", DEED),
        ("activities/act_1/award", None),
        ("stock/receipts", {"outlet": "out_shop", "item": "soap", "quantity": 1}),
        ("transactions/txn_1/reverse", {}),
    ):
        answer = await office.call("POST", path, key=key, json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing"), path
    assert await stored(office) == before


async def test_every_route_that_takes_a_body_refuses_junk_and_wants_its_key(office: Office) -> None:
    key = await office.key("admin")
    before = await stored(office)
    paths = (await office.call("GET", "/schema", key=None)).json()["paths"]
    asked = 0
    for template, methods in paths.items():
        path = re.sub(r"\{\w+\}", "x_1", template.replace("{programme}", office.village.slug))
        post = methods.get("post", {"parameters": ()})
        required = [(one["in"], one["name"]) for one in post["parameters"] if one["required"]]
        if ("header", "Idempotency-Key") in required:
            answer = await office.call("POST", path, key=key, json={})
            assert answer.json()["code"] in ("idempotency_key_missing", "malformed"), (template, answer.text)
        query = {name: "2026-01-01" for where, name in required if where == "query"}
        for body in (b'{"": 0}', b"[]", b"7", b"nul", b'"\xff"') if "requestBody" in post else ():
            headers = {"Content-Type": next(iter(post["requestBody"]["content"])), "Idempotency-Key": f"junk-{asked}"}
            answer = await office.call("POST", path, key=key, content=body, headers=headers, params=query)
            refused = {"malformed", "document_refused"}
            if not headers["Content-Type"].endswith(("json", "yaml")):
                # Forms and files hold any bytes; then the page is not for this key, or the thing is not there.
                refused |= {"forbidden", "not_found", "unknown_choice", "cross_site"}
            if "/event-sources/" in template:
                refused |= {"signature_wrong"}  # whoever did not sign is not read
            assert answer.status_code in (400, 401, 403, 404, 422), (template, body, answer.text)
            assert answer.json()["code"] in refused, (template, body, answer.text)
            asked += 1
    assert asked > 100
    assert await stored(office) == before


async def test_unknown_ids_are_refused_under_their_key_and_move_nothing(office: Office) -> None:
    key = await office.key("admin")
    for path, body in (
        ("redemptions", {**SALE, "owner": "hh_404"}),
        ("redemptions", {**SALE, "outlet": "out_404"}),
        ("redemptions", {"owner": "hh_1", "merchant": "mer_404", "lines": [{"item": "haircut"}]}),
        ("awards", {**DEED, "recipient": "hh_404"}),
        ("awards", {**DEED, "recipient": "mer_barber"}),
        ("activities/act_404/award", None),
        ("stock/receipts", {"outlet": "out_404", "item": "soap", "quantity": 1}),
        ("transactions/txn_404/reverse", {}),
    ):
        answer = await office.post(path, body, key=key)
        assert answer.status_code in (404, 422), answer.text
        assert answer.json()["code"] in ("not_found", "unknown_offer", "unknown_item", "wrong_holder"), answer.text
    assert await office.village.rows("SELECT FROM entry") == []


async def test_problems_speak_the_callers_language(office: Office) -> None:
    answers = {}
    for language in ("", "zh-CN", "en", "en-GB;q=0.5, zh;q=0.4", "fr"):
        headers = {"Accept-Language": language} if language else {}
        answers[language] = await office.call("GET", "accounts/hh_1/balances", key=None, headers=headers)
    assert [answer.headers["content-language"] for answer in answers.values()] == [
        "zh-CN",
        "zh-CN",
        "en",
        "en",
        "zh-CN",
    ]
    assert answers["en"].json()["title"] == "Not authenticated"
    assert answers["fr"].json()["title"] == "未认证"
    key = await office.key("admin")
    pointed = await office.post("redemptions", {**SALE, "owner": 5}, key=key, headers={"Accept-Language": "en"})
    assert pointed.json()["errors"] == [{"detail": "should be str | null, is int", "pointer": "/owner"}]


async def test_checks_come_in_the_stated_order(office: Office) -> None:
    """Each request below is wrong in the way named and in every way that comes later."""
    await office.village.post(("earn", gift()))
    cashier = await office.key("cashier", owner="out_shop")
    auditor = await office.key("auditor")
    bad_sale = {"owner": "hh_404", "outlet": "out_shop", "lines": [{"item": "tissue", "quantity": 99}]}
    first = await office.post("redemptions", SALE, key=cashier, idempotency="used")
    assert first.json()["code"] == "out_of_stock"

    async def code(body: Any, *, key: str | None, idempotency: str = "used", programme: str = "village") -> str:
        path = f"/v1/programmes/{programme}/redemptions"
        answer = await office.call("POST", path, key=key, json=body, idempotency=idempotency)
        return str(answer.json()["code"])

    assert await code({}, key=None, programme="nowhere") == "malformed"
    assert await code(bad_sale, key=None, programme="nowhere") == "unauthenticated"
    assert await code(bad_sale, key=auditor, programme="nowhere") == "not_found"
    assert await code(bad_sale, key=auditor) == "forbidden"
    assert await code(bad_sale, key=cashier) == "idempotency_key_reused"
    assert await code(SALE, key=cashier) == "out_of_stock"
    assert await code(bad_sale, key=cashier, idempotency="o1") == "not_found"
    changed_label = {**SALE, "lines": [{"item": "tissue", "quantity": 99, "label_points": 1}]}
    assert await code(changed_label, key=cashier, idempotency="o2") == "label_changed"
    dear = {**SALE, "lines": [{"item": "tissue", "quantity": 99}]}
    assert await code(dear, key=cashier, idempotency="o3") == "insufficient_points"
    assert await code(SALE, key=cashier, idempotency="o4") == "out_of_stock"
