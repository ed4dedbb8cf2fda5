"""A list from outside against the ledger: stock counts, merchants' lists, bank lists. Nothing is written."""

from datetime import date
from typing import Annotated

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.response import Response

from ledger.actions.read_list import LINES_MAX, NAMES, ListRefused
from ledger.actions.reconcile import DAYS_MAX, Comparison, ListKind, Reconciled, reconcile
from ledger.core.balance import AMOUNT_MAX
from ledger.core.reconcile import Tolerance, Unmatched
from ledger.hall.answer import answer
from ledger.hall.call import Call
from ledger.hall.fault import Fault, Faulty, Spot

_P = "/v1/programmes/{programme:str}"
LIST_BYTES_MAX = 2 * 1024 * 1024
BYTES_MAX = LIST_BYTES_MAX + 256 * 1024
PAGE_MAX = 200

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
Column = Annotated[str, msgspec.Meta(pattern=f"^({'|'.join(NAMES)})$(?!\\n)")]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=LIST_BYTES_MAX)]


class Reconciliation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`list` is the CSV itself, header first; columns are found by their usual names in Chinese or English, or as
    `columns` says. `keys` (default: outlet and item, or transaction) must be the same on both sides; amounts (a bank's
    in yuan) may differ by `amount_tolerance` of the smallest part, days by `days_tolerance`. `of` is the one outlet or
    merchant whose list it is; `is_opposite` says that the list has the other sign.
    """

    kind: ListKind
    first: date
    last: date
    list: Text
    keys: Annotated[tuple[Column, ...], msgspec.Meta(max_length=5)] = ()
    of: Name | None = None
    amount_tolerance: Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_MAX)] = 0
    days_tolerance: Annotated[int, msgspec.Meta(ge=0, le=DAYS_MAX)] = 0
    columns: Annotated[dict[Column, Name], msgspec.Meta(max_length=len(NAMES))] = {}
    is_opposite: bool = False
    limit: Annotated[int, msgspec.Meta(ge=1, le=PAGE_MAX)] = PAGE_MAX
    cursor: Annotated[int, msgspec.Meta(ge=0, le=10 * LINES_MAX)] = 0


class ReconciliationView(msgspec.Struct, frozen=True):
    """`unmatched` names each line without a partner and why. `next_cursor`, sent with the same list, asks for more."""

    lines: int
    booked: int
    matched: int
    within_tolerance: int
    listed_total: int
    booked_total: int
    keys: tuple[str, ...]
    scale: int
    unmatched_count: int
    unmatched: tuple[Unmatched, ...]
    next_cursor: int | None


@post(f"{_P}/reconciliations", status_code=200, request_max_body_size=BYTES_MAX)
async def reconciliation(data: JSONBody[Reconciliation], call: NamedDependency[Call]) -> Response[ReconciliationView]:
    """Matches a list with the ledger by keys and tolerances, and names each line of either side that stands alone."""
    asked = Comparison(
        kind=data.kind,
        first=data.first,
        last=data.last,
        keys=data.keys,
        of=data.of,
        tolerance=Tolerance(data.amount_tolerance, data.days_tolerance),
        columns=data.columns,
        is_opposite=data.is_opposite,
    )
    try:
        async with call.desk.auditing(call.programme) as connection:
            found = await reconcile(connection, call.programme, data.list, asked)
    except ListRefused as refused:
        raise Faulty(Fault.MALFORMED, spots=[Spot(refused.words, pointer="/list")]) from refused
    return answer(_view(found, data))


def _view(found: Reconciled, data: Reconciliation) -> ReconciliationView:
    end = data.cursor + data.limit
    return ReconciliationView(
        lines=found.lines,
        booked=found.booked,
        matched=found.matched,
        within_tolerance=found.within_tolerance,
        listed_total=found.listed_total,
        booked_total=found.booked_total,
        keys=found.keys,
        scale=found.scale,
        unmatched_count=len(found.unmatched),
        unmatched=found.unmatched[data.cursor : end],
        next_cursor=end if end < len(found.unmatched) else None,
    )
