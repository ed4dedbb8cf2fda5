"""What every answer tells a browser, whoever answers: a page, the API, a refusal, a path that is not there."""

from ledger.hall.access import TABLE
from tests.api.client import Office

PLAIN = sorted(path for method, path in TABLE if method == "GET" and "{" not in path)


async def test_every_answer_says_what_a_browser_must_not_do(office: Office) -> None:
    admin = await office.key("admin")
    asked = [("GET", path, key) for path in PLAIN for key in (admin, None)]
    asked += [("GET", "/nowhere", admin), ("DELETE", "/docs", admin), ("GET", "accounts/hh_1/balances", admin),
              ("GET", "accounts/hh_1/balances", None), ("POST", "redemptions", admin)]  # fmt: skip
    statuses = set()
    for method, path, key in asked:
        answer = await office.call(method, path, key=key)
        statuses.add(answer.status_code)
        names = [name.lower() for name, _ in answer.headers.multi_items()]
        for name in ("x-content-type-options", "content-security-policy", "referrer-policy", "cache-control"):
            assert names.count(name) == 1, (path, name)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer.headers["Cache-Control"]
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy, path
        assert "unsafe" not in policy
    assert {200, 400, 401, 404, 405} <= statuses
