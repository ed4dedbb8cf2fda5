"""The receipt of a transaction for the 58 mm printer at a counter."""

from typing import Any

import msgspec
from litestar import get
from litestar.connection import Request
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response

from ledger.actions.read_slip import slip_of
from ledger.core.account import POINTS
from ledger.core.heading import KINDS
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.core.slip import Slip
from ledger.core.title import Title
from ledger.core.transaction import About, Receipt, SoldLine
from ledger.db.journal import load_outcomes
from ledger.hall.access import Role
from ledger.hall.call import Call
from ledger.hall.html import Html
from ledger.web.sheet import Lang, Paper, show


class PrintedLine(msgspec.Struct, frozen=True):
    """One kind of goods, or one offer."""

    title: Title
    quantity: int
    points: int


class PrintedAmount(msgspec.Struct, frozen=True):
    """A figure with its word: points, or fen."""

    title: Title
    amount: int
    is_money: bool = False


@get("/v1/programmes/{programme:str}/transactions/{transaction:str}/receipt")
async def receipt(
    transaction: FromPath[str], call: NamedDependency[Call], request: Request[Any, Any, Any], lang: Lang = None
) -> Response[Html]:
    """What was posted, as a page for a 58 mm printer."""
    async with call.desk.reading(call.programme) as connection:
        found = (await load_outcomes(connection, call.programme, [transaction])).get(transaction)
        scheme = await call.desk.shelf.current(connection, call.programme)
        if found is None or found.receipt is None:
            raise Refused(Reason.NOT_FOUND, transaction=transaction)
        slip = await slip_of(connection, scheme, found.receipt)
    about = found.receipt.about
    await call.require_own(about.owner, about.outlet, about.merchant, transaction=transaction)
    is_till = call.caller is not None and call.caller.role is Role.CASHIER
    back = f"/counter/{call.programme}" if is_till else None
    return show_receipt(request, scheme, found.receipt, slip, back=back)


def show_receipt(
    request: Request[Any, Any, Any],
    scheme: Scheme,
    receipt: Receipt,
    slip: Slip | None = None,
    *,
    back: str | None = None,
) -> Response[Html]:
    """In the words of the programme's own documents; with its slip also the number, who served and what lapses."""
    return show(
        request,
        "receipt.html",
        paper=Paper.RECEIPT,
        time_zone=scheme.policy.time_zone,
        programme=scheme.policy.title,
        place=place_title(scheme, receipt.about) or scheme.policy.title,
        back=back,
        what=KINDS.get(receipt.kind, Title(receipt.kind, receipt.kind)),
        receipt=receipt,
        slip=slip,
        lines=printed_lines(scheme, receipt.about),
        amounts=printed_amounts(receipt),
    )


def place_title(scheme: Scheme, about: About) -> Title | None:
    """The counter where it happened; a shop is told by what it sold."""
    return next((one.title for one in scheme.policy.outlets if f"out_{one.id}" == about.outlet), None)


def printed_lines(scheme: Scheme, about: About) -> tuple[PrintedLine, ...]:
    """By the names of today; what is no longer in the catalogue is told by its id."""
    return tuple(
        PrintedLine(_goods_title(scheme, about.merchant, line), line.quantity, line.points) for line in about.lines
    )


def printed_amounts(receipt: Receipt) -> tuple[PrintedAmount, ...]:
    """What it cost or gave, and what the holder had before and after, by purse."""
    about = receipt.about
    rows = []
    if about.lines:
        rows.append(PrintedAmount(Title("积分合计", "Points in all"), sum(line.points for line in about.lines)))
    if about.fen:
        rows.append(PrintedAmount(Title("现金", "Cash"), about.fen, is_money=True))
    for purse, before, after in (
        ("main", Title("变动前积分", "Points before"), Title("变动后积分", "Points after")),
        ("gift", Title("变动前赠分", "Gift points before"), Title("变动后赠分", "Gift points after")),
        ("debt", Title("变动前欠分", "Owed before"), Title("变动后欠分", "Owed after")),
    ):
        legs = [leg for leg in receipt.entries if _is_of(leg.owner, leg.purse, leg.unit, about, purse)]
        if legs:
            left = max(legs, key=lambda leg: leg.account_version).balance_after
            rows += [
                PrintedAmount(before, abs(left - sum(leg.amount for leg in legs))),
                PrintedAmount(after, abs(left)),
            ]
    return tuple(rows)


def _is_of(owner: str, purse: str, unit: str, about: About, wanted: str) -> bool:
    """Gift points are a unit of their own in the same purse."""
    if owner != about.owner:
        return False
    return (purse, unit) == (("main", "gift") if wanted == "gift" else (wanted, POINTS))


def _goods_title(scheme: Scheme, merchant: str | None, line: SoldLine) -> Title:
    found = scheme.offers.get((merchant or "", line.item)) if line.offer else scheme.items.get(line.item)
    return Title(line.item, line.item) if found is None else found.title
