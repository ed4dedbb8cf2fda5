"""The rows that posting sends and gets, and how they travel: a noun is one text of columns (see migration 0003)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache

import asyncpg
import msgspec

from ledger.core.account import BalanceKey
from ledger.core.activity import Facts
from ledger.core.balance import Balance
from ledger.core.counter import CounterKey
from ledger.core.transaction import About, OpenItem, RefusalNote

COLUMN_END = "\x1e"
VALUE_END = "\x1f"

ProgrammeBalance = tuple[str, BalanceKey]
ProgrammeCounter = tuple[str, CounterKey]
ProgrammeItem = tuple[str, str]


class Claim(msgspec.Struct, frozen=True):
    """An idempotency key, with the request and the transaction id that it stands for."""

    programme: str
    principal: str
    key: str
    fingerprint: str
    journal_id: str


class LockedCounter(msgspec.Struct, frozen=True):
    """A counter as read under its lock, and where the row stands as long as it is locked."""

    used: int
    place: str


class Locked(msgspec.Struct, frozen=True):
    """What the lock call answers: the facts that there are, or why nothing was locked.

    `stale` names programmes whose publications moved on; it is empty when only the business day was another.
    """

    stale: list[str] | None = None
    now: datetime | None = None
    closed_through: dict[str, date] = {}
    claims: list[Claim] = []
    balances: dict[ProgrammeBalance, Balance] = {}
    counters: dict[ProgrammeCounter, LockedCounter] = {}
    open_items: dict[ProgrammeItem, OpenItem] = {}


class JournalRow(msgspec.Struct, frozen=True):
    """One journal line as appended; field names are column names."""

    programme: str
    id: str
    kind: str
    principal: str
    effective_on: date
    happened_on: date | None
    entry_count: int
    about: About
    refusal: RefusalNote | None
    trace: object | None
    counts: list[tuple[str, str, str, int]] | None
    facts: Facts | None
    batch: str | None


class Account(msgspec.Struct):
    """An account that a batch moves. Without a floor nobody has locked it: its balance counts from 0 until appended.

    `number` counts from 1 within the batch; what stood before is learnt by appending.
    """

    programme: str
    key: BalanceKey
    balance: Balance
    is_limited: bool
    number: int = 0
    total_before: int = 0
    version_before: int = 0


class EntryRow(msgspec.Struct):
    """One entry as appended, with the version and the balance that its account then had; journals count from 1."""

    account: Account
    journal: int
    amount: int
    expires_on: date
    version: int
    balance_after: int


class CounterRow(msgspec.Struct, frozen=True):
    """A locked counter as it stands after the batch."""

    place: str
    used: int


class OpenedRow(msgspec.Struct, frozen=True):
    """A hold or an award under notice that begins."""

    programme: str
    journal_id: str
    kind: str
    due_on: date


class EndedRow(msgspec.Struct, frozen=True):
    """The one end of a hold or of an award under notice."""

    programme: str
    journal_id: str
    ended_by: str
    ended_kind: str
    ended_on: date


class ReceiptRow(msgspec.Struct):
    """What gets its outlet's next number, which is learnt by appending; journals count from 1."""

    programme: str
    outlet: str
    journal: int
    shift: str | None
    number: int = 0


class Append(msgspec.Struct):
    """All that one batch writes."""

    recorded_at: datetime
    journals: list[JournalRow] = []
    entries: list[EntryRow] = []
    accounts: list[Account] = []
    counters: list[CounterRow] = []
    opened: list[OpenedRow] = []
    ended: list[EndedRow] = []
    receipts: list[ReceiptRow] = []


def claim_table(rows: Sequence[Claim]) -> str:
    return _table(
        [row.programme for row in rows],
        [row.principal for row in rows],
        [row.key for row in rows],
        [row.fingerprint for row in rows],
        [row.journal_id for row in rows],
    )


def wanted_balance_table(wanted: Mapping[ProgrammeBalance, bool]) -> str:
    return _table(
        [programme for programme, _ in wanted],
        [key.owner for _, key in wanted],
        [key.purse for _, key in wanted],
        [key.unit for _, key in wanted],
        ["t" if is_new else "f" for is_new in wanted.values()],
    )


def wanted_counter_table(wanted: Sequence[ProgrammeCounter]) -> str:
    return _table(
        [programme for programme, _ in wanted],
        [key.counter for _, key in wanted],
        [key.subject for _, key in wanted],
        [key.period for _, key in wanted],
    )


def wanted_open_item_table(wanted: Sequence[ProgrammeItem]) -> str:
    return _table([programme for programme, _ in wanted], [journal_id for _, journal_id in wanted])


def wanted_day_table(wanted: Sequence[tuple[str, date]]) -> str:
    return _table([time_zone for time_zone, _ in wanted], [_day(day) for _, day in wanted])


