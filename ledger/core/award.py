"""Award: points for one activity, by a rule, within its caps, with a trace of why."""

from ledger.core.account import POINTS, PROGRAMME, BalanceKey, issuer
from ledger.core.balance import NEVER
from ledger.core.book import Book, Decision, Needs
from ledger.core.command import Award
from ledger.core.period import expires_on
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.core.score import Compiled, ScoreLine, counters_needed, is_for_merchant, score
from ledger.core.transaction import About, Entry


def needs(award: Award, scheme: Scheme) -> Needs:
    compiled = scheme.rulebook_on(award.facts.happened_on)
    rule = compiled.rules.get(award.rule)
    units = ("points",) if rule is None else tuple(str(give.unit) for give in rule.rule.gives)
    purse = "main" if rule is None or not rule.notice_days else "pending"
    return Needs(
        balances=tuple(BalanceKey(award.recipient, purse, unit) for unit in dict.fromkeys(units)),
        companions=(BalanceKey(award.recipient, "debt", POINTS),) if purse == "main" else (),
        counters=counters_needed(compiled, award.rule, award.facts, award.recipient),
    )


def decide(award: Award, book: Book) -> Decision:
    """Refuses in this order: rule, recipient, evidence, limits."""
    compiled = book.scheme.rulebook_on(award.facts.happened_on)
    if award.rule not in compiled.rules:
        raise Refused(Reason.UNKNOWN_RULE, rule=award.rule)
    if is_for_merchant(compiled, award.rule) != award.recipient.startswith("mer_"):
        raise Refused(Reason.NOT_FOUND, rule=award.rule, owner=award.recipient)
    for key in needs(award, book.scheme).balances:
        book.balance(key)
    scored = score(compiled, award.rule, award.facts, award.recipient, book.used)
    # Nothing is refused below this line.
    return Decision(
        kind="award",
        entries=_entries(award, book, compiled, scored.lines, under_notice=scored.notice_days > 0),
        about=About(owner=award.recipient, rule=award.rule, rulebook=compiled.digest, activity=award.activity),
        counts=scored.counts,
        trace=scored.trace,
        happened_on=award.facts.happened_on,
    )


def _entries(
    award: Award, book: Book, compiled: Compiled, lines: tuple[ScoreLine, ...], *, under_notice: bool
) -> tuple[Entry, ...]:
    category = compiled.rules[award.rule].rule.category
    entries = []
    for line in lines:
        unit = str(line.unit)
        entries.append(Entry(PROGRAMME, issuer(category), unit, -line.amount))
        if under_notice:
            entries.append(Entry(award.recipient, "pending", unit, line.amount))
            continue
        repaid = _repaid(award.recipient, unit, line.amount, book)
        if repaid:
            entries.append(Entry(award.recipient, "debt", unit, repaid))
        if line.amount > repaid:
            day = expires_on(line.expires, book.today) or NEVER
            entries.append(Entry(award.recipient, "main", unit, line.amount - repaid, day))
    return tuple(entries)


def _repaid(recipient: str, unit: str, amount: int, book: Book) -> int:
    """Debt is repaid before anything reaches the purse that can be spent."""
    debt = book.balances.get(BalanceKey(recipient, "debt", unit))
    return 0 if debt is None else min(amount, -debt.total)
