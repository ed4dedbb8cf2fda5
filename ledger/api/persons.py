"""One person's data over HTTP: handed out whole, and forgotten."""

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response

from ledger.actions.erase_person import erase_person
from ledger.actions.open_owner import load_holder
from ledger.db.persons import Erasure, Kept, find_erasure, read_kept
from ledger.hall.answer import answer
from ledger.hall.call import Call, IdempotencyKey

_P = "/v1/programmes/{programme:str}"


class PersonExport(msgspec.Struct, frozen=True):
    """A household or a member with everything that is kept; of somebody who was erased, only that."""

    owner: str
    kind: str
    reference: str | None
    household: str | None
    area: str | None
    name: str | None
    phone: str | None
    traits: dict[str, str | int | bool]
    erased: Erasure | None
    kept: Kept | None


@get(f"{_P}/persons/{{owner:str}}/export")
async def export(owner: FromPath[str], call: NamedDependency[Call]) -> Response[PersonExport]:
    """Everything that is kept about a person or a household, for itself or for whoever must answer for it."""
    async with call.desk.reading(call.programme) as connection:
        found = await load_holder(connection, call.programme, owner)
        erased = await find_erasure(connection, call.programme, owner)
        kept = None if erased is not None else await read_kept(connection, call.programme, owner)
    told = PersonExport(
        owner=owner,
        kind=found.kind,
        reference=found.reference,
        household=found.household,
        area=None if erased is not None else found.area,
        name=found.name,
        phone=found.phone,
        traits=dict(found.traits),
        erased=erased,
        kept=kept,
    )
    return answer(told)


@post(f"{_P}/persons/{{owner:str}}/erase")
async def erase(owner: FromPath[str], key: IdempotencyKey, call: NamedDependency[Call]) -> Response[Erasure]:
    """Forgets a person for ever: name, numbers, words, files, cards. Refused while anything is left or owed.

    The transactions stay under an id that says nothing, so that the books add up and their seals can be checked.
    """
    async with call.desk.connection() as connection:
        erased = await erase_person(connection, call.programme, owner, call.desk.files, by=call.principal)
    return answer(erased.erasure, is_replayed=not erased.is_new)
