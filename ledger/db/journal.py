"""Lock, replay, append: the only writer of entries and balances."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import asyncpg
import msgspec

from ledger.core.activity import Facts
from ledger.core.book import Source
from ledger.core.counter import CounterKey
from ledger.core.trace import Trace
from ledger.core.transaction import About, Outcome, PostedEntry, Receipt, RefusalNote
from ledger.db.statements import load_statements

_SQL = load_statements("journal")


class Claim(msgspec.Struct, frozen=True):
    """An idempotency key asked for, with the transaction id it will stand for if it is new."""

    programme: str
    principal: str
    key: str
    fingerprint: str
    journal_id: str


class WantedBalance(msgspec.Struct, frozen=True):
    """A balance row to lock; `is_new` makes the row if its account is open and the row is missing."""

    programme: str
    owner: str
    purse: str
    unit: str
    is_new: bool


class WantedCounter(msgspec.Struct, frozen=True):
    """A counter row to make if missing, and lock."""

    programme: str
    counter: str
    subject: str
    period: str


class WantedOpenItem(msgspec.Struct, frozen=True):
    """A hold or an award under notice to lock."""

    programme: str
    journal_id: str


class WantedDay(msgspec.Struct, frozen=True):
    """The business day for which counters of spending limits are asked."""

    time_zone: str
    day: date


class LockedClaim(msgspec.Struct, frozen=True, array_like=True):
    """A key that an earlier request holds."""

    programme: str
    principal: str
    key: str
    fingerprint: str
    journal_id: str


class LockedBalance(msgspec.Struct, frozen=True, array_like=True):
    """A balance as read under its lock."""

    programme: str
    owner: str
    purse: str
    unit: str
    total: int
    account_version: int
    bucket_days: list[date]
    bucket_amounts: list[int]
    is_closed: bool


class LockedCounter(msgspec.Struct, frozen=True, array_like=True):
    """A counter as read under its lock."""

    programme: str
    counter: str
    subject: str
    period: str
    used: int


class LockedOpenItem(msgspec.Struct, frozen=True, array_like=True):
    """A hold or an award under notice as read under its lock."""

    programme: str
    journal_id: str
    kind: str
    due_on: date
    ended_by: str | None
    ended_kind: str | None
    ended_on: date | None


class LockedPeriod(msgspec.Struct, frozen=True, array_like=True):
    """The last day of a programme's closed books."""

    programme: str
    closed_through: date


class Locked(msgspec.Struct, frozen=True):
    """What the lock call answers: the facts, or why nothing was locked.

    `stale` names programmes whose publications moved on; it is empty when only the business day was another.
    """

    stale: list[str] | None = None
    now: datetime | None = None
    claims: list[LockedClaim] | None = None
    balances: list[LockedBalance] | None = None
    counters: list[LockedCounter] | None = None
    open_items: list[LockedOpenItem] | None = None
    closed: list[LockedPeriod] | None = None


class JournalRow(msgspec.Struct, frozen=True):
    """One journal line as appended; field names are column names."""

    programme: str
    id: str
    kind: str
    principal: str
    recorded_at: datetime
    effective_on: date
    happened_on: date | None
    entry_count: int
    about: About
    refusal: RefusalNote | None
    trace: object | None
    counts: list[tuple[str, str, str, int]] | None
    facts: Facts | None
    batch: str | None


class EntryRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry as appended. With a `slot`, version and balance count from where that open account stands."""

    programme: str
    owner: str
    purse: str
    unit: str
    account_version: int
    journal_id: str
    line: int
    expires_on: date
    amount: int
    balance_after: int
    slot: int = 0


class BalanceRow(msgspec.Struct, frozen=True):
    """A locked balance as it stands after the batch."""

    programme: str
    owner: str
    purse: str
    unit: str
    total: int
    account_version: int
    bucket_days: list[date]
    bucket_amounts: list[int]


class OpenDelta(msgspec.Struct, frozen=True):
    """The batch's sum for an account without a floor; slots count from 1."""

    slot: int
    programme: str
    owner: str
    purse: str
    unit: str
    delta: int
    entries: int


class CounterRow(msgspec.Struct, frozen=True):
    """A counter as it stands after the batch."""

    programme: str
    counter: str
    subject: str
    period: str
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


class Append(msgspec.Struct):
    """All that one batch writes."""

    journals: list[JournalRow]
    entries: list[EntryRow]
    balances: list[BalanceRow]
    open_deltas: list[OpenDelta]
    open_entries: list[EntryRow]
    counters: list[CounterRow]
    opened: list[OpenedRow]
    ended: list[EndedRow]


_locked_decoder = msgspec.json.Decoder(Locked)
_about_decoder = msgspec.json.Decoder(About)
_trace_decoder = msgspec.json.Decoder(Trace)
_refusal_decoder = msgspec.json.Decoder(RefusalNote)
_counts_decoder = msgspec.json.Decoder(list[tuple[str, str, str, int]])


async def lock(
    connection: asyncpg.Connection,
    revisions: dict[str, int],
    claims: Sequence[Claim],
    balances: Iterable[WantedBalance],
    counters: Iterable[WantedCounter],
    open_items: Iterable[WantedOpenItem],
    days: Iterable[WantedDay],
) -> Locked:
    """Claims keys, locks counters and balances in key order, then reads the facts; all of the caller's transaction."""
    answer = await connection.fetchval(
        _SQL["lock_needs"],
        list(revisions),
        list(revisions.values()),
        _json(claims),
        _json(balances),
        _json(counters),
        _json(open_items),
        _json(days),
    )
    return _locked_decoder.decode(answer)


