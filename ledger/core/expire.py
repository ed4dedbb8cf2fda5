"""Expire: every bucket whose last good day, and the days for sales made offline, have passed leaves the purse."""

from datetime import timedelta

from ledger.core.account import PROGRAMME, BalanceKey
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Expire
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import About, Entry


def needs(expire: Expire, prior: Prior) -> Needs:
    return Needs(balances=(BalanceKey(expire.owner, "main", expire.unit),))


def decide(expire: Expire, book: Book) -> Decision:
    """Refuses in this order: find the purse, nothing has lapsed."""
    purse = book.balance(BalanceKey(expire.owner, "main", expire.unit))
    # Nobody can spend them any more; but a counter that was offline may still hand in what they paid in time.
    waited_for = book.today - timedelta(days=book.scheme.policy.offline_days)
    lapsed = [(day, part) for day, part in zip(purse.days, purse.amounts, strict=True) if day < waited_for]
    if not lapsed:
        raise Refused(Reason.NOTHING_TO_POST, owner=expire.owner)
    # Nothing is refused below this line.
    entries = [Entry(expire.owner, "main", expire.unit, -part, day) for day, part in lapsed]
    entries.append(Entry(PROGRAMME, "expired", expire.unit, sum(part for _, part in lapsed)))
    return Decision(kind="expire", entries=tuple(entries), about=About(owner=expire.owner))
