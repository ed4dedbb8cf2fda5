"""A shop shows a code for what is to be paid; the resident confirms it, once, within some minutes."""

import secrets

import asyncpg
import msgspec

from ledger.actions.fill_class import filled_sale, looks_at_class
from ledger.core.command import Lines, Redeem, Request
from ledger.core.period import business_day
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import Outcome
from ledger.db import shop_codes
from ledger.db.identity import derived_id
from ledger.db.journal import is_claimed, load_outcomes, show_programmes
from ledger.db.periods import read_clock
from ledger.db.schemes import SchemeShelf
from ledger.db.shop_codes import ShopCode
from ledger.posting import post

_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
_LETTERS = 8
"""Nothing is gained by guessing one: confirming pays out of the guesser's own account."""


async def show_code(
    connection: asyncpg.Connection, programme: str, merchant: str, lines: Lines, shelf: SchemeShelf, *, by: str,
    key: str,
) -> ShopCode:  # fmt: skip
    """Refuses offers without a price and shops that are not active; the same call again shows the same code."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        id = derived_id("cod", programme, by, key)
        scheme = await shelf.current(connection, programme)
        today = business_day(await read_clock(connection), scheme.policy.time_zone)
        prices = [scheme.offer_price(merchant, line.item, today).points for line in lines]
        scheme.require_active(merchant)
        # Nothing is refused below this line, but for a key of another call.
        shown = tuple(
            msgspec.structs.replace(line, label_points=price) for line, price in zip(lines, prices, strict=True)
        )
        code = "".join(secrets.choice(_ALPHABET) for _ in range(_LETTERS))
        seconds = scheme.policy.alliance.code_seconds
        await shop_codes.insert_code(connection, programme, code, id, merchant, shown, by=by, seconds=seconds)
        found = await shop_codes.find_shown(connection, programme, id)
        assert found is not None, "it is there, now or from before"
        if (found.merchant, found.lines) != (merchant, shown):
            raise Refused(Reason.IDEMPOTENCY_KEY_REUSED, key=key)
        return found


async def confirm_code(connection: asyncpg.Connection, code: str, request: Request, shelf: SchemeShelf) -> Outcome:
    """Inside the caller's database transaction; `request` is the redemption, under a key of its own for this code.

    Refuses in this order: replay, find it, confirmed by somebody else, lapsed, then as any redemption; a refusal of the
    ledger stands under this key, and another may try again.
    """
    programme, redeem = request.programme, request.command
    assert isinstance(redeem, Redeem), "a code is paid at once"
    await show_programmes(connection, [programme])
    if await is_claimed(connection, programme, request.principal, request.key):
        return (await post(connection, [request], shelf))[0]
    shown = await shop_codes.lock_code(connection, programme, code)
    if shown is None:
        raise Refused(Reason.NOT_FOUND, code=code)
    if shown.journal_id is not None:
        if shown.owner != redeem.owner:
            raise Refused(Reason.WRONG_STEP, code=code, state="confirmed", expected="shown")
        return (await load_outcomes(connection, programme, [shown.journal_id]))[shown.journal_id]
    if shown.is_lapsed:
        raise Refused(Reason.CODE_LAPSED, code=code, lapsed_at=shown.lapses_at.isoformat(timespec="seconds"))
    if looks_at_class(await shelf.current(connection, programme)):
        filled = await filled_sale(connection, programme, redeem)
        request = msgspec.structs.replace(request, command=filled, sent=request.sent or redeem)
    [outcome] = await post(connection, [request], shelf)
    if outcome.receipt is not None:
        journal_id = outcome.receipt.transaction
        await shop_codes.confirm_code(connection, programme, code, redeem.owner, journal_id=journal_id)
    return outcome
