"""Compare a stock count, a merchant's list or a bank's list with the ledger; nothing is written."""

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal

import asyncpg
import msgspec

from ledger.actions.read_list import ListRefused, Wanted, key_value, read_list
from ledger.core.reconcile import Claimed, Tolerance, Unmatched, Why, added_up, match
from ledger.core.refusal import Reason, Refused
from ledger.core.title import Title
from ledger.db.export import list_units
from ledger.db.reconciliations import Booked, list_claims, list_goods, list_money

BOOKED_MAX = 50_000
DAYS_MAX = 31

ListKind = Literal["stock", "merchant", "bank"]

KEYS: Mapping[ListKind, tuple[str, ...]] = {
    "stock": ("outlet", "item"),
    "merchant": ("transaction", "merchant", "owner"),
    "bank": ("transaction", "merchant"),
}
"""By which columns the lines of a list may be matched, those of a stock count both and always."""

FEN_OF_A_YUAN = 2  # decimals: banks tell yuan, the ledger counts fen
_OF: Mapping[ListKind, str] = {"stock": "outlet", "merchant": "merchant", "bank": "merchant"}

WHY: Mapping[Why, Title] = {
    Why.NOT_IN_LEDGER: Title("账上没有这一笔", "the ledger has no such line"),
    Why.NOT_IN_LIST: Title("名单上没有这一笔", "the list has no such line"),
    Why.AMOUNT_DIFFERS: Title("数目不同", "the amounts differ"),
    Why.DAY_DIFFERS: Title("日期相差过大", "the days are too far apart"),
    Why.TWICE_IN_LIST: Title("名单上多出一笔相同的", "the list has one more of the same keys"),
    Why.TWICE_IN_LEDGER: Title("账上多出一笔相同的", "the ledger has one more of the same keys"),
    Why.UNREADABLE: Title("此行无法读取", "the line cannot be read"),
}
"""Why a line stands alone, for people."""


class Comparison(msgspec.Struct, frozen=True):
    """What is compared and how. `first` does not matter to a stock count, which is of the end of `last`.

    `of` is the one outlet or merchant whose list it is; `is_opposite`: the list has the other sign.
    """

    kind: ListKind
    first: date
    last: date
    keys: tuple[str, ...] = ()
    of: str | None = None
    tolerance: Tolerance = Tolerance()
    columns: Mapping[str, str] = {}
    is_opposite: bool = False


class Reconciled(msgspec.Struct, frozen=True):
    """`unmatched` names every line of either side that has no partner, and why; nothing is left out."""

    lines: int
    booked: int
    matched: int
    within_tolerance: int
    listed_total: int
    booked_total: int
    keys: tuple[str, ...]
    scale: int
    unmatched: tuple[Unmatched, ...]


async def reconcile(connection: asyncpg.Connection, programme: str, text: str, asked: Comparison) -> Reconciled:
    """Inside a moment that sees the programme. Raises `ListRefused` for a list that cannot be read as a whole."""
    scales = {unit.unit: unit.scale for unit in await list_units(connection, programme)}
    if not scales:
        raise Refused(Reason.NOT_FOUND, programme=programme)
    keys = _keys(asked)
    scale = {"stock": 0, "merchant": scales.get("points", 0), "bank": FEN_OF_A_YUAN}[asked.kind]
    fixed = {_OF[asked.kind]: asked.of} if asked.of else {}
    wanted = Wanted(keys, asked.columns, fixed, scale, asked.is_opposite)
    booked = await _booked(connection, programme, asked)
    if len(booked) > BOOKED_MAX:
        raise ListRefused(
            f"账上超过 {BOOKED_MAX} 笔，请缩短期间或指明一家",
            f"the ledger has more than {BOOKED_MAX} lines: name a shorter period or one outlet or merchant",
        )
    return await asyncio.to_thread(_compare, text, wanted, booked, asked)


def _keys(asked: Comparison) -> tuple[str, ...]:
    known = KEYS[asked.kind]
    keys = tuple(dict.fromkeys(asked.keys)) or (known if asked.kind == "stock" else known[:1])
    if not set(keys) <= set(known) or (asked.kind == "stock" and set(keys) != set(known)):
        raise ListRefused(f"可用的键：{'、'.join(known)}", f"the keys of such a list are {', '.join(known)}")
    if asked.first > asked.last:
        raise ListRefused("起始日晚于截止日", "the first day comes after the last")
    if asked.tolerance.days > DAYS_MAX:
        raise ListRefused(f"日期容差至多 {DAYS_MAX} 天", f"days may be at most {DAYS_MAX} apart")
    return keys


async def _booked(connection: asyncpg.Connection, programme: str, asked: Comparison) -> list[Booked]:
    """A little wider than the period, for lines that the list has on a neighbouring day."""
    if asked.kind == "stock":
        return await list_goods(connection, programme, asked.last, asked.of, BOOKED_MAX + 1)
    wider = timedelta(days=asked.tolerance.days)
    first = asked.first - min(wider, asked.first - date.min)
    last = asked.last + min(wider, date.max - asked.last)
    look = list_claims if asked.kind == "merchant" else list_money
    return await look(connection, programme, first, last, asked.of, BOOKED_MAX + 1)


def _compare(text: str, wanted: Wanted, booked: list[Booked], asked: Comparison) -> Reconciled:
    """Away from the loop: twenty thousand lines take part of a second."""
    listed = read_list(text, wanted)
    theirs = added_up(listed.lines) if asked.kind == "stock" else listed.lines
    ours = [_claimed(line, wanted) for line in booked]
    found = match(theirs, ours, asked.tolerance)
    counted = [line for line in found.unmatched if _counts(line, asked)]
    outside = [line for line in found.unmatched if not _counts(line, asked)]
    return Reconciled(
        lines=len(listed.lines) + len(listed.unreadable),
        booked=len(ours) - len(outside),
        matched=found.pairs,
        within_tolerance=found.within_tolerance,
        listed_total=sum(line.amount for line in listed.lines),
        booked_total=sum(line.amount for line in ours) - sum(line.booked or 0 for line in outside),
        keys=wanted.keys,
        scale=wanted.scale,
        unmatched=(*listed.unreadable, *counted),
    )


def _counts(line: Unmatched, asked: Comparison) -> bool:
    """No goods on one side and no line on the other agree; what only the wider look brought in is not missed."""
    if asked.kind == "stock":
        return not (line.why in {Why.NOT_IN_LEDGER, Why.NOT_IN_LIST} and not line.listed and not line.booked)
    only_ours = not line.lines and line.booked_on is not None
    return not only_ours or asked.first <= (line.booked_on or asked.first) <= asked.last


def _claimed(line: Booked, wanted: Wanted) -> Claimed:
    place = line.transaction or f"{line.outlet} {line.item}"
    key = tuple(key_value(name, getattr(line, name)) for name in wanted.keys)
    return Claimed((place,), key, line.amount, line.day)
