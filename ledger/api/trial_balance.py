"""The trial balance of a period, and the way down: heading, account, entry, transaction, activity and rule line."""

from datetime import date
from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from ledger.core.balance import BALANCE_MAX
from ledger.core.refusal import Reason, Refused
from ledger.core.title import Title
from ledger.db.trial_balance import (
    AccountLine,
    EntryLine,
    Heading,
    Origin,
    Span,
    find_origin,
    list_accounts,
    list_entries,
    list_headings,
)
from ledger.hall.answer import answer
from ledger.hall.call import Call, Limit
from ledger.hall.fault import Fault, Faulty, Spot

_P = "/v1/programmes/{programme:str}"

Day = Annotated[date, QueryParameter()]
Owner = Annotated[str, QueryParameter(pattern="^[a-z0-9_-]{1,60}$")]
Purse = Annotated[str, QueryParameter(pattern="^[a-z_]{1,20}(:[a-z0-9-]{1,40})?$")]
Unit = Annotated[str, QueryParameter(pattern="^[a-z_]{1,20}(:[a-z0-9-]{1,40})?$")]


class TrialBalance(msgspec.Struct, frozen=True):
    """Both days counted. In each unit the openings add to zero, and the closings do."""

    first: date
    last: date
    headings: tuple[Heading, ...]


class Accounts(msgspec.Struct, frozen=True):
    """By owner. `next_cursor` asks for the owners after these."""

    accounts: tuple[AccountLine, ...]
    next_cursor: str | None


class Entries(msgspec.Struct, frozen=True):
    """Oldest first. `next_cursor` asks for the entries after these."""

    entries: tuple[EntryLine, ...]
    next_cursor: int | None


@get(f"{_P}/trial-balance")
async def trial_balance(call: NamedDependency[Call], first: Day, last: Day) -> Response[TrialBalance]:
    """Opening, what came, what went and closing of every purse, in the business days of a period."""
    async with call.desk.auditing(call.programme) as connection:
        found = await list_headings(connection, _span(call, first, last))
    return answer(TrialBalance(first, last, tuple(found)))


@get(f"{_P}/trial-balance/accounts")
async def accounts(
    call: NamedDependency[Call],
    first: Day,
    last: Day,
    side: Annotated[str, QueryParameter(pattern="^[a-z]{1,20}$")],
    purse: Purse,
    unit: Unit,
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^[a-z0-9_-]{0,60}$")] = "",
) -> Response[Accounts]:
    """The owners below a heading; they add up to it."""
    span = _span(call, first, last)
    async with call.desk.auditing(call.programme) as connection:
        found = await list_accounts(connection, span, side, purse, unit, after=cursor, limit=limit + 1)
    return answer(Accounts(tuple(found[:limit]), found[limit - 1].owner if len(found) > limit else None))


@get(f"{_P}/trial-balance/entries")
async def entries(
    call: NamedDependency[Call],
    first: Day,
    last: Day,
    owner: Owner,
    purse: Purse,
    unit: Unit,
    limit: Limit = 50,
    cursor: Annotated[int, QueryParameter(ge=0, le=BALANCE_MAX)] = 0,
) -> Response[Entries]:
    """What moved an account within the period, each with its transaction."""
    span = _span(call, first, last)
    async with call.desk.auditing(call.programme) as connection:
        found = await list_entries(connection, span, owner, purse, unit, after=cursor, limit=limit + 1)
    more = found[limit - 1].account_version if len(found) > limit else None
    return answer(Entries(tuple(found[:limit]), more))


@get(f"{_P}/transactions/{{transaction:str}}/origin")
async def origin(transaction: FromPath[str], call: NamedDependency[Call]) -> Response[Origin]:
    """The end of the way down: the activity as recorded and the rule line as published, word for word."""
    async with call.desk.reading(call.programme) as connection:
        found = await find_origin(connection, call.programme, transaction)
    if found is None:
        raise Refused(Reason.NOT_FOUND, transaction=transaction)
    return answer(found)


def _span(call: Call, first: date, last: date) -> Span:
    if first > last:
        words = Title("不得早于 first", "must not be before `first`")
        raise Faulty(Fault.MALFORMED, spots=[Spot(words, parameter="last")])
    return Span(call.programme, first, last)
