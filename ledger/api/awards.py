"""Awards under public notice: the notice ends, or an objection is upheld."""

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Response

from ledger.core.command import Activate, CancelPending
from ledger.core.title import Note
from ledger.core.transaction import Receipt
from ledger.hall.call import Call, IdempotencyKey
from ledger.hall.submit import DryRun, submit

_P = "/v1/programmes/{programme:str}"


class Upheld(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the award does not stand."""

    note: Note | None = None


@post(f"{_P}/awards/{{transaction:str}}/activate")
async def activate(
    transaction: FromPath[str], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """What was under notice becomes spendable, after what is owed; refused before the notice is over."""
    return await submit(call, key, Activate(transaction), dry_run=dry_run)


@post(f"{_P}/awards/{{transaction:str}}/cancel")
async def cancel(
    transaction: FromPath[str],
    data: JSONBody[Upheld],
    key: IdempotencyKey,
    call: NamedDependency[Call],
    dry_run: DryRun = False,
) -> Response[Receipt]:
    """An award under notice goes back to where it came from, and its limits are given back."""
    return await submit(call, key, CancelPending(transaction, data.note), dry_run=dry_run)
