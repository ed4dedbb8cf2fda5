"""The six digits of a card: set at the desk by whoever shows a document, or changed by the holder."""

from typing import Annotated

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Response

from ledger.actions.check_pin import set_pin
from ledger.core.card import CardState, require_active
from ledger.core.refusal import Reason, Refused
from ledger.db.cards import find_card
from ledger.hall.answer import answer
from ledger.hall.call import Call


class NewPin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No run, no repetition, no birthday year."""

    pin: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}$(?!\n)")]


class PinSet(msgspec.Struct, frozen=True):
    """The digits themselves are told to nobody."""

    card: str


@post("/v1/programmes/{programme:str}/cards/{card:str}/pin", status_code=200)
async def give_pin(card: FromPath[str], data: JSONBody[NewPin], call: NamedDependency[Call]) -> Response[PinSet]:
    """Sets or changes it; what was guessed at the earlier one is forgotten. Sent again, it is the same PIN."""
    async with call.desk.reading(call.programme) as connection:
        found = await find_card(connection, call.programme, card)
    if found is None:
        raise Refused(Reason.NOT_FOUND, card=card)
    await call.require_own(found.owner, card=card)
    if found.state is not CardState.PENDING:
        require_active(found.state, card, found.replaced_by, is_helper_gone=False)
    async with call.desk.connection() as connection:
        await set_pin(connection, call.desk.slow_hash, call.programme, card, data.pin, by=call.principal)
    return answer(PinSet(card))
