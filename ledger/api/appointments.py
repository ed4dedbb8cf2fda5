"""Helpers over HTTP: appointed to spend for somebody else within limits, and ended at once."""

from datetime import date, datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response

from ledger.actions.appoint import Wanted, appoint_helper, end_helper
from ledger.actions.open_owner import load_holder
from ledger.core.card import CardPoints
from ledger.db.appointments import Appointment, appointments_of
from ledger.hall.answer import answer
from ledger.hall.call import Call, IdempotencyKey, Limit

_P = "/v1/programmes/{programme:str}"


class NewHelper(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A limit left out is the programme's; one above the programme's is cut to it. `until` is the last good day."""

    owner: Annotated[str, msgspec.Meta(pattern=r"^(hh|mbr)_[0-9a-z-]{1,40}$(?!\n)")]
    member: Annotated[str, msgspec.Meta(pattern=r"^mbr_[0-9a-z-]{1,40}$(?!\n)")]
    per_day: CardPoints | None = None
    per_spend: CardPoints | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if self.owner == self.member:
            raise ValueError("nobody is a helper of themselves")
        if self.until is not None and not 2000 <= self.until.year <= 2200:
            raise ValueError("until is no day of this time")


class HelperView(msgspec.Struct, frozen=True):
    """An appointment, in force or ended."""

    helper: str
    owner: str
    member: str
    per_day: int | None
    per_spend: int | None
    ends_at: datetime | None
    appointed_by: str
    appointed_at: datetime | None
    ended_by: str | None
    ended_at: datetime | None


class HelperList(msgspec.Struct, frozen=True):
    """Oldest first; `cursor` asks for the next page."""

    helpers: tuple[HelperView, ...]
    cursor: str | None


@post(f"{_P}/helpers")
async def appoint(data: JSONBody[NewHelper], key: IdempotencyKey, call: NamedDependency[Call]) -> Response[HelperView]:
    """Somebody may spend for an elder; the helper's own card then pays from the elder's account."""
    wanted = msgspec.convert(data, Wanted, from_attributes=True)
    async with call.desk.connection() as connection:
        made, is_new = await appoint_helper(
            connection, call.programme, wanted, call.desk.shelf, by=call.principal, key=key
        )
    return answer(_view(made), status=201, is_replayed=not is_new)


@post(f"{_P}/helpers/{{helper:str}}/end", status_code=200)
async def end(helper: FromPath[str], call: NamedDependency[Call]) -> Response[HelperView]:
    """The helper's cards are refused from the next call on."""
    async with call.desk.connection() as connection:
        return answer(_view(await end_helper(connection, call.programme, helper, by=call.principal)))


@get(f"{_P}/accounts/{{owner:str}}/helpers")
async def helpers(
    owner: FromPath[str],
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^[a-z0-9_]{0,40}$")] = "",
) -> Response[HelperList]:
    """Who may spend from this account, and who once might."""
    async with call.desk.reading(call.programme) as connection:
        await load_holder(connection, call.programme, owner)
        found = await appointments_of(connection, call.programme, owner, after=cursor, limit=limit + 1)
    page = tuple(_view(one) for one in found[:limit])
    return answer(HelperList(page, page[-1].helper if len(found) > limit else None))


def _view(made: Appointment) -> HelperView:
    told = msgspec.structs.asdict(made)
    return HelperView(helper=told.pop("id"), **told)
