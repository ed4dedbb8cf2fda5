"""Corrections by hand; above the programme's limit a second person's own key must approve what the first asked for."""

from datetime import date, datetime
from typing import Annotated, Any

import asyncpg
import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response

from ledger.actions.adjust_owner import adjust_owner, approve_adjustment, decline_adjustment
from ledger.core.command import Adjust, RecipientId, Request, SignedAmount, SpendUnit
from ledger.core.refusal import Reason, Refused
from ledger.core.title import Note
from ledger.core.transaction import Outcome, Receipt
from ledger.db.adjustments import Asked, find_adjustment, waiting_adjustments
from ledger.hall.answer import answer, answer_outcome, answer_trial
from ledger.hall.call import Call, IdempotencyKey, Limit
from ledger.hall.submit import DryRun, act, outcome_of

_P = "/v1/programmes/{programme:str}"


class Adjustment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So much more or less for an owner, and why."""

    owner: RecipientId
    amount: SignedAmount
    note: Note
    unit: SpendUnit = "points"

    def command(self) -> Adjust:
        return Adjust(self.owner, self.amount, self.note, self.unit)


class AdjustmentView(msgspec.Struct, frozen=True):
    """A correction that is too large for one person: `waiting`, `posted` by a transaction, or `declined`."""

    adjustment: str
    owner: str
    amount: int
    unit: str
    note: str
    effective_on: date | None
    asked_by: str
    asked_at: datetime
    state: str
    decided_by: str | None
    decided_at: datetime | None
    transaction: str | None


class AdjustmentList(msgspec.Struct, frozen=True):
    """Oldest first. `next_cursor` asks for those after these."""

    adjustments: tuple[AdjustmentView, ...]
    next_cursor: str | None


@post(f"{_P}/adjustments")
async def adjust(
    data: JSONBody[Adjustment], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt | AdjustmentView]:
    """201 with the receipt; or 202 with what now waits for a second person. Asked again, the same as it stands now."""
    request = Request(call.programme, call.principal, key, data.command())
    if dry_run:
        return _either(answer_trial(await outcome_of(call, request, dry_run=True)))
    async with call.desk.connection() as connection:
        done = await adjust_owner(connection, request, call.desk.shelf)
    return _either(answer(_view(done), status=202) if isinstance(done, Asked) else answer_outcome(done))


@get(f"{_P}/adjustments")
async def adjustments(
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^[a-z0-9_]{0,40}$")] = "",
) -> Response[AdjustmentList]:
    """Those that wait for a second person."""
    async with call.desk.reading(call.programme) as connection:
        found = await waiting_adjustments(connection, call.programme, after=cursor, limit=limit + 1)
    page = tuple(_view(asked) for asked in found[:limit])
    return answer(AdjustmentList(page, page[-1].adjustment if len(found) > limit else None))


@get(f"{_P}/adjustments/{{adjustment:str}}")
async def adjustment(adjustment: FromPath[str], call: NamedDependency[Call]) -> Response[AdjustmentView]:
    """One of them, decided or not."""
    async with call.desk.reading(call.programme) as connection:
        found = await find_adjustment(connection, call.programme, adjustment)
    if found is None:
        raise Refused(Reason.NOT_FOUND, adjustment=adjustment)
    return answer(_view(found))


@post(f"{_P}/adjustments/{{adjustment:str}}/approve")
async def approve(
    adjustment: FromPath[str], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """Posts it as it was asked for; refused to the person who asked."""

    async def approved(connection: asyncpg.Connection, key: str) -> Outcome:
        return await approve_adjustment(
            connection, call.programme, adjustment, call.desk.shelf, by=call.principal, key=key
        )

    return await act(call, key, approved, dry_run=dry_run)


@post(f"{_P}/adjustments/{{adjustment:str}}/decline", status_code=200)
async def decline(
    adjustment: FromPath[str], key: IdempotencyKey, call: NamedDependency[Call]
) -> Response[AdjustmentView]:
    """It will not be posted; who asked may withdraw it in the same way."""
    async with call.desk.connection() as connection:
        return answer(_view(await decline_adjustment(connection, call.programme, adjustment, by=call.principal)))


def _either(answered: Response[Any]) -> Response[Receipt | AdjustmentView]:
    return answered


def _view(asked: Asked) -> AdjustmentView:
    return AdjustmentView(
        adjustment=asked.id,
        owner=asked.command.owner,
        amount=asked.command.amount,
        unit=asked.command.unit,
        note=asked.command.note,
        effective_on=asked.effective_on,
        asked_by=asked.asked_by,
        asked_at=asked.asked_at,
        state=asked.state,
        decided_by=asked.decided_by,
        decided_at=asked.decided_at,
        transaction=asked.journal_id,
    )
