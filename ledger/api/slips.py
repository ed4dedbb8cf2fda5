"""Receipts as people read them: by transaction or by an outlet's number, as JSON and as text for a 58 mm printer."""

from typing import Annotated, Literal

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from ledger.actions.read_slip import read_slip
from ledger.core.balance import BALANCE_MAX
from ledger.core.refusal import Reason, Refused
from ledger.core.slip import Slip, slip_text
from ledger.db import receipts
from ledger.db.journal import load_sources
from ledger.db.owners import find_owners
from ledger.db.receipts import NumberedLine
from ledger.hall.answer import answer
from ledger.hall.call import Call, Limit
from ledger.hall.plain import Plain, plain

_P = "/v1/programmes/{programme:str}"


class ReceiptList(msgspec.Struct, frozen=True):
    """Newest first, without a gap. `next_cursor` asks for the numbers below these."""

    receipts: tuple[NumberedLine, ...]
    next_cursor: int | None


@get(f"{_P}/transactions/{{transaction:str}}/slip")
async def slip(transaction: FromPath[str], call: NamedDependency[Call]) -> Response[Slip]:
    """Number, lines, points before and after, what lapses next, who served and who acted."""
    return answer((await _own_slip(call, transaction))[0])


@get(f"{_P}/transactions/{{transaction:str}}/slip/text")
async def slip_as_text(
    transaction: FromPath[str],
    call: NamedDependency[Call],
    lang: Annotated[Literal["zh", "en"], QueryParameter(name="lang")] = "zh",
) -> Response[Plain]:
    """The same as lines of 32 columns, for a 58 mm printer; a Chinese character takes two."""
    found, time_zone = await _own_slip(call, transaction)
    return plain(slip_text(found, lang, time_zone))


@get(f"{_P}/outlets/{{outlet:str}}/receipts")
async def list_receipts(
    outlet: FromPath[str],
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[int, QueryParameter(ge=1, le=BALANCE_MAX)] = BALANCE_MAX,
    shift: Annotated[str | None, QueryParameter(pattern="^shf_[0-9a-z]{18}$")] = None,
) -> Response[ReceiptList]:
    """All that went over an outlet's counter, or what belongs to one shift."""
    async with call.desk.reading(call.programme) as connection:
        if not (outlet.startswith("out_") and await find_owners(connection, call.programme, [outlet])):
            raise Refused(Reason.NOT_FOUND, owner=outlet)
        found = await receipts.list_receipts(
            connection, call.programme, outlet, before=cursor, shift=shift, limit=limit + 1
        )
    page = tuple(found[:limit])
    return answer(ReceiptList(page, page[-1].number if len(found) > limit else None))


@get(f"{_P}/outlets/{{outlet:str}}/receipts/{{number:str}}")
async def numbered(outlet: FromPath[str], number: FromPath[str], call: NamedDependency[Call]) -> Response[Slip]:
    """The receipt with this number, as somebody holds it in the hand."""
    digits = number if number.isascii() and number.isdigit() and len(number) <= 15 else "0"
    async with call.desk.reading(call.programme) as connection:
        transaction = await receipts.find_numbered(connection, call.programme, outlet, int(digits))
        if transaction is None:
            raise Refused(Reason.NOT_FOUND, receipt=number)
        scheme = await call.desk.shelf.current(connection, call.programme)
        return answer(await read_slip(connection, scheme, transaction))


async def _own_slip(call: Call, transaction: str) -> tuple[Slip, str]:
    async with call.desk.reading(call.programme) as connection:
        source = (await load_sources(connection, call.programme, [transaction])).get(transaction)
        if source is None:
            raise Refused(Reason.NOT_FOUND, transaction=transaction)
        scheme = await call.desk.shelf.current(connection, call.programme)
        found = await read_slip(connection, scheme, transaction)
    about = source.about
    await call.require_own(about.owner, about.outlet, about.merchant, transaction=transaction)
    return found, scheme.policy.time_zone
