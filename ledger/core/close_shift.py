"""Close a shift: cash and goods are counted, differences are explained and posted, the drawer is emptied."""

from ledger.core.account import PROGRAMME
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.cash import refuse_short_till, till_of
from ledger.core.sheet import CloseShift
from ledger.core.stock_take import counted_sheet, counted_shelves, explained_cash, sheet_entries
from ledger.core.transaction import About, Entry


def needs(closing: CloseShift, prior: Prior) -> Needs:
    return Needs(balances=(till_of(closing.outlet), *counted_shelves(closing)))


def decide(closing: CloseShift, book: Book) -> Decision:
    """Refuses in this order: find the outlet and items, differences without a reason, less cash than was counted in."""
    book.balance(till_of(closing.outlet))
    cash = explained_cash(closing.expected_fen, closing.counted_fen, closing.cash_reason)
    sheet = counted_sheet(closing, book)
    if closing.expected_fen > 0:
        refuse_short_till(closing.outlet, closing.expected_fen, book)
    # Nothing is refused below this line.
    entries = []
    difference = cash.counted - cash.expected
    if difference:
        entries.append(Entry(closing.outlet, "till", "cash", difference))
        entries.append(Entry(PROGRAMME, "counted", "cash", -difference))
    if cash.counted:
        entries.append(Entry(closing.outlet, "till", "cash", -cash.counted))
        entries.append(Entry(PROGRAMME, "fund", "cash", cash.counted))
    about = About(
        outlet=closing.outlet,
        terminal=closing.terminal,
        shift=closing.shift,
        sheet=(cash, *sheet),
        note=closing.note,
        fen=cash.counted,
        digest=closing.digest,
    )
    entries += sheet_entries(closing.outlet, sheet)
    return Decision(kind="close_shift", entries=tuple(entries), about=about, may_move_nothing=True)
