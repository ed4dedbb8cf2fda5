"""Sign-up lists: a call, who signs up, who came, and the credit for all of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response

from ledger.actions.run_sign_up import cancel_list, credit_list, mark_presence, open_list, sign_up, withdraw
from ledger.core.card import PresentedCard
from ledger.core.refusal import Reason, Refused
from ledger.core.title import Slug, Text
from ledger.db.cards import find_presented_card
from ledger.db.sign_ups import AskedList, Presence, SignUp, SignUpList, find_list, list_lists, read_sign_ups
from ledger.hall.answer import answer
from ledger.hall.call import Call, IdempotencyKey, Limit
from ledger.hall.sight import Fact, see

_P = "/v1/programmes/{programme:str}"
HOURS_MAX = timedelta(hours=24)

MemberId = Annotated[str, msgspec.Meta(pattern=r"^mbr_[0-9a-z-]{1,40}$(?!\n)")]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class NewList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What helpers are called for, from when to when, how many, and by which rule they are credited."""

    rule: Slug
    title: Text
    starts_at: Instant
    ends_at: Instant
    capacity: Annotated[int, msgspec.Meta(ge=1, le=500)]

    def __post_init__(self) -> None:
        if not timedelta(0) < self.ends_at - self.starts_at <= HOURS_MAX:
            raise ValueError("时段须大于零且不超过一天 / a call lasts more than nothing and at most a day")


