"""Balances and statements of account holders, and the stock of outlets."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from ledger.actions.fill_class import household_class, looks_at_class
from ledger.core.account import BUCKETED, POINTS
from ledger.core.balance import BALANCE_MAX, NEVER, Balance
from ledger.core.heading import heading
from ledger.core.period import business_day
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.core.spending import spendable
from ledger.core.title import Title
from ledger.core.transaction import About
from ledger.db.accounts import ItemStock, Line, StoredBalance, read_lines, read_stock
from ledger.db.balances import StoredBalance as DayBalance
from ledger.db.balances import balances_at, balances_on
from ledger.db.owners import find_owners
from ledger.hall.answer import answer
from ledger.hall.call import Call, Limit
from ledger.hall.fault import Fault, Faulty, Spot

_P = "/v1/programmes/{programme:str}"


class DayAmount(msgspec.Struct, frozen=True):
    """So much of it, on that day."""

    amount: int
    on: date


class PurseBalance(msgspec.Struct, frozen=True):
    """One purse in one unit, in the unit's smallest part; what has lapsed does not count any more."""

    unit: str
    scale: int
    purse: str
    amount: int
    version: int
    next_expiry: DayAmount | None


class Balances(msgspec.Struct, frozen=True):
    """All of one owner. `available` is what can be spent now; `next_activation` comes out of public notice."""

    owner: str
    balances: tuple[PurseBalance, ...]
    available: int
    next_activation: DayAmount | None


class PastBalance(msgspec.Struct, frozen=True):
    """One purse in one unit as the books had it; the version is that of the last change until then."""

    unit: str
    scale: int
    purse: str
    amount: int
    version: int | None


class PastBalances(msgspec.Struct, frozen=True):
    """As recorded at an instant, or as booked at the end of a business day, where late facts count on their own day."""

    owner: str
    as_of: datetime | None
    on: date | None
    balances: tuple[PastBalance, ...]


class StatementLine(msgspec.Struct, frozen=True):
    """One change of the account and the balance it left; `expires_on` is the bucket it moved, if that lapses."""

    transaction: str
    kind: str
    title: Title
    amount: int
    balance: int
    version: int
    recorded_at: datetime
    effective_on: date
    happened_on: date | None
    expires_on: date | None
    about: About


class Statement(msgspec.Struct, frozen=True):
    """Newest first. `next_cursor` asks for what came before; without it, this was the last page."""

    owner: str
    purse: str
    unit: str
    lines: tuple[StatementLine, ...]
    next_cursor: int | None


class StockLine(msgspec.Struct, frozen=True):
    """How many pieces are there to be sold, and how many more wait for those who reserved them."""

    item: str
    title: Title
    stock: int
    reserved: int
    version: int | None


class Stock(msgspec.Struct, frozen=True):
    """By item, now or as the books have it at the end of a day. `next_cursor` asks for the items after these."""

    outlet: str
    on: date | None
    items: tuple[StockLine, ...]
    next_cursor: str | None


@get(f"{_P}/accounts/{{owner:str}}/balances")
async def balances(
    owner: FromPath[str],
    call: NamedDependency[Call],
    as_of: Annotated[datetime | None, QueryParameter()] = None,
    on: Annotated[date | None, QueryParameter()] = None,
) -> Response[Balances | PastBalances]:
    """Every purse and unit of an owner, with the account version each balance was read at.

    `as_of` tells them as they had been recorded at an instant, `on` as the books have them at the end of a business
    day; what had lapsed by then and was not yet swept is still in them.
    """
    if as_of is not None or on is not None:
        return answer(await _past(call, owner, as_of, on))
    desk = call.desk
    holdings = await desk.balances.read(call.programme, owner)
    if not holdings.is_known:
        raise Refused(Reason.NOT_FOUND, owner=owner)
    scheme = desk.shelf.kept(call.programme) or await call.scheme()
    today = business_day(desk.shelf.now(), scheme.policy.time_zone)
    rows = tuple(_purse(row, today) for row in holdings.balances or ())
    spent_by = None
    if looks_at_class(scheme):
        async with desk.reading(call.programme) as connection:
            spent_by = await household_class(connection, call.programme, owner)
    held = {row.unit: row.amount for row in rows if row.purse == "main"}
    able = spendable(scheme.policy.spending, held.get(POINTS, 0), held.get("gift", 0), spent_by)
    coming = None
    if holdings.activates_on is not None and holdings.activates_on != NEVER:
        coming = DayAmount(holdings.activates_amount or 0, holdings.activates_on)
    return answer(Balances(owner, rows, able.points + able.gift, coming))


