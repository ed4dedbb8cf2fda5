"""Every refusal becomes one kind of answer: RFC 9457 problem+json with a word, sentences, pointers and numbers."""

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from litestar.exceptions import HTTPException
from litestar.response import Response

from ledger.core.refusal import Number, Reason, Refused
from ledger.core.title import Title
from ledger.hall.answer import Declined
from ledger.hall.fault import Fault, Faulty, Spot
from ledger.hall.fault_words import FAULTS
from ledger.hall.reason_words import REASONS
from ledger.hall.sent import Asked
from ledger.hall.words import preferred_language, tell
from ledger.lanes import UNAVAILABLE, OutcomeUnknown, Overloaded

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 2


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of every answer that is not a success."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    numbers: Mapping[str, Number] = {}
    transaction: str | None = None
    errors: tuple["Pointed", ...] = ()


class Pointed(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong and where it stands."""

    detail: str
    pointer: str | None = None
    header: str | None = None
    parameter: str | None = None
    line: int | None = None


_encoder = msgspec.json.Encoder()
_STATUS_FAULTS = {
    400: Fault.MALFORMED,
    401: Fault.UNAUTHENTICATED,
    403: Fault.FORBIDDEN,
    404: Fault.NO_SUCH_PAGE,
    405: Fault.METHOD_NOT_ALLOWED,
    413: Fault.TOO_LARGE,
    415: Fault.UNSUPPORTED_MEDIA_TYPE,
    429: Fault.TOO_MANY_REQUESTS,
    503: Fault.OVERLOADED,
}


def answer_problem(request: Asked, error: Exception) -> Response[bytes]:
    """For everything that a route, a guard or the framework raises."""
    problem, headers = problem_of(request, error, preferred_language(request.headers.get("accept-language", "")))
    return Response(_encoder.encode(problem), status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def problem_of(request: Asked, error: Exception, language: str) -> tuple[Problem, dict[str, str]]:
    """What is wrong in one language, and the headers that go with it; the log is told its word."""
    problem, headers = _problem_of(error, language, request.scope["state"].get("request_id", ""))
    request.scope["state"]["code"] = problem.code
    if isinstance(error, HTTPException) and error.headers and "allow" in error.headers:
        headers["Allow"] = error.headers["allow"]
    headers["Content-Language"] = "zh-CN" if language == "zh" else "en"
    return problem, headers


def is_unexpected(error: Exception) -> bool:
    """A defect of ours, which must be logged with its place."""
    expected = (Declined, Refused, Faulty, Overloaded, OutcomeUnknown, *UNAVAILABLE)
    return not isinstance(error, expected) and getattr(error, "status_code", 500) >= 500


def _problem_of(error: Exception, language: str, request_id: str) -> tuple[Problem, dict[str, str]]:
    headers: dict[str, str] = {}
    match error:
        case Declined(outcome=outcome):
            assert outcome.refusal is not None, "a declined outcome says why"
            if outcome.is_replayed:
                headers["Idempotency-Replayed"] = "true"
            code, numbers = outcome.refusal.reason, outcome.refusal.numbers
            return _problem(code, numbers, language, request_id, transaction=outcome.transaction), headers
        case Refused(reason=reason, numbers=numbers):
            if REASONS[reason].status == HTTPStatus.TOO_MANY_REQUESTS:
                headers["Retry-After"] = f"{60 * int(str(numbers.get('minutes', 1)))}"
            return _problem(reason, numbers, language, request_id), headers
        case Faulty():
            fault, numbers, spots, retry = error.fault, error.numbers, error.spots, error.retry_after_seconds
        case _:
            fault, numbers, spots, retry = _fault_of(error), {}, (), None
    if fault is Fault.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = 'Bearer realm="points-ledger"'
    if FAULTS[fault].status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(retry or getattr(error, "retry_after_seconds", RETRY_SECONDS))
    elif retry is not None:
        headers["Retry-After"] = str(retry)
    return _problem(fault, numbers, language, request_id, spots=spots), headers


def _fault_of(error: Exception) -> Fault:
    if isinstance(error, Overloaded):
        return Fault.OVERLOADED
    if isinstance(error, OutcomeUnknown):
        return Fault.OUTCOME_UNKNOWN
    if isinstance(error, UNAVAILABLE):
        return Fault.DATABASE_UNAVAILABLE
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _STATUS_FAULTS.get(status, Fault.MALFORMED if 400 <= status < 500 else Fault.INTERNAL)


def _problem(
    code: str,
    numbers: Mapping[str, Number],
    language: str,
    request_id: str,
    *,
    spots: tuple[Spot, ...] = (),
    transaction: str | None = None,
) -> Problem:
    words = FAULTS[Fault(code)] if code in FAULTS else REASONS[Reason(code)]
    return Problem(
        type=f"urn:points-ledger:{code}",
        title=getattr(words.title, language),
        status=words.status,
        detail=tell(words, numbers, language),
        code=code,
        request_id=request_id,
        numbers=numbers,
        transaction=transaction,
        errors=tuple(_pointed(spot, language) for spot in spots),
    )


def _pointed(spot: Spot, language: str) -> Pointed:
    detail: Title = spot.detail
    return Pointed(getattr(detail, language), spot.pointer, spot.header, spot.parameter, spot.line)
