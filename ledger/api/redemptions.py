"""Quotes and redemptions: goods at an outlet, offers at a merchant's."""

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.response import Response

from ledger.api.answer import answer_outcome
from ledger.api.call import Call, IdempotencyKey
from ledger.core.command import Redeem, Request
from ledger.core.transaction import Receipt

_P = "/v1/programmes/{programme:str}"


@post(f"{_P}/redemptions")
async def redeem(data: JSONBody[Redeem], key: IdempotencyKey, call: NamedDependency[Call]) -> Response[Receipt]:
    """Points and goods change hands in one transaction; answers the receipt."""
    return answer_outcome(await call.desk.lanes.post(Request(call.programme, call.principal, key, data)))
