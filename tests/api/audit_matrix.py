"""The rows of the access matrix that belong to the audit log."""

from tests.api.alliance_matrix import P

OVERSEERS = "admin auditor"
AUDIT = {
    ("GET", f"{P}/audit-events"): (OVERSEERS, ""),
    ("GET", f"{P}/audit-events/{{event}}/proof"): (OVERSEERS, ""),
    ("GET", f"{P}/audit-checkpoints/latest"): (OVERSEERS, ""),
    ("GET", f"{P}/audit-checkpoints/consistency"): (OVERSEERS, ""),
}
AUDIT_OUTSIDE = {
    ("GET", "/v1/audit-events"): OVERSEERS,
    ("GET", "/v1/audit-events/{event}/proof"): OVERSEERS,
    ("GET", "/v1/audit-checkpoints/latest"): OVERSEERS,
    ("GET", "/v1/audit-checkpoints/consistency"): OVERSEERS,
}
AUDIT_QUERIES = {f"{P}/audit-checkpoints/consistency": "older=1"}
