"""Count: a stock-take found another number than the books; the difference is posted with its reason."""

from ledger.core.account import PROGRAMME, BalanceKey, item_unit
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Count
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import About, Entry


def needs(count: Count, prior: Prior) -> Needs:
    return Needs(balances=(BalanceKey(count.outlet, "stock", item_unit(count.item)),))


def decide(count: Count, book: Book) -> Decision:
    """Refuses in this order: find the item, find the outlet, no difference."""
    book.scheme.must_have_item(count.item)
    unit = item_unit(count.item)
    difference = count.counted - book.balance(BalanceKey(count.outlet, "stock", unit)).total
    if difference == 0:
        raise Refused(Reason.NOTHING_TO_POST, item=count.item, counted=count.counted)
    # Nothing is refused below this line.
    entries = (Entry(count.outlet, "stock", unit, difference), Entry(PROGRAMME, "counted", unit, -difference))
    return Decision(kind="count", entries=entries, about=About(outlet=count.outlet, note=count.note))
