"""A sign-up list from the call to the credit: places are counted under a lock, and whoever came is credited once."""

from collections.abc import Sequence
from datetime import UTC

import asyncpg
import msgspec

from ledger.actions.count_hours import counted_hours
from ledger.actions.fill_requests import fill_requests
from ledger.core.activity import Facts, Person
from ledger.core.command import Award, Request
from ledger.core.period import business_day
from ledger.core.programme import AccountHolder
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.core.transaction import Outcome
from ledger.db import sign_ups
from ledger.db.hours import Hours, insert_hours
from ledger.db.identity import derived_id
from ledger.db.journal import show_programmes
from ledger.db.owners import find_owners
from ledger.db.schemes import SchemeShelf
from ledger.db.sign_ups import AskedList, Credited, Presence, SignUp, SignUpList
from ledger.posting import post

PLACES_MAX = 500


class Opened(msgspec.Struct, frozen=True):
    """`is_new` is false when the same key had opened the very same list before."""

    list: SignUpList
    is_new: bool


async def open_list(
    connection: asyncpg.Connection, programme: str, asked: AskedList, *, principal: str, key: str, shelf: SchemeShelf
) -> Opened:
    """Refuses in this order: a day without rules, the rule, the key."""
    scheme = await shelf.current(connection, programme)
    compiled = scheme.rulebook_on(business_day(asked.starts_at, scheme.policy.time_zone))
    if asked.rule not in compiled.rules:
        raise Refused(Reason.UNKNOWN_RULE, rule=asked.rule)
    id = derived_id("sgn", programme, principal, key)
    async with connection.transaction():
        await show_programmes(connection, [programme])
        is_new = await sign_ups.insert_list(connection, programme, id, asked, by=principal)
        found = await sign_ups.find_list(connection, programme, id)
    assert found is not None, "what was just inserted, by us or by a twin, is there"
    if AskedList(found.rule, found.title, found.starts_at, found.ends_at, found.capacity) != asked:
        raise Refused(Reason.IDEMPOTENCY_KEY_REUSED, key=key)
    return Opened(found, is_new)


async def sign_up(connection: asyncpg.Connection, programme: str, id: str, person: str) -> list[SignUp]:
    """Once, however often it is asked. Refuses: find it, who it is, state, no place left."""
    async with connection.transaction():
        one = await _lock_open(connection, programme, id)
        await _require_known(connection, programme, [person])
        listed = await sign_ups.read_sign_ups(connection, programme, id)
        if not any(line.person == person and line.signed_at and not line.withdrawn_at for line in listed):
            if await sign_ups.count_places(connection, programme, id) >= one.capacity:
                raise Refused(Reason.LIST_FULL, list=id, capacity=one.capacity)
            await sign_ups.sign_up(connection, programme, id, person)
        return await sign_ups.read_sign_ups(connection, programme, id)


async def withdraw(connection: asyncpg.Connection, programme: str, id: str, person: str) -> list[SignUp]:
    """The place is free again."""
    async with connection.transaction():
        await _lock_open(connection, programme, id)
        await sign_ups.withdraw(connection, programme, id, person)
        return await sign_ups.read_sign_ups(connection, programme, id)


async def mark_presence(
    connection: asyncpg.Connection, programme: str, id: str, presences: Sequence[Presence], *, principal: str
) -> list[SignUp]:
    """Also of who had not signed up, as far as there are places at all; marked again, the last word counts."""
    async with connection.transaction():
        one = await _lock_open(connection, programme, id)
        await _require_known(connection, programme, [presence.person for presence in presences])
        await sign_ups.mark_presence(connection, programme, id, presences, by=principal)
        if await sign_ups.count_places(connection, programme, id) > PLACES_MAX:
            raise Refused(Reason.LIST_FULL, list=id, capacity=PLACES_MAX)
        return await sign_ups.read_sign_ups(connection, programme, one.id)


