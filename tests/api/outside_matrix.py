"""The rows of the access matrix that belong to no programme, and who may sign in."""

from typing import Any

from tests.api.audit_matrix import AUDIT_OUTSIDE

P = "/v1/programmes/{programme}"
READ = "admin operator reviewer auditor"

_ALL = f"{READ} cashier merchant resident"
# Of no programme: which roles may come; how far they reach is asked in test_staff and test_keys.
OUTSIDE = {
    **AUDIT_OUTSIDE,
    ("GET", "/v1/programmes"): _ALL,
    ("GET", "/v1/session"): _ALL,
    ("GET", "/v1/session/export"): _ALL,
    ("POST", "/v1/session/renew"): _ALL,
    ("POST", "/v1/session/role"): _ALL,
    ("POST", "/v1/session/password"): _ALL,
    ("POST", "/v1/session/end"): _ALL,
    ("GET", "/v1/sessions"): _ALL,
    ("POST", "/v1/sessions/end-others"): _ALL,
    ("POST", "/v1/sessions/{session}/end"): _ALL,
    ("GET", "/v1/people"): "admin auditor",
    ("POST", "/v1/people"): "admin",
    ("GET", "/v1/people/{person}"): "admin auditor",
    ("POST", "/v1/people/{person}/roles"): "admin",
    ("POST", "/v1/people/{person}/roles/{role}/end"): "admin",
    ("POST", "/v1/people/{person}/block"): "admin",
    ("POST", "/v1/people/{person}/unblock"): "admin",
    ("POST", "/v1/people/{person}/password"): "admin",
    ("GET", "/v1/people/{person}/export"): "admin",
    ("POST", "/v1/people/{person}/erase"): "admin",
    ("GET", "/v1/keys"): "admin auditor",
    ("POST", "/v1/keys"): "admin",
    ("GET", "/v1/keys/{key}"): "admin auditor",
    ("POST", "/v1/keys/{old}/rotate"): "admin",
    ("POST", "/v1/keys/{key}/revoke"): "admin",
}
SIGN_IN = {
    ("POST", path)
    for path in ("/v1/sign-in", f"{P}/sign-in", "/my/{programme}/sign-in", "/counter/{programme}/sign-in")
}
OUTSIDE_BODIES: dict[str, dict[str, Any]] = {
    "/v1/session/role": {"role": f"rol_{'0' * 18}"},
    "/v1/session/password": {"old": "a", "new": "b"},
    "/v1/people": {"user_name": "somebody", "password": "nine-lives-of-a-cat"},
    "/v1/people/{person}/roles": {"role": "auditor"},
    "/v1/people/{person}/password": {"password": "nine-lives-of-a-cat"},
    "/v1/keys": {"title": "t", "role": "auditor"},
    "/v1/keys/{old}/rotate": {},
}
