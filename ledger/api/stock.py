"""Goods that come into an outlet."""

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.response import Response

from ledger.api.answer import answer_outcome
from ledger.api.call import Call, IdempotencyKey
from ledger.core.command import Receive, Request
from ledger.core.transaction import Receipt

_P = "/v1/programmes/{programme:str}"


@post(f"{_P}/stock/receipts")
async def receive(data: JSONBody[Receive], key: IdempotencyKey, call: NamedDependency[Call]) -> Response[Receipt]:
    """Bought or donated goods are put on an outlet's shelves."""
    return answer_outcome(await call.desk.lanes.post(Request(call.programme, call.principal, key, data)))
