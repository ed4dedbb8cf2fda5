"""The description tells where a reason for auditors may be sent along."""

import json

from ledger.app import openapi_json
from ledger.hall.access import TABLE
from ledger.hall.audited import PERSONAL_READS


def test_the_description_names_the_header_where_a_reason_is_kept() -> None:
    named = {
        (method.upper(), path)
        for path, methods in json.loads(openapi_json())["paths"].items()
        for method, operation in methods.items()
        if any(one["name"] == "Audit-Reason" for one in operation["parameters"])
    }
    kept = {route for route in TABLE if route[0] == "POST"} | {("GET", template) for template in PERSONAL_READS}
    assert named == {route for route in kept if not TABLE[route].is_public}
