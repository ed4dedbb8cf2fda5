"""Quotes, redemptions and refunds: goods at an outlet, offers at a merchant's."""

from typing import Annotated, Literal

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Response

from ledger.actions.fill_class import filled_sale, looks_at_class
from ledger.actions.quote_redemption import Quote, quote_redemption
from ledger.core.card import PresentedCard, Shown
from ledger.core.command import Lines, MerchantId, OutletId, Points, RecipientId, Redeem, Refund, RefundLines
from ledger.core.title import Note
from ledger.core.transaction import Receipt
from ledger.hall.answer import answer
from ledger.hall.at_counter import AtCounter, quoted_sale, sale_request
from ledger.hall.call import Call, IdempotencyKey
from ledger.hall.submit import DryRun, require_own_transactions, submit, submit_request

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


class CounterSale(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who pays, for which lines, and where: exactly one of outlet and merchant. `cash_fen` is paid beside points.

    Exactly one of `owner` and `card`: a card as it was presented. A code that was scanned pays alone up to the
    programme's limits; beyond them, and for a number that was only told, the `pin` is needed, or a cashier who has seen
    a document.
    """

    lines: Lines
    owner: RecipientId | None = None
    card: PresentedCard | None = None
    pin: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}$(?!\n)")] | None = None
    document_seen: bool = False
    outlet: OutletId | None = None
    merchant: MerchantId | None = None
    cash_fen: Points = 0

    def __post_init__(self) -> None:
        if (self.outlet is None) == (self.merchant is None):
            raise ValueError("outlet 与 merchant 须恰好填一个 / name either an outlet or a merchant")
        if (self.owner is None) == (self.card is None):
            raise ValueError("owner 与 card 须恰好填一个 / name either an owner or a card")
        if self.card is None and (self.pin is not None or self.document_seen):
            raise ValueError("pin 和 document_seen 只随 card / pin and document_seen go with a card")

    @property
    def seen(self) -> AtCounter | None:
        return None if self.card is None else AtCounter(self.card, self.pin, self.document_seen)

    def redeem(self, owner: str, shown: Shown | None) -> Redeem:
        return Redeem(owner, self.lines, self.outlet, self.merchant, self.cash_fen, shown=shown)


class Returned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What comes back; without lines, all that has not come back before, treated as `goods` says."""

    lines: RefundLines = ()
    goods: Literal["restock", "write_off"] = "restock"
    note: Note | None = None


@post(f"{_P}/quotes", status_code=200)
async def quote(data: JSONBody[CounterSale], call: NamedDependency[Call]) -> Response[Quote]:
    """What a redemption would cost now and whether it would pass; nothing is held and nothing is posted."""
    desk = call.desk
    wanted = await quoted_sale(call, data.owner, data.seen, data.redeem)
    assert isinstance(wanted, Redeem), "made above"
    async with desk.reading(call.programme) as connection:
        scheme = await desk.shelf.current(connection, call.programme)
        if looks_at_class(scheme):
            wanted = await filled_sale(connection, call.programme, wanted)
        return answer(await quote_redemption(connection, call.programme, wanted, shelf=desk.shelf))


@post(f"{_P}/redemptions")
async def redeem(
    data: JSONBody[CounterSale], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """Points and goods change hands in one transaction; answers the receipt."""
    request = await sale_request(call, key, data.owner, data.seen, data.redeem)
    return await submit_request(call, request, dry_run=dry_run)


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
