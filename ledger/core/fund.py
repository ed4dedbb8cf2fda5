"""Fund: money comes into the programme's fund from outside, or goes back."""

from ledger.core.account import PROGRAMME
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.refusal import Reason, Refused
from ledger.core.shop_payment import Fund
from ledger.core.transaction import About, Entry


def needs(fund: Fund, prior: Prior) -> Needs:
    return Needs()


def decide(fund: Fund, book: Book) -> Decision:
    if fund.fen == 0:
        raise Refused(Reason.NOTHING_TO_POST, amount=0)
    # Nothing is refused below this line.
    entries = (
        Entry(PROGRAMME, "cash_outside", "cash", -fund.fen),
        Entry(PROGRAMME, "fund", "cash", fund.fen),
    )
    return Decision(kind="fund", entries=entries, about=About(note=fund.note))
