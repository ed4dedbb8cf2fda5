"""How an outcome becomes an answer: receipts as bytes from one encoder, refusals as exceptions for the roof."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from litestar.enums import MediaType
from litestar.response import Response

from ledger.core.transaction import Outcome, Receipt
from ledger.tally import POSTED, REFUSED, REPLAYS

T = TypeVar("T")

REPLAYED = "Idempotency-Replayed"
DRY_RUN = "Dry-Run"

# Inside, never is a day like any other and is sealed as such; outside it is null, as in balances and statements.
# No text of anybody's can hold these bytes, for its quotation marks are escaped.
_NEVER, _NULL = b'"expires_on":"9999-01-01"', b'"expires_on":null'

_encoder = msgspec.json.Encoder()


class Declined(Exception):
    """A refusal that stands in the journal, under its key."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.refusal)
        self.outcome = outcome


def answer(body: T, *, status: int = 200, is_replayed: bool = False, is_trial: bool = False) -> Response[T]:
    """Encoded here, once: the framework would look for encoders of its own first."""
    headers = {REPLAYED: "true"} if is_replayed else {DRY_RUN: "true"} if is_trial else {}
    return _Encoded(_encoder.encode(body).replace(_NEVER, _NULL), status, headers)


class _Encoded(Response[Any]):
    """What is JSON already, made without the questions that the framework asks of each response's parts."""

    def __init__(self, content: bytes, status: int, headers: dict[str, str]) -> None:
        self.content = content
        self.status_code = status
        self.media_type = MediaType.JSON
        self.headers = headers
        self.cookies = []
        self.background = None
        self.encoding = "utf-8"
        self.response_type_encoders = {}


def answer_outcome(outcome: Outcome) -> Response[Receipt]:
    """201 with the receipt, the same bytes again when replayed; raises `Declined` for a refusal."""
    count_outcome(outcome)
    if outcome.receipt is None:
        raise Declined(outcome)
    return answer(outcome.receipt, status=201, is_replayed=outcome.is_replayed)


def answer_group(outcome: Outcome, whole: Callable[[tuple[Receipt, ...]], T], *, is_trial: bool = False) -> Response[T]:
    """All receipts of a group in one answer; raises `Declined` with the number of the item that was refused."""
    if not is_trial:
        count_outcome(outcome)
    if outcome.receipt is None:
        raise Declined(msgspec.structs.replace(outcome, transaction=None) if is_trial else outcome)
    receipts = outcome.members or (outcome.receipt,)
    return answer(whole(receipts), is_replayed=outcome.is_replayed, is_trial=is_trial)


def answer_trial(outcome: Outcome) -> Response[Receipt]:
    """200 with the receipt that would be, marked as kept nowhere; raises `Declined` for the refusal that would be."""
    if outcome.receipt is None:
        raise Declined(msgspec.structs.replace(outcome, transaction=None))
    return answer(outcome.receipt, is_trial=True)


def count_outcome(outcome: Outcome) -> None:
    """For the metrics: once for each outcome that a caller is told."""
    if outcome.is_replayed:
        REPLAYS.add()
    elif outcome.receipt is not None:
        POSTED.add(outcome.receipt.kind)
    elif outcome.refusal is not None:
        REFUSED.add(outcome.refusal.reason)
