"""What is paid to shops for the points they took."""

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.response import Response

from ledger.core.command import Settle
from ledger.core.transaction import Receipt
from ledger.hall.call import Call, IdempotencyKey
from ledger.hall.submit import DryRun, submit

_P = "/v1/programmes/{programme:str}"


@post(f"{_P}/settlements")
async def settle(
    data: JSONBody[Settle], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """A shop's claims are paid, less a commission that is an exact fraction."""
    return await submit(call, key, data, dry_run=dry_run)
