"""A voucher is paid in: its points are issued when it comes back, not when it is printed."""

from ledger.core.account import POINTS, PROGRAMME, BalanceKey, issuer
from ledger.core.award import credit, last_good_day
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.paper import VOUCHERS, PayVoucher
from ledger.core.transaction import About, Entry


def needs(paid: PayVoucher, prior: Prior) -> Needs:
    return Needs(
        balances=(BalanceKey(paid.owner, "main", POINTS),), companions=(BalanceKey(paid.owner, "debt", POINTS),)
    )


def decide(paid: PayVoucher, book: Book) -> Decision:
    """Refuses a purse that is not there or closed; that the voucher is good was seen under its own lock."""
    book.balance(BalanceKey(paid.owner, "main", POINTS))
    # Nothing is refused below this line.
    day = last_good_day(book, None, None, POINTS, book.today)
    return Decision(
        kind="pay_voucher",
        entries=(
            Entry(PROGRAMME, issuer(VOUCHERS), POINTS, -paid.points),
            *credit(paid.owner, POINTS, paid.points, day, book),
        ),
        about=About(owner=paid.owner, note=paid.voucher),
    )