def locked_balances(row: asyncpg.Record, wanted: Iterable[ProgrammeBalance]) -> dict[ProgrammeBalance, Balance]:
    """In the order asked for; what is not there has no total."""
    columns = (row["totals"], row["versions"], row["bucket_days"], row["bucket_amounts"], row["are_closed"])
    return {
        key: Balance(total, version, _days(days), _amounts(amounts), closed is True, place=place)
        for key, total, version, days, amounts, closed, place in zip(
            wanted, *columns, row["balance_places"], strict=True
        )
        if total is not None
    }


def locked_counters(row: asyncpg.Record, wanted: Iterable[ProgrammeCounter]) -> dict[ProgrammeCounter, LockedCounter]:
    """In the order asked for."""
    found = map(LockedCounter, row["used"], row["counter_places"])
    return dict(zip(wanted, found, strict=True))


def locked_open_items(row: asyncpg.Record, wanted: Iterable[ProgrammeItem]) -> dict[ProgrammeItem, OpenItem]:
    """In the order asked for; what is not there has no kind."""
    columns = (row["kinds"], row["due_on"], row["ended_by"], row["ended_kinds"], row["ended_on"])
    return {key: OpenItem(*found) for key, *found in zip(wanted, *columns, strict=True) if found[0] is not None}


def journal_table(rows: Sequence[JournalRow]) -> str:
    return _table(
        [row.programme for row in rows],
        [row.id for row in rows],
        [row.kind for row in rows],
        [row.principal for row in rows],
        [_day(row.effective_on) for row in rows],
        ["" if row.happened_on is None else _day(row.happened_on) for row in rows],
        [str(row.entry_count) for row in rows],
        [_json(row.about) for row in rows],
        ["" if row.refusal is None else _json(row.refusal) for row in rows],
        ["" if row.trace is None else _json(row.trace) for row in rows],
        ["" if row.counts is None else _json(row.counts) for row in rows],
        ["" if row.facts is None else _json(row.facts) for row in rows],
        [row.batch or "" for row in rows],
    )


def limited_table(rows: Sequence[Account]) -> str:
    return _table(
        [row.balance.place for row in rows],
        [f"{{{','.join(map(_day, row.balance.days))}}}" for row in rows],
        [f"{{{','.join(map(str, row.balance.amounts))}}}" for row in rows],
    )


def unlimited_table(rows: Sequence[Account]) -> str:
    return _table(
        [row.programme for row in rows],
        [row.key.owner for row in rows],
        [row.key.purse for row in rows],
        [row.key.unit for row in rows],
    )


def entry_table(rows: Sequence[EntryRow]) -> str:
    return _table(
        [str(row.account.number) for row in rows],
        [str(row.journal) for row in rows],
        [_day(row.expires_on) for row in rows],
        [str(row.amount) for row in rows],
    )


def counter_table(rows: Sequence[CounterRow]) -> str:
    return _table([row.place for row in rows], [str(row.used) for row in rows])


def opened_table(rows: Sequence[OpenedRow]) -> str:
    return _table(
        [row.programme for row in rows],
        [row.journal_id for row in rows],
        [row.kind for row in rows],
        [_day(row.due_on) for row in rows],
    )


def ended_table(rows: Sequence[EndedRow]) -> str:
    return _table(
        [row.programme for row in rows],
        [row.journal_id for row in rows],
        [row.ended_by for row in rows],
        [row.ended_kind for row in rows],
        [_day(row.ended_on) for row in rows],
    )


def series_table(series: Sequence[tuple[str, str]]) -> str:
    return _table([programme for programme, _ in series], [outlet for _, outlet in series])


def receipt_table(rows: Sequence[ReceiptRow], series: Sequence[tuple[str, str]]) -> str:
    """Each names its series by its place."""
    places = {key: str(place) for place, key in enumerate(series, start=1)}
    return _table(
        [places[row.programme, row.outlet] for row in rows],
        [str(row.journal) for row in rows],
        [row.shift or "" for row in rows],
    )


def joined(values: Iterable[str]) -> str:
    """One column."""
    return VALUE_END.join(values)


def _table(*columns: Sequence[str]) -> str:
    """Refuses a value that holds a mark, which would shift all that comes after it."""
    if not columns[0]:
        return ""
    table = COLUMN_END.join(map(joined, columns))
    marks = table.count(VALUE_END) + table.count(COLUMN_END)
    if marks != len(columns) * len(columns[0]) - 1:
        raise ValueError("a value holds a control character")
    return table


_encoder = msgspec.json.Encoder()


def _json(value: object) -> str:
    return _encoder.encode(value).decode()


@lru_cache(maxsize=4096)
def _day(day: date) -> str:
    return day.isoformat()


@lru_cache(maxsize=4096)
def _day_of(text: str) -> date:
    return date.fromisoformat(text)


def _days(array: str) -> list[date]:
    """Of PostgreSQL's `{2027-11-30,2027-12-31}`."""
    return [_day_of(text) for text in array[1:-1].split(",")] if len(array) > 2 else []


def _amounts(array: str) -> list[int]:
    return [int(text) for text in array[1:-1].split(",")] if len(array) > 2 else []