@get(f"{_P}/accounts/{{owner:str}}/statement")
async def statement(
    owner: FromPath[str],
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[int | None, QueryParameter(ge=1, le=BALANCE_MAX)] = None,
    purse: Annotated[str, QueryParameter(pattern="^[a-z_]{1,20}$")] = "main",
    unit: Annotated[str, QueryParameter(pattern="^[a-z_]{1,20}(:[a-z0-9-]{1,40})?$")] = POINTS,
) -> Response[Statement]:
    """The changes of one purse in one unit, newest first; pages stay whole while new lines come in."""
    account = (owner, purse, unit)
    async with call.desk.reading(call.programme) as connection:
        if not await find_owners(connection, call.programme, [owner]):
            raise Refused(Reason.NOT_FOUND, owner=owner)
        lines = await read_lines(connection, call.programme, account, before=cursor or BALANCE_MAX, limit=limit + 1)
        scheme = await call.desk.shelf.current(connection, call.programme)
    page = tuple(_statement_line(line, scheme) for line in lines[:limit])
    more = page[-1].version if len(lines) > limit else None
    return answer(Statement(owner, purse, unit, page, more))


@get(f"{_P}/outlets/{{outlet:str}}/stock")
async def stock(
    outlet: FromPath[str],
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^[a-z0-9-]{0,40}$")] = "",
    on: Annotated[date | None, QueryParameter()] = None,
) -> Response[Stock]:
    """What an outlet has, by item; `on` tells it as the books have it at the end of a business day."""
    async with call.desk.reading(call.programme) if on is None else call.desk.auditing(call.programme) as connection:
        if not (outlet.startswith("out_") and await find_owners(connection, call.programme, [outlet])):
            raise Refused(Reason.NOT_FOUND, owner=outlet)
        if on is None:
            found = await read_stock(connection, call.programme, outlet, after=f"item:{cursor}", limit=limit + 1)
        else:
            past = await balances_on(connection, call.programme, outlet, on)
            found = [one for one in _past_stock(past) if one.unit > f"item:{cursor}"][: limit + 1]
        scheme = await call.desk.shelf.current(connection, call.programme)
    lines = []
    for row in found[:limit]:
        item = row.unit.removeprefix("item:")
        known = scheme.items.get(item)
        title = Title(item, item) if known is None else known.title
        lines.append(StockLine(item, title, row.stock, row.reserved, row.account_version or None))
    return answer(Stock(outlet, on, tuple(lines), lines[-1].item if len(found) > limit else None))


def _past_stock(balances: Sequence[DayBalance]) -> list[ItemStock]:
    units: dict[str, dict[str, int]] = {}
    for one in balances:
        if one.unit.startswith("item:") and one.purse in ("stock", "reserved"):
            units.setdefault(one.unit, {})[one.purse] = one.total
    return [ItemStock(unit, held.get("stock", 0), held.get("reserved", 0), 0) for unit, held in sorted(units.items())]


async def _past(call: Call, owner: str, as_of: datetime | None, on: date | None) -> PastBalances:
    if as_of is not None and (on is not None or as_of.tzinfo is None):
        words = Title("应为带时区的时刻,且不与 on 同用", "must be an instant with its offset, and without `on`")
        raise Faulty(Fault.MALFORMED, spots=[Spot(words, parameter="as_of")])
    async with call.desk.auditing(call.programme) as connection:
        if not await find_owners(connection, call.programme, [owner]):
            raise Refused(Reason.NOT_FOUND, owner=owner)
        if as_of is not None:
            found = await balances_at(connection, call.programme, owner, as_of)
        else:
            assert on is not None, "asked for one or the other"
            found = await balances_on(connection, call.programme, owner, on)
    rows = tuple(PastBalance(one.unit, one.scale, one.purse, one.total, one.version or None) for one in found)
    return PastBalances(owner, as_of, on, rows)


def _purse(row: StoredBalance, today: date) -> PurseBalance:
    held = Balance(row.total, row.account_version, row.bucket_days, row.bucket_amounts)
    # Only what can be spent lapses; what is under notice or reserved waits.
    lapses = row.purse == "main" and row.purse in BUCKETED
    amount = held.spendable(today) if lapses else row.total
    expiry = held.next_expiry(today) if lapses else None
    coming = None if expiry is None else DayAmount(expiry[1], expiry[0])
    return PurseBalance(row.unit, row.scale, row.purse, amount, row.account_version, coming)


def _statement_line(line: Line, scheme: Scheme) -> StatementLine:
    return StatementLine(
        transaction=line.journal_id,
        kind=line.kind,
        title=heading(scheme, line.kind, line.about),
        amount=line.amount,
        balance=line.balance_after,
        version=line.account_version,
        recorded_at=line.recorded_at,
        effective_on=line.effective_on,
        happened_on=line.happened_on,
        expires_on=None if line.expires_on == NEVER else line.expires_on,
        about=line.about,
    )
