"""Stock-take: a count sheet of many items as one document; what differs is posted with its reason."""

from ledger.core.account import PROGRAMME, BalanceKey, item_unit
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.refusal import Reason, Refused
from ledger.core.sheet import CloseShift, StockTake
from ledger.core.transaction import About, CountedLine, Entry

Sheet = StockTake | CloseShift


def needs(take: StockTake, prior: Prior) -> Needs:
    return Needs(balances=counted_shelves(take))


def decide(take: StockTake, book: Book) -> Decision:
    """Refuses in this order: find the items and the outlet, a difference without a reason. All may be as it should."""
    sheet = counted_sheet(take, book)
    # Nothing is refused below this line.
    entries = tuple(sheet_entries(take.outlet, sheet))
    about = About(outlet=take.outlet, sheet=sheet, note=take.note)
    return Decision(kind="stock_take", entries=entries, about=about, may_move_nothing=True)


def counted_shelves(sheet: Sheet) -> tuple[BalanceKey, ...]:
    return tuple(BalanceKey(sheet.outlet, "stock", item_unit(line.item)) for line in sheet.lines)


def counted_sheet(sheet: Sheet, book: Book) -> tuple[CountedLine, ...]:
    """Compared with the books as they stand under the lock, so that a sale meanwhile is not a difference."""
    lines = []
    for line in sheet.lines:
        book.scheme.must_have_item(line.item)
        expected = book.balance(BalanceKey(sheet.outlet, "stock", item_unit(line.item))).total
        lines.append(_explained(CountedLine(line.item, expected, line.counted, line.reason)))
    return tuple(lines)


def explained_cash(expected: int, counted: int, reason: str | None) -> CountedLine:
    return _explained(CountedLine("cash", expected, counted, reason))


def sheet_entries(outlet: str, sheet: tuple[CountedLine, ...]) -> list[Entry]:
    entries = []
    for line in sheet:
        difference = line.counted - line.expected
        if difference:
            entries.append(Entry(outlet, "stock", item_unit(line.item), difference))
            entries.append(Entry(PROGRAMME, "counted", item_unit(line.item), -difference))
    return entries


def _explained(line: CountedLine) -> CountedLine:
    if line.counted == line.expected:
        return CountedLine(line.item, line.expected, line.counted)
    if line.reason is None:
        raise Refused(
            Reason.DIFFERENCE_UNEXPLAINED,
            item=line.item,
            expected=line.expected,
            counted=line.counted,
            difference=line.counted - line.expected,
        )
    return line