class Joining(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who signs up, or withdraws."""

    member: MemberId


class Came(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who came, by name or by the card shown; without hours, for as long as the call said.

    `absent` takes back what was marked by mistake.
    """

    member: MemberId | None = None
    card: PresentedCard | None = None
    came_at: Instant | None = None
    left_at: Instant | None = None
    absent: bool = False

    def __post_init__(self) -> None:
        if (self.member is None) == (self.card is None):
            raise ValueError("须给出 member 或 card 之一 / names its `member` or its `card`, one of them")
        if (self.came_at is None) != (self.left_at is None):
            raise ValueError("came_at 与 left_at 须同时给出 / `came_at` and `left_at` come together")
        if self.came_at and self.left_at and not timedelta(0) < self.left_at - self.came_at <= HOURS_MAX:
            raise ValueError("时段须大于零且不超过一天 / the hours are more than none and at most a day")


class Attendance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who came; sent again, the last word counts."""

    people: Annotated[tuple[Came, ...], msgspec.Meta(min_length=1, max_length=500)]


class ListView(msgspec.Struct, frozen=True):
    """A list with everybody on it; names are whole for those who work with people."""

    list: str
    rule: str
    title: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    state: str
    batch: str
    signed_up: int
    came: int
    people: tuple[SignUp, ...]


class ListPage(msgspec.Struct, frozen=True):
    """One page; `next_cursor` asks for the one after it."""

    lists: tuple[SignUpList, ...]
    next_cursor: str | None


@post(f"{_P}/sign-up-lists")
async def open_call(data: JSONBody[NewList], key: IdempotencyKey, call: NamedDependency[Call]) -> Response[ListView]:
    """Calls for helpers."""
    asked = AskedList(data.rule, data.title, data.starts_at, data.ends_at, data.capacity)
    async with call.desk.connection() as connection:
        opened = await open_list(
            connection, call.programme, asked, principal=call.principal, key=key, shelf=call.desk.shelf
        )
    return await _show(call, opened.list.id, status=201, is_replayed=not opened.is_new)


@get(f"{_P}/sign-up-lists")
async def calls(
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^(sgn_[0-9a-z]{18})?$")] = "",
) -> Response[ListPage]:
    """All calls, without the people on them."""
    async with call.desk.reading(call.programme) as connection:
        found = await list_lists(connection, call.programme, after=cursor, limit=limit + 1)
    page = tuple(found[:limit])
    return answer(ListPage(page, page[-1].id if len(found) > limit else None))


@get(f"{_P}/sign-up-lists/{{list:str}}")
async def one_call(list: FromPath[str], call: NamedDependency[Call]) -> Response[ListView]:
    """One call with everybody on it."""
    return await _show(call, list)


@post(f"{_P}/sign-up-lists/{{list:str}}/sign-up", status_code=200)
async def join(list: FromPath[str], data: JSONBody[Joining], call: NamedDependency[Call]) -> Response[SignUp]:
    """Takes a place, once however often it is asked."""
    async with call.desk.connection() as connection:
        people = await sign_up(connection, call.programme, list, data.member)
    return answer(_own(people, data.member))


@post(f"{_P}/sign-up-lists/{{list:str}}/withdraw", status_code=200)
async def leave(list: FromPath[str], data: JSONBody[Joining], call: NamedDependency[Call]) -> Response[SignUp]:
    """Gives the place back."""
    async with call.desk.connection() as connection:
        people = await withdraw(connection, call.programme, list, data.member)
    if not any(line.person == data.member for line in people):
        raise Refused(Reason.NOT_FOUND, owner=data.member)
    return answer(_own(people, data.member))


@post(f"{_P}/sign-up-lists/{{list:str}}/attendance", status_code=200)
async def attend(list: FromPath[str], data: JSONBody[Attendance], call: NamedDependency[Call]) -> Response[ListView]:
    """Marks who came, by scanning cards or from the list; all of these, or none."""
    async with call.desk.reading(call.programme) as connection:
        one = await find_list(connection, call.programme, list)
        if one is None:
            raise Refused(Reason.NOT_FOUND, list=list)
        presences: dict[str, Presence] = {}
        for came in data.people:
            person = came.member
            if came.card is not None:
                card = await find_presented_card(connection, call.programme, came.card)
                person = card.member or card.owner
            assert person is not None, "one of the two is named"
            hours = (None, None) if came.absent else (came.came_at or one.starts_at, came.left_at or one.ends_at)
            presences[person] = Presence(person, *hours)
    async with call.desk.connection() as connection:
        await mark_presence(connection, call.programme, list, [*presences.values()], principal=call.principal)
    return await _show(call, list)


@post(f"{_P}/sign-up-lists/{{list:str}}/credit", status_code=200)
async def credit(list: FromPath[str], key: IdempotencyKey, call: NamedDependency[Call]) -> Response[ListView]:
    """Points or minutes for all who came, in one batch and once; an hour that counted elsewhere is refused."""
    async with call.desk.connection() as connection:
        await credit_list(connection, call.programme, list, principal=call.principal, shelf=call.desk.shelf)
    return await _show(call, list)


@post(f"{_P}/sign-up-lists/{{list:str}}/cancel", status_code=200)
async def call_off(list: FromPath[str], call: NamedDependency[Call]) -> Response[ListView]:
    """Calls it off: nobody is credited."""
    async with call.desk.connection() as connection:
        await cancel_list(connection, call.programme, list)
    return await _show(call, list)


def _own(people: Sequence[SignUp], member: str) -> SignUp:
    return next(line for line in people if line.person == member)


async def _show(call: Call, id: str, *, status: int = 200, is_replayed: bool = False) -> Response[ListView]:
    async with call.desk.reading(call.programme) as connection:
        one = await find_list(connection, call.programme, id)
        people = await read_sign_ups(connection, call.programme, id)
    if one is None:
        raise Refused(Reason.NOT_FOUND, list=id)
    shown = [msgspec.structs.replace(line, name=see(call, Fact.NAME, line.name)) for line in people]
    view = ListView(
        list=one.id,
        rule=one.rule,
        title=one.title,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        capacity=one.capacity,
        state=one.state,
        batch=one.batch,
        signed_up=sum(line.signed_at is not None and line.withdrawn_at is None for line in people),
        came=sum(line.came_at is not None for line in people),
        people=tuple(shown),
    )
    return answer(view, status=status, is_replayed=is_replayed)
