"""Households merge and divide and people move: points, limits, members, cards and history in one transaction."""

from collections.abc import Awaitable, Callable, Sequence

import asyncpg
import msgspec

from ledger.core.command import Request
from ledger.core.household import Divide, Merge, Unit
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import Outcome, Receipt
from ledger.db import cards, households
from ledger.db.appointments import end_appointments
from ledger.db.households import Change
from ledger.db.identity import derived_id
from ledger.db.journal import is_claimed, show_programmes
from ledger.db.owners import Owner, find_household, find_owner_by_reference, open_owners
from ledger.db.persons import lock_balances
from ledger.db.schemes import SchemeShelf
from ledger.posting import post

_TRIES = 5


class _LimitsMoved(Exception):
    """Somebody used a limit or a unit of the household between our look and our lock; all is undone and tried anew."""


class _Unposted(Exception):
    """A refusal that takes back what was opened for it, and its key with it."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.refusal)
        self.outcome = outcome


class Division(msgspec.Struct, frozen=True):
    """Who leaves which household, with how much, and what the new household is."""

    household: str
    new: Owner
    members: tuple[str, ...]
    amounts: dict[Unit, int]
    note: str


async def merge_households(connection: asyncpg.Connection, request: Request, shelf: SchemeShelf) -> Outcome:
    """Refuses in this order: find both, then as the verb: closed before, what has not ended.

    A sale or an award at the same time comes either before the merge or is refused: both lock the same purses.
    """
    merge = request.command
    assert isinstance(merge, Merge), "the door makes it"
    programme, by = request.programme, request.principal

    async def merged() -> Outcome:
        await _lock(connection, programme, merge.owner, merge.to)
        outcome, is_new = await _post(connection, request, merge, shelf)
        if is_new:
            ids = [member.id for member in await households.members_of(connection, programme, merge.owner)]
            await households.move_members(connection, programme, ids, merge.to)
            await households.close_accounts(connection, programme, merge.owner)
            await _block_cards(connection, programme, merge.owner, None, by=by)
            await end_appointments(connection, programme, merge.owner, None, by=by)
            await _remember(connection, programme, "merge", merge, ids, outcome, by)
        return outcome

    await _make_purses(connection, programme, merge.owner)
    return await _repeated(connection, merged)


async def _make_purses(connection: asyncpg.Connection, programme: str, household: str) -> None:
    """In every unit, and kept: what has no row yet could be filled at the same moment, and nobody would wait."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        await lock_balances(connection, programme, household)


async def divide_household(
    connection: asyncpg.Connection, programme: str, division: Division, shelf: SchemeShelf, *, by: str, key: str
) -> Outcome:
    """Refuses in this order: find the household, its members, then as a transfer. Nothing is opened if refused."""
    divide = Divide(division.household, division.new.id, division.note, amounts=dict(division.amounts))
    request = Request(programme, by, key, divide)

    async def divided() -> Outcome:
        await _lock(connection, programme, division.household)
        if not await is_claimed(connection, programme, by, key):
            await _require_members(connection, programme, division)
            await _open(connection, programme, division.new)
        outcome, is_new = await _post(connection, request, divide, shelf)
        if outcome.refusal is not None and not outcome.is_replayed:
            # Raised, so that nothing stays open.
            raise _Unposted(outcome)
        if outcome.is_replayed and outcome.receipt is not None:
            await _require_same(connection, programme, outcome.receipt, division, key)
        if is_new:
            await households.move_members(connection, programme, division.members, division.new.id)
            await _block_cards(connection, programme, division.household, division.members, by=by)
            await _remember(connection, programme, "divide", divide, division.members, outcome, by)
        return outcome

    try:
        return await _repeated(connection, divided)
    except _Unposted as unposted:
        return msgspec.structs.replace(unposted.outcome, transaction=None)


async def move_member(
    connection: asyncpg.Connection, programme: str, member: str, to: str | None, *, by: str, key: str
) -> tuple[Change, bool]:
    """Out of a household, into one, or from one to another; cards of the old household in their hands are blocked.

    The change and whether it is new; refuses in this order: the key for another, find both, there already.
    """
    id = derived_id("chg", programme, by, key)
    async with connection.transaction():
        await show_programmes(connection, [programme])
        wanted = {member: "member"} if to is None else {member: "member", to: "household"}
        kinds = await households.lock_households(connection, programme, list(wanted))
        before = await households.find_change(connection, programme, id)
        if before is not None:
            if (before.members, before.other) != ((member,), to):
                raise Refused(Reason.IDEMPOTENCY_KEY_REUSED, key=key)
            return before, False
        await _require_open(connection, programme, kinds, wanted)
        left = await find_household(connection, programme, member)
        if left == to:
            raise Refused(Reason.NOT_A_MEMBER, member=member, owner=to)
        # Nothing is refused below this line.
        await households.move_members(connection, programme, [member], to)
        if left is not None:
            await _block_cards(connection, programme, left, [member], by=by)
        change = Change(id, "move", left, to, (member,), None, by)
        await households.insert_change(connection, programme, change)
        made = await households.find_change(connection, programme, id)
        assert made is not None, "what was just inserted is there"
        return made, True


