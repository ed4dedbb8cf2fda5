"""Write-off: goods that can no longer be sold leave the stock."""

from ledger.core.account import PROGRAMME, item_unit
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import WriteOff
from ledger.core.leave_stock import refuse_missing, shelf
from ledger.core.transaction import About, Entry


def needs(write_off: WriteOff, prior: Prior) -> Needs:
    return Needs(balances=(shelf(write_off.outlet, write_off.item),))


def decide(write_off: WriteOff, book: Book) -> Decision:
    """Refuses in this order: find the item, find the outlet, too few there."""
    refuse_missing(write_off.outlet, write_off.item, write_off.quantity, book)
    # Nothing is refused below this line.
    entries = (
        Entry(write_off.outlet, "stock", item_unit(write_off.item), -write_off.quantity),
        Entry(PROGRAMME, "written_off", item_unit(write_off.item), write_off.quantity),
    )
    return Decision(kind="write_off", entries=entries, about=About(outlet=write_off.outlet, note=write_off.note))
