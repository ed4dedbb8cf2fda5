"""Reverse by key: for a caller whose answer was lost and who does not know whether its call ever arrived."""

import asyncpg

from ledger.core.command import Cancel, Request, Reverse
from ledger.core.refusal import Reason
from ledger.core.transaction import Outcome
from ledger.db.journal import find_claim, load_outcomes
from ledger.db.schemes import SchemeShelf
from ledger.posting import post


async def reverse_by_key(
    connection: asyncpg.Connection, lost: Request, key: str, shelf: SchemeShelf, *, note: str | None = None
) -> Outcome:
    """If the call came: its reversal, under `key`. If it never came: `cancelled_before_arrival`, and it never will.

    `lost` gives the programme, the principal and the key of the call; its command is not looked at. All of it is in
    the caller's database transaction, so there is no moment in which the call can slip in between.
    """
    cancel = Request(lost.programme, lost.principal, lost.key, Cancel())
    [answer] = await post(connection, [cancel], shelf)
    if answer.refusal is None or answer.refusal.reason != Reason.IDEMPOTENCY_KEY_REUSED:
        return answer
    transaction = await find_claim(connection, lost.programme, lost.principal, lost.key)
    assert transaction is not None, "a key that is taken names its transaction"
    original = (await load_outcomes(connection, lost.programme, [transaction]))[transaction]
    if original.receipt is None:
        return original
    undo = Request(lost.programme, lost.principal, key, Reverse(transaction, note=note))
    [outcome] = await post(connection, [undo], shelf)
    return outcome
