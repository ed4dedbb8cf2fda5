"""What a redemption would cost now and whether it would pass, by the very code that decides it; nothing is posted."""

from datetime import datetime

import asyncpg
import msgspec

from ledger.core.account import POINTS, BalanceKey
from ledger.core.balance import Balance
from ledger.core.book import Book, Prior
from ledger.core.card import CardStanding, CardState
from ledger.core.command import Redeem
from ledger.core.period import business_day
from ledger.core.redeem import decide, needs
from ledger.core.refusal import Reason, Refused
from ledger.core.sale import price_lines
from ledger.core.scheme import Scheme
from ledger.core.spending import spendable
from ledger.core.transaction import RefusalNote, SoldLine
from ledger.db.accounts import read_balances, read_counters
from ledger.db.schemes import SchemeShelf


class Quote(msgspec.Struct, frozen=True):
    """Prices of this moment, what they come to, what can be spent, and the refusal that would come, if any."""

    lines: tuple[SoldLine, ...]
    points: int
    available: int
    would_pass: bool
    refusal: RefusalNote | None


async def quote_redemption(
    connection: asyncpg.Connection, programme: str, redeem: Redeem, *, shelf: SchemeShelf
) -> Quote:
    """Refuses only what has no price or no owner; that points or goods are missing is part of the answer."""
    scheme = await shelf.current(connection, programme)
    book = await _read_book(connection, programme, redeem, scheme, shelf.now())
    lines = price_lines(redeem, book)
    book.balance(BalanceKey(redeem.owner, "main", POINTS))
    refusal = None
    try:
        decide(redeem, book)
    except Refused as refused:
        refusal = RefusalNote(refused.reason, refused.numbers)
    return Quote(
        lines=lines,
        points=sum(line.points for line in lines),
        available=_available(redeem, book),
        would_pass=refusal is None,
        refusal=refusal,
    )


def _available(redeem: Redeem, book: Book) -> int:
    held = [book.balances.get(BalanceKey(redeem.owner, "main", unit)) for unit in (POINTS, "gift")]
    points, gift = (0 if purse is None else purse.spendable(book.today) for purse in held)
    able = spendable(book.scheme.policy.spending, points, gift, redeem.household_class)
    return able.points + able.gift


async def _read_book(
    connection: asyncpg.Connection, programme: str, redeem: Redeem, scheme: Scheme, now: datetime
) -> Book:
    """As posting would see it now, without the locks; a purse of a known owner that holds nothing yet is empty."""
    today = business_day(now, scheme.policy.time_zone)
    wanted = needs(redeem, Prior(scheme, {}, today))
    owners = list(dict.fromkeys(key.owner for key in wanted.balances))
    found = await read_balances(connection, [(programme, owner) for owner in owners])
    balances: dict[BalanceKey, Balance] = {}
    for owner, holdings in zip(owners, found, strict=True):
        if not holdings.is_known:
            raise Refused(Reason.NOT_FOUND, owner=owner)
        balances |= {key: Balance(0, 0, [], []) for key in wanted.balances if key.owner == owner}
        for row in holdings.balances or ():
            balances[BalanceKey(owner, row.purse, row.unit)] = Balance(
                row.total, row.account_version, row.bucket_days, row.bucket_amounts, row.is_closed
            )
    used = await read_counters(connection, programme, wanted.counters)
    return Book(
        scheme=scheme,
        now=now,
        today=today,
        balances=balances,
        used=used,
        sources={},
        open_items={},
        limits_on=today,
        cards={} if redeem.shown is None else {redeem.shown.card: CardStanding(CardState.ACTIVE)},
    )
