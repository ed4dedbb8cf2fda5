"""Open a shift: a drawer gets its float out of the programme's fund."""

from ledger.core.account import PROGRAMME
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.cash import till_of
from ledger.core.sheet import OpenShift
from ledger.core.transaction import About, Entry


def needs(opening: OpenShift, prior: Prior) -> Needs:
    return Needs(balances=(till_of(opening.outlet),))


def decide(opening: OpenShift, book: Book) -> Decision:
    """Refuses only an outlet that is not there; a drawer may begin empty."""
    book.balance(till_of(opening.outlet))
    # Nothing is refused below this line.
    fen = opening.float_fen
    entries: tuple[Entry, ...] = ()
    if fen:
        entries = (Entry(PROGRAMME, "fund", "cash", -fen), Entry(opening.outlet, "till", "cash", fen))
    about = About(outlet=opening.outlet, terminal=opening.terminal, shift=opening.shift, fen=fen)
    return Decision(kind="open_shift", entries=entries, about=about, may_move_nothing=True)
