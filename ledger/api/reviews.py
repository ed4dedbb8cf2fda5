"""Reviewing activities: who may, what they say, and what becomes of it."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response

from ledger.actions.change_activity import appeal_activity, revoke_activity, submit_activity
from ledger.actions.declare_reviewer import declare_reviewer
from ledger.actions.review_activity import Reviewing, Verdict, review_activity
from ledger.api.activities import find_own_activity, require_own_activity
from ledger.core.command import Principal, RecipientId
from ledger.core.review import Verifier
from ledger.core.title import Note
from ledger.db.reviews import Declared, Step, list_reviewers, list_steps
from ledger.hall.answer import Declined, answer
from ledger.hall.call import Call, IdempotencyKey, Limit

_P = "/v1/programmes/{programme:str}"

MemberId = Annotated[str, msgspec.Meta(pattern=r"^mbr_[0-9a-z-]{1,40}$(?!\n)")]


class Spoken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a reviewer says; whoever returns or rejects says why. The capacity is the reviewer's own choice."""

    decision: Literal["approve", "return", "reject"]
    note: Note | None = None
    capacity: Verifier | None = None

    def __post_init__(self) -> None:
        if self.decision != "approve" and self.note is None:
            raise ValueError("退回或驳回须写明理由 / whoever returns or rejects says why in `note`")


class Completed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was returned is complete now."""

    note: Note | None = None


class Reasoned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why."""

    note: Note


class NewReviewer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose key or log-in it is, in which capacities it reviews, which member it is, and whose kin."""

    principal: Principal
    capacities: Annotated[tuple[Verifier, ...], msgspec.Meta(min_length=1, max_length=9)]
    member: MemberId | None = None
    kin: Annotated[tuple[RecipientId, ...], msgspec.Meta(max_length=50)] = ()


class ReviewerList(msgspec.Struct, frozen=True):
    """One page; `next_cursor` asks for the one after it."""

    reviewers: tuple[Declared, ...]
    next_cursor: str | None


class StepView(msgspec.Struct, frozen=True):
    """One step, and how the activity stood after it. `transaction` awarded or reversed, if anything moved."""

    activity: str
    number: int
    round: int
    decision: str
    by: str
    at: datetime
    capacity: str | None
    note: str | None
    state: str
    approvals: int
    needed: int
    transaction: str | None


class StepList(msgspec.Struct, frozen=True):
    """All that was done about an activity, in order."""

    steps: tuple[StepView, ...]


@post(f"{_P}/reviewers", status_code=200)
async def declare(data: JSONBody[NewReviewer], call: NamedDependency[Call]) -> Response[Declared]:
    """Declares a reviewer, or anew: who it is decides what it may not review."""
    declared = Declared(data.principal, data.member, tuple(word.value for word in data.capacities), data.kin)
    async with call.desk.connection() as connection:
        return answer(await declare_reviewer(connection, call.programme, declared, by=call.principal))


@get(f"{_P}/reviewers")
async def reviewers(
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^[A-Za-z0-9_:.-]{0,100}$")] = "",
) -> Response[ReviewerList]:
    """Who reviews in this programme."""
    async with call.desk.reading(call.programme) as connection:
        found = await list_reviewers(connection, call.programme, after=cursor, limit=limit + 1)
    page = tuple(found[:limit])
    return answer(ReviewerList(page, page[-1].principal if len(found) > limit else None))


@post(f"{_P}/activities/{{activity:str}}/reviews")
async def review(
    activity: FromPath[str], data: JSONBody[Spoken], key: IdempotencyKey, call: NamedDependency[Call]
) -> Response[StepView]:
    """Approves, returns or rejects; the last approval that the rule asks for awards the activity."""
    await require_own_activity(call, activity)
    verdict = Verdict(data.decision, data.note, data.capacity)
    async with call.desk.connection() as connection, connection.transaction():
        done = await review_activity(
            connection, call.programme, activity, verdict, principal=call.principal, key=key, shelf=call.desk.shelf
        )
    return _answer(done)


@post(f"{_P}/activities/{{activity:str}}/submit")
async def submit(
    activity: FromPath[str], data: JSONBody[Completed], key: IdempotencyKey, call: NamedDependency[Call]
) -> Response[StepView]:
    """Hands in again what was returned for completion."""
    await find_own_activity(call, activity)
    async with call.desk.connection() as connection, connection.transaction():
        done = await submit_activity(
            connection, call.programme, activity, note=data.note, principal=call.principal, key=key
        )
    return _answer(done)


@post(f"{_P}/activities/{{activity:str}}/appeal")
async def appeal(
    activity: FromPath[str], data: JSONBody[Reasoned], key: IdempotencyKey, call: NamedDependency[Call]
) -> Response[StepView]:
    """Asks once that somebody else looks at what was rejected or revoked."""
    await find_own_activity(call, activity)
    async with call.desk.connection() as connection, connection.transaction():
        done = await appeal_activity(
            connection, call.programme, activity, note=data.note, principal=call.principal, key=key
        )
    return _answer(done)


@post(f"{_P}/activities/{{activity:str}}/revoke")
async def revoke(
    activity: FromPath[str], data: JSONBody[Reasoned], key: IdempotencyKey, call: NamedDependency[Call]
) -> Response[StepView]:
    """Takes an award back by its reversal; what has been spent meanwhile is owed."""
    await require_own_activity(call, activity)
    async with call.desk.connection() as connection, connection.transaction():
        done = await revoke_activity(
            connection, call.programme, activity, note=data.note, principal=call.principal, key=key,
            shelf=call.desk.shelf,
        )  # fmt: skip
    return _answer(done)


@get(f"{_P}/activities/{{activity:str}}/steps")
async def steps(activity: FromPath[str], call: NamedDependency[Call]) -> Response[StepList]:
    """What was done about an activity, by whom and why."""
    await find_own_activity(call, activity)
    async with call.desk.reading(call.programme) as connection:
        return answer(StepList(tuple(_view(one) for one in await list_steps(connection, call.programme, activity))))


def _answer(done: Reviewing) -> Response[StepView]:
    """After the commit, so that a refusal of the ledger stands in its journal."""
    if done.step is None:
        assert done.refused is not None, "without a step there is a refusal"
        raise Declined(done.refused)
    return answer(_view(done.step), status=201, is_replayed=done.is_replayed)


def _view(step: Step) -> StepView:
    return StepView(
        activity=step.activity,
        number=step.number,
        round=step.round,
        decision=step.deed,
        by=step.done_by,
        at=step.done_at,
        capacity=step.capacity,
        note=step.note,
        state=step.state,
        approvals=step.approvals,
        needed=step.needed,
        transaction=step.journal_id,
    )
