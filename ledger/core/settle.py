"""Settle: a merchant's claims are paid, less a commission that is an exact fraction of the points."""

from ledger.core.account import POINTS, PROGRAMME
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Settle
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import About, Entry


def needs(settle: Settle, prior: Prior) -> Needs:
    return Needs()


def decide(settle: Settle, book: Book) -> Decision:
    """Claims have no floor: a refund may come after its settlement and goes to the next statement."""
    if not book.scheme.has_merchant(settle.merchant):
        raise Refused(Reason.NOT_FOUND, owner=settle.merchant)
    if settle.commission_numerator > settle.commission_denominator:
        raise Refused(
            Reason.MORE_THAN_THERE_WAS, commission=settle.commission_numerator, of=settle.commission_denominator
        )
    # Nothing is refused below this line.
    commission = settle.points * settle.commission_numerator // settle.commission_denominator
    entries = [Entry(settle.merchant, "claims", POINTS, -settle.points)]
    if settle.points > commission:
        entries.append(Entry(PROGRAMME, "settled", POINTS, settle.points - commission))
    if commission:
        entries.append(Entry(PROGRAMME, "commission", POINTS, commission))
    if settle.fen:
        entries.append(Entry(PROGRAMME, "fund", "cash", -settle.fen))
        entries.append(Entry(PROGRAMME, "cash_outside", "cash", settle.fen))
    return Decision(kind="settle", entries=tuple(entries), about=About(merchant=settle.merchant, note=settle.note))
