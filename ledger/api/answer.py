"""How an outcome becomes an answer: receipts as bytes from one encoder, refusals as exceptions for the roof."""

from typing import Any, TypeVar

import msgspec
from litestar.enums import MediaType
from litestar.response import Response

from ledger.core.transaction import Outcome, Receipt
from ledger.tally import POSTED, REFUSED, REPLAYS

T = TypeVar("T")

REPLAYED = "Idempotency-Replayed"

_encoder = msgspec.json.Encoder()


class Declined(Exception):
    """A refusal that stands in the journal, under its key."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.refusal)
        self.outcome = outcome


def answer(body: T, *, status: int = 200, is_replayed: bool = False) -> Response[T]:
    """Encoded here, once: the framework would look for encoders of its own first."""
    encoded: Any = _encoder.encode(body)
    headers = {REPLAYED: "true"} if is_replayed else None
    return Response(encoded, status_code=status, media_type=MediaType.JSON, headers=headers)


def answer_outcome(outcome: Outcome) -> Response[Receipt]:
    """201 with the receipt, the same bytes again when replayed; raises `Declined` for a refusal."""
    count_outcome(outcome)
    if outcome.receipt is None:
        raise Declined(outcome)
    return answer(outcome.receipt, status=201, is_replayed=outcome.is_replayed)


def count_outcome(outcome: Outcome) -> None:
    """For the metrics: once for each outcome that a caller is told."""
    if outcome.is_replayed:
        REPLAYS.add()
    elif outcome.receipt is not None:
        POSTED.add(outcome.receipt.kind)
    elif outcome.refusal is not None:
        REFUSED.add(outcome.refusal.reason)
