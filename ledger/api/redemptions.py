"""Quotes, redemptions and refunds: goods at an outlet, offers at a merchant's."""

from typing import Literal

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Response

from ledger.actions.fill_class import filled_sale, looks_at_class
from ledger.actions.quote_redemption import Quote, quote_redemption
from ledger.core.command import Lines, MerchantId, OutletId, Points, RecipientId, Redeem, Refund, RefundLines
from ledger.core.title import Note
from ledger.core.transaction import Receipt
from ledger.hall.answer import answer
from ledger.hall.call import Call, IdempotencyKey
from ledger.hall.submit import DryRun, require_own_transactions, submit

_P = "/v1/programmes/{programme:str}"


class Sale(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who pays, for which lines, and where: exactly one of outlet and merchant. `cash_fen` is paid beside points."""

    owner: RecipientId
    lines: Lines
    outlet: OutletId | None = None
    merchant: MerchantId | None = None
    cash_fen: Points = 0

    def __post_init__(self) -> None:
        if (self.outlet is None) == (self.merchant is None):
            raise ValueError("outlet 与 merchant 须恰好填一个 / name either an outlet or a merchant")

    def command(self) -> Redeem:
        return Redeem(self.owner, self.lines, self.outlet, self.merchant, self.cash_fen)


class Returned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What comes back; without lines, all that has not come back before, treated as `goods` says."""

    lines: RefundLines = ()
    goods: Literal["restock", "write_off"] = "restock"
    note: Note | None = None


@post(f"{_P}/quotes", status_code=200)
async def quote(data: JSONBody[Sale], call: NamedDependency[Call]) -> Response[Quote]:
    """What a redemption would cost now and whether it would pass; nothing is held and nothing is posted."""
    desk = call.desk
    async with desk.reading(call.programme) as connection:
        scheme = await desk.shelf.current(connection, call.programme)
        wanted = data.command()
        if looks_at_class(scheme):
            wanted = await filled_sale(connection, call.programme, wanted)
        return answer(await quote_redemption(connection, call.programme, wanted, shelf=desk.shelf))


@post(f"{_P}/redemptions")
async def redeem(
    data: JSONBody[Sale], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """Points and goods change hands in one transaction; answers the receipt."""
    return await submit(call, key, data.command(), dry_run=dry_run)


@post(f"{_P}/redemptions/{{transaction:str}}/refund")
async def refund(
    transaction: FromPath[str],
    data: JSONBody[Returned],
    key: IdempotencyKey,
    call: NamedDependency[Call],
    dry_run: DryRun = False,
) -> Response[Receipt]:
    """Goods come back, whole or by line; points return to the buckets that paid, lapsed ones with the usual grace."""
    await require_own_transactions(call, [transaction])
    command = Refund(transaction, data.lines, data.goods, data.note)
    return await submit(call, key, command, dry_run=dry_run)
