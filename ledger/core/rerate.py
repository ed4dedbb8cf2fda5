"""Rerate: after a corrected rulebook, the difference to one award, never the award again."""

from ledger.core.account import ISSUED_BY_HAND, PROGRAMME, BalanceKey, issuer
from ledger.core.award import credit, last_good_day
from ledger.core.balance import claw_back
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Rerate
from ledger.core.counter import CounterKey, reratings, reversals
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import About, Entry


def needs(rerate: Rerate, prior: Prior) -> Needs:
    award = prior.sources.get(rerate.transaction)
    if award is None or award.about.owner is None:
        return Needs()
    units = tuple(rerate.differences)
    charged = tuple(CounterKey(*count[:3]) for count in rerate.counts)
    return Needs(
        balances=tuple(BalanceKey(award.about.owner, purse, unit) for unit in units for purse in ("main", "debt")),
        counters=(reratings(rerate.transaction), reversals(rerate.transaction), *charged),
    )


def decide(rerate: Rerate, book: Book) -> Decision:
    """Refuses in this order: find the award, reversed since, rerated since the preview."""
    award = book.source(rerate.transaction, "award", "donate")
    if book.used[reversals(rerate.transaction)]:
        raise Refused(Reason.ALREADY_REVERSED, transaction=rerate.transaction)
    done = book.used[reratings(rerate.transaction)]
    if done != rerate.earlier:
        raise Refused(Reason.NOT_OPEN, transaction=rerate.transaction, ended_by=None)
    # Nothing is refused below this line.
    owner = award.about.owner or ""
    compiled = None if award.about.rulebook is None else book.scheme.rulebook_by_digest(award.about.rulebook)
    rule = None if compiled is None else compiled.rules.get(award.about.rule or "")
    source = ISSUED_BY_HAND if rule is None else issuer(rule.rule.category)
    entries: list[Entry] = []
    for unit, difference in rerate.differences.items():
        if difference:
            entries.append(Entry(PROGRAMME, source, unit, -difference))
            entries += _to_owner(owner, unit, difference, rerate, book)
    counts = ((CounterKey(*count[:3]), count[3]) for count in rerate.counts)
    return Decision(
        kind="rerate",
        entries=tuple(entries),
        about=About(owner=owner, rule=award.about.rule, rulebook=rerate.rulebook, follows=award.transaction),
        counts=((reratings(award.transaction), 1), *counts),
        may_move_nothing=True,
    )


def _to_owner(owner: str, unit: str, difference: int, rerate: Rerate, book: Book) -> list[Entry]:
    """More is credited as an award is; less is taken from the nearest days, and what is spent is owed."""
    day = last_good_day(book, rerate.rulebook, None, unit, book.today)
    if difference > 0:
        return credit(owner, unit, difference, day, book)
    taken, owed = claw_back(book.balance(BalanceKey(owner, "main", unit)), -difference, own_day=day)
    entries = [Entry(owner, "main", unit, -part, bucket) for bucket, part in taken]
    return [*entries, Entry(owner, "debt", unit, -owed)] if owed else entries
