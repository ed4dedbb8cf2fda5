"""Activities: recorded, then awarded; or awarded outright by who may."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import asyncpg
import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response

from ledger.actions.award_activity import award_activity
from ledger.actions.record_activity import record_activity
from ledger.core.activity import Facts, Person, Report
from ledger.core.command import Award, RecipientId
from ledger.core.refusal import Reason, Refused
from ledger.core.title import Slug
from ledger.core.transaction import Outcome, Receipt
from ledger.db.activities import Activity, find_activity, list_activities
from ledger.hall.answer import answer
from ledger.hall.call import Call, IdempotencyKey, Limit
from ledger.hall.submit import DryRun, act, submit

_P = "/v1/programmes/{programme:str}"
State = Literal["recorded", "returned", "rejected", "awarded", "revoked", "appealed"]
assert Facts.__struct_fields__[: len(Report.__struct_fields__) + 1] == (*Report.__struct_fields__, "person")


class Deed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody did, by which rule it counts, and who receives.

    `person` is the member who did it when a household receives. What else is known of them is in the register.
    """

    rule: Slug
    recipient: RecipientId
    facts: Report
    person: RecipientId | None = None

    def command(self) -> Award:
        person = None if self.person is None else Person(id=self.person)
        # All facts are the report's, in its order, and then what the register adds.
        told: tuple[Any, ...] = (*msgspec.structs.astuple(self.facts), person)
        return Award(self.rule, self.recipient, Facts(*told))


class Claim(Deed, frozen=True, forbid_unknown_fields=True):
    """A deed to be looked at; with its hours, if it is service by the hour, for the same hour counts once."""

    started_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    ended_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None

    def __post_init__(self) -> None:
        if (self.started_at is None) != (self.ended_at is None):
            raise ValueError("started_at 与 ended_at 须同时给出 / `started_at` and `ended_at` come together")
        if self.hours is not None and not timedelta(0) < self.hours[1] - self.hours[0] <= timedelta(days=1):
            raise ValueError("时段须大于零且不超过一天 / the hours are more than none and at most a day")

    @property
    def hours(self) -> tuple[datetime, datetime] | None:
        """From when to when, if it says so."""
        return None if self.started_at is None or self.ended_at is None else (self.started_at, self.ended_at)


class ActivityView(msgspec.Struct, frozen=True):
    """An activity as recorded, its state, and the transaction that awarded it."""

    activity: str
    rule: str
    recipient: str
    facts: Facts
    recorded_by: str
    recorded_at: datetime
    state: str
    transaction: str | None
    started_at: datetime | None = None
    ended_at: datetime | None = None


class ActivityList(msgspec.Struct, frozen=True):
    """One page; `next_cursor` asks for the one after it."""

    activities: tuple[ActivityView, ...]
    next_cursor: str | None


@post(f"{_P}/activities")
async def record(data: JSONBody[Claim], key: IdempotencyKey, call: NamedDependency[Call]) -> Response[ActivityView]:
    """Writes down what was done; the points come when it is awarded."""
    async with call.desk.connection() as connection:
        recorded = await record_activity(
            connection,
            call.programme,
            data.command(),
            principal=call.principal,
            key=key,
            shelf=call.desk.shelf,
            hours=data.hours,
        )
    return answer(_view(recorded.activity), status=201, is_replayed=not recorded.is_new)


@get(f"{_P}/activities")
async def activities(
    call: NamedDependency[Call],
    in_state: Annotated[State, QueryParameter(name="state")] = "recorded",
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^(act_[0-9a-z]{18})?$")] = "",
) -> Response[ActivityList]:
    """What is in one state, so that a reviewer finds what to look at."""
    async with call.desk.reading(call.programme) as connection:
        found = await list_activities(
            connection, call.programme, in_state, after=cursor, limit=limit + 1, area=call.area
        )
    page = tuple(_view(one) for one in found[:limit])
    return answer(ActivityList(page, page[-1].activity if len(found) > limit else None))


@get(f"{_P}/activities/{{activity:str}}")
async def activity(activity: FromPath[str], call: NamedDependency[Call]) -> Response[ActivityView]:
    """One activity."""
    return answer(_view(await find_own_activity(call, activity)))


@post(f"{_P}/activities/{{activity:str}}/award")
async def award_recorded(
    activity: FromPath[str], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """Points for a recorded activity whose rule asks for no review, once; answers the receipt."""
    await require_own_activity(call, activity)

    async def award(connection: asyncpg.Connection, key: str) -> Outcome:
        return await award_activity(
            connection, call.programme, activity, principal=call.principal, key=key, shelf=call.desk.shelf
        )

    return await act(call, key, award, dry_run=dry_run)


@post(f"{_P}/awards")
async def award(
    data: JSONBody[Deed], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """Points for something that is not recorded apart, such as a line of another system's list."""
    return await submit(call, key, data.command(), dry_run=dry_run)


async def find_own_activity(call: Call, activity: str) -> Activity:
    """Not found for whom it is none of its own."""
    async with call.desk.reading(call.programme) as connection:
        found = await find_activity(connection, call.programme, activity)
    if found is None:
        raise Refused(Reason.NOT_FOUND, activity=activity)
    await call.require_own(found.recipient, activity=activity)
    return found


async def require_own_activity(call: Call, activity: str) -> None:
    """For who does not see all; whoever does finds out by doing."""
    if not call.sees_all:
        await find_own_activity(call, activity)


def _view(activity: Activity) -> ActivityView:
    return ActivityView(
        activity=activity.id,
        rule=activity.rule,
        recipient=activity.recipient,
        facts=activity.facts,
        recorded_by=activity.recorded_by,
        recorded_at=activity.recorded_at,
        state=activity.state,
        transaction=activity.journal_id,
        started_at=activity.started_at,
        ended_at=activity.ended_at,
    )
