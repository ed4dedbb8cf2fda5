"""Tender: what pays for a sale, in points, gift points and cash, within the programme's spending policies."""

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from ledger.core.account import POINTS, PROGRAMME, BalanceKey
from ledger.core.balance import AMOUNT_MAX, take
from ledger.core.book import Book
from ledger.core.cap import Cap, counter_name, limit_of
from ledger.core.command import Hold, Redeem
from ledger.core.counter import CounterKey
from ledger.core.effect import REDEEMING, ban_key
from ledger.core.period import Span, period_key, resets_on
from ledger.core.present import card_counts, card_keys
from ledger.core.programme import may_redeem_on
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.core.spending import Payment, Spending, payment
from ledger.core.transaction import Entry, SoldLine

Sale = Redeem | Hold

_NOTHING_KEPT_BACK = Spending()


class Tender(Struct, frozen=True):
    """A payment that was accepted, and what it uses up of the limits."""

    payment: Payment
    fen: int
    counts: tuple[tuple[CounterKey, int], ...]


def payer_keys(sale: Sale, scheme: Scheme, *purses: str) -> tuple[BalanceKey, ...]:
    """Gift points only where the programme knows them; the till only where cash is paid at an outlet."""
    units = (POINTS,) if scheme.policy.spending.gift is None else (POINTS, "gift")
    keys = tuple(BalanceKey(sale.owner, purse, unit) for unit in units for purse in purses)
    if sale.outlet is not None and sale.cash_fen:
        return (*keys, BalanceKey(sale.outlet, "till", "cash"))
    return keys


def limit_keys(sale: Sale, scheme: Scheme, day: date) -> tuple[CounterKey, ...]:
    """The counters of the spending limits and of the items' own limits."""
    keys = dict.fromkeys(key for key, _, _ in _limits(sale, scheme, day))
    if sale.shown is not None:
        keys |= dict.fromkeys(card_keys(sale, scheme.policy.cards, day))
    return (*keys, ban_key(REDEEMING, sale.owner, day)) if scheme.bans_redeeming else tuple(keys)


def refuse_tender(sale: Sale, sold: tuple[SoldLine, ...], book: Book) -> Tender:
    """Refuses in this order: closed day, ban, limits, suspended, least amounts, cash, balance, card."""
    policy = book.scheme.policy
    if not book.scheme.is_open(sale.outlet, book.today):
        if sale.outlet is not None and may_redeem_on(policy, book.today):
            raise Refused(Reason.OUTLET_CLOSED, outlet=sale.outlet, today=book.today.isoformat())
        raise Refused(Reason.OUTLET_CLOSED, today=book.today.isoformat())
    if sale.outlet is not None and not book.scheme.sells(sale.outlet):
        raise Refused(Reason.OUTLET_CLOSED, outlet=sale.outlet)
    if book.scheme.bans_redeeming and book.used[ban_key(REDEEMING, sale.owner, book.limits_on)]:
        raise Refused(Reason.RIGHTS_SUSPENDED, month=period_key(Span.MONTH, book.limits_on))
    price = sum(line.points for line in sold)
    if price > AMOUNT_MAX:
        raise Refused(Reason.AMOUNT_TOO_LARGE, required=price, limit=AMOUNT_MAX)
    counts = _count_limits(sale, sold, book)
    fen = sum(line.fen for line in sold)
    if sale.cash_fen < fen:
        raise Refused(Reason.CASH_NOT_ACCEPTED, fen=sale.cash_fen, least=fen)
    paid = _payment(sale, price, sale.cash_fen - fen, book)
    if sale.shown is not None:
        counts += card_counts(sale, paid.points + paid.gift, book)
    return Tender(paid, sale.cash_fen, counts)


def paying_entries(sale: Sale, tender: Tender, book: Book, taker: tuple[str, str]) -> list[Entry]:
    """Nearest expiry pays first in each unit; the taker gets what was paid; cash goes into the outlet's till."""
    entries = []
    for unit, amount in (("gift", tender.payment.gift), (POINTS, tender.payment.points)):
        if amount:
            purse = book.balance(BalanceKey(sale.owner, "main", unit))
            taken = take(purse, amount, today=book.today)
            entries += [Entry(sale.owner, "main", unit, -part, day) for day, part in taken]
            entries.append(Entry(*taker, unit, amount))
    if tender.fen and sale.outlet is not None:
        entries.append(Entry(PROGRAMME, "cash_outside", "cash", -tender.fen))
        entries.append(Entry(sale.outlet, "till", "cash", tender.fen))
    return entries


def _payment(sale: Sale, price: int, cash_fen: int, book: Book) -> Payment:
    spending = book.scheme.policy.spending
    available = book.balance(BalanceKey(sale.owner, "main", POINTS)).spendable(book.today)
    if spending == _NOTHING_KEPT_BACK and not cash_fen:
        if price > available:
            raise Refused(Reason.INSUFFICIENT_POINTS, required=price, available=available, missing=price - available)
        return Payment(price)
    balances = {POINTS: available}
    if spending.gift is not None:
        balances["gift"] = book.balance(BalanceKey(sale.owner, "main", "gift")).spendable(book.today)
    return payment(spending, price, balances, sale.household_class, cash_fen)


def _limits(sale: Sale, scheme: Scheme, day: date) -> Iterator[tuple[CounterKey, Cap, str | None]]:
    """Each limit with its counter; an item's limit counts pieces (`times`) or points of that item alone."""
    for cap in scheme.policy.spending.limits:
        yield CounterKey(counter_name("spending", cap), sale.owner, period_key(cap.per, day)), cap, None
    for item in dict.fromkeys(line.item for line in sale.lines) if sale.outlet is not None else ():
        found = scheme.items.get(item)
        for cap in () if found is None else found.limits:
            yield CounterKey(counter_name(f"item:{item}", cap), sale.owner, period_key(cap.per, day)), cap, item


def _count_limits(sale: Sale, sold: tuple[SoldLine, ...], book: Book) -> tuple[tuple[CounterKey, int], ...]:
    counts = []
    for key, cap, item in _limits(sale, book.scheme, book.limits_on):
        word, limit = limit_of(cap)
        lines = [line for line in sold if item in (None, line.item)]
        asked = sum(line.points for line in lines)
        if word == "times":
            asked = 1 if item is None else sum(line.quantity for line in lines)
        used = book.used[key]
        if used + asked > limit:
            resets = resets_on(cap.per, book.limits_on)
            raise Refused(
                Reason.LIMIT_REACHED,
                counter=key.counter,
                limit=limit,
                used=used,
                resets_on=None if resets is None else resets.isoformat(),
            )
        counts.append((key, asked))
    return tuple(count for count in counts if count[1])
