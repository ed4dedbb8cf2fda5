"""Points that move from one owner to another."""

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.response import Response

from ledger.core.command import Transfer
from ledger.core.transaction import Receipt
from ledger.hall.call import Call, IdempotencyKey
from ledger.hall.submit import DryRun, submit

_P = "/v1/programmes/{programme:str}"


@post(f"{_P}/transfers")
async def transfer(
    data: JSONBody[Transfer], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """Points change hands and keep their days, as when a household splits or two become one."""
    await call.require_in_area(data.to)
    return await submit(call, key, data, dry_run=dry_run)
