"""Donations as they were received: the piece, its grade, its giver, and who inspected it."""

from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from ledger.core.refusal import Reason, Refused
from ledger.db.donations import Donation, find_donation, list_donations
from ledger.hall.answer import answer
from ledger.hall.call import Call, Limit

_P = "/v1/programmes/{programme:str}"


class DonationList(msgspec.Struct, frozen=True):
    """One page; `next_cursor` asks for the one after it."""

    donations: tuple[Donation, ...]
    next_cursor: str | None


@get(f"{_P}/donations")
async def donations(
    call: NamedDependency[Call],
    item: Annotated[str | None, QueryParameter(pattern="^[a-z0-9-]{1,40}$")] = None,
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^(don_[0-9a-z]{18})?$")] = "",
) -> Response[DonationList]:
    """What was donated, oldest first."""
    async with call.desk.reading(call.programme) as connection:
        found = await list_donations(connection, call.programme, item, after=cursor, limit=limit + 1)
    page = tuple(found[:limit])
    return answer(DonationList(page, page[-1].id if len(found) > limit else None))


@get(f"{_P}/donations/{{donation:str}}")
async def donation(donation: FromPath[str], call: NamedDependency[Call]) -> Response[Donation]:
    """One donation: its id is that of its transaction, with `don_` in front."""
    async with call.desk.reading(call.programme) as connection:
        found = await find_donation(connection, call.programme, donation)
    if found is None:
        raise Refused(Reason.NOT_FOUND, donation=donation)
    await call.require_own(found.donor, donation=donation)
    return answer(found)
