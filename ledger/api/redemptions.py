"""Quotes and redemptions: goods at an outlet, offers at a merchant's."""

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.response import Response

from ledger.actions.quote_redemption import Quote, quote_redemption
from ledger.api.answer import answer, answer_outcome
from ledger.api.call import Call, IdempotencyKey
from ledger.core.command import Redeem, Request
from ledger.core.transaction import Receipt

_P = "/v1/programmes/{programme:str}"


@post(f"{_P}/quotes", status_code=200)
async def quote(data: JSONBody[Redeem], call: NamedDependency[Call]) -> Response[Quote]:
    """What a redemption would cost now and whether it would pass; nothing is held and nothing is posted."""
    desk = call.desk
    async with desk.reading(call.programme) as connection:
        return answer(await quote_redemption(connection, call.programme, data, shelf=desk.shelf))


@post(f"{_P}/redemptions")
async def redeem(data: JSONBody[Redeem], key: IdempotencyKey, call: NamedDependency[Call]) -> Response[Receipt]:
    """Points and goods change hands in one transaction; answers the receipt."""
    return answer_outcome(await call.desk.lanes.post(Request(call.programme, call.principal, key, data)))
