"""The rows of the access matrix that belong to the alliance, to cover and to reports, and their bodies."""

from typing import Any

P = "/v1/programmes/{programme}"
READ = "admin operator reviewer auditor"
WORK = "admin operator"

ALLIANCE = {
    ("POST", f"{P}/merchants/{{merchant}}/enrolment"): (WORK, ""),
    ("GET", f"{P}/merchants/{{merchant}}/enrolment"): (READ, "merchant"),
    ("POST", f"{P}/merchants/{{merchant}}/contact"): (WORK, "merchant"),
    ("POST", f"{P}/merchants/{{merchant}}/contact/erase"): ("admin", ""),
    ("POST", f"{P}/merchants/{{merchant}}/approve"): ("admin", ""),
    ("POST", f"{P}/merchants/{{merchant}}/suspend"): ("admin", ""),
    ("POST", f"{P}/merchants/{{merchant}}/resume"): ("admin", ""),
    ("POST", f"{P}/merchants/{{merchant}}/end"): ("admin", ""),
    ("POST", f"{P}/merchants/{{merchant}}/offers"): (WORK, "merchant"),
    ("GET", f"{P}/merchants/{{merchant}}/offers"): (READ, "merchant"),
    ("POST", f"{P}/merchants/{{merchant}}/offers/{{offer}}/approve"): (WORK, ""),
    ("POST", f"{P}/merchants/{{merchant}}/offers/{{offer}}/decline"): (WORK, ""),
    ("POST", f"{P}/merchants/{{merchant}}/offers/{{offer}}/withdraw"): (WORK, "merchant"),
    ("POST", f"{P}/merchants/{{merchant}}/codes"): (WORK, "merchant"),
    ("GET", f"{P}/shop-codes/{{code}}"): (f"{READ} resident", "merchant"),
    ("POST", f"{P}/shop-codes/{{code}}/confirm"): (WORK, "resident merchant"),
    ("GET", f"{P}/merchants/{{merchant}}/settlements"): (f"{WORK} auditor", "merchant"),
    ("POST", f"{P}/settlements"): (WORK, ""),
    ("GET", f"{P}/settlements"): (f"{WORK} auditor", ""),
    ("GET", f"{P}/settlements/{{settlement}}"): (f"{WORK} auditor", "merchant"),
    ("GET", f"{P}/settlements/{{settlement}}/lines"): (f"{WORK} auditor", "merchant"),
    ("GET", f"{P}/settlements/{{settlement}}/csv"): (f"{WORK} auditor", "merchant"),
    ("GET", f"{P}/settlements/{{settlement}}/page"): (f"{WORK} auditor", "merchant"),
    ("POST", f"{P}/settlements/{{settlement}}/confirm"): (WORK, "merchant"),
    ("POST", f"{P}/settlements/{{settlement}}/dispute"): (WORK, "merchant"),
    ("POST", f"{P}/settlements/{{settlement}}/resolve"): (WORK, ""),
    ("POST", f"{P}/settlements/{{settlement}}/pay"): ("admin", ""),
    ("POST", f"{P}/settlements/{{settlement}}/close"): ("admin", ""),
    ("POST", f"{P}/funds"): ("admin", ""),
    ("GET", f"{P}/cover"): (f"{WORK} auditor", ""),
    ("GET", f"{P}/asked-publications"): (f"{WORK} auditor", ""),
    ("GET", f"{P}/asked-publications/{{publication}}"): (f"{WORK} auditor", ""),
    ("POST", f"{P}/asked-publications/{{publication}}/approve"): ("admin", ""),
    ("POST", f"{P}/asked-publications/{{publication}}/decline"): ("admin", ""),
    ("GET", f"{P}/reports/{{report}}"): (f"{WORK} auditor", ""),
    ("GET", f"{P}/reports/{{report}}/csv"): (f"{WORK} auditor", ""),
}

# The same whoever sends them, and whosever the thing is.
ALLIANCE_BODIES: dict[str, Any] = {
    "settlements": {"merchant": "mer_barber"},
    "funds": {"fen": 1, "note": "n"},
    "enrolment": {"contact": {"name": "n"}},
    "contact": {"contact": {"name": "n"}},
    "suspend": {},
    "resume": {},
    "end": {},
    "approve": {},
    "offers": {"offer": "o", "title": {"zh": "一", "en": "a"}, "kind": "goods", "points": 1, "from": "2099-01-01"},
    "codes": {"lines": [{"item": "haircut"}]},
    "dispute": {"lines": [{"line": 1, "note": "n"}]},
    "resolve": {"lines": [{"line": 1, "note": "n", "keep": True}]},
    "pay": {"method": "cash"},
}
