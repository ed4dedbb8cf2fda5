"""Bonus: what a ranking or a streak of a period brings, as one award of a named batch."""

from ledger.core.account import PROGRAMME, BalanceKey, issuer
from ledger.core.award import credit, last_good_day
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Bonus
from ledger.core.refusal import Reason, Refused
from ledger.core.trace import Trace
from ledger.core.transaction import About, Entry


def needs(bonus: Bonus, prior: Prior) -> Needs:
    return Needs(
        balances=(BalanceKey(bonus.owner, "main", bonus.unit),),
        companions=(BalanceKey(bonus.owner, "debt", bonus.unit),),
    )


def decide(bonus: Bonus, book: Book) -> Decision:
    """Refuses in this order: a category that no rulebook has, find the purse."""
    compiled = book.scheme.rulebook_by_digest(bonus.rulebook)
    if compiled is None or bonus.category not in compiled.rulebook.categories:
        raise Refused(Reason.UNKNOWN_RULE, rule=bonus.rule)
    book.balance(BalanceKey(bonus.owner, "main", bonus.unit))
    # Nothing is refused below this line.
    day = last_good_day(book, None, None, bonus.unit, book.today)
    issued = Entry(PROGRAMME, issuer(bonus.category), bonus.unit, -bonus.amount)
    return Decision(
        kind="bonus",
        entries=(issued, *credit(bonus.owner, bonus.unit, bonus.amount, day, book)),
        about=About(owner=bonus.owner, rule=bonus.rule, rulebook=bonus.rulebook),
        trace=Trace(bonus.rule, bonus.happened_on, (bonus.why,)),
        happened_on=bonus.happened_on,
    )
