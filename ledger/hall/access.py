"""Who may do what: one table of routes, roles and scopes, read by the guard and walked by a test."""

import enum
from collections.abc import Mapping

import msgspec


class Role(enum.StrEnum):
    """What a key is for. A cashier's key sits in a terminal and belongs to one outlet."""

    ADMIN = "admin"
    OPERATOR = "operator"
    REVIEWER = "reviewer"
    CASHIER = "cashier"
    MERCHANT = "merchant"
    RESIDENT = "resident"
    AUDITOR = "auditor"


class Caller(msgspec.Struct, frozen=True):
    """Whom a key or a session stands for, and how far it reaches: a node's subtree, perhaps one programme, one owner.

    With an area the role is for the households and people of that area only. `key` is the id of the key or session.
    """

    key: str
    role: Role
    principal: str
    node: str
    programme: str | None = None
    owner: str | None = None
    area: str | None = None


class Access(msgspec.Struct, frozen=True):
    """Roles in `all` act on everything in a programme that their key reaches.

    Roles in `own` act on what belongs to their key's owner, which the request names in the given field; LOADED says
    that only what is found tells whose it is, and the handler then asks. `whose` is that field for roles that are
    narrowed to an area; where it is not given it is what a resident would name, and where there is none such a role
    may not come.
    """

    all: frozenset[Role] = frozenset()
    own: Mapping[Role, str] = {}
    whose: str | None = None
    is_public: bool = False
    opens_programme: bool = False


LOADED = "(loaded)"
PUBLIC = Access(is_public=True)

_ADMIN, _OPERATOR, _REVIEWER, _CASHIER = Role.ADMIN, Role.OPERATOR, Role.REVIEWER, Role.CASHIER
_MERCHANT, _RESIDENT, _AUDITOR = Role.MERCHANT, Role.RESIDENT, Role.AUDITOR

_EVERYONE = Access(frozenset(Role))
_ADMINS = Access(frozenset({_ADMIN}))
_OVERSEERS = Access(frozenset({_ADMIN, _AUDITOR}))
_WORKERS = Access(frozenset({_ADMIN, _OPERATOR}))
_READERS = frozenset({_ADMIN, _OPERATOR, _REVIEWER, _AUDITOR})
_WORKERS_FOUND = Access(_WORKERS.all, whose=LOADED)
_BOOKKEEPERS = Access(frozenset({_ADMIN, _OPERATOR, _AUDITOR}))
_REVIEWERS = Access(frozenset({_ADMIN, _OPERATOR, _REVIEWER}))
_REVIEWERS_FOUND = Access(_REVIEWERS.all, whose=LOADED)
_CLAIMANTS = Access(_REVIEWERS.all, {_RESIDENT: LOADED, _MERCHANT: LOADED})
_CASHIERS = Access(frozenset({_CASHIER}))
_TILL = "/counter/{programme}"
_P = "/v1/programmes/{programme}"

_COUNTER = Access(frozenset({_ADMIN, _OPERATOR}), {_CASHIER: "outlet", _MERCHANT: "merchant"})
_COUNTER_LATER = Access(frozenset({_ADMIN, _OPERATOR}), {_CASHIER: LOADED, _MERCHANT: LOADED})

_STATEMENT = Access(_BOOKKEEPERS.all, {_MERCHANT: LOADED})
_ANSWER = Access(_WORKERS.all, {_MERCHANT: LOADED})

# Who may post which verb, at its own address and in a list of commands. What is not here nobody may post.
COMMANDS: Mapping[str, Access] = {
    "award": Access(_WORKERS.all, whose="recipient"),
    "activate": _WORKERS,
    "cancel_pending": Access(frozenset({_ADMIN, _OPERATOR, _REVIEWER})),
    "deduct": Access(_WORKERS.all, whose="owner"),
    "transfer": Access(_WORKERS.all, whose="owner"),  # and the handler asks to whom
    "adjust": Access(_WORKERS.all, whose="owner"),
    "open": _ADMINS,
    "expire": _ADMINS,
    "reset": _ADMINS,
    "redeem": _COUNTER,
    "hold": Access(_COUNTER.all, {**_COUNTER.own, _RESIDENT: "owner"}),
    "capture": _COUNTER_LATER,
    "void": Access(_COUNTER_LATER.all, {**_COUNTER_LATER.own, _RESIDENT: LOADED}),
    "refund": _COUNTER_LATER,
    "reverse": _WORKERS,
    "fund": _ADMINS,
    "split": _ADMINS,
    "receive": _WORKERS,
    "donate": _WORKERS,
    "count": _WORKERS,
    "write_off": _WORKERS,
    "move": _WORKERS,
    "return": _WORKERS,
    "stock_take": _WORKERS,
}

