"""Balances brought over from the books before this ledger."""

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.response import Response

from ledger.core.command import Open
from ledger.core.transaction import Receipt
from ledger.hall.call import Call, IdempotencyKey
from ledger.hall.submit import DryRun, submit

_P = "/v1/programmes/{programme:str}"


@post(f"{_P}/openings")
async def open_balance(
    data: JSONBody[Open], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """What an owner had when the ledger began; many at once go through `commands`."""
    return await submit(call, key, data, dry_run=dry_run)
