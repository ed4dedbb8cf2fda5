"""Look at an activity: approve, return or reject it; the last approval and the award are one database transaction."""

from collections import defaultdict
from typing import Literal

import asyncpg
import msgspec

from ledger.actions.award_activity import claim_and_post
from ledger.actions.fill_facts import filled_award
from ledger.core.command import Award
from ledger.core.compiled import Compiled
from ledger.core.counter import CounterKey
from ledger.core.refusal import Reason, Refused
from ledger.core.review import Review, Reviewed, Reviewer, Verifier, approvals_needed, refuse_reviewer
from ledger.core.score import score
from ledger.core.transaction import Outcome
from ledger.db.activities import Activity, lock_activity, move_activity
from ledger.db.journal import show_programmes
from ledger.db.owners import find_household
from ledger.db.reviews import Declared, Step, find_reviewer, find_step_by_key, insert_step, list_steps
from ledger.db.schemes import SchemeShelf

# A rule that says nothing of review: one person other than whoever did or recorded it.
PLAIN = Review(by=tuple(Verifier))
_AFTER = {"return": "returned", "reject": "rejected"}


class Verdict(msgspec.Struct, frozen=True):
    """What a reviewer says, in which of its capacities."""

    deed: Literal["approve", "return", "reject"]
    note: str | None = None
    capacity: Verifier | None = None


class Reviewing(msgspec.Struct, frozen=True):
    """The step taken; or, when the award was refused, no step and the ledger's refusal."""

    step: Step | None
    refused: Outcome | None = None
    is_replayed: bool = False


async def review_activity(
    connection: asyncpg.Connection,
    programme: str,
    activity_id: str,
    verdict: Verdict,
    *,
    principal: str,
    key: str,
    shelf: SchemeShelf,
) -> Reviewing:
    """Inside the caller's database transaction.

    Refuses in this order: find it, replay, state, capacity, oneself, household, kin, a second time, then as an award.
    """
    activity = await locked_activity(connection, programme, activity_id)
    before = await replayed_step(connection, programme, activity, verdict.deed, verdict.note, by=principal, key=key)
    if before is not None:
        return Reviewing(before, is_replayed=True)
    if activity.state not in ("recorded", "appealed"):
        raise Refused(Reason.NOT_UNDER_REVIEW, activity=activity.id, state=activity.state)
    compiled = (await shelf.current(connection, programme)).rulebook_on(activity.facts.happened_on)
    rule = compiled.rules.get(activity.rule)
    review = PLAIN if rule is None or rule.rule.review is None else rule.rule.review
    steps = await list_steps(connection, programme, activity.id)
    reviewer = await _reviewer(connection, programme, principal, verdict.capacity, review, rule_asks=review != PLAIN)
    refuse_reviewer(review, reviewer, await _about(connection, programme, activity), _spoken(steps, activity, verdict))
    approvals = sum(step.deed == "approve" and step.round == activity.round for step in steps)
    needed = await _needed(connection, programme, activity, compiled, review, principal, key)
    # Nothing but the award itself is refused below this line.
    return await _take_step(connection, programme, activity, verdict, reviewer, approvals, needed, key, shelf)


async def locked_activity(connection: asyncpg.Connection, programme: str, id: str) -> Activity:
    """Everybody else who wants to take a step with it waits."""
    await show_programmes(connection, [programme])
    activity = await lock_activity(connection, programme, id)
    if activity is None:
        raise Refused(Reason.NOT_FOUND, activity=id)
    return activity


async def replayed_step(
    connection: asyncpg.Connection,
    programme: str,
    activity: Activity,
    deed: str,
    note: str | None,
    *,
    by: str,
    key: str,
) -> Step | None:
    """The step that was taken under this key; the key of another step is refused."""
    step = await find_step_by_key(connection, programme, by, key)
    if step is not None and (step.activity, step.deed, step.note) != (activity.id, deed, note):
        raise Refused(Reason.IDEMPOTENCY_KEY_REUSED, key=key)
    return step


