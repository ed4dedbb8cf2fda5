"""Draw up a merchant's statement: the next range of its claims account, as far as cycle and hold window let it go."""

from datetime import date
from typing import NamedTuple

import asyncpg

from ledger.core.alliance import due_through, next_due_on
from ledger.core.period import business_day
from ledger.core.programme import Programme
from ledger.core.refusal import Reason, Refused
from ledger.core.settlement import Rests, StatementLine, draw_lines
from ledger.db import settlements
from ledger.db.identity import derived_id
from ledger.db.journal import show_programmes
from ledger.db.merchants import lock_enrolled
from ledger.db.periods import read_clock
from ledger.db.schemes import SchemeShelf
from ledger.db.seals import find_checkpoint
from ledger.db.settlements import Drawn, Last, Moved, Settlement

SETTLE = "settle"


class Account(NamedTuple):
    """One merchant's claims in one unit."""

    merchant: str
    unit: str


async def draw_settlement(
    connection: asyncpg.Connection, programme: str, account: Account, shelf: SchemeShelf, *, by: str, key: str
) -> tuple[Settlement, bool]:
    """The statement, and whether it is new: under one key there is one. However many ask at once, no claim stands in
    two statements, for each draws under the merchant's lock what the one before it left.

    Refuses in this order: find the shop, the key of another statement, nothing that is due, a day without a rate.
    """
    async with connection.transaction():
        await show_programmes(connection, [programme])
        if await lock_enrolled(connection, programme, account.merchant) is None:
            raise Refused(Reason.NOT_FOUND, owner=account.merchant)
        id = derived_id("stl", programme, by, key)
        before = await settlements.find_settlement(connection, programme, id)
        if before is not None:
            if (before.merchant, before.unit) != account:
                raise Refused(Reason.IDEMPOTENCY_KEY_REUSED, key=key)
            return before, False
        policy = (await shelf.current(connection, programme)).policy
        today = business_day(await read_clock(connection), policy.time_zone)
        last = await settlements.last_settlement(connection, programme, *account)
        moved = await _due(connection, programme, account, last, due_through(policy.alliance, today))
        await _insert(connection, programme, account, policy, last, moved, today, id, by)
        drawn = await settlements.find_settlement(connection, programme, id)
        assert drawn is not None, "what was just drawn is there"
        _refuse_unpayable(drawn, policy, today)
        return drawn, True


def is_payable(statement: Settlement) -> bool:
    """Where refunds outweigh sales there is nothing to pay; the next statement sets them off."""
    return statement.points > 0 and statement.net_points >= 0 and statement.net_fen >= 0


async def _due(
    connection: asyncpg.Connection, programme: str, account: Account, last: Last, through: date
) -> list[Moved]:
    """Up to the first claim that is not due yet: a statement is one range. Payments have no day of their own."""
    due: list[Moved] = []
    for moved in await settlements.claims_after(connection, programme, *account, last.last_version):
        if moved.claim.kind != SETTLE and moved.claim.effective_on > through:
            break
        due.append(moved)
    return due


async def _insert(
    connection: asyncpg.Connection,
    programme: str,
    account: Account,
    policy: Programme,
    last: Last,
    moved: list[Moved],
    today: date,
    id: str,
    by: str,
) -> None:
    claims = [one.claim for one in moved if one.claim.kind != SETTLE]
    waiting, _ = await settlements.waiting_points(connection, programme, *account)
    if not claims and not waiting:
        raise Refused(
            Reason.NOTHING_TO_SETTLE, merchant=account.merchant, next_on=next_due_on(policy.alliance, today).isoformat()
        )
    lines: tuple[StatementLine, ...]
    rests: Rests
    lines, rests = draw_lines(claims, policy.alliance, policy.rates, last.rests)
    checkpoint = await find_checkpoint(connection, programme)
    new = Drawn(
        id=id,
        merchant=account.merchant,
        unit=account.unit,
        number=last.number + 1,
        first_version=last.last_version + 1,
        last_version=moved[-1].claim.account_version if moved else last.last_version,
        through_on=due_through(policy.alliance, today),
        opening=last.closing,
        settled=sum(one.claim.points for one in moved if one.claim.kind == SETTLE),
        closing=moved[-1].balance_after if moved else last.closing,
        rests=rests,
        checkpoint_size=None if checkpoint is None else checkpoint.size,
        drawn_by=by,
    )
    await settlements.insert_settlement(connection, programme, new, lines, waiting)


def _refuse_unpayable(drawn: Settlement, policy: Programme, today: date) -> None:
    """Undoes the drawing: a statement that pays nothing is not kept, its claims wait for the next one."""
    if not is_payable(drawn):
        raise Refused(
            Reason.NOTHING_TO_SETTLE,
            merchant=drawn.merchant,
            points=drawn.points,
            next_on=next_due_on(policy.alliance, today).isoformat(),
        )
