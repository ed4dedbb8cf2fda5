"""Award: points for one activity, by a rule, within its caps, with a trace of why."""

from datetime import date, timedelta

from ledger.core.account import POINTS, PROGRAMME, BalanceKey, issuer
from ledger.core.balance import NEVER
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Award
from ledger.core.compiled import Compiled, is_for_merchant
from ledger.core.period import expires_on, notice_ends_on
from ledger.core.refusal import Reason, Refused
from ledger.core.score import Score, counters_needed, score
from ledger.core.transaction import About, Entry, OpenItem


def needs(award: Award, prior: Prior) -> Needs:
    compiled = prior.scheme.rulebook_on(award.facts.happened_on)
    rule = compiled.rules.get(award.rule)
    if rule is None:
        return Needs()
    purse = "pending" if rule.notice_days else "main"
    units = dict.fromkeys(str(give.unit) for give in rule.rule.gives)
    return Needs(
        balances=tuple(BalanceKey(award.recipient, purse, unit) for unit in units),
        companions=() if rule.notice_days else (BalanceKey(award.recipient, "debt", POINTS),),
        counters=counters_needed(compiled, award.rule, award.facts, award.recipient),
    )


def decide(award: Award, book: Book) -> Decision:
    """Refuses in this order: rule, recipient, evidence, limits."""
    compiled = book.scheme.rulebook_on(award.facts.happened_on)
    if award.rule not in compiled.rules:
        raise Refused(Reason.UNKNOWN_RULE, rule=award.rule)
    if is_for_merchant(compiled, award.rule) != award.recipient.startswith("mer_"):
        raise Refused(Reason.NOT_FOUND, rule=award.rule, owner=award.recipient)
    for key in needs(award, Prior(book.scheme, {}, book.today)).balances:
        book.balance(key)
    scored = score(compiled, award.rule, award.facts, award.recipient, book.used)
    # Nothing is refused below this line.
    opens = None
    if scored.notice_days:
        opens = OpenItem("pending", notice_ends_on(book.today, scored.notice_days) + timedelta(days=1))
    return Decision(
        kind="award",
        entries=_entries(award, book, compiled, scored),
        about=About(owner=award.recipient, rule=award.rule, rulebook=compiled.digest, activity=award.activity),
        counts=scored.counts,
        trace=scored.trace,
        happened_on=award.facts.happened_on,
        opens=opens,
    )


def credit(owner: str, unit: str, amount: int, day: date, book: Book) -> list[Entry]:
    """Debt is repaid before anything reaches the purse that can be spent."""
    debt = book.balances.get(BalanceKey(owner, "debt", unit))
    repaid = 0 if debt is None else min(amount, -debt.total)
    entries = [Entry(owner, "debt", unit, repaid)] if repaid else []
    if amount > repaid:
        entries.append(Entry(owner, "main", unit, amount - repaid, day))
    return entries


def last_good_day(book: Book, rulebook: str | None, rule: str | None, unit: str, active_on: date) -> date:
    """The day on which points of a rule lapse, fixed by the day on which they became active."""
    compiled = None if rulebook is None else book.scheme.rulebook_by_digest(rulebook)
    found = None if compiled is None or rule is None else compiled.rules.get(rule)
    if found is None:
        return expires_on(book.scheme.policy.expiry, active_on) or NEVER
    for give, expiry in zip(found.rule.gives, found.expiries, strict=True):
        if give.unit == unit:
            return expires_on(expiry, active_on) or NEVER
    return NEVER


def _entries(award: Award, book: Book, compiled: Compiled, scored: Score) -> tuple[Entry, ...]:
    category = compiled.rules[award.rule].rule.category
    entries = []
    for line in scored.lines:
        unit = str(line.unit)
        entries.append(Entry(PROGRAMME, issuer(category), unit, -line.amount))
        if scored.notice_days:
            entries.append(Entry(award.recipient, "pending", unit, line.amount))
        else:
            day = expires_on(line.expires, book.today) or NEVER
            entries += credit(award.recipient, unit, line.amount, day, book)
    return tuple(entries)
