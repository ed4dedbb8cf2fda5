"""Take what another system reports: once for ever, as an activity of the one rule that its kind of event leads to."""

import base64
import hashlib
from pathlib import Path
from typing import Annotated

import asyncpg
import msgspec

from ledger.actions.award_activity import claim_and_post
from ledger.actions.record_activity import record_activity
from ledger.core.activity import Facts, Person, Report
from ledger.core.command import Award, RecipientId
from ledger.core.event import Reporter
from ledger.core.fact import fact_of
from ledger.core.refusal import Reason, Refused
from ledger.core.review import Verifier, approvals_needed
from ledger.core.rulebook import Rule
from ledger.core.scheme import Scheme
from ledger.core.title import Slug, Text
from ledger.db import event_sources, publications
from ledger.db.activities import Activity, lock_activity
from ledger.db.event_sources import Accepted
from ledger.db.journal import show_programmes
from ledger.db.owners import find_owner_by_reference
from ledger.db.reviews import insert_step
from ledger.db.schemes import SchemeShelf
from ledger.db.secret_file import make_secret

KEY_FILE = "event.key"

EventId = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[!-~]+$(?!\n)")]


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A closed case as the other system tells it: its own id, what happened, for whom, and the facts.

    Who receives is named by the ledger's id or by the village's own number; the rule only where several lead from it.
    """

    id: EventId
    event: Slug
    facts: Report
    recipient: RecipientId | None = None
    reference: Text | None = None
    person: RecipientId | None = None
    rule: Slug | None = None


class TakenEvent(msgspec.Struct, frozen=True):
    """What became of it; `refused` says why a rule that wants no review gave nothing yet."""

    event: str
    activity: str
    state: str
    transaction: str | None
    refused: str | None


class Taken(msgspec.Struct, frozen=True):
    """The answer as it is sent, now and at every later delivery."""

    answer: str
    is_new: bool


def event_key(data_folder: Path) -> bytes:
    """Made at first use; without it no secret that was handed out fits any more."""
    file = data_folder / KEY_FILE
    if not file.exists():
        make_secret(file)
    return base64.b64decode(file.read_text(encoding="ascii").strip(), validate=True)


async def take_event(
    connection: asyncpg.Connection, programme: str, source: str, told: Told, body: bytes, *, shelf: SchemeShelf
) -> Taken:
    """The signature is checked before. Refuses: another event under the same id, no rule for it, facts, who receives.

    Where the rule asks for no review, or for nothing but a match of data, it is awarded at once.
    """
    scheme = await shelf.current(connection, programme)
    fingerprint = hashlib.sha256(body).hexdigest()
    async with connection.transaction():
        await show_programmes(connection, [programme])
        await event_sources.lock_source(connection, programme, source)
        before = await event_sources.find_event(connection, programme, source, told.id)
        if before is not None:
            if before.fingerprint != fingerprint:
                raise Refused(Reason.IDEMPOTENCY_KEY_REUSED, key=told.id)
            return Taken(before.answer, is_new=False)
        rule = await _rule_of(connection, scheme, told)
        activity = await _record(connection, scheme, source, told, rule, shelf)
        taken = await _award_if_matched(connection, programme, source, told, rule, activity, shelf)
        answer = msgspec.json.encode(taken).decode()
        await event_sources.insert_event(connection, programme, source, told.id, Accepted(fingerprint, answer))
    return Taken(answer, is_new=True)


async def _rule_of(connection: asyncpg.Connection, scheme: Scheme, told: Told) -> Rule:
    """The kind of event must be one that systems report, bring its facts, and lead to one rule."""
    events = await publications.find_events(connection, scheme.slug)
    kind = next((one for one in events.events if one.id == told.event), None) if events else None
    compiled = scheme.rulebook_on(told.facts.happened_on)
    rules = [one.rule for one in compiled.rules.values() if one.rule.event == told.event]
    if told.rule is not None:
        rules = [rule for rule in rules if rule.id == told.rule]
    if kind is None or Reporter.SYSTEM not in kind.by or len(rules) != 1:
        raise Refused(Reason.EVENT_NOT_MAPPED, event=told.event, rules=[rule.id for rule in rules])
    facts = Facts(*msgspec.structs.astuple(told.facts))
    for fact in kind.facts:
        if fact_of(facts, fact) is None:
            raise Refused(Reason.FACT_MISSING, fact=fact)
    return rules[0]


async def _record(
    connection: asyncpg.Connection, scheme: Scheme, source: str, told: Told, rule: Rule, shelf: SchemeShelf
) -> Activity:
    recipient = told.recipient
    if recipient is None and told.reference is not None:
        holder = scheme.policy.account_holder.value if rule.recipient == "holder" else rule.recipient.value
        recipient = await find_owner_by_reference(connection, scheme.slug, holder, told.reference)
    if recipient is None:
        raise Refused(Reason.NOT_FOUND, owner=told.reference or "?")
    facts = Facts(*msgspec.structs.astuple(told.facts))
    if told.person is not None:
        facts = msgspec.structs.replace(facts, person=Person(id=told.person))
    recorded = await record_activity(
        connection, scheme.slug, Award(rule.id, recipient, facts), principal=_principal(source), key=told.id,
        shelf=shelf,
    )  # fmt: skip
    return recorded.activity


async def _award_if_matched(
    connection: asyncpg.Connection,
    programme: str,
    source: str,
    told: Told,
    rule: Rule,
    activity: Activity,
    shelf: SchemeShelf,
) -> TakenEvent:
    review = rule.review
    is_matched = review is None or (Verifier.DATA_MATCH in review.by and approvals_needed(review, 10**9) == 1)
    if not is_matched:
        return TakenEvent(told.id, activity.id, activity.state, None, None)
    locked = await lock_activity(connection, programme, activity.id)
    assert locked is not None, "it was just recorded"
    principal, key = _principal(source), f"event:{told.id}"
    outcome = await claim_and_post(connection, programme, locked, principal=principal, key=key, shelf=shelf)
    if outcome.receipt is None:
        assert outcome.refusal is not None, "what is not posted is refused"
        return TakenEvent(told.id, activity.id, "recorded", None, outcome.refusal.reason)
    transaction = outcome.receipt.transaction
    await insert_step(
        connection, programme, activity.id, round=1, deed="approve", by=principal, key=key, state="awarded",
        capacity=Verifier.DATA_MATCH, approvals=1, needed=1, journal_id=transaction,
    )  # fmt: skip
    return TakenEvent(told.id, activity.id, "awarded", transaction, None)


def _principal(source: str) -> str:
    return f"event:{source}"
