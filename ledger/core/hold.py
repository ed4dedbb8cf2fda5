"""Hold: points and goods are set aside until a day."""

from ledger.core.account import POINTS, BalanceKey
from ledger.core.balance import take
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Hold
from ledger.core.period import next_day
from ledger.core.refusal import Reason, Refused
from ledger.core.sale import about_sale, refuse_sale, sale_needs, sold_goods
from ledger.core.transaction import Entry, OpenItem


def needs(hold: Hold, prior: Prior) -> Needs:
    return sale_needs(hold, prior, "main", "held")


def decide(hold: Hold, book: Book) -> Decision:
    """Refuses in this order: a day that has passed, then as a redemption. Held points keep their days."""
    if hold.until < book.today:
        raise Refused(Reason.NOT_DUE, until=hold.until.isoformat(), today=book.today.isoformat())
    if hold.cash_fen:
        raise Refused(Reason.CASH_NOT_ACCEPTED, fen=hold.cash_fen, least=0)
    sold, tender = refuse_sale(hold, book)
    entries = []
    for unit, amount in (("gift", tender.payment.gift), (POINTS, tender.payment.points)):
        purse = book.balances.get(BalanceKey(hold.owner, "main", unit))
        for day, part in take(purse, amount, today=book.today) if purse is not None and amount else ():
            entries.append(Entry(hold.owner, "main", unit, -part, day))
            entries.append(Entry(hold.owner, "held", unit, part, day))
    for outlet, unit, quantity in sold_goods(hold.outlet, sold):
        entries.append(Entry(outlet, "stock", unit, -quantity))
        entries.append(Entry(outlet, "reserved", unit, quantity))
    if not entries:
        raise Refused(Reason.NOTHING_TO_POST)
    # Nothing is refused below this line.
    about = about_sale(hold, sold)
    opens = OpenItem("hold", next_day(hold.until))
    return Decision(kind="hold", entries=tuple(entries), about=about, opens=opens, counts=tender.counts)
