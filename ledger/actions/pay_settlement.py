"""Pay a statement: its points leave the merchant's claims and it becomes paid in one database transaction, once."""

from typing import Literal

import asyncpg
import msgspec

from ledger.actions.answer_settlement import CONFIRMED, RESOLVED, lock_statement, require_state
from ledger.core.command import OutletId, Request, Settle, TakenLines
from ledger.core.period import business_day
from ledger.core.refusal import Reason, Refused
from ledger.core.title import Note
from ledger.core.transaction import Outcome
from ledger.db import settlements
from ledger.db.journal import is_claimed
from ledger.db.periods import read_clock
from ledger.db.schemes import SchemeShelf
from ledger.db.settlements import Settlement
from ledger.posting import post


class Payment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """In money; or in goods of an outlet at today's points prices, and in money what these leave over."""

    method: Literal["cash", "goods"]
    outlet: OutletId | None = None
    goods: TakenLines = ()
    reference: Note | None = None

    def __post_init__(self) -> None:
        if (self.method == "goods") != (self.outlet is not None and bool(self.goods)):
            raise ValueError("以商品支付须填 outlet 和 goods / goods are paid with `outlet` and `goods`")


async def pay_settlement(
    connection: asyncpg.Connection, programme: str, id: str, payment: Payment, shelf: SchemeShelf, *, by: str, key: str
) -> Outcome:
    """Inside the caller's database transaction, which a dry run rolls back.

    Refuses in this order: find it, replay, a state in which it cannot be paid, goods worth more than it, then as
    posting does. A refusal of the ledger stands under this key; another key may try again.
    """
    statement = await lock_statement(connection, programme, id)
    key = f"pay:{id}:{key}"
    sent = Settle(
        merchant=statement.merchant, points=max(1, statement.points), unit=_unit(statement), settlement=id,
        outlet=payment.outlet, goods=payment.goods, note=payment.reference,
    )  # fmt: skip
    if await is_claimed(connection, programme, by, key):
        return (await post(connection, [Request(programme, by, key, sent)], shelf))[0]
    require_state(statement, CONFIRMED, RESOLVED)
    command = await _filled(connection, programme, statement, sent, shelf)
    [outcome] = await post(connection, [Request(programme, by, key, command, sent)], shelf)
    if outcome.receipt is not None:
        body = msgspec.json.encode(payment).decode()
        journal_id = outcome.receipt.transaction
        await settlements.pay_settlement(connection, programme, id, body, by=by, journal_id=journal_id)
    return outcome


async def _filled(
    connection: asyncpg.Connection, programme: str, statement: Settlement, sent: Settle, shelf: SchemeShelf
) -> Settle:
    """With the commission that the lines add up to, and the money that goods leave over."""
    scheme = await shelf.current(connection, programme)
    today = business_day(await read_clock(connection), scheme.policy.time_zone)
    fen = statement.net_fen
    worth = sum(scheme.item_price(line.item, today).points * line.quantity for line in sent.goods)
    if worth > statement.net_points:
        raise Refused(Reason.MORE_THAN_THERE_WAS, settlement=statement.id, required=worth, left=statement.net_points)
    if worth:
        # What a fen cannot be divided into is the merchant's.
        fen -= statement.net_fen * worth // statement.net_points
    return msgspec.structs.replace(sent, commission_points=statement.commission_points, fen=fen)


def _unit(statement: Settlement) -> Literal["points", "gift"]:
    return "gift" if statement.unit == "gift" else "points"
