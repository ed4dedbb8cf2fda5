"""The access matrix, written down a second time by hand, and for each route a body that would pass."""

from typing import Any

from tests.api.alliance_matrix import ALLIANCE, ALLIANCE_BODIES
from tests.village import DAY

P = "/v1/programmes/{programme}"
READ = "admin operator reviewer auditor"
WORK = "admin operator"

# Route, roles that act on everything, roles that act on their own.
MATRIX = {
    ("GET", P): (f"{READ} cashier merchant resident", ""),
    ("GET", f"{P}/publications"): (f"{READ} cashier merchant resident", ""),
    ("GET", f"{P}/publications/{{kind}}/{{version}}"): (f"{READ} cashier merchant resident", ""),
    ("POST", f"{P}/policies"): ("admin", ""),
    ("POST", f"{P}/catalogues"): ("admin", ""),
    ("POST", f"{P}/events"): ("admin", ""),
    ("POST", f"{P}/rulebooks"): ("admin", ""),
    ("POST", f"{P}/households"): (WORK, ""),
    ("POST", f"{P}/members"): (WORK, ""),
    ("POST", f"{P}/merchants"): (WORK, ""),
    ("GET", f"{P}/households/{{household}}"): (f"{READ} cashier", "resident"),
    ("GET", f"{P}/members/{{member}}"): (f"{READ} cashier", "resident"),
    ("GET", f"{P}/merchants/{{merchant}}"): (READ, "merchant"),
    ("GET", f"{P}/persons/{{owner}}/export"): ("admin", "resident"),
    ("POST", f"{P}/persons/{{owner}}/erase"): ("admin", ""),
    ("POST", f"{P}/voucher-series"): (WORK, ""),
    ("GET", f"{P}/voucher-series"): (f"{WORK} auditor", ""),
    ("GET", f"{P}/voucher-series/{{series}}"): (f"{WORK} auditor", ""),
    ("GET", f"{P}/voucher-series/{{series}}/vouchers"): (f"{WORK} auditor", ""),
    ("POST", f"{P}/voucher-series/{{series}}/print"): (WORK, ""),
    ("POST", f"{P}/voucher-series/{{series}}/activate"): (WORK, ""),
    ("POST", f"{P}/voucher-series/{{series}}/retire"): (WORK, ""),
    ("POST", f"{P}/voucher-payments"): (f"{WORK} cashier", ""),
    ("POST", f"{P}/imports/{{kind}}"): (WORK, ""),
    ("POST", f"{P}/backlogs/{{batch}}"): (WORK, ""),
    ("GET", f"{P}/accounts/{{owner}}/passbook"): (READ, "resident"),
    ("POST", f"{P}/households/{{household}}/merge"): (WORK, ""),
    ("POST", f"{P}/households/{{household}}/divide"): (WORK, ""),
    ("POST", f"{P}/members/{{member}}/move"): (WORK, ""),
    ("GET", f"{P}/households/{{household}}/changes"): (READ, ""),
    ("GET", f"{P}/households/{{household}}/members"): (READ, "resident"),
    ("POST", f"{P}/cards"): (WORK, ""),
    ("GET", f"{P}/cards/{{card}}"): (READ, "resident"),
    ("GET", f"{P}/accounts/{{owner}}/cards"): (READ, "resident"),
    ("POST", f"{P}/cards/{{card}}/print"): (WORK, ""),
    ("POST", f"{P}/card-sheets"): (WORK, ""),
    ("POST", f"{P}/cards/{{card}}/activate"): (WORK, ""),
    ("POST", f"{P}/cards/{{card}}/pin"): (WORK, "resident"),
    ("POST", f"{P}/cards/{{card}}/block"): (WORK, "resident"),
    ("POST", f"{P}/cards/{{card}}/replace"): (WORK, ""),
    ("POST", f"{P}/presented-cards"): (f"{WORK} cashier merchant", ""),
    ("POST", f"{P}/helpers"): (WORK, ""),
    ("POST", f"{P}/helpers/{{helper}}/end"): (WORK, ""),
    ("GET", f"{P}/accounts/{{owner}}/helpers"): (READ, "resident"),
    ("POST", f"{P}/activities"): ("admin operator reviewer", "resident merchant"),
    ("GET", f"{P}/activities/{{activity}}"): (READ, "resident merchant"),
    ("POST", f"{P}/activities/{{activity}}/award"): ("admin operator reviewer", ""),
    ("GET", f"{P}/activities"): (READ, ""),
    ("POST", f"{P}/activities/{{activity}}/evidence"): ("admin operator reviewer", "resident merchant"),
    ("GET", f"{P}/activities/{{activity}}/evidence"): ("admin operator reviewer", "resident merchant"),
    ("GET", f"{P}/activities/{{activity}}/evidence/{{evidence}}"): ("admin operator reviewer", "resident merchant"),
    ("POST", f"{P}/activities/{{activity}}/reviews"): ("admin operator reviewer", ""),
    ("POST", f"{P}/activities/{{activity}}/submit"): ("admin operator reviewer", "resident merchant"),
    ("POST", f"{P}/activities/{{activity}}/appeal"): ("admin operator reviewer", "resident merchant"),
    ("POST", f"{P}/activities/{{activity}}/revoke"): (WORK, ""),
    ("GET", f"{P}/activities/{{activity}}/steps"): (READ, "resident merchant"),
    ("POST", f"{P}/reviewers"): ("admin", ""),
    ("GET", f"{P}/reviewers"): (READ, ""),
    ("POST", f"{P}/awards/{{transaction}}/objections"): ("admin operator reviewer resident", ""),
    ("GET", f"{P}/objections"): (READ, ""),
    ("POST", f"{P}/objections/{{objection}}/uphold"): ("admin operator reviewer", ""),
    ("POST", f"{P}/objections/{{objection}}/dismiss"): ("admin operator reviewer", ""),
    ("GET", f"{P}/donations"): (READ, ""),
    ("GET", f"{P}/donations/{{donation}}"): (READ, "resident"),
    ("GET", f"{P}/notice"): (f"{READ} cashier merchant resident", ""),
    ("GET", f"{P}/notice/csv"): (f"{READ} cashier merchant resident", ""),
    ("GET", f"{P}/notice/print"): (f"{READ} cashier merchant resident", ""),
    ("GET", f"{P}/bulletin"): (f"{READ} cashier merchant resident", ""),
    ("GET", f"{P}/bulletin/csv"): (f"{READ} cashier merchant resident", ""),
    ("GET", f"{P}/bulletin/print"): (f"{READ} cashier merchant resident", ""),
    ("POST", f"{P}/accounts/{{owner}}/bulletin-listing"): ("admin operator reviewer", "resident"),
    ("POST", f"{P}/inspections"): (WORK, ""),
    ("GET", f"{P}/inspections"): (READ, ""),
    ("GET", f"{P}/inspections/{{inspection}}"): (READ, ""),
    ("GET", f"{P}/inspections/{{inspection}}/lines"): (READ, ""),
    ("POST", f"{P}/inspections/{{inspection}}/lines"): ("admin operator reviewer", ""),
    ("POST", f"{P}/inspections/{{inspection}}/marks"): ("admin operator reviewer", ""),
    ("GET", f"{P}/inspections/{{inspection}}/sheet"): ("admin operator reviewer", ""),
    ("POST", f"{P}/inspections/{{inspection}}/sheet"): ("admin operator reviewer", ""),
    ("GET", f"{P}/inspections/{{inspection}}/preview"): ("admin operator reviewer", ""),
    ("POST", f"{P}/inspections/{{inspection}}/post"): (WORK, ""),
    ("POST", f"{P}/inspections/{{inspection}}/reverse"): ("admin", ""),
    ("POST", f"{P}/sign-up-lists"): (WORK, ""),
    ("GET", f"{P}/sign-up-lists"): (f"{READ} cashier merchant resident", ""),
    ("GET", f"{P}/sign-up-lists/{{list}}"): (f"{READ} resident", ""),
    ("POST", f"{P}/sign-up-lists/{{list}}/sign-up"): ("admin operator reviewer", "resident"),
    ("POST", f"{P}/sign-up-lists/{{list}}/withdraw"): ("admin operator reviewer", "resident"),
    ("POST", f"{P}/sign-up-lists/{{list}}/attendance"): ("admin operator reviewer", ""),
    ("POST", f"{P}/sign-up-lists/{{list}}/credit"): (WORK, ""),
    ("POST", f"{P}/sign-up-lists/{{list}}/cancel"): (WORK, ""),
    ("POST", f"{P}/event-sources"): ("admin", ""),
    ("GET", f"{P}/event-sources"): (f"{WORK} auditor", ""),
    ("POST", f"{P}/event-sources/{{source}}/withdraw"): ("admin", ""),
    ("POST", f"{P}/awards"): (WORK, ""),
    ("GET", f"{P}/awards/{{transaction}}/explain"): (READ, "resident merchant"),
    ("POST", f"{P}/simulations"): ("admin operator auditor", ""),
    ("POST", f"{P}/reratings"): ("admin", ""),
    ("POST", f"{P}/evaluations"): ("admin", ""),
    ("POST", f"{P}/batch-reversals"): ("admin", ""),
    ("POST", f"{P}/quotes"): (WORK, "cashier merchant resident"),
    ("POST", f"{P}/redemptions"): (WORK, "cashier merchant"),
    ("POST", f"{P}/redemptions/{{transaction}}/refund"): (WORK, "cashier merchant"),
    ("POST", f"{P}/holds"): (WORK, "cashier merchant resident"),
    ("POST", f"{P}/holds/{{transaction}}/capture"): (WORK, "cashier merchant"),
    ("POST", f"{P}/holds/{{transaction}}/void"): (WORK, "cashier merchant resident"),
    ("POST", f"{P}/awards/{{transaction}}/activate"): (WORK, ""),
    ("POST", f"{P}/awards/{{transaction}}/cancel"): (f"{WORK} reviewer", ""),
    ("POST", f"{P}/reversals"): (f"{WORK} reviewer cashier merchant resident", ""),
    ("POST", f"{P}/deductions"): (WORK, ""),
    ("POST", f"{P}/commands"): (WORK, "cashier merchant"),
    ("POST", f"{P}/adjustments"): (WORK, ""),
    ("GET", f"{P}/adjustments"): (f"{WORK} auditor", ""),
    ("GET", f"{P}/adjustments/{{adjustment}}"): (f"{WORK} auditor", ""),
    ("POST", f"{P}/adjustments/{{adjustment}}/approve"): (WORK, ""),
    ("POST", f"{P}/adjustments/{{adjustment}}/decline"): (WORK, ""),
    ("POST", f"{P}/transfers"): (WORK, ""),
    ("POST", f"{P}/openings"): ("admin", ""),
    ("POST", f"{P}/dividends"): ("admin", ""),
    ("POST", f"{P}/stock/donations"): (WORK, ""),
    ("POST", f"{P}/stock/counts"): (WORK, ""),
    ("POST", f"{P}/stock/takes"): (WORK, ""),
    ("POST", f"{P}/stock/write-offs"): (WORK, ""),
    ("POST", f"{P}/terminals"): (WORK, ""),
    ("GET", f"{P}/terminals"): (READ, ""),
    ("GET", f"{P}/terminals/{{terminal}}"): (READ, "cashier"),
    ("POST", f"{P}/terminals/{{terminal}}/disable"): (WORK, ""),
    ("POST", f"{P}/terminals/{{terminal}}/enable"): (WORK, ""),
    ("POST", f"{P}/terminals/{{terminal}}/late-sales"): (WORK, "cashier"),
    ("GET", f"{P}/terminals/{{terminal}}/sequences"): (READ, "cashier"),
    ("GET", f"{P}/late-sales"): (READ, ""),
    ("GET", f"{P}/late-sales/forks"): (READ, ""),
    ("POST", f"{P}/shifts"): (WORK, "cashier"),
    ("GET", f"{P}/shifts/{{shift}}"): (READ, "cashier"),
    ("POST", f"{P}/shifts/{{shift}}/close"): (WORK, "cashier"),
    ("GET", f"{P}/outlets/{{outlet}}/shifts"): (READ, "cashier"),
    ("GET", f"{P}/label-sheets"): (f"{READ} cashier", ""),
    ("GET", f"{P}/outlets/{{outlet}}/low-stock"): (READ, "cashier"),
    ("GET", f"{P}/outlets/{{outlet}}/receipts"): (READ, "cashier"),
    ("GET", f"{P}/outlets/{{outlet}}/receipts/{{number}}"): (READ, "cashier"),
    ("GET", f"{P}/transactions/{{transaction}}/slip"): (READ, "cashier merchant resident"),
    ("GET", f"{P}/transactions/{{transaction}}/slip/text"): (READ, "cashier merchant resident"),
    ("POST", f"{P}/stock/moves"): (WORK, ""),
    ("POST", f"{P}/stock/returns"): (WORK, ""),
    ("POST", f"{P}/stock/receipts"): (WORK, ""),
    ("GET", f"{P}/outlets/{{outlet}}/stock"): (READ, "cashier"),
    ("GET", f"{P}/transactions/{{transaction}}"): (READ, "cashier merchant resident"),
    ("GET", f"{P}/transactions/{{transaction}}/receipt"): (READ, "cashier merchant resident"),
    ("POST", f"{P}/transactions/{{transaction}}/reverse"): (WORK, ""),
    ("GET", f"{P}/transactions/{{transaction}}/proof"): (READ, "cashier merchant resident"),
    ("GET", f"{P}/checkpoints/latest"): (f"{READ} cashier merchant resident", ""),
    ("GET", f"{P}/checkpoints/consistency"): (f"{READ} cashier merchant resident", ""),
    ("GET", f"{P}/transactions/{{transaction}}/origin"): (READ, ""),
    ("GET", f"{P}/audit-events"): ("admin auditor", ""),
    ("POST", f"{P}/periods"): ("admin", ""),
    ("GET", f"{P}/periods"): (READ, ""),
    ("GET", f"{P}/trial-balance"): (f"{WORK} auditor", ""),
    ("GET", f"{P}/trial-balance/accounts"): (f"{WORK} auditor", ""),
    ("GET", f"{P}/trial-balance/entries"): (f"{WORK} auditor", ""),
    ("POST", f"{P}/reconciliations"): (f"{WORK} auditor", ""),
    ("GET", f"{P}/accounts/{{owner}}/balances"): (f"{READ} cashier", "merchant resident"),
    ("GET", f"{P}/accounts/{{owner}}/statement"): (READ, "merchant resident"),
    **ALLIANCE,
}
MATRIX |= {
    ("GET", "/my/{programme}"): ("resident", ""),
    ("POST", "/my/{programme}/sign-out"): ("resident", ""),
    ("POST", "/counter/{programme}/sign-out"): ("cashier", ""),
    ("GET", "/counter/{programme}/refund"): ("cashier", ""),
    ("POST", "/counter/{programme}/refund"): ("cashier", ""),
    ("GET", "/counter/{programme}"): ("cashier", ""),
    ("POST", "/counter/{programme}/card"): ("cashier", ""),
    ("GET", "/counter/{programme}/sale"): ("cashier", ""),
    ("POST", "/counter/{programme}/sale"): ("cashier", ""),
    ("GET", "/counter/{programme}/sales/{transaction}"): ("", "cashier"),
}
FORMS = {
    "/counter/{programme}/refund": {
        "transaction": "txn_000000000000000000", "key": "web_000000000000000000", "item": "soap", "quantity": "0",
        "goods": "restock",
    },
    "/my/{programme}/sign-out": {"token": "t"},
    "/counter/{programme}/sign-out": {"token": "t"},
    "/counter/{programme}/card": {"card": "1001"},
    "/counter/{programme}/sale": {
        "owner": "hh_1", "key": "web_000000000000000000", "item": "soap", "quantity": "1", "label": "5",
    },
}  # fmt: skip
OUTSIDE = {("GET", "/v1/programmes")}
SIGNED = {("POST", f"{P}/event-sources/{{source}}/events")}  # by the other system, instead of a key
_ALL = f"{READ} cashier merchant resident"
# Of no programme: which roles may come; how far they reach is asked in test_staff and test_keys.
OUTSIDE = {
    ("GET", "/v1/audit-events"): "admin auditor",
    ("GET", "/v1/programmes"): _ALL,
    ("GET", "/v1/session"): _ALL,
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
PUBLIC = {
    ("GET", path)
    for path in (
        "/",
        "/docs",
        "/schema",
        "/health/live",
        "/health/ready",
        "/metrics",
        f"{P}/prices",
        f"{P}/prices/history",
        f"{P}/prices/history/csv",
        f"{P}/offers",
        "/my/{programme}/sign-in",
        "/counter/{programme}/sign-in",
    )
}
OWNERS = {"cashier": "out_shop", "merchant": "mer_barber", "resident": "hh_1"}
STAFF = ("admin", "operator", "reviewer", "auditor")
DEED = {"rule": "sweep", "facts": {"happened_on": DAY.isoformat()}}
SPAN = "first=2026-09-01&last=2026-09-30"
SEALED = 15  # so many lines each village begins with
QUERIES = {
    f"{P}/reports/{{report}}": SPAN,
    f"{P}/reports/{{report}}/csv": SPAN,
    "/counter/{programme}/sale": "owner=hh_1",
    f"{P}/checkpoints/consistency": f"older={SEALED}",
    f"{P}/simulations": SPAN,
    f"{P}/bulletin": SPAN,
    f"{P}/bulletin/csv": SPAN,
    f"{P}/bulletin/print": SPAN,
    f"{P}/trial-balance": SPAN,
    f"{P}/trial-balance/accounts": f"{SPAN}&side=household&purse=main&unit=points",
    f"{P}/trial-balance/entries": f"{SPAN}&owner=hh_1&purse=main&unit=points",
}
TERMINAL, OTHER_TERMINAL = f"trm_{1:018d}", f"trm_{2:018d}"
SHIFT, OTHER_SHIFT = f"shf_{1:018d}", f"shf_{2:018d}"
WITHOUT_BODY = (
    "/award", "/erase", "/void", "/activate", "}/approve", "/decline", "/print", "/end", "/disable", "/enable",
    "{offer}/withdraw", "settlements/{settlement}/close", "settlements/{settlement}/confirm",
)  # fmt: skip
WITH_BODY = (f"{P}/merchants/{{merchant}}/approve", f"{P}/merchants/{{merchant}}/end")

# What a name in a route stands for where it is not what it says.
KINDS = {
    f"{P}/awards/{{transaction}}/explain": "award",
    f"{P}/awards/{{transaction}}/activate": "award",
    f"{P}/awards/{{transaction}}/cancel": "award",
    f"{P}/awards/{{transaction}}/objections": "award",
    f"{P}/holds/{{transaction}}/capture": "hold",
    f"{P}/holds/{{transaction}}/void": "hold",
    f"{P}/redemptions/{{transaction}}/refund": "sale",
    "/counter/{programme}/sales/{transaction}": "sale",
}

# Bodies that are the same whoever sends them, and whosever the thing is.
SAME: dict[str, Any] = {
    "cards": {"owner": "hh_1", "carrier": "qr"},
    "card-sheets": {"cards": [f"crd_{'3':0>18}"]},
    "block": {},
    "replace": {},
    "presented-cards": {"number": "1001"},
    "helpers": {"owner": "hh_1", "member": "mbr_2"},
    "reverse": {},
    "capture": {},
    "refund": {},
    "cancel": {},
    "reversals": {"lost_key": "never-sent"},
    "transfers": {"owner": "hh_1", "to": "hh_2", "amount": 1, "note": "n"},
    "dividends": {"pool": 10, "shares": [{"owner": "hh_1", "weight": 1}]},
    "reconciliations": {
        "kind": "stock",
        "first": "2026-09-01",
        "last": "2026-09-30",
        "list": "outlet,item,quantity\nshop,soap,1",
    },
    "reviews": {"decision": "return", "note": "n"},
    "submit": {},
    "appeal": {"note": "n"},
    "revoke": {"note": "n"},
    "reviewers": {"principal": "system:other", "capacities": ["panel"]},
    "objections": {"note": "n"},
    "uphold": {},
    "dismiss": {},
    "bulletin-listing": {"listed": True},
    "inspections": {"rule": "sweep", "title": "t", "happened_on": DAY.isoformat()},
    "lines": {"lines": {"hh_1": {}}},
    "marks": {"fact": "tidy", "marks": {"hh_1": 1}},
    "sign-up-lists": {
        "rule": "sweep",
        "title": "t",
        "capacity": 2,
        "starts_at": f"{DAY}T09:00:00+08:00",
        "ends_at": f"{DAY}T10:00:00+08:00",
    },
    "attendance": {"people": [{"member": "mbr_1"}]},
    "post": {},
    "credit": {},
    "event-sources": {"source": "hotline"},
    "periods": {"through": "2026-01-31"},
    "evaluations": {"kind": "rank", "id": "best", "day": "2026-09-01"},
    "batch-reversals": {"batch": "rank:best:2026-09"},
    "reratings": {"rulebook": "2026-01", "first": "2026-09-01", "last": "2026-09-30"},
    **ALLIANCE_BODIES,
}


def body_of(template: str, role: str, *, is_own: bool) -> dict[str, Any]:
    """About what belongs to the role's owner, or to somebody else."""
    owner = "hh_1" if is_own else "hh_2"
    sale: dict[str, Any] = {
        "owner": owner,
        "outlet": "out_shop" if is_own else "out_fair",
        "lines": [{"item": "soap"}],
    }
    if role == "merchant":
        sale = {"owner": owner, "merchant": "mer_barber" if is_own else "mer_tea", "lines": [{"item": "haircut"}]}
    recipient = {"merchant": "mer_barber" if is_own else "mer_tea"}.get(role, owner)
    goods = {"outlet": "out_shop", "item": "soap", "quantity": 1}
    if role == "merchant" and template.endswith("shop-codes/{code}/confirm"):
        return {"card": {"number": "1001"}, "pin": "407215"}
    return {
        **counter_bodies(is_own=is_own),
        **SAME,
        "sign-up": {"member": "mbr_1" if is_own else "mbr_2"},
        "withdraw": {"member": "mbr_1" if is_own else "mbr_2"},
        "pin": {"pin": "804173"},
        "households": {"reference": "h"}, "members": {"reference": "m"}, "merchants": {"reference": "s"},
        "retire": {"numbers": [2], "note": "n"}, "voucher-series": {"name": "ZZ", "points": 5, "count": 3},
        "voucher-payments": {"voucher": "OLD-000001-000000", "owner": "hh_1"},
        "merge": {"into": owner, "note": "n"}, "divide": {"members": ["mbr_9"], "note": "n"},
        "move": {"household": owner},
        "block": {}, "replace": {}, "presented-cards": {"number": "1001"},
        "helpers": {"owner": "hh_1", "member": "mbr_2"},
        "activities": {**DEED, "recipient": recipient}, "awards": {**DEED, "recipient": owner},
        "quotes": sale, "redemptions": sale, "holds": {**sale, "until": "2099-01-01"},
        "deductions": {"owner": owner, "amount": 1, "shortage": "debt", "note": "n"},
        "commands": {"commands": [{"command": {"verb": "redeem", **sale}}], "atomic": True},
        "adjustments": {"owner": owner, "amount": 1, "note": "n"},
        "openings": {"owner": owner, "amount": 1}, "confirm": {"owner": owner},
        "receipts": goods, "returns": goods, "moves": {**goods, "to": "out_fair"},
        "write-offs": {**goods, "note": "n"},
        "counts": {"outlet": "out_shop", "item": "soap", "counted": 7, "note": "n"},
        "donations": {**goods, "award": {**DEED, "recipient": owner}},
    }[template.rsplit("/", 1)[1]]  # fmt: skip


def counter_bodies(*, is_own: bool) -> dict[str, Any]:
    """Of a supermarket's counter, at the own device or at another's."""
    outlet, device = ("out_shop", TERMINAL) if is_own else ("out_fair", OTHER_TERMINAL)
    sale = {"owner": "hh_1", "outlet": outlet, "lines": [{"item": "soap"}]}
    return {
        "takes": {"outlet": "out_shop", "lines": [{"item": "soap", "counted": 7, "reason": "lost"}]},
        "terminals": {"outlet": "out_shop", "label": "1"},
        "late-sales": {"sales": [{**sale, "happened_at": "2026-09-14T09:00:00+08:00", "sequence": 1}]},
        "shifts": {"terminal": device, "served_by": "staff:li"},
        "close": {"counted_fen": 0},
    }
