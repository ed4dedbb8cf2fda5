"""Households over HTTP: who belongs to them, and how they merge, divide and lose or gain a member."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response

from ledger.actions.open_owner import load_owner, require_listed
from ledger.actions.reshape_household import Division, divide_household, merge_households, move_member
from ledger.api.people import HouseholdId, Reference
from ledger.core.command import Points, Request, SpendUnit
from ledger.core.household import Merge
from ledger.core.title import Note, Slug, Text
from ledger.core.transaction import Receipt
from ledger.db.households import Change, Resident, changes_of, members_of
from ledger.db.identity import derived_id
from ledger.db.owners import Owner
from ledger.hall.answer import answer, answer_outcome
from ledger.hall.call import Call, IdempotencyKey, Limit
from ledger.hall.sight import Fact, see

_P = "/v1/programmes/{programme:str}"
_Cursor = Annotated[str, QueryParameter(pattern="^[0-9a-z_-]{0,44}$")]
_traits_decoder = msgspec.json.Decoder(Mapping[str, str | int | bool])

MemberId = Annotated[str, msgspec.Meta(pattern=r"^mbr_[0-9a-z-]{1,40}$(?!\n)")]


class HouseholdMerge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Into which household all of this one goes, and why."""

    into: HouseholdId
    note: Note


class HouseholdDivision(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who leaves, with how much of each unit; `reference`, `name` and `area` are of the new household."""

    members: Annotated[tuple[MemberId, ...], msgspec.Meta(min_length=1, max_length=50)]
    note: Note
    amounts: Annotated[dict[SpendUnit, Points], msgspec.Meta(max_length=5)] = {}
    reference: Reference | None = None
    name: Text | None = None
    area: Slug | None = None


class MemberMove(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Into which household; null is out of any."""

    household: HouseholdId | None


class ChangeView(msgspec.Struct, frozen=True):
    """`members` went from `household` to `other`."""

    change: str
    kind: str
    household: str | None
    other: str | None
    members: tuple[str, ...]
    transaction: str | None
    changed_by: str
    changed_at: datetime | None


class ChangeList(msgspec.Struct, frozen=True):
    """Oldest first; `cursor` asks for the next page."""

    changes: tuple[ChangeView, ...]
    cursor: str | None


class MemberView(msgspec.Struct, frozen=True):
    """Somebody of a household; the name is whole only for those who work with people, and for the household."""

    member: str
    name: str | None
    traits: Mapping[str, str | int | bool]


class MemberList(msgspec.Struct, frozen=True):
    """By id; `cursor` asks for the next page."""

    members: tuple[MemberView, ...]
    cursor: str | None


@post(f"{_P}/households/{{household:str}}/merge")
async def merge(
    household: FromPath[str], data: JSONBody[HouseholdMerge], key: IdempotencyKey, call: NamedDependency[Call]
) -> Response[Receipt]:
    """All points go to the other household with their days, what was used of limits is added, cards are blocked."""
    request = Request(call.programme, call.principal, key, Merge(household, data.into, data.note))
    async with call.desk.connection() as connection:
        return answer_outcome(await merge_households(connection, request, call.desk.shelf))


@post(f"{_P}/households/{{household:str}}/divide")
async def divide(
    household: FromPath[str], data: JSONBody[HouseholdDivision], key: IdempotencyKey, call: NamedDependency[Call]
) -> Response[Receipt]:
    """Some members become a household of their own; `about.to` of the receipt names it. Limits used are copied."""
    id = derived_id("hh", call.programme, call.principal, key)
    new = Owner(id, "household", data.reference, area=data.area, name=data.name)
    require_listed(await call.scheme(), new)
    division = Division(household, new, tuple(dict.fromkeys(data.members)), dict(data.amounts), data.note)
    async with call.desk.connection() as connection:
        return answer_outcome(
            await divide_household(connection, call.programme, division, call.desk.shelf, by=call.principal, key=key)
        )


@post(f"{_P}/members/{{member:str}}/move")
async def move(
    member: FromPath[str], data: JSONBody[MemberMove], key: IdempotencyKey, call: NamedDependency[Call]
) -> Response[ChangeView]:
    """A member leaves a household, joins one, or goes from one to another."""
    async with call.desk.connection() as connection:
        change, is_new = await move_member(
            connection, call.programme, member, data.household, by=call.principal, key=key
        )
    return answer(_view(change), status=201, is_replayed=not is_new)


@get(f"{_P}/households/{{household:str}}/changes")
async def changes(
    household: FromPath[str], call: NamedDependency[Call], limit: Limit = 50, cursor: _Cursor = ""
) -> Response[ChangeList]:
    """How it divided and merged and who came and went."""
    async with call.desk.reading(call.programme) as connection:
        await load_owner(connection, call.programme, household, "household")
        found = await changes_of(connection, call.programme, household, after=cursor, limit=limit + 1)
    page = tuple(_view(one) for one in found[:limit])
    return answer(ChangeList(page, page[-1].change if len(found) > limit else None))


@get(f"{_P}/households/{{household:str}}/members")
async def members(
    household: FromPath[str], call: NamedDependency[Call], limit: Limit = 50, cursor: _Cursor = ""
) -> Response[MemberList]:
    """Who belongs to it."""
    async with call.desk.reading(call.programme) as connection:
        await load_owner(connection, call.programme, household, "household")
        found = await members_of(connection, call.programme, household, after=cursor, limit=limit + 1)
    page = tuple(_member(one, call) for one in found[:limit])
    return answer(MemberList(page, page[-1].member if len(found) > limit else None))


def _view(change: Change) -> ChangeView:
    told = msgspec.structs.asdict(change)
    return ChangeView(change=told.pop("id"), transaction=told.pop("journal_id"), **told)


def _member(resident: Resident, call: Call) -> MemberView:
    return MemberView(resident.id, see(call, Fact.NAME, resident.name), _traits_decoder.decode(resident.traits))
