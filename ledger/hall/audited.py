"""What is kept for auditors of each call: every change, done or refused, and every read of what is about persons."""

from typing import Any
from urllib.parse import unquote

from ledger.core.title import Title
from ledger.db.audit_events import NO_PROGRAMME, NewEvent, write_events
from ledger.hall.access import Caller
from ledger.hall.call import Call, Route, address_of
from ledger.hall.desk import Desk
from ledger.hall.fault import Fault, Faulty, Spot

HEADER = "Audit-Reason"
REASON_LENGTH = 200

_P = "/v1/programmes/{programme}"

# All that these change is lines of the journal, which say who posted them, in the same database transaction. A counter
# waits for them, so they have an event of their own only where it tells more: a reason, or that it was not allowed.
IN_THE_JOURNAL = frozenset({
    f"{_P}/awards",
    f"{_P}/commands",
    f"{_P}/holds",
    f"{_P}/holds/{{transaction}}/capture",
    f"{_P}/holds/{{transaction}}/void",
    f"{_P}/redemptions",
    f"{_P}/redemptions/{{transaction}}/refund",
})  # fmt: skip
SIGN_INS = frozenset({
    "/v1/sign-in", f"{_P}/sign-in", "/my/{programme}/sign-in", "/counter/{programme}/sign-in",
})  # fmt: skip

# Whoever reads names, telephones, pictures, notes about somebody, or who was where. What hangs on the wall is public.
PERSONAL_READS = frozenset({
    "/my/{programme}",
    "/counter/{programme}/sale",
    "/counter/{programme}/sales/{transaction}",
    "/v1/people",
    "/v1/people/{person}",
    f"{_P}/households/{{household}}",
    f"{_P}/households/{{household}}/members",
    f"{_P}/members/{{member}}",
    f"{_P}/merchants/{{merchant}}",
    f"{_P}/merchants/{{merchant}}/enrolment",
    f"{_P}/cards/{{card}}",
    f"{_P}/persons/{{owner}}/export",
    f"{_P}/accounts/{{owner}}/cards",
    f"{_P}/accounts/{{owner}}/helpers",
    f"{_P}/accounts/{{owner}}/passbook",
    f"{_P}/accounts/{{owner}}/statement",
    f"{_P}/activities",
    f"{_P}/activities/{{activity}}",
    f"{_P}/activities/{{activity}}/evidence",
    f"{_P}/activities/{{activity}}/evidence/{{evidence}}",
    f"{_P}/activities/{{activity}}/steps",
    f"{_P}/objections",
    f"{_P}/donations",
    f"{_P}/donations/{{donation}}",
    f"{_P}/inspections/{{inspection}}/lines",
    f"{_P}/inspections/{{inspection}}/preview",
    f"{_P}/inspections/{{inspection}}/sheet",
    f"{_P}/sign-up-lists/{{list}}",
    f"{_P}/outlets/{{outlet}}/receipts/{{number}}",
    f"{_P}/transactions/{{transaction}}",
    f"{_P}/transactions/{{transaction}}/receipt",
    f"{_P}/transactions/{{transaction}}/slip",
    f"{_P}/transactions/{{transaction}}/slip/text",
    f"{_P}/awards/{{transaction}}/explain",
    f"{_P}/adjustments",
    f"{_P}/adjustments/{{adjustment}}",
})  # fmt: skip


def is_audited(method: str, template: str) -> bool:
    """By the route alone."""
    return template in PERSONAL_READS if method == "GET" else True


def is_told_elsewhere(route: Route, status: int, reason: str | None) -> bool:
    """Whether the journal tells all that an event would."""
    return route.template in IN_THE_JOURNAL and reason is None and status not in (403, 404)


def reason_of(sent: str) -> str:
    """What a caller gives as its reason: percent-encoded, so that any language fits a header."""
    try:
        reason = unquote(sent, errors="strict").strip()
    except UnicodeDecodeError:
        reason = ""
    if not 0 < len(reason) <= REASON_LENGTH or not reason.isprintable():
        words = Title(
            f"应为不超过 {REASON_LENGTH} 字的一行文字，以百分号编码的 UTF-8 表示",
            f"must be one line of at most {REASON_LENGTH} characters, as percent-encoded UTF-8",
        )
        raise Faulty(Fault.MALFORMED, spots=[Spot(words, header=HEADER)])
    return reason


async def keep_event(desk: Desk, route: Route, scope: Any, *, status: int, reason: str | None) -> None:
    """For auditors of the programme that was entered, else of the caller's node; of whom nobody knows, nothing."""
    state = scope["state"]
    caller: Caller | None = state.get("caller")
    is_sign_in = route.template in SIGN_INS
    if caller is None and not (is_sign_in and status == 401):
        return
    path = dict(scope.get("path_params", {}))
    programme = path.pop("programme", None)
    entered = state.get("entered") or NO_PROGRAMME
    if is_sign_in and programme is not None and await desk.is_programme(programme):
        entered = programme
    elif entered == NO_PROGRAMME and programme is not None:
        path["programme"] = programme
    event = NewEvent(
        programme=entered,
        node=None if caller is None else caller.node,
        principal=None if caller is None else caller.principal,
        key=None if caller is None else caller.key,
        address=desk.slow_hash.blind(f"address\0{address_of(scope)}")[:32],
        verb=f"{scope['method']} {route.template}",
        about={name: str(value) for name, value in path.items()},
        status=status,
        code=state.get("code"),
        reason=reason,
    )
    async with desk.connection() as connection:
        await write_events(connection, [event])


async def remember_caller(call: Call, scope: Any, token: str) -> None:
    """For who has just signed in, so that the event has a name."""
    scope["state"]["caller"] = await call.desk.caller(token)
