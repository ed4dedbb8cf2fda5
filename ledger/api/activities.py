"""Activities: recorded, then awarded; or awarded outright by who may."""

from datetime import datetime
from typing import Any

import asyncpg
import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Response

from ledger.actions.award_activity import award_activity
from ledger.actions.record_activity import record_activity
from ledger.core.activity import Facts, Person, Report
from ledger.core.command import Award, RecipientId
from ledger.core.refusal import Reason, Refused
from ledger.core.title import Slug
from ledger.core.transaction import Outcome, Receipt
from ledger.db.activities import Activity, find_activity
from ledger.hall.answer import answer
from ledger.hall.call import Call, IdempotencyKey
from ledger.hall.submit import DryRun, act, submit

_P = "/v1/programmes/{programme:str}"
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


@post(f"{_P}/activities")
async def record(data: JSONBody[Deed], key: IdempotencyKey, call: NamedDependency[Call]) -> Response[ActivityView]:
    """Writes down what was done; the points come when it is awarded."""
    async with call.desk.connection() as connection:
        recorded = await record_activity(
            connection, call.programme, data.command(), principal=call.principal, key=key, shelf=call.desk.shelf
        )
    return answer(_view(recorded.activity), status=201, is_replayed=not recorded.is_new)


@get(f"{_P}/activities/{{activity:str}}")
async def activity(activity: FromPath[str], call: NamedDependency[Call]) -> Response[ActivityView]:
    """One activity."""
    async with call.desk.reading(call.programme) as connection:
        found = await find_activity(connection, call.programme, activity)
    if found is None:
        raise Refused(Reason.NOT_FOUND, activity=activity)
    await call.require_own(found.recipient, activity=activity)
    return answer(_view(found))


@post(f"{_P}/activities/{{activity:str}}/award")
async def award_recorded(
    activity: FromPath[str], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """Points for a recorded activity, once; answers the receipt."""

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
    )
