"""People who work here, for their administrators: added, given roles, blocked."""

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response

from ledger.actions.manage_staff import (
    Newcomer,
    add_staff,
    block_staff,
    grant_role,
    load_staff,
    reset_password,
    withdraw_role,
)
from ledger.actions.reach import Administrator, Wanted
from ledger.api.sessions import Password, UserName
from ledger.core.title import Slug, Text
from ledger.db.staff import Staff, StaffRole, list_staff
from ledger.hall.access import Role
from ledger.hall.answer import answer
from ledger.hall.call import Call, IdempotencyKey, Limit
from ledger.hall.sight import Fact, see

Id = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{1,64}$(?!\\n)")]


class RoleAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """On a node (that of the administrator if none is named), on a programme, at an outlet or shop, or for an area."""

    role: Role
    node: Id | None = None
    programme: Slug | None = None
    owner: Id | None = None
    area: Slug | None = None

    def wanted(self) -> Wanted:
        return Wanted(self.role, self.node, self.programme, self.owner, self.area)


class NewStaff(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The first password is to be changed by the person."""

    user_name: UserName
    password: Password
    name: Text | None = None
    node: Id | None = None
    role: RoleAsked | None = None


class ResetPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ends all sessions of the person."""

    password: Password


class StaffView(msgspec.Struct, frozen=True):
    """A person who works here."""

    person: str
    user_name: str
    name: str | None
    node: str
    is_blocked: bool
    roles: tuple[StaffRole, ...]


class StaffList(msgspec.Struct, frozen=True):
    """By id; `next_cursor` asks for those after these."""

    people: tuple[StaffView, ...]
    next_cursor: str | None


@get("/v1/people")
async def people(
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^[a-z0-9_]{0,40}$")] = "",
) -> Response[StaffList]:
    """Those administered at the caller's node and below it."""
    async with call.desk.connection() as connection:
        by = administrator(call)
        found = await list_staff(connection, by.node, programme=by.programme, after=cursor, limit=limit + 1)
    page = tuple(view_of(staff, call) for staff in found[:limit])
    return answer(StaffList(page, page[-1].person if len(found) > limit else None))


@post("/v1/people")
async def add_person(data: JSONBody[NewStaff], call: NamedDependency[Call]) -> Response[StaffView]:
    """Once: the same again answers the same person, a user name that somebody else has is refused."""
    role = None if data.role is None else data.role.wanted()
    new = Newcomer(data.user_name, data.password, data.name, data.node, role)
    async with call.desk.connection() as connection:
        staff, is_new = await add_staff(connection, call.desk.slow_hash, administrator(call), new)
    return answer(view_of(staff, call), status=201, is_replayed=not is_new)


@get("/v1/people/{person:str}")
async def person(person: FromPath[str], call: NamedDependency[Call]) -> Response[StaffView]:
    """One of them, with the roles in force."""
    async with call.desk.connection() as connection:
        return answer(view_of(await load_staff(connection, administrator(call), person), call))


@post("/v1/people/{person:str}/roles")
async def give_role(
    person: FromPath[str], data: JSONBody[RoleAsked], key: IdempotencyKey, call: NamedDependency[Call]
) -> Response[StaffView]:
    """Within what the caller administers; nobody gives more than he has."""
    async with call.desk.connection() as connection:
        staff = await grant_role(connection, administrator(call), person, data.wanted(), key=key)
    return answer(view_of(staff, call), status=201)


@post("/v1/people/{person:str}/roles/{role:str}/end", status_code=200)
async def take_role(person: FromPath[str], role: FromPath[str], call: NamedDependency[Call]) -> Response[StaffView]:
    """Sessions in it end within two seconds."""
    async with call.desk.connection() as connection:
        return answer(view_of(await withdraw_role(connection, administrator(call), person, role), call))


@post("/v1/people/{person:str}/block", status_code=200)
async def block(person: FromPath[str], call: NamedDependency[Call]) -> Response[StaffView]:
    """Ends all sessions, and lets no new one begin."""
    async with call.desk.connection() as connection:
        return answer(view_of(await block_staff(connection, administrator(call), person, is_blocked=True), call))


@post("/v1/people/{person:str}/unblock", status_code=200)
async def unblock(person: FromPath[str], call: NamedDependency[Call]) -> Response[StaffView]:
    """With the same roles and the same password as before."""
    async with call.desk.connection() as connection:
        return answer(view_of(await block_staff(connection, administrator(call), person, is_blocked=False), call))


@post("/v1/people/{person:str}/password", status_code=200)
async def give_new_password(
    person: FromPath[str], data: JSONBody[ResetPassword], call: NamedDependency[Call]
) -> Response[StaffView]:
    """Only where all roles of the person are within what the caller administers: it opens all of them."""
    async with call.desk.connection() as connection:
        staff = await reset_password(connection, call.desk.slow_hash, administrator(call), person, data.password)
    return answer(view_of(staff, call))


def administrator(call: Call) -> Administrator:
    assert call.caller is not None, "the table gives these routes to roles only"
    return Administrator(call.caller.principal, call.caller.node, call.caller.programme)


def view_of(staff: Staff, call: Call) -> StaffView:
    name = see(call, Fact.STAFF_NAME, staff.name)
    return StaffView(staff.id, staff.user_name, name, staff.node, staff.is_blocked, staff.roles)
