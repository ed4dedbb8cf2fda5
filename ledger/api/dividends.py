"""A pool divided among many."""

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.response import Response

from ledger.core.command import Split
from ledger.core.transaction import Receipt
from ledger.hall.call import Call, IdempotencyKey
from ledger.hall.submit import DryRun, submit

_P = "/v1/programmes/{programme:str}"


@post(f"{_P}/dividends")
async def split(
    data: JSONBody[Split], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """Every share to the last fen: largest remainders first, ties in the order given."""
    return await submit(call, key, data, dry_run=dry_run)
