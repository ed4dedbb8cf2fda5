"""What is kept for auditors of each call: every change, done or refused, and every read of what is about persons."""

import re
from typing import Any
from urllib.parse import unquote

import msgspec

from ledger.actions.session_token import SESSION_TOKEN
from ledger.core.refusal import Reason, Refused
from ledger.core.title import Title
from ledger.db.audit_events import BEGUN, NO_PROGRAMME, EventAnswer, NewEvent
from ledger.hall.access import Caller
from ledger.hall.desk import Desk
from ledger.hall.fault import Fault, Faulty, Spot
from ledger.hall.sent import address_of

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
# A price is asked before each sale; what is answered is no more than a balance tells.
CHANGES_NOTHING = frozenset({f"{_P}/quotes"})
# What a path holds instead of an id may be anything, also a name.
NO_ID = "?"
_ID = re.compile(rf"(?!pl_|{SESSION_TOKEN})[A-Za-z0-9._:-]{{1,64}}")
# Nobody knows who it was until it is done, and a session whose token nobody has been told is no change.
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
    "/v1/people/{person}/export",
    "/v1/session/export",
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


def is_begun(template: str) -> bool:
    """Whether a call that may change something is written down before it is done: a kill cannot part the two then."""
    return template not in IN_THE_JOURNAL and template not in SIGN_INS and template not in CHANGES_NOTHING


def id_or_nothing(text: str) -> str:
    """Also a token that somebody sent in the place of its key's id is none."""
    return text if _ID.fullmatch(text) else NO_ID


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


async def note_begun(desk: Desk, template: str, scope: Any) -> None:
    """Comes back when it is committed; `state["event"]` is then what the answer answers."""
    event = await _event_of(desk, template, scope, status=BEGUN)
    scope["state"]["event"] = (event.programme, await desk.events.write(event))


def note_answer(desk: Desk, scope: Any, status: int) -> None:
    """How it ended, of what is written down: nobody waits for it."""
    programme, id = scope["state"]["event"]
    desk.events.add(EventAnswer(programme, id, status, scope["state"].get("code")))


def note_refusal(desk: Desk, template: str, scope: Any, error: Refused | Faulty) -> None:
    """Of a known caller who may not do it, or not there; whatever the route, and as often as is bearable."""
    match error:
        case Faulty(fault=Fault.FORBIDDEN):
            status = 403
        case Refused(reason=Reason.NOT_FOUND):
            status = 404
        case _:
            return
    scope["state"]["is_told"] = True
    _add_refusal(desk, _known_event_of(desk, template, scope, status=status, code=str(_word_of(error))))


async def note_read(desk: Desk, template: str, scope: Any, status: int) -> None:
    """Before it is answered: who read of persons, who has signed in, and why something was posted."""
    state = scope["state"]
    if state.get("is_told") or (state.get("caller") is None and not (template in SIGN_INS and status == 401)):
        return
    is_refusal = status in (401, 403, 404)
    if not is_refusal and not _is_kept(scope["method"], template, state.get("reason")):
        return
    event = await _event_of(desk, template, scope, status=status)
    if is_refusal:
        _add_refusal(desk, event)
    else:
        await desk.events.write(event)


async def remember_caller(desk: Desk, scope: Any, token: str) -> None:
    """For who has just signed in, so that the event has a name."""
    scope["state"]["caller"] = await desk.caller(token)


def _is_kept(method: str, template: str, reason: str | None) -> bool:
    if method == "GET":
        return template in PERSONAL_READS
    return template in SIGN_INS or (template in IN_THE_JOURNAL and reason is not None)


def _add_refusal(desk: Desk, event: NewEvent) -> None:
    left_out = desk.events.refusals.take(event.key or event.address)
    if left_out is not None:
        about = {**event.about, "left_out": str(left_out)} if left_out else event.about
        desk.events.add(msgspec.structs.replace(event, about=about))


async def _event_of(desk: Desk, template: str, scope: Any, *, status: int) -> NewEvent:
    """For auditors of the programme that was entered, else of the caller's node."""
    event = _known_event_of(desk, template, scope, status=status, code=scope["state"].get("code"))
    programme = scope["state"].get("path", scope.get("path_params", {})).get("programme")
    if template in SIGN_INS and programme is not None and await desk.is_programme(programme):
        about = {name: value for name, value in event.about.items() if name != "programme"}
        return msgspec.structs.replace(event, programme=programme, about=about)
    return event


def _known_event_of(desk: Desk, template: str, scope: Any, *, status: int, code: str | None) -> NewEvent:
    state = scope["state"]
    caller: Caller | None = state.get("caller")
    entered = state.get("entered") or NO_PROGRAMME
    path = dict(state.get("path", scope.get("path_params", {})))
    if entered != NO_PROGRAMME:
        path.pop("programme", None)
    return NewEvent(
        programme=entered,
        node=None if caller is None else caller.node,
        principal=None if caller is None else caller.principal,
        key=None if caller is None else caller.key,
        address=desk.slow_hash.blind(f"address\0{address_of(scope)}")[:32],
        verb=f"{scope['method']} {template}",
        about={name: id_or_nothing(str(value)) for name, value in path.items()},
        status=status,
        code=code,
        reason=state.get("reason"),
    )


def _word_of(error: Refused | Faulty) -> str:
    return error.fault if isinstance(error, Faulty) else error.reason
