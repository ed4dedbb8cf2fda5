"""What a resident wants to know of an account: what can be spent, what lapses, waits or is owed, and the last lines."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import asyncpg
import msgspec

from ledger.actions.explain_award import explain_award
from ledger.actions.fill_class import household_class, looks_at_class
from ledger.actions.open_owner import read_register
from ledger.core.account import POINTS
from ledger.core.balance import BALANCE_MAX, NEVER, Balance
from ledger.core.heading import heading
from ledger.core.period import business_day
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.core.spending import Spendable, spendable
from ledger.core.title import Title
from ledger.core.transaction import About
from ledger.db.accounts import Line, StoredBalance, read_balances, read_lines, read_waiting
from ledger.db.schemes import SchemeShelf

LINES_SHOWN = 10
# A redemption takes from several buckets and then has as many entries.
_ENTRIES_A_LINE = 4


_OPENED_BY = {"pending": "award", "hold": "hold"}


class Waiting(msgspec.Struct, frozen=True):
    """Points under public notice, or reserved for goods: usable from, or kept until, a day."""

    kind: str
    title: Title
    amount: int
    due_on: date

    @property
    def last_day(self) -> date:
        """The last day of the notice or of the reservation."""
        return self.due_on - timedelta(days=1)

    @property
    def is_objected_to(self) -> bool:
        """Its notice has no end until the objection is decided."""
        return self.due_on == NEVER


class HomeLine(msgspec.Struct, frozen=True):
    """One change of the account with its reasons, the oldest balance it left behind, and the cursor before it."""

    transaction: str
    kind: str
    title: Title
    amount: int
    balance: int
    recorded_at: datetime
    happened_on: date | None
    steps: tuple[Title, ...]
    version: int


class Home(msgspec.Struct, frozen=True):
    """`older` asks for the lines before these; `missing` is what a suspended or too small account lacks."""

    owner: str
    name: str
    available: int
    next_expiry: tuple[date, int] | None
    owed: int
    is_suspended: bool
    missing: int
    waiting: tuple[Waiting, ...]
    lines: tuple[HomeLine, ...]
    older: int | None


async def tell_home(
    connection: asyncpg.Connection, programme: str, owner: str, *, shelf: SchemeShelf, before: int | None = None
) -> Home:
    """In one consistent view; refuses `not_found` for whom the programme does not know."""
    scheme = await shelf.current(connection, programme)
    today = business_day(shelf.now(), scheme.policy.time_zone)
    known = (await read_register(connection, programme, [owner])).get(owner)
    if known is None:
        raise Refused(Reason.NOT_FOUND, owner=owner)
    [holdings] = await read_balances(connection, [(programme, owner)])
    rows = {(row.purse, row.unit): row for row in holdings.balances or ()}
    spent_by = await household_class(connection, programme, owner) if looks_at_class(scheme) else None
    able = _able(scheme, rows, today, spent_by)
    debt = rows.get(("debt", POINTS))
    waiting = await read_waiting(connection, programme, owner)
    lines, older = await _lines(connection, programme, owner, scheme, shelf, before)
    return Home(
        owner=owner,
        name=known.masked_name or "",
        available=able.points + able.gift,
        next_expiry=_next_expiry(rows, today),
        owed=0 if debt is None else -debt.total,
        is_suspended=able.suspended,
        missing=able.missing,
        waiting=tuple(
            Waiting(one.kind, heading(scheme, _OPENED_BY[one.kind], one.about), one.amount, one.due_on)
            for one in waiting
        ),
        lines=lines,
        older=older,
    )


def _able(scheme: Scheme, rows: dict[tuple[str, str], StoredBalance], today: date, spent_by: str | None) -> Spendable:
    points, gift = (_held(rows.get(("main", unit)), today) for unit in (POINTS, "gift"))
    return spendable(scheme.policy.spending, points, gift, spent_by)


def _held(row: StoredBalance | None, today: date) -> int:
    return 0 if row is None else _balance(row).spendable(today)


def _balance(row: StoredBalance) -> Balance:
    return Balance(row.total, row.account_version, row.bucket_days, row.bucket_amounts)


def _next_expiry(rows: dict[tuple[str, str], StoredBalance], today: date) -> tuple[date, int] | None:
    """Of points and gift points together: what lapses on the nearest day."""
    found = [_balance(rows["main", unit]).next_expiry(today) for unit in (POINTS, "gift") if ("main", unit) in rows]
    coming = [one for one in found if one is not None and one[0] != NEVER]
    if not coming:
        return None
    nearest = min(day for day, _ in coming)
    return nearest, sum(amount for day, amount in coming if day == nearest)


async def _lines(
    connection: asyncpg.Connection, programme: str, owner: str, scheme: Scheme, shelf: SchemeShelf, before: int | None
) -> tuple[tuple[HomeLine, ...], int | None]:
    """The entries of one transaction are one line to a person."""
    account = (owner, "main", POINTS)
    limit = LINES_SHOWN * _ENTRIES_A_LINE
    entries = await read_lines(connection, programme, account, before=before or BALANCE_MAX, limit=limit)
    groups: dict[str, list[Line]] = {}
    for entry in entries:
        groups.setdefault(entry.journal_id, []).append(entry)
    shown = list(groups.values())[:LINES_SHOWN]
    lines = [await _line(connection, programme, scheme, shelf, group) for group in shown]
    is_more = len(groups) > len(shown) or len(entries) == limit
    return tuple(lines), lines[-1].version if lines and is_more else None


async def _line(
    connection: asyncpg.Connection, programme: str, scheme: Scheme, shelf: SchemeShelf, group: Sequence[Line]
) -> HomeLine:
    newest = group[0]
    return HomeLine(
        transaction=newest.journal_id,
        kind=newest.kind,
        title=heading(scheme, newest.kind, newest.about),
        amount=sum(entry.amount for entry in group),
        balance=newest.balance_after,
        recorded_at=newest.recorded_at,
        happened_on=newest.happened_on,
        steps=await _steps(connection, programme, scheme, shelf, newest),
        version=group[-1].account_version,
    )


async def _steps(
    connection: asyncpg.Connection, programme: str, scheme: Scheme, shelf: SchemeShelf, line: Line
) -> tuple[Title, ...]:
    """An award by its rule; goods by their prices and their counter; anything else by the note that was left."""
    about = line.about
    if about.rule is not None:
        try:
            told = await explain_award(connection, programme, about.follows or line.journal_id, shelf=shelf)
            return told.steps
        except Refused:
            return ()
    return (*_goods(scheme, about), *((Title(about.note, about.note),) if about.note else ()))


def _goods(scheme: Scheme, about: About) -> tuple[Title, ...]:
    told = []
    for sold in about.lines:
        known = scheme.offers.get((about.merchant or "", sold.item)) if sold.offer else scheme.items.get(sold.item)
        title = Title(sold.item, sold.item) if known is None else known.title
        each = sold.points // max(1, sold.quantity)
        told.append(
            Title(
                f"{title.zh}：{sold.quantity} 件，每件 {each} 分，共 {sold.points} 分",
                f"{title.en}: {sold.quantity} at {each} points each, {sold.points} points in all",
            )
        )
    place = next((one.title for one in scheme.policy.outlets if f"out_{one.id}" == about.outlet), None)
    return (*told, Title(f"地点：{place.zh}", f"at {place.en}")) if place is not None else tuple(told)
