"""Award: points for one activity, by a rule, within its caps, with a trace of why."""

from datetime import date, timedelta

from ledger.core.account import OWNER_PREFIX, PROGRAMME, BalanceKey, issuer
from ledger.core.balance import NEVER, take
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Award
from ledger.core.compiled import Compiled, CompiledRule, is_for_merchant
from ledger.core.effect import Effect, ZeroBalance
from ledger.core.period import expires_on, notice_ends_on
from ledger.core.refusal import Reason, Refused
from ledger.core.rulebook import Give
from ledger.core.score import Score, counters_needed, score
from ledger.core.transaction import About, Entry, OpenItem


def needs(award: Award, prior: Prior) -> Needs:
    compiled = prior.scheme.rulebook_on(award.facts.happened_on)
    rule = compiled.rules.get(award.rule)
    if rule is None:
        return Needs()
    return Needs(
        balances=_purses(award.recipient, rule),
        companions=tuple([BalanceKey(award.recipient, "debt", unit) for unit in rule.debts]),
        counters=counters_needed(compiled, award.rule, award.facts, award.recipient),
    )


def decide(award: Award, book: Book) -> Decision:
    """Refuses in this order: rule, a day to come, recipient, then as the score: dates, facts, bans, limits …"""
    compiled = book.scheme.rulebook_on(award.facts.happened_on)
    rule = compiled.rules.get(award.rule)
    if rule is None:
        raise Refused(Reason.UNKNOWN_RULE, rule=award.rule)
    if award.facts.happened_on > book.today:
        day = award.facts.happened_on.isoformat()
        raise Refused(Reason.NOT_DUE, due_on=day, today=book.today.isoformat())
    _refuse_wrong_holder(award, compiled)
    for key in _purses(award.recipient, rule):
        book.balance(key)
    scored = score(compiled, award.rule, award.facts, award.recipient, book.used)
    # Nothing is refused below this line.
    opens = None
    if scored.notice_days and any(line.amount > 0 and not line.to_pool for line in scored.lines):
        opens = OpenItem("pending", notice_ends_on(book.today, scored.notice_days) + timedelta(days=1))
    return Decision(
        kind="award",
        entries=_entries(award, book, compiled, scored),
        about=About(owner=award.recipient, rule=award.rule, rulebook=compiled.digest, activity=award.activity),
        counts=scored.counts,
        trace=scored.trace,
        happened_on=award.facts.happened_on,
        opens=opens,
        may_move_nothing=True,
        facts=award.facts,
    )


def _purses(recipient: str, rule: CompiledRule) -> tuple[BalanceKey, ...]:
    """What the rule may move, whatever comes out of it."""
    return tuple([BalanceKey(recipient, purse, unit) for purse, unit in rule.purses])


def _refuse_wrong_holder(award: Award, compiled: Compiled) -> None:
    """Points go where the programme keeps them: with the family, with each person, or with the shop."""
    holder = "merchant" if is_for_merchant(compiled, award.rule) else compiled.programme.account_holder.value
    if not award.recipient.startswith(f"{OWNER_PREFIX[holder]}_"):
        raise Refused(Reason.WRONG_HOLDER, owner=award.recipient, rule=award.rule, holder=holder)


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
        # The programme's policy is for what can be spent: hours served, scores and money do not lapse.
        policy = book.scheme.policy.expiry if unit in {"points", "gift"} else None
        return expires_on(policy, active_on) or NEVER
    for move, expiry in zip(found.moves, found.expiries, strict=True):
        if isinstance(move, Give) and move.unit.value == unit:
            return expires_on(expiry, active_on) or NEVER
    return NEVER


def _entries(award: Award, book: Book, compiled: Compiled, scored: Score) -> tuple[Entry, ...]:
    category = compiled.rules[award.rule].rule.category
    taken: list[Entry] = []
    given: list[Entry] = []
    for line in scored.lines:
        if line.amount < 0:
            taken += penalty(award.recipient, line.unit, -line.amount, line.when_short, book)
            continue
        given.append(Entry(PROGRAMME, issuer(category), line.unit, -line.amount))
        if line.to_pool:
            given.append(Entry(PROGRAMME, "donated", line.unit, line.amount))
        elif scored.notice_days:
            given.append(Entry(award.recipient, "pending", line.unit, line.amount))
        else:
            day = expires_on(line.expires, book.today) or NEVER
            given += credit(award.recipient, line.unit, line.amount, day, book)
    for unit in _zeroed(scored.effects):
        there = book.balance(BalanceKey(award.recipient, "main", unit)).spendable(book.today)
        taken += penalty(award.recipient, unit, there, "take_what_is_there", book)
    return (*taken, *given)


def penalty(owner: str, unit: str, amount: int, when_short: str, book: Book) -> list[Entry]:
    """Takes nearest expiry first; what is missing is let go or owed, never silently negative."""
    purse = book.balance(BalanceKey(owner, "main", unit))
    there = min(amount, purse.spendable(book.today))
    owed = amount - there if when_short == "debt" else 0
    entries = [Entry(owner, "main", unit, -part, day) for day, part in take(purse, there, today=book.today)]
    if owed:
        entries.append(Entry(owner, "debt", unit, -owed))
    if there + owed:
        entries.append(Entry(PROGRAMME, "clawed_back", unit, there + owed))
    return entries


def _zeroed(effects: tuple[Effect, ...]) -> list[str]:
    """Units of which a veto takes all that is there."""
    return list(dict.fromkeys(effect.unit.value for effect in effects if isinstance(effect, ZeroBalance)))
