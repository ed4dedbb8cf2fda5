"""Penalties."""

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.response import Response

from ledger.core.command import Deduct
from ledger.core.transaction import Receipt
from ledger.hall.call import Call, IdempotencyKey
from ledger.hall.submit import DryRun, submit

_P = "/v1/programmes/{programme:str}"


@post(f"{_P}/deductions")
async def deduct(
    data: JSONBody[Deduct], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """Takes points away by a rule; what is missing is let go or owed, as `shortage` says."""
    return await submit(call, key, data, dry_run=dry_run)
