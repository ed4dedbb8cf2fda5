"""What a door refuses by itself, before any rule of a programme is asked."""

import enum
from collections.abc import Mapping, Sequence

import msgspec

from ledger.core.refusal import Number
from ledger.core.title import Title


class Fault(enum.StrEnum):
    """Closed, as `Reason` is; `problems.py` gives each word its status and its sentences."""

    MALFORMED = "malformed"
    IDEMPOTENCY_KEY_MISSING = "idempotency_key_missing"
    REFERENCE_MISSING = "reference_missing"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    CROSS_SITE = "cross_site"
    NO_SUCH_PAGE = "no_such_page"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    HEAD_TOO_LARGE = "head_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    DOCUMENT_REFUSED = "document_refused"
    TOO_MANY_REQUESTS = "too_many_requests"
    OVERLOADED = "overloaded"
    OUTCOME_UNKNOWN = "outcome_unknown"
    DEADLINE_PASSED = "deadline_passed"
    DATABASE_UNAVAILABLE = "database_unavailable"
    INTERNAL = "internal"


class Spot(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong and where: a JSON pointer into the body, a header's or a parameter's name, or a line."""

    detail: Title
    pointer: str | None = None
    header: str | None = None
    parameter: str | None = None
    line: int | None = None


class Faulty(Exception):
    """Raised by guards and handlers; the roof answers it as problem+json."""

    def __init__(
        self,
        fault: Fault,
        *,
        spots: Sequence[Spot] = (),
        numbers: Mapping[str, Number] | None = None,
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(fault)
        self.fault = fault
        self.spots = tuple(spots)
        self.numbers = dict(numbers or {})
        self.retry_after_seconds = retry_after_seconds