async def append(connection: asyncpg.Connection, rows: Append) -> tuple[list[int], list[int]]:
    """Writes a batch in one statement; answers total and version of each open account as they stood before."""
    answer = await connection.fetchval(
        _SQL["append_decided"],
        _json(rows.journals),
        _json(rows.entries),
        _json(rows.balances),
        _json(rows.open_deltas),
        _json(rows.open_entries),
        _json(rows.counters),
        _json(rows.opened),
        _json(rows.ended),
    )
    totals, versions = msgspec.json.decode(answer)
    return totals or [], versions or []


async def load_outcomes(connection: asyncpg.Connection, programme: str, ids: Sequence[str]) -> dict[str, Outcome]:
    """Outcomes as they were first answered, rebuilt from the journal: the same fields in the same order."""
    entries = await _load_entries(connection, programme, ids)
    outcomes = {}
    for row in await connection.fetch(_SQL["load_journal"], programme, list(ids)):
        refusal = None if row["refusal"] is None else _refusal_decoder.decode(row["refusal"])
        receipt = None if refusal is not None else receipt_of(programme, row, entries[row["id"]])
        outcomes[row["id"]] = Outcome(row["id"], receipt, refusal, is_replayed=True)
    for head in [outcome for outcome in outcomes.values() if outcome.receipt and outcome.receipt.about.members]:
        outcomes[head.transaction or ""] = await _with_members(connection, programme, head)
    return outcomes


async def _with_members(connection: asyncpg.Connection, programme: str, head: Outcome) -> Outcome:
    """A group's outcome: the first receipt names the members, which are loaded with it."""
    assert head.receipt is not None, "only what was posted has members"
    ids = head.receipt.about.members
    entries = await _load_entries(connection, programme, ids)
    rows = {row["id"]: row for row in await connection.fetch(_SQL["load_journal"], programme, list(ids))}
    members = tuple(receipt_of(programme, rows[member], entries[member]) for member in ids)
    return msgspec.structs.replace(head, members=members)


def receipt_of(programme: str, row: asyncpg.Record, entries: Sequence[PostedEntry]) -> Receipt:
    """A receipt from a journal row and its entries."""
    return Receipt(
        transaction=row["id"],
        programme=programme,
        kind=row["kind"],
        recorded_at=row["recorded_at"],
        effective_on=row["effective_on"],
        happened_on=row["happened_on"],
        about=_about_decoder.decode(row["about"]),
        entries=tuple(entries),
    )


async def load_sources(connection: asyncpg.Connection, programme: str, ids: Sequence[str]) -> dict[str, Source]:
    """Transactions that commands refer to; unknown ids are simply absent."""
    entries = await _load_entries(connection, programme, ids)
    sources = {}
    for row in await connection.fetch(_SQL["load_journal"], programme, list(ids)):
        counts = () if row["counts"] is None else _counts_decoder.decode(row["counts"])
        sources[row["id"]] = Source(
            transaction=row["id"],
            kind=row["kind"],
            is_refused=row["refusal"] is not None,
            effective_on=row["effective_on"],
            about=_about_decoder.decode(row["about"]),
            entries=tuple(entries[row["id"]]),
            counts=tuple((CounterKey(counter, subject, period), used) for counter, subject, period, used in counts),
        )
    return sources


async def find_trace(connection: asyncpg.Connection, programme: str, id: str) -> tuple[About, Trace] | None:
    """What an award is about and the steps by which it came about; None for anything without such steps."""
    row = await connection.fetchrow(_SQL["find_trace"], programme, id)
    if row is None or row["trace"] is None:
        return None
    return _about_decoder.decode(row["about"]), _trace_decoder.decode(row["trace"])


async def is_claimed(connection: asyncpg.Connection, programme: str, principal: str, key: str) -> bool:
    """Whether a command has come under this key before, so that asking again will replay its outcome."""
    return bool(await connection.fetchval(_SQL["is_claimed"], programme, principal, key))


async def claimed_keys(connection: asyncpg.Connection, programme: str, principal: str, keys: Sequence[str]) -> set[str]:
    """Those of the keys under which a command has come before."""
    rows = await connection.fetch(_SQL["claimed_keys"], programme, principal, list(keys))
    return {row["key"] for row in rows}


async def find_claim(connection: asyncpg.Connection, programme: str, principal: str, key: str) -> str | None:
    """The transaction id that a key stands for; None for a key that nobody has used."""
    transaction: str | None = await connection.fetchval(_SQL["find_claim"], programme, principal, key)
    return transaction


async def show_programmes(connection: asyncpg.Connection, programmes: Iterable[str]) -> None:
    """The one place that opens tenants to the rest of the current database transaction."""
    await connection.execute(_SQL["show_programmes"], ",".join(programmes))


async def _load_entries(
    connection: asyncpg.Connection, programme: str, ids: Sequence[str]
) -> dict[str, list[PostedEntry]]:
    entries: dict[str, list[PostedEntry]] = {journal_id: [] for journal_id in ids}
    for row in await connection.fetch(_SQL["load_entries"], programme, list(ids)):
        entries[row["journal_id"]].append(
            PostedEntry(
                row["owner"],
                row["purse"],
                row["unit"],
                row["amount"],
                row["expires_on"],
                row["account_version"],
                row["balance_after"],
            )
        )
    return entries


def _json(rows: Iterable[msgspec.Struct]) -> str:
    return msgspec.json.encode(rows if isinstance(rows, list) else list(rows)).decode()
