"""Settle: a merchant's claims are paid, in money out of the fund or in goods, less the programme's commission."""

from ledger.core.account import PROGRAMME, BalanceKey, item_unit
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Settle
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import About, Entry


def needs(settle: Settle, prior: Prior) -> Needs:
    return Needs(balances=tuple(_shelves(settle)))


def decide(settle: Settle, book: Book) -> Decision:
    """Refuses in this order: find the shop and the goods, a commission above all of it, too few goods.

    Claims have no floor: a refund may come after its settlement and goes to the next statement.
    """
    if not book.scheme.has_merchant(settle.merchant):
        raise Refused(Reason.NOT_FOUND, owner=settle.merchant)
    for shelf in _shelves(settle):
        book.balance(shelf)
    commission = _commission(settle)
    _refuse_short(settle, book)
    # Nothing is refused below this line.
    entries = [Entry(settle.merchant, "claims", settle.unit, -settle.points)]
    if settle.points > commission:
        entries.append(Entry(PROGRAMME, "settled", settle.unit, settle.points - commission))
    if commission:
        entries.append(Entry(PROGRAMME, "commission", settle.unit, commission))
    if settle.fen:
        entries.append(Entry(PROGRAMME, "fund", "cash", -settle.fen))
        entries.append(Entry(PROGRAMME, "cash_outside", "cash", settle.fen))
    for shelf, quantity in _shelves(settle).items():
        entries.append(Entry(*shelf, -quantity))
        entries.append(Entry(PROGRAMME, "settled", shelf.unit, quantity))
    about = About(merchant=settle.merchant, outlet=settle.outlet, note=settle.note, settlement=settle.settlement)
    return Decision(kind="settle", entries=tuple(entries), about=about)


def _commission(settle: Settle) -> int:
    """By the fraction, or as told."""
    if settle.commission_numerator > settle.commission_denominator:
        raise Refused(
            Reason.MORE_THAN_THERE_WAS, commission=settle.commission_numerator, of=settle.commission_denominator
        )
    if settle.commission_points > settle.points:
        raise Refused(Reason.MORE_THAN_THERE_WAS, commission=settle.commission_points, of=settle.points)
    by_fraction = settle.points * settle.commission_numerator // settle.commission_denominator
    return settle.commission_points or by_fraction


def _shelves(settle: Settle) -> dict[BalanceKey, int]:
    """What leaves which shelf; an item may stand on several lines."""
    pieces: dict[BalanceKey, int] = {}
    if settle.outlet is None:
        return pieces
    for line in settle.goods:
        shelf = BalanceKey(settle.outlet, "stock", item_unit(line.item))
        pieces[shelf] = pieces.get(shelf, 0) + line.quantity
    return pieces


def _refuse_short(settle: Settle, book: Book) -> None:
    for shelf, quantity in _shelves(settle).items():
        left = book.balance(shelf).total
        if quantity > left:
            raise Refused(Reason.OUT_OF_STOCK, item=shelf.unit.removeprefix("item:"), required=quantity, left=left)
