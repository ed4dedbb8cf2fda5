"""Simulations, reratings, rankings and batch reversals over HTTP."""

from tests.api.client import Office
from tests.village import sweep

YAML = """
rulebook: fix-8
title: {zh: 更正, en: Correction}
from: 2026-01-01
categories: {clean: {zh: 清洁, en: Cleaning}}
ranks:
  - id: best
    title: {zh: 先进, en: The best}
    category: clean
    per: month
    top: [50]
    examples:
      - totals: {a: 9, b: 3}
        expect: {a: 50}
rules:
  - id: sweep
    title: {zh: 扫街, en: Sweep the lane}
    category: clean
    gives: [{value: {kind: fixed, amount: 8}}]
    caps: [{per: month, times: 4}]
    examples:
      - given: {happened_on: 2026-09-14}
        expect: {points: 8}
"""
P = "/v1/programmes/village"
SPAN = {"first": "2026-09-01", "last": "2026-09-30"}
AS_YAML = {"Content-Type": "application/yaml"}


async def test_a_draft_is_simulated_published_and_put_right_once(office: Office) -> None:
    village = office.village
    await village.post(("a", sweep()), ("b", sweep("hh_2")))
    key = await office.key("admin")
    shown = await office.call(
        "POST", f"{P}/simulations?first=2026-09-01&last=2026-09-30", key=key, content=YAML.encode(), headers=AS_YAML
    )
    assert shown.status_code == 200, shown.text
    assert shown.json()["changes"] == 2
    assert {gain["owner"]: gain["after"] for gain in shown.json()["gains"]} == {"hh_1": 8, "hh_2": 8}
    assert await village.total("hh_1") == 5
    published = await office.call("POST", f"{P}/rulebooks", key=key, content=YAML.encode(), headers=AS_YAML)
    assert published.status_code == 201, published.text
    for posted in (2, 0):
        done = await office.call(
            "POST", f"{P}/reratings", key=key, json={"rulebook": "fix-8", **SPAN}, headers={"Idempotency-Key": "r1"}
        )
        assert (done.status_code, done.json()["posted"]) == (200, posted)
    assert await village.total("hh_1") == 8


async def test_a_ranking_is_posted_once_and_taken_back_as_one(office: Office) -> None:
    village = office.village
    key = await office.key("admin")
    await office.call("POST", f"{P}/rulebooks", key=key, content=YAML.encode(), headers=AS_YAML)
    await village.post(("a", sweep()))
    body = {"kind": "rank", "id": "best", "day": "2026-09-14"}
    for posted in (1, 0):
        done = await office.call("POST", f"{P}/evaluations", key=key, json=body, headers={"Idempotency-Key": "e"})
        assert (done.status_code, done.json()["posted"]) == (200, posted), done.text
    assert await village.total("hh_1") == 58
    undone = await office.call(
        "POST", f"{P}/batch-reversals", key=key, json={"batch": "rank:best:2026-09"}, headers={"Idempotency-Key": "u"}
    )
    assert undone.json()["posted"] == 1, undone.text
    assert await village.total("hh_1") == 8