TABLE: Mapping[tuple[str, str], Access] = {
    ("GET", "/"): PUBLIC,
    ("GET", "/docs"): PUBLIC,
    ("GET", "/schema"): PUBLIC,
    # Pages for people: whoever is signed in sees what is its own, and names nobody else.
    ("GET", "/my/{programme}"): Access(frozenset({_RESIDENT})),
    ("GET", "/my/{programme}/sign-in"): PUBLIC,
    ("POST", "/my/{programme}/sign-in"): PUBLIC,
    ("POST", "/my/{programme}/sign-out"): Access(frozenset({_RESIDENT})),
    ("GET", f"{_TILL}/sign-in"): PUBLIC,
    ("POST", f"{_TILL}/sign-in"): PUBLIC,
    ("GET", f"{_TILL}/refund"): _CASHIERS,
    ("POST", f"{_TILL}/refund"): _CASHIERS,
    ("POST", f"{_TILL}/sign-out"): _CASHIERS,
    ("GET", _TILL): _CASHIERS,
    ("POST", f"{_TILL}/card"): _CASHIERS,
    ("GET", f"{_TILL}/sale"): _CASHIERS,
    ("POST", f"{_TILL}/sale"): _CASHIERS,
    ("GET", f"{_TILL}/sales/{{transaction}}"): Access(own={_CASHIER: LOADED}),
    ("GET", "/health/live"): PUBLIC,
    ("GET", "/health/ready"): PUBLIC,
    ("GET", "/metrics"): PUBLIC,
    ("POST", "/v1/sign-in"): PUBLIC,
    ("POST", f"{_P}/sign-in"): PUBLIC,
    ("GET", "/v1/session"): _EVERYONE,
    ("GET", "/v1/session/export"): _EVERYONE,
    ("POST", "/v1/session/renew"): _EVERYONE,
    ("POST", "/v1/session/role"): _EVERYONE,
    ("POST", "/v1/session/password"): _EVERYONE,
    ("POST", "/v1/session/end"): _EVERYONE,
    ("GET", "/v1/sessions"): _EVERYONE,
    ("POST", "/v1/sessions/end-others"): _EVERYONE,
    ("POST", "/v1/sessions/{session}/end"): _EVERYONE,
    # What these reach is a node's subtree: the handlers ask.
    ("GET", "/v1/people"): _OVERSEERS,
    ("POST", "/v1/people"): _ADMINS,
    ("GET", "/v1/people/{person}"): _OVERSEERS,
    ("POST", "/v1/people/{person}/roles"): _ADMINS,
    ("POST", "/v1/people/{person}/roles/{role}/end"): _ADMINS,
    ("POST", "/v1/people/{person}/block"): _ADMINS,
    ("POST", "/v1/people/{person}/unblock"): _ADMINS,
    ("POST", "/v1/people/{person}/password"): _ADMINS,
    ("GET", "/v1/people/{person}/export"): _ADMINS,
    ("POST", "/v1/people/{person}/erase"): _ADMINS,
    ("GET", "/v1/keys"): _OVERSEERS,
    ("POST", "/v1/keys"): _ADMINS,
    ("GET", "/v1/keys/{key}"): _OVERSEERS,
    ("POST", "/v1/keys/{old}/rotate"): _ADMINS,
    ("POST", "/v1/keys/{key}/revoke"): _ADMINS,
    ("GET", "/v1/audit-events"): _OVERSEERS,
    ("GET", "/v1/audit-events/{event}/proof"): _OVERSEERS,
    ("GET", "/v1/audit-checkpoints/latest"): _OVERSEERS,
    ("GET", "/v1/audit-checkpoints/consistency"): _OVERSEERS,
    ("GET", "/v1/programmes"): _EVERYONE,
    ("GET", _P): _EVERYONE,
    ("GET", f"{_P}/prices"): PUBLIC,
    ("GET", f"{_P}/prices/history"): PUBLIC,
    ("GET", f"{_P}/prices/history/csv"): PUBLIC,
    ("GET", f"{_P}/label-sheets"): Access(_READERS | {_CASHIER}),
    ("GET", f"{_P}/outlets/{{outlet}}/low-stock"): Access(_READERS, {_CASHIER: "outlet"}),
    ("GET", f"{_P}/outlets/{{outlet}}/receipts"): Access(_READERS, {_CASHIER: "outlet"}),
    ("GET", f"{_P}/outlets/{{outlet}}/receipts/{{number}}"): Access(_READERS, {_CASHIER: "outlet"}),
    ("GET", f"{_P}/transactions/{{transaction}}/slip"): Access(
        _READERS, {_CASHIER: LOADED, _MERCHANT: LOADED, _RESIDENT: LOADED}
    ),
    ("GET", f"{_P}/transactions/{{transaction}}/slip/text"): Access(
        _READERS, {_CASHIER: LOADED, _MERCHANT: LOADED, _RESIDENT: LOADED}
    ),
    ("GET", f"{_P}/offers"): PUBLIC,
    ("GET", f"{_P}/publications"): _EVERYONE,
    ("GET", f"{_P}/publications/{{kind}}/{{version}}"): _EVERYONE,
    ("POST", f"{_P}/policies"): Access(frozenset({_ADMIN}), opens_programme=True),
    ("POST", f"{_P}/catalogues"): _ADMINS,
    ("POST", f"{_P}/events"): _ADMINS,
    ("POST", f"{_P}/rulebooks"): _ADMINS,
    ("POST", f"{_P}/households"): _WORKERS,
    ("POST", f"{_P}/members"): _WORKERS,
    ("POST", f"{_P}/merchants"): _WORKERS,
    ("GET", f"{_P}/households/{{household}}"): Access(_READERS | {_CASHIER}, {_RESIDENT: "household"}),
    ("GET", f"{_P}/members/{{member}}"): Access(_READERS | {_CASHIER}, {_RESIDENT: "member"}),
    ("GET", f"{_P}/merchants/{{merchant}}"): Access(_READERS, {_MERCHANT: "merchant"}),
    ("GET", f"{_P}/persons/{{owner}}/export"): Access(_ADMINS.all, {_RESIDENT: "owner"}),
    ("POST", f"{_P}/persons/{{owner}}/erase"): _ADMINS,
    ("POST", f"{_P}/voucher-series"): _WORKERS,
    ("GET", f"{_P}/voucher-series"): _BOOKKEEPERS,
    ("GET", f"{_P}/voucher-series/{{series}}"): _BOOKKEEPERS,
    ("GET", f"{_P}/voucher-series/{{series}}/vouchers"): _BOOKKEEPERS,
    ("POST", f"{_P}/voucher-series/{{series}}/print"): _WORKERS,
    ("POST", f"{_P}/voucher-series/{{series}}/activate"): _WORKERS,
    ("POST", f"{_P}/voucher-series/{{series}}/retire"): _WORKERS,
    # Whoever keeps the counter takes vouchers; what one is worth stands in its series.
    ("POST", f"{_P}/voucher-payments"): Access(frozenset({_ADMIN, _OPERATOR, _CASHIER})),
    ("POST", f"{_P}/imports/{{kind}}"): _WORKERS,
    ("POST", f"{_P}/backlogs/{{batch}}"): _WORKERS,
    ("GET", f"{_P}/accounts/{{owner}}/passbook"): Access(_READERS, {_RESIDENT: "owner"}),
    ("POST", f"{_P}/households/{{household}}/merge"): _WORKERS,
    ("POST", f"{_P}/households/{{household}}/divide"): _WORKERS,
    ("POST", f"{_P}/members/{{member}}/move"): _WORKERS,
    ("GET", f"{_P}/households/{{household}}/changes"): Access(_READERS, whose="household"),
    ("GET", f"{_P}/households/{{household}}/members"): Access(_READERS, {_RESIDENT: "household"}),
    ("POST", f"{_P}/cards"): Access(_WORKERS.all, whose="owner"),
    ("GET", f"{_P}/cards/{{card}}"): Access(_READERS, {_RESIDENT: LOADED}),
    ("GET", f"{_P}/accounts/{{owner}}/cards"): Access(_READERS, {_RESIDENT: "owner"}),
    ("POST", f"{_P}/cards/{{card}}/print"): _WORKERS_FOUND,
    ("POST", f"{_P}/card-sheets"): _WORKERS,
    ("POST", f"{_P}/cards/{{card}}/activate"): _WORKERS_FOUND,
    ("POST", f"{_P}/cards/{{card}}/pin"): Access(frozenset({_ADMIN, _OPERATOR}), {_RESIDENT: LOADED}),
    ("POST", f"{_P}/cards/{{card}}/block"): Access(frozenset({_ADMIN, _OPERATOR}), {_RESIDENT: LOADED}),
    ("POST", f"{_P}/cards/{{card}}/replace"): _WORKERS_FOUND,
    ("POST", f"{_P}/presented-cards"): Access(frozenset({_ADMIN, _OPERATOR, _CASHIER, _MERCHANT})),
    ("POST", f"{_P}/helpers"): _WORKERS,
    ("POST", f"{_P}/helpers/{{helper}}/end"): _WORKERS,
    ("GET", f"{_P}/accounts/{{owner}}/helpers"): Access(_READERS, {_RESIDENT: "owner"}),
    ("POST", f"{_P}/activities"): Access(
        frozenset({_ADMIN, _OPERATOR, _REVIEWER}), {_RESIDENT: "recipient", _MERCHANT: "recipient"}
    ),
    ("GET", f"{_P}/activities/{{activity}}"): Access(_READERS, {_RESIDENT: LOADED, _MERCHANT: LOADED}),
    ("POST", f"{_P}/activities/{{activity}}/award"): _REVIEWERS_FOUND,
    ("GET", f"{_P}/activities"): Access(_READERS, whose=LOADED),  # of an area, those of its people
    ("POST", f"{_P}/activities/{{activity}}/evidence"): _CLAIMANTS,
    # Auditors look at books, not at pictures of people's homes.
    ("GET", f"{_P}/activities/{{activity}}/evidence"): _CLAIMANTS,
    ("GET", f"{_P}/activities/{{activity}}/evidence/{{evidence}}"): _CLAIMANTS,
    ("POST", f"{_P}/activities/{{activity}}/reviews"): _REVIEWERS_FOUND,
    ("POST", f"{_P}/activities/{{activity}}/submit"): _CLAIMANTS,
    ("POST", f"{_P}/activities/{{activity}}/appeal"): _CLAIMANTS,
    ("POST", f"{_P}/activities/{{activity}}/revoke"): _WORKERS_FOUND,
    ("GET", f"{_P}/activities/{{activity}}/steps"): Access(_READERS, {_RESIDENT: LOADED, _MERCHANT: LOADED}),
    ("POST", f"{_P}/reviewers"): _ADMINS,
    ("GET", f"{_P}/reviewers"): Access(_READERS),
    # What hangs on the wall is for everybody in the programme, and for nobody else on the network.
    ("GET", f"{_P}/notice"): _EVERYONE,
    ("GET", f"{_P}/notice/csv"): _EVERYONE,
    ("GET", f"{_P}/notice/print"): _EVERYONE,
    ("GET", f"{_P}/bulletin"): _EVERYONE,
    ("GET", f"{_P}/bulletin/csv"): _EVERYONE,
    ("GET", f"{_P}/bulletin/print"): _EVERYONE,
    ("POST", f"{_P}/accounts/{{owner}}/bulletin-listing"): Access(_REVIEWERS.all, {_RESIDENT: "owner"}),
    ("POST", f"{_P}/inspections"): _WORKERS,
    ("GET", f"{_P}/inspections"): Access(_READERS),
    ("GET", f"{_P}/inspections/{{inspection}}"): Access(_READERS),
    ("GET", f"{_P}/inspections/{{inspection}}/lines"): Access(_READERS),
    ("POST", f"{_P}/inspections/{{inspection}}/lines"): _REVIEWERS,
    ("POST", f"{_P}/inspections/{{inspection}}/marks"): _REVIEWERS,
    ("GET", f"{_P}/inspections/{{inspection}}/sheet"): _REVIEWERS,
    ("POST", f"{_P}/inspections/{{inspection}}/sheet"): _REVIEWERS,
    ("GET", f"{_P}/inspections/{{inspection}}/preview"): _REVIEWERS,
    ("POST", f"{_P}/inspections/{{inspection}}/post"): COMMANDS["award"],
    ("POST", f"{_P}/inspections/{{inspection}}/reverse"): _ADMINS,
    ("POST", f"{_P}/sign-up-lists"): _WORKERS,
    ("GET", f"{_P}/sign-up-lists"): _EVERYONE,
    ("GET", f"{_P}/sign-up-lists/{{list}}"): Access(_READERS | {_RESIDENT}),
    ("POST", f"{_P}/sign-up-lists/{{list}}/sign-up"): Access(_REVIEWERS.all, {_RESIDENT: "member"}),
    ("POST", f"{_P}/sign-up-lists/{{list}}/withdraw"): Access(_REVIEWERS.all, {_RESIDENT: "member"}),
    ("POST", f"{_P}/sign-up-lists/{{list}}/attendance"): _REVIEWERS,
    ("POST", f"{_P}/sign-up-lists/{{list}}/credit"): COMMANDS["award"],
    ("POST", f"{_P}/sign-up-lists/{{list}}/cancel"): _WORKERS,
    ("POST", f"{_P}/event-sources"): _ADMINS,
    ("GET", f"{_P}/event-sources"): _BOOKKEEPERS,
    ("POST", f"{_P}/event-sources/{{source}}/withdraw"): _ADMINS,
    # Signed by the other system instead of carrying a key of ours.
    ("POST", f"{_P}/event-sources/{{source}}/events"): PUBLIC,
    ("POST", f"{_P}/awards"): COMMANDS["award"],
    ("POST", f"{_P}/awards/{{transaction}}/activate"): COMMANDS["activate"],
    ("POST", f"{_P}/awards/{{transaction}}/cancel"): COMMANDS["cancel_pending"],
    # A notice is for everybody: a resident may object to any award in it.
    ("POST", f"{_P}/awards/{{transaction}}/objections"): Access(frozenset({_ADMIN, _OPERATOR, _REVIEWER, _RESIDENT})),
    ("GET", f"{_P}/objections"): Access(_READERS),
    ("POST", f"{_P}/objections/{{objection}}/uphold"): COMMANDS["cancel_pending"],
    ("POST", f"{_P}/objections/{{objection}}/dismiss"): COMMANDS["cancel_pending"],
    ("GET", f"{_P}/awards/{{transaction}}/explain"): Access(_READERS, {_RESIDENT: LOADED, _MERCHANT: LOADED}),
    ("POST", f"{_P}/simulations"): Access(frozenset({_ADMIN, _OPERATOR, _AUDITOR})),
    ("POST", f"{_P}/reratings"): _ADMINS,
    ("POST", f"{_P}/evaluations"): _ADMINS,
    ("POST", f"{_P}/batch-reversals"): _ADMINS,
    ("POST", f"{_P}/quotes"): Access(
        frozenset({_ADMIN, _OPERATOR}), {_CASHIER: "outlet", _MERCHANT: "merchant", _RESIDENT: "owner"}
    ),
    ("POST", f"{_P}/redemptions"): COMMANDS["redeem"],
    ("POST", f"{_P}/redemptions/{{transaction}}/refund"): COMMANDS["refund"],
    ("POST", f"{_P}/holds"): COMMANDS["hold"],
    ("POST", f"{_P}/holds/{{transaction}}/capture"): COMMANDS["capture"],
    ("POST", f"{_P}/holds/{{transaction}}/void"): COMMANDS["void"],
    # A lost call is found under the caller's own keys, so nobody can name somebody else's.
    ("POST", f"{_P}/reversals"): Access(frozenset(Role) - {_AUDITOR}),
    ("POST", f"{_P}/terminals"): _WORKERS,
    ("GET", f"{_P}/terminals"): Access(_READERS),
    ("GET", f"{_P}/terminals/{{terminal}}"): Access(_READERS, {_CASHIER: LOADED}),
    ("POST", f"{_P}/terminals/{{terminal}}/disable"): _WORKERS,
    ("POST", f"{_P}/terminals/{{terminal}}/enable"): _WORKERS,
    ("POST", f"{_P}/terminals/{{terminal}}/late-sales"): Access(_WORKERS.all, {_CASHIER: LOADED}),
    ("GET", f"{_P}/terminals/{{terminal}}/sequences"): Access(_READERS, {_CASHIER: LOADED}),
    ("GET", f"{_P}/late-sales"): Access(_READERS),
    ("GET", f"{_P}/late-sales/forks"): Access(_READERS),
    ("POST", f"{_P}/shifts"): Access(_WORKERS.all, {_CASHIER: LOADED}),
    ("GET", f"{_P}/shifts/{{shift}}"): Access(_READERS, {_CASHIER: LOADED}),
    ("POST", f"{_P}/shifts/{{shift}}/close"): Access(_WORKERS.all, {_CASHIER: LOADED}),
    ("GET", f"{_P}/outlets/{{outlet}}/shifts"): Access(_READERS, {_CASHIER: "outlet"}),
    ("POST", f"{_P}/deductions"): COMMANDS["deduct"],
    ("POST", f"{_P}/adjustments"): COMMANDS["adjust"],
    ("GET", f"{_P}/adjustments"): _BOOKKEEPERS,
    ("GET", f"{_P}/adjustments/{{adjustment}}"): _BOOKKEEPERS,
    ("POST", f"{_P}/adjustments/{{adjustment}}/approve"): COMMANDS["adjust"],
    ("POST", f"{_P}/adjustments/{{adjustment}}/decline"): COMMANDS["adjust"],
    ("POST", f"{_P}/transfers"): COMMANDS["transfer"],
    ("POST", f"{_P}/openings"): COMMANDS["open"],
    ("POST", f"{_P}/merchants/{{merchant}}/enrolment"): _WORKERS,
    ("GET", f"{_P}/merchants/{{merchant}}/enrolment"): Access(_READERS, {_MERCHANT: "merchant"}),
    ("POST", f"{_P}/merchants/{{merchant}}/contact"): Access(_WORKERS.all, {_MERCHANT: "merchant"}),
    ("POST", f"{_P}/merchants/{{merchant}}/contact/erase"): _ADMINS,
    ("POST", f"{_P}/merchants/{{merchant}}/approve"): _ADMINS,
    ("POST", f"{_P}/merchants/{{merchant}}/suspend"): _ADMINS,
    ("POST", f"{_P}/merchants/{{merchant}}/resume"): _ADMINS,
    ("POST", f"{_P}/merchants/{{merchant}}/end"): _ADMINS,
    ("POST", f"{_P}/merchants/{{merchant}}/offers"): Access(_WORKERS.all, {_MERCHANT: "merchant"}),
    ("GET", f"{_P}/merchants/{{merchant}}/offers"): Access(_READERS, {_MERCHANT: "merchant"}),
    ("POST", f"{_P}/merchants/{{merchant}}/offers/{{offer}}/approve"): _WORKERS,
    ("POST", f"{_P}/merchants/{{merchant}}/offers/{{offer}}/decline"): _WORKERS,
    ("POST", f"{_P}/merchants/{{merchant}}/offers/{{offer}}/withdraw"): Access(_WORKERS.all, {_MERCHANT: "merchant"}),
    ("POST", f"{_P}/merchants/{{merchant}}/codes"): Access(_WORKERS.all, {_MERCHANT: "merchant"}),
    ("GET", f"{_P}/shop-codes/{{code}}"): Access(_READERS | {_RESIDENT}, {_MERCHANT: LOADED}),
    ("POST", f"{_P}/shop-codes/{{code}}/confirm"): Access(_WORKERS.all, {_RESIDENT: "owner", _MERCHANT: LOADED}),
    ("GET", f"{_P}/merchants/{{merchant}}/settlements"): Access(_BOOKKEEPERS.all, {_MERCHANT: "merchant"}),
    ("POST", f"{_P}/settlements"): _WORKERS,
    ("GET", f"{_P}/settlements"): _BOOKKEEPERS,
    ("GET", f"{_P}/settlements/{{settlement}}"): _STATEMENT,
    ("GET", f"{_P}/settlements/{{settlement}}/lines"): _STATEMENT,
    ("GET", f"{_P}/settlements/{{settlement}}/csv"): _STATEMENT,
    ("GET", f"{_P}/settlements/{{settlement}}/page"): _STATEMENT,
    ("POST", f"{_P}/settlements/{{settlement}}/confirm"): _ANSWER,
    ("POST", f"{_P}/settlements/{{settlement}}/dispute"): _ANSWER,
    ("POST", f"{_P}/settlements/{{settlement}}/resolve"): _WORKERS,
    ("POST", f"{_P}/settlements/{{settlement}}/pay"): _ADMINS,
    ("POST", f"{_P}/settlements/{{settlement}}/close"): _ADMINS,
    ("POST", f"{_P}/funds"): COMMANDS["fund"],
    ("GET", f"{_P}/cover"): _BOOKKEEPERS,
    ("GET", f"{_P}/asked-publications"): _BOOKKEEPERS,
    ("GET", f"{_P}/asked-publications/{{publication}}"): _BOOKKEEPERS,
    ("POST", f"{_P}/asked-publications/{{publication}}/approve"): _ADMINS,
    ("POST", f"{_P}/asked-publications/{{publication}}/decline"): _ADMINS,
    ("GET", f"{_P}/reports/{{report}}"): _BOOKKEEPERS,
    ("GET", f"{_P}/reports/{{report}}/csv"): _BOOKKEEPERS,
    ("POST", f"{_P}/dividends"): COMMANDS["split"],
    # By verb and by whose it is: the handler asks COMMANDS about each.
    ("POST", f"{_P}/commands"): Access(_COUNTER.all, {_CASHIER: LOADED, _MERCHANT: LOADED}),
    ("POST", f"{_P}/stock/receipts"): COMMANDS["receive"],
    ("POST", f"{_P}/stock/donations"): COMMANDS["donate"],
    ("GET", f"{_P}/donations"): Access(_READERS),
    ("GET", f"{_P}/donations/{{donation}}"): Access(_READERS, {_RESIDENT: LOADED}),
    ("POST", f"{_P}/stock/counts"): COMMANDS["count"],
    ("POST", f"{_P}/stock/takes"): COMMANDS["stock_take"],
    ("POST", f"{_P}/stock/write-offs"): COMMANDS["write_off"],
    ("POST", f"{_P}/stock/moves"): COMMANDS["move"],
    ("POST", f"{_P}/stock/returns"): COMMANDS["return"],
    ("GET", f"{_P}/outlets/{{outlet}}/stock"): Access(_READERS, {_CASHIER: "outlet"}),
    ("GET", f"{_P}/transactions/{{transaction}}"): Access(
        _READERS, {_CASHIER: LOADED, _MERCHANT: LOADED, _RESIDENT: LOADED}
    ),
    ("GET", f"{_P}/transactions/{{transaction}}/receipt"): Access(
        _READERS, {_CASHIER: LOADED, _MERCHANT: LOADED, _RESIDENT: LOADED}
    ),
    ("POST", f"{_P}/transactions/{{transaction}}/reverse"): COMMANDS["reverse"],
    ("GET", f"{_P}/transactions/{{transaction}}/proof"): Access(
        _READERS, {_CASHIER: LOADED, _MERCHANT: LOADED, _RESIDENT: LOADED}
    ),
    ("GET", f"{_P}/checkpoints/latest"): _EVERYONE,
    ("GET", f"{_P}/checkpoints/consistency"): _EVERYONE,
    ("GET", f"{_P}/transactions/{{transaction}}/origin"): Access(_READERS),
    ("GET", f"{_P}/audit-events"): _OVERSEERS,
    ("GET", f"{_P}/retention"): _OVERSEERS,
    ("GET", f"{_P}/audit-events/{{event}}/proof"): _OVERSEERS,
    ("GET", f"{_P}/audit-checkpoints/latest"): _OVERSEERS,
    ("GET", f"{_P}/audit-checkpoints/consistency"): _OVERSEERS,
    ("POST", f"{_P}/periods"): _ADMINS,
    ("GET", f"{_P}/periods"): Access(_READERS),
    ("GET", f"{_P}/trial-balance"): _BOOKKEEPERS,
    ("GET", f"{_P}/trial-balance/accounts"): _BOOKKEEPERS,
    ("GET", f"{_P}/trial-balance/entries"): _BOOKKEEPERS,
    ("POST", f"{_P}/reconciliations"): _BOOKKEEPERS,
    ("GET", f"{_P}/accounts/{{owner}}/balances"): Access(
        _READERS | {_CASHIER}, {_MERCHANT: "owner", _RESIDENT: "owner"}
    ),
    ("GET", f"{_P}/accounts/{{owner}}/statement"): Access(_READERS, {_MERCHANT: "owner", _RESIDENT: "owner"}),
}
