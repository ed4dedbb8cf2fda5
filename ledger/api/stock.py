"""Goods that come, go, are counted, and are given back."""

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.response import Response

from ledger.api.activities import Deed
from ledger.core.command import Count, Donate, Move, OutletId, Quantity, Receive, Return, WriteOff
from ledger.core.sheet import StockTake
from ledger.core.title import Slug
from ledger.core.transaction import Receipt
from ledger.hall.call import Call, IdempotencyKey
from ledger.hall.submit import DryRun, submit

_P = "/v1/programmes/{programme:str}"


class Donation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Goods that somebody gives, and the deed for which the giver is awarded."""

    outlet: OutletId
    item: Slug
    award: Deed
    quantity: Quantity = 1

    def command(self) -> Donate:
        return Donate(self.outlet, self.item, self.award.command(), self.quantity)


@post(f"{_P}/stock/receipts")
async def receive(
    data: JSONBody[Receive], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """Bought or donated goods are put on an outlet's shelves."""
    return await submit(call, key, data, dry_run=dry_run)


@post(f"{_P}/stock/donations")
async def donate(
    data: JSONBody[Donation], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """A gift goes on the shelf and its giver is awarded, in one transaction."""
    return await submit(call, key, data.command(), dry_run=dry_run)


@post(f"{_P}/stock/counts")
async def count(
    data: JSONBody[Count], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """What a stock-take found; the difference from the books is posted with its reason."""
    return await submit(call, key, data, dry_run=dry_run)


@post(f"{_P}/stock/takes")
async def take_stock(
    data: JSONBody[StockTake], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """A count sheet of many items as one document: compared with the books at this moment, differences with reasons.

    What is reserved for somebody does not count: it lies apart.
    """
    return await submit(call, key, data, dry_run=dry_run)


@post(f"{_P}/stock/write-offs")
async def write_off(
    data: JSONBody[WriteOff], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """Goods that can no longer be sold leave the shelf."""
    return await submit(call, key, data, dry_run=dry_run)


@post(f"{_P}/stock/moves")
async def move(
    data: JSONBody[Move], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """Goods go from one outlet to another."""
    return await submit(call, key, data, dry_run=dry_run)


@post(f"{_P}/stock/returns")
async def give_back(
    data: JSONBody[Return], key: IdempotencyKey, call: NamedDependency[Call], dry_run: DryRun = False
) -> Response[Receipt]:
    """Goods go back to whoever supplied them."""
    return await submit(call, key, data, dry_run=dry_run)