async def _take_step(
    connection: asyncpg.Connection,
    programme: str,
    activity: Activity,
    verdict: Verdict,
    reviewer: Reviewer,
    approvals: int,
    needed: int,
    key: str,
    shelf: SchemeShelf,
) -> Reviewing:
    """The key of the posting names the reviewer's own, so a refused award can be approved again under another."""
    principal, journal_id = reviewer.person, None
    state = _AFTER.get(verdict.deed, activity.state)
    if verdict.deed == "reject" and activity.journal_id is not None:
        state = "revoked"
    if verdict.deed == "approve":
        approvals += 1
        if approvals >= needed:
            award_key = f"review:{activity.id}:{key}"
            outcome = await claim_and_post(
                connection, programme, activity, principal=principal, key=award_key, shelf=shelf
            )
            if outcome.receipt is None:
                return Reviewing(None, outcome)
            state, journal_id = "awarded", outcome.receipt.transaction
    if state not in ("awarded", activity.state):
        await move_activity(connection, programme, activity.id, state, activity.round)
    step = await insert_step(
        connection, programme, activity.id, round=activity.round, deed=verdict.deed, by=principal, key=key,
        state=state, capacity=reviewer.capacity, note=verdict.note, approvals=approvals, needed=needed,
        journal_id=journal_id,
    )  # fmt: skip
    return Reviewing(step)


async def _reviewer(
    connection: asyncpg.Connection,
    programme: str,
    principal: str,
    capacity: Verifier | None,
    review: Review,
    *,
    rule_asks: bool,
) -> Reviewer:
    """The capacity asked for, or the first declared one that the rule names."""
    declared = await find_reviewer(connection, programme, principal) or Declared(principal, None, (), ())
    held = [Verifier(word) for word in declared.capacities]
    chosen: Verifier | None
    if not rule_asks:
        chosen = capacity if capacity in held else next(iter(held), Verifier.WORKER)
    elif capacity is not None:
        chosen = capacity if capacity in held else None
    else:
        chosen = next((one for one in held if one in review.by), next(iter(held), None))
    if chosen is None:
        wanted = "|".join(review.by)
        raise Refused(Reason.NOT_ELIGIBLE, fact="reviewer", wanted=wanted, found="|".join(held) or "-")
    return Reviewer(principal, chosen, declared.household, declared.member, declared.kin)


async def _about(connection: asyncpg.Connection, programme: str, activity: Activity) -> Reviewed:
    person = activity.facts.person.id if activity.facts.person is not None else None
    if activity.recipient.startswith("hh_"):
        return Reviewed(person, activity.recipient, activity.recorded_by)
    household = await find_household(connection, programme, activity.recipient)
    return Reviewed(activity.recipient, household, activity.recorded_by)


def _spoken(steps: list[Step], activity: Activity, verdict: Verdict) -> list[str]:
    """Who may not speak again: who approved in this round; on appeal, whoever decided before."""
    if activity.state == "appealed":
        return [step.done_by for step in steps if step.deed in ("approve", "reject", "revoke")]
    if verdict.deed != "approve":
        return []
    return [step.done_by for step in steps if step.deed == "approve" and step.round == activity.round]


async def _needed(
    connection: asyncpg.Connection,
    programme: str,
    activity: Activity,
    compiled: Compiled,
    review: Review,
    principal: str,
    key: str,
) -> int:
    """By the points before limits: what a limit takes off today must not save an approval."""
    if review.more_above is None:
        return approvals_needed(review, 0)
    sent = Award(activity.rule, activity.recipient, activity.facts, activity.id)
    award = await filled_award(connection, programme, sent, principal=principal, key=key)
    unused: defaultdict[CounterKey, int] = defaultdict(int)
    lines = score(compiled, award.rule, award.facts, award.recipient, unused).lines
    return approvals_needed(review, max((line.amount for line in lines), default=0))