async def credit_list(
    connection: asyncpg.Connection, programme: str, id: str, *, principal: str, shelf: SchemeShelf
) -> SignUpList:
    """All who came, in one database transaction and one named batch; an hour that counted elsewhere is refused."""
    scheme = await shelf.current(connection, programme)
    async with connection.transaction():
        await show_programmes(connection, [programme])
        one = await _lock(connection, programme, id)
        if one.state == "credited":
            return one
        if one.state != "open":
            raise Refused(Reason.LIST_CLOSED, list=id, state=one.state)
        came = [line for line in await sign_ups.read_sign_ups(connection, programme, id) if line.came_at]
        ended = await _credit(connection, scheme, one, came, principal, shelf)
        await sign_ups.end_sign_ups(connection, programme, id, ended)
        await sign_ups.move_list(connection, programme, id, "credited")
        return msgspec.structs.replace(one, state="credited")


async def cancel_list(connection: asyncpg.Connection, programme: str, id: str) -> SignUpList:
    """Nobody is credited any more; refused once it is."""
    async with connection.transaction():
        one = await _lock(connection, programme, id)
        if one.state == "credited":
            raise Refused(Reason.LIST_CLOSED, list=id, state=one.state)
        await sign_ups.move_list(connection, programme, id, "cancelled")
        return msgspec.structs.replace(one, state="cancelled")


async def _credit(
    connection: asyncpg.Connection,
    scheme: Scheme,
    one: SignUpList,
    came: Sequence[SignUp],
    principal: str,
    shelf: SchemeShelf,
) -> list[Credited]:
    hours = {line.person: _hours_of(line) for line in came}
    counted = {hour.person for hour in await counted_hours(connection, scheme.slug, list(hours.values()))}
    fresh = [line for line in came if line.person not in counted]
    requests = [
        Request(scheme.slug, principal, f"{one.id}:{line.person}", _award(scheme, one, line), batch=one.batch)
        for line in fresh
    ]
    filled = await fill_requests(connection, scheme, requests)
    ready = [request for request in filled if not isinstance(request, Refused)]
    outcomes = iter(await post(connection, ready, shelf) if ready else [])
    ended = [Credited(person, "refused", Reason.HOURS_COUNTED, None) for person in sorted(counted)]
    for line, request in zip(fresh, filled, strict=True):
        ended.append(_credited(line.person, request if isinstance(request, Refused) else next(outcomes)))
    posted = [(hours[line.person], line.journal_id) for line in ended if line.journal_id is not None]
    await insert_hours(connection, scheme.slug, posted)
    return ended


def _credited(person: str, done: Refused | Outcome) -> Credited:
    if isinstance(done, Refused):
        return Credited(person, "refused", done.reason, None)
    if done.receipt is None:
        return Credited(person, "refused", None if done.refusal is None else done.refusal.reason, None)
    return Credited(person, "credited", None, done.receipt.transaction)


def _award(scheme: Scheme, one: SignUpList, line: SignUp) -> Award:
    """Minutes as they were served; what they bring is the rule's business."""
    hours = _hours_of(line)
    minutes = int((hours.ended_at - hours.started_at).total_seconds()) // 60
    day = business_day(hours.started_at, scheme.policy.time_zone)
    facts = Facts(happened_on=day, quantities={"minutes": minutes})
    if scheme.policy.account_holder is AccountHolder.HOUSEHOLD and line.household is not None:
        return Award(one.rule, line.household, msgspec.structs.replace(facts, person=Person(id=line.person)))
    return Award(one.rule, line.person, facts)


def _hours_of(line: SignUp) -> Hours:
    assert line.came_at is not None and line.left_at is not None, "who came also left"
    return Hours(line.person, line.came_at.astimezone(UTC), line.left_at.astimezone(UTC))


async def _require_known(connection: asyncpg.Connection, programme: str, persons: Sequence[str]) -> None:
    known = await find_owners(connection, programme, persons)
    for person in persons:
        if person not in known:
            raise Refused(Reason.NOT_FOUND, owner=person)


async def _lock_open(connection: asyncpg.Connection, programme: str, id: str) -> SignUpList:
    one = await _lock(connection, programme, id)
    if one.state != "open":
        raise Refused(Reason.LIST_CLOSED, list=id, state=one.state)
    return one


async def _lock(connection: asyncpg.Connection, programme: str, id: str) -> SignUpList:
    await show_programmes(connection, [programme])
    one = await sign_ups.lock_list(connection, programme, id)
    if one is None:
        raise Refused(Reason.NOT_FOUND, list=id)
    return one
