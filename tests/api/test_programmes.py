"""Programmes over HTTP: published from the files that people write, frozen, listed, priced."""

import asyncio
from pathlib import Path

import pytest

from tests.api.client import Office

FUXI = Path(__file__).parents[2] / "rules" / "fuxi"
YAML = {"Content-Type": "application/yaml"}


async def publish(office: Office, path: str, text: str, *, key: str, programme: str = "fuxi"):
    return await office.call("POST", f"/v1/programmes/{programme}/{path}", key=key, content=text.encode(), headers=YAML)


async def test_a_whole_programme_is_published_and_priced(office: Office) -> None:
    key = await office.key("admin")
    texts = {
        "policies": (FUXI / "programme.yaml").read_text(),
        "catalogues": (FUXI / "catalogue.yaml").read_text(),
        "events": (FUXI / "events.yaml").read_text(),
        "rulebooks": (FUXI / "rulebook" / "2026-09.yaml").read_text(),
    }
    for path, text in texts.items():
        answer = await publish(office, path, text, key=key)
        assert answer.status_code == 201, answer.text
        again = await publish(office, path, text, key=key)
        assert (again.json()["is_new"], again.headers["Idempotency-Replayed"]) == (False, "true")
    listed = (await office.call("GET", "/v1/programmes/fuxi/publications", key=key)).json()["publications"]
    assert [one["kind"] for one in listed] == ["programme", "catalogue", "events", "rulebook"]
    version = await office.call("GET", "/v1/programmes/fuxi/publications/rulebook/2026-09", key=key)
    assert version.json()["document"]["rulebook"] == "2026-09"
    prices = (await office.call("GET", "/v1/programmes/fuxi/prices", key=None)).json()["prices"]
    assert {price["item"]: price["points"] for price in prices}["tissue"] == 30
    page = (await office.call("GET", "/v1/programmes/fuxi/offers?limit=20", key=None)).json()
    rest = (await office.call("GET", f"/v1/programmes/fuxi/offers?cursor={page['next_cursor']}", key=None)).json()
    assert len({offer["merchant"] for offer in page["offers"] + rest["offers"]}) == 30
    assert (await office.call("GET", "/v1/programmes", key=key)).json()["programmes"] == ["fuxi", "village"]


async def test_a_published_version_is_frozen(office: Office) -> None:
    key = await office.key("admin")
    text = (FUXI / "rulebook" / "2026-09.yaml").read_text()
    await publish(office, "policies", (FUXI / "programme.yaml").read_text(), key=key)
    first = await publish(office, "rulebooks", text, key=key)
    assert first.status_code == 201, first.text
    changed = await publish(office, "rulebooks", text.replace("at_most: 240", "at_most: 300"), key=key)
    assert (changed.status_code, changed.json()["code"]) in ((409, "version_frozen"), (422, "document_refused"))
    other = await publish(office, "rulebooks", text.replace("随手拍安全隐患", "随手拍隐患"), key=key)
    assert (other.status_code, other.json()["code"]) == (409, "version_frozen")
    assert other.json()["numbers"]["published"] == first.json()["digest"]


async def test_twins_publish_once(office: Office) -> None:
    key = await office.key("admin")
    await publish(office, "policies", (FUXI / "programme.yaml").read_text(), key=key)
    text = (FUXI / "rulebook" / "2026-09.yaml").read_text()
    answers = await asyncio.gather(*(publish(office, "rulebooks", text, key=key) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers]
    assert sorted(answer.json()["is_new"] for answer in answers) == [False, False, False, True]


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("rulebook: [", None),
        ("rulebook: 2026-10\nrulebook: 2026-11\n", None),
        ("a: &x 1\nb: *x\n", None),
        ("\x00", None),
        ("rulebook: no\n", None),
        ("rulebook: 2026-10\ntitle: {zh: 一}\n", "/title"),
    ],
)
async def test_a_broken_rulebook_is_refused_with_its_lines(office: Office, text: str, pointer: str | None) -> None:
    key = await office.key("admin")
    answer = await publish(office, "rulebooks", text, key=key, programme="village")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "document_refused")
    assert problem["errors"]
    assert all(error["line"] >= 1 and error["detail"] for error in problem["errors"])
    assert pointer is None or problem["errors"][0]["pointer"].startswith(pointer)
    assert len(await office.village.rows("SELECT FROM publication WHERE kind = 'rulebook'")) == 1


async def test_a_policy_goes_to_the_address_that_it_names(office: Office) -> None:
    key = await office.key("admin")
    answer = await publish(office, "policies", (FUXI / "programme.yaml").read_text(), key=key, programme="other")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/programme")
    lost = await publish(office, "policies?node=nod_404", (FUXI / "programme.yaml").read_text(), key=key)
    assert (lost.status_code, lost.json()["numbers"]) == (404, {"node": "nod_404"})
    assert len(await office.village.rows("SELECT FROM programme")) == 1


async def test_the_docs_page_loads_nothing_from_elsewhere(office: Office) -> None:
    page = await office.call("GET", "/docs", key=None)
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert "//" not in page.text.replace("://", "")
    assert 'href="http' not in page.text
    assert (await office.call("GET", "/", key=None)).headers["location"] == "/docs"
    schema = (await office.call("GET", "/schema", key=None)).json()
    assert schema["openapi"] == "3.1.0"
    for operations in schema["paths"].values():
        for operation in operations.values():
            assert f'id="{operation["operationId"]}"' in page.text
