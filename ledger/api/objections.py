"""Objections to awards under public notice."""

from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response

from ledger.actions.object_to_award import dismiss_objection, raise_objection, uphold_objection
from ledger.core.title import Note
from ledger.db.objections import Objection, list_objections
from ledger.hall.answer import Declined, answer
from ledger.hall.call import Call, IdempotencyKey, Limit

_P = "/v1/programmes/{programme:str}"


class Raised(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is wrong with the award."""

    note: Note


class Decided(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is decided so."""

    note: Note | None = None


class ObjectionList(msgspec.Struct, frozen=True):
    """One page; `next_cursor` asks for the one after it."""

    objections: tuple[Objection, ...]
    next_cursor: str | None


@post(f"{_P}/awards/{{transaction:str}}/objections")
async def object_to(
    transaction: FromPath[str], data: JSONBody[Raised], key: IdempotencyKey, call: NamedDependency[Call]
) -> Response[Objection]:
    """Holds exactly this award under notice until the objection is decided."""
    async with call.desk.connection() as connection:
        raised, is_new = await raise_objection(
            connection, call.programme, transaction, note=data.note, principal=call.principal, key=key
        )
    return answer(raised, status=201, is_replayed=not is_new)


@get(f"{_P}/objections")
async def objections(
    call: NamedDependency[Call],
    in_state: Annotated[Literal["open", "upheld", "dismissed"] | None, QueryParameter(name="state")] = None,
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^(obj_[0-9a-z]{18})?$")] = "",
) -> Response[ObjectionList]:
    """What was objected to, and how it was decided."""
    async with call.desk.reading(call.programme) as connection:
        found = await list_objections(connection, call.programme, in_state, after=cursor, limit=limit + 1)
    page = tuple(found[:limit])
    return answer(ObjectionList(page, page[-1].id if len(found) > limit else None))


@post(f"{_P}/objections/{{objection:str}}/uphold", status_code=200)
async def uphold(
    objection: FromPath[str], data: JSONBody[Decided], key: IdempotencyKey, call: NamedDependency[Call]
) -> Response[Objection]:
    """The award is cancelled and its limits are given back, in one transaction with the decision."""
    async with call.desk.connection() as connection, connection.transaction():
        decided, refused = await uphold_objection(
            connection, call.programme, objection, note=data.note, principal=call.principal, key=key,
            shelf=call.desk.shelf,
        )  # fmt: skip
    if refused is not None:
        raise Declined(refused)
    return answer(decided)


@post(f"{_P}/objections/{{objection:str}}/dismiss", status_code=200)
async def dismiss(
    objection: FromPath[str], data: JSONBody[Decided], call: NamedDependency[Call]
) -> Response[Objection]:
    """The award stands; its notice ends on the day it would have, or at the next sweep if that is past."""
    async with call.desk.connection() as connection:
        return answer(
            await dismiss_objection(connection, call.programme, objection, note=data.note, principal=call.principal)
        )
