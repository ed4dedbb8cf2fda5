"""Reservations: points and goods set aside until a day, then taken, or given back."""

from datetime import date

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Response

from ledger.api.redemptions import CounterSale, Sale
from ledger.core.card import Shown
from ledger.core.command import Capture, Hold, TakenLines, Void
from ledger.core.transaction import Receipt
from ledger.hall.at_counter import sale_request
from ledger.hall.call import Call, IdempotencyKey
from ledger.hall.submit import DryRun, require_own_transactions, submit, submit_request

_P = "/v1/programmes/{programme:str}"


class Reservation(Sale, frozen=True, kw_only=True):
    """A sale that waits; after the last day everything goes back by itself."""

    until: date

    def hold(self) -> Hold:
        return Hold(
            owner=self.owner,
            lines=self.lines,
            outlet=self.outlet,
            merchant=self.merchant,
            cash_fen=self.cash_fen,
            until=self.until,
        )


class CounterReservation(CounterSale, frozen=True, kw_only=True):
    """A sale that waits, by the account or by a card; after the last day everything goes back by itself."""

    until: date

    def hold(self, owner: str, shown: Shown | None) -> Hold:
        return Hold(
            owner=owner,
            lines=self.lines,
            outlet=self.outlet,
            merchant=self.merchant,
            cash_fen=self.cash_fen,
            until=self.until,
            shown=shown,
        )


class Taken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is taken of it; without lines, everything."""

    lines: TakenLines = ()


@post(f"{_P}/holds")
async def hold(
    data: JSONBody[CounterReservation], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """Points and goods are set aside; the receipt's transaction is what capture and void name."""
    request = await sale_request(call, key, data.owner, data.seen, data.hold)
    return await submit_request(call, request, dry_run=dry_run)


@post(f"{_P}/holds/{{transaction:str}}/capture")
async def capture(
    transaction: FromPath[str],
    data: JSONBody[Taken],
    key: IdempotencyKey,
    call: NamedDependency[Call],
    dry_run: DryRun = False,
) -> Response[Receipt]:
    """The reservation becomes a redemption, whole or in part; the rest is given back in the same transaction."""
    await require_own_transactions(call, [transaction])
    return await submit(call, key, Capture(transaction, data.lines), dry_run=dry_run)


@post(f"{_P}/holds/{{transaction:str}}/void")
async def void(
    transaction: FromPath[str], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """Everything is given back."""
    await require_own_transactions(call, [transaction])
    return await submit(call, key, Void(transaction), dry_run=dry_run)
