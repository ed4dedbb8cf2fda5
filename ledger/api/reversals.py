"""The lost answer: a caller that does not know whether its call arrived has it undone, or kept from arriving."""

from typing import Annotated

import asyncpg
import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.response import Response

from ledger.actions.reverse_by_key import reverse_by_key
from ledger.core.command import Cancel, Request
from ledger.core.title import Note
from ledger.core.transaction import Outcome, Receipt
from ledger.hall.call import KEY_PATTERN, Call, IdempotencyKey
from ledger.hall.submit import DryRun, act

_P = "/v1/programmes/{programme:str}"


class LostCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The key under which the call was sent whose answer never came."""

    lost_key: Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=KEY_PATTERN)]
    note: Note | None = None


@post(f"{_P}/reversals")
async def undo_lost(
    data: JSONBody[LostCall], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """If the call came, the receipt of its reversal; if it never did, `cancelled_before_arrival`, and it never will.

    What was refused when it came is answered with that refusal.
    """
    lost = Request(call.programme, call.principal, data.lost_key, Cancel())

    async def reverse(connection: asyncpg.Connection, key: str) -> Outcome:
        return await reverse_by_key(connection, lost, key, call.desk.shelf, note=data.note)

    return await act(call, key, reverse, dry_run=dry_run)