async def _repeated(connection: asyncpg.Connection, act: Callable[[], Awaitable[Outcome]]) -> Outcome:
    """In a database transaction of its own; limits that somebody used meanwhile are few, so a few tries do."""
    for _ in range(_TRIES):
        try:
            async with connection.transaction():
                return await act()
        except _LimitsMoved:
            continue
    raise RuntimeError("the limits of one household are used faster than they can be moved")


async def _lock(connection: asyncpg.Connection, programme: str, *ids: str) -> None:
    await show_programmes(connection, [programme])
    kinds = await households.lock_households(connection, programme, ids)
    for id in ids:
        if kinds.get(id) != "household":
            raise Refused(Reason.NOT_FOUND, owner=id)


async def _require_open(
    connection: asyncpg.Connection, programme: str, kinds: dict[str, str], wanted: dict[str, str]
) -> None:
    for id, kind in wanted.items():
        if kinds.get(id) != kind:
            raise Refused(Reason.NOT_FOUND, owner=id)
        if kind == "household" and await households.merged_into(connection, programme, id) is not None:
            raise Refused(Reason.ACCOUNT_CLOSED, owner=id, purse="main")


async def _require_members(connection: asyncpg.Connection, programme: str, division: Division) -> None:
    here = {member.id for member in await households.members_of(connection, programme, division.household)}
    for member in division.members:
        if member not in here:
            raise Refused(Reason.NOT_A_MEMBER, member=member, owner=division.household)


async def _open(connection: asyncpg.Connection, programme: str, new: Owner) -> None:
    if new.reference is not None:
        before = await find_owner_by_reference(connection, programme, "household", new.reference)
        if before is not None:
            raise Refused(Reason.REFERENCE_TAKEN, reference=new.reference, owner=before)
    await open_owners(connection, programme, [new])


async def _require_same(
    connection: asyncpg.Connection, programme: str, receipt: Receipt, division: Division, key: str
) -> None:
    """The verb knows nothing of members, so the fingerprint does not tell."""
    before = await households.find_change(connection, programme, _change_id(receipt.transaction))
    if before is not None and before.members != division.members:
        raise Refused(Reason.IDEMPOTENCY_KEY_REUSED, key=key)


def _change_id(journal_id: str) -> str:
    return f"chg_{journal_id.removeprefix('txn_')}"


async def _post(
    connection: asyncpg.Connection, request: Request, sent: Merge | Divide, shelf: SchemeShelf
) -> tuple[Outcome, bool]:
    """With the limits as they are under the lock: found before it, and looked at again after it."""
    counters = await households.counters_of(connection, request.programme, sent.owner)
    units = await households.units_of(connection, request.programme, sent.owner)
    command = msgspec.structs.replace(sent, counters=counters)
    if isinstance(command, Merge):
        command = msgspec.structs.replace(command, units=units)
    filled = msgspec.structs.replace(request, command=command, sent=sent)
    [outcome] = await post(connection, [filled], shelf)
    is_new = outcome.receipt is not None and not outcome.is_replayed
    if is_new:
        left = await households.counters_of(connection, request.programme, sent.owner)
        if left != (counters if isinstance(sent, Divide) else ()):
            raise _LimitsMoved
        if isinstance(sent, Merge) and not await households.is_empty(connection, request.programme, sent.owner):
            raise _LimitsMoved
    return outcome, is_new


async def _block_cards(
    connection: asyncpg.Connection, programme: str, household: str, members: Sequence[str] | None, *, by: str
) -> None:
    """All cards of a household, or those in the hands of some; a card pays for the account it was issued to."""
    ids = [
        card.id
        for card in await cards.cards_of(connection, programme, household)
        if members is None or card.member in members
    ]
    await cards.lock_cards(connection, programme, ids)
    await cards.block_cards(connection, programme, ids, by=by, why=None)


async def _remember(
    connection: asyncpg.Connection,
    programme: str,
    kind: str,
    change: Merge | Divide,
    members: Sequence[str],
    outcome: Outcome,
    by: str,
) -> None:
    assert outcome.receipt is not None, "only what was posted is remembered"
    journal_id = outcome.receipt.transaction
    await households.insert_change(
        connection,
        programme,
        Change(_change_id(journal_id), kind, change.owner, change.to, tuple(members), journal_id, by),
    )
