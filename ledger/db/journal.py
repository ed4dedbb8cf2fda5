"""Lock, replay, append: the only writer of entries and balances."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import asyncpg
import msgspec

from ledger.core.book import Source, Till
from ledger.core.counter import CounterKey
from ledger.core.trace import Trace
from ledger.core.transaction import About, Outcome, PostedEntry, Receipt, RefusalNote
from ledger.db.journal_row import (
    Append,
    Claim,
    Locked,
    ProgrammeBalance,
    ProgrammeCounter,
    ProgrammeItem,
    claim_table,
    counter_table,
    ended_table,
    entry_table,
    joined,
    journal_table,
    limited_table,
    locked_balances,
    locked_counters,
    locked_open_items,
    opened_table,
    receipt_table,
    series_table,
    unlimited_table,
    wanted_balance_table,
    wanted_counter_table,
    wanted_day_table,
    wanted_open_item_table,
)
from ledger.db.statements import load_statements

_SQL = load_statements("journal")


_about_decoder = msgspec.json.Decoder(About)
_trace_decoder = msgspec.json.Decoder(Trace)
_refusal_decoder = msgspec.json.Decoder(RefusalNote)
_counts_decoder = msgspec.json.Decoder(list[tuple[str, str, str, int]])


async def lock(
    connection: asyncpg.Connection,
    revisions: dict[str, int],
    claims: Sequence[Claim],
    balances: Mapping[ProgrammeBalance, bool],
    counters: Sequence[ProgrammeCounter],
    open_items: Sequence[ProgrammeItem],
    days: Sequence[tuple[str, date]],
) -> Locked:
    """Claims keys, locks counters and balances in the order given, then reads; all of the caller's transaction.

    A missing counter is made, a missing balance too if it is marked and its account is open.
    """
    row = await connection.fetchrow(
        _SQL["lock_needs"],
        joined(revisions),
        joined(map(str, revisions.values())),
        claim_table(claims),
        wanted_balance_table(balances),
        wanted_counter_table(counters),
        wanted_open_item_table(open_items),
        wanted_day_table(days),
    )
    assert row is not None, "a function with one result answers one row"
    if row["stale"] is not None:
        return Locked(stale=row["stale"], now=row["now"])
    closed = zip(revisions, row["closed_through"], strict=True)
    return Locked(
        now=row["now"],
        closed_through={programme: day for programme, day in closed if day is not None},
        claims=_held_claims(row, claims) if row["held_numbers"] else [],
        balances=locked_balances(row, balances) if balances else {},
        counters=locked_counters(row, counters) if counters else {},
        open_items=locked_open_items(row, open_items) if open_items else {},
    )


def _held_claims(row: asyncpg.Record, claims: Sequence[Claim]) -> list[Claim]:
    held = zip(row["held_numbers"], row["held_fingerprints"], row["held_journals"], strict=True)
    return [
        msgspec.structs.replace(claims[number - 1], fingerprint=fingerprint, journal_id=journal_id)
        for number, fingerprint, journal_id in held
    ]


async def lock_terminals(
    connection: asyncpg.Connection, wanted: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], Till]:
    """Shared with all who post; those that are registered, as they stand. Sent in the order of programme and id."""
    row = await connection.fetchrow(
        _SQL["lock_terminals"], [programme for programme, _ in wanted], [terminal for _, terminal in wanted]
    )
    assert row is not None, "a function with one result answers one row"
    found = zip(wanted, row["outlets"], row["states"], row["shifts"], strict=True)
    return {key: Till(outlet, state == "blocked", shift) for key, outlet, state, shift in found if outlet is not None}


async def append(connection: asyncpg.Connection, rows: Append) -> None:
    """Writes a batch in one call, tells each account what stood before and each receipt its number."""
    limited = [account for account in rows.accounts if account.is_limited]
    # Everybody locks purses without a floor in this order.
    unlimited = sorted(
        (account for account in rows.accounts if not account.is_limited), key=lambda row: (row.programme, row.key)
    )
    accounts = limited + unlimited
    series = sorted({(receipt.programme, receipt.outlet) for receipt in rows.receipts})
    for number, account in enumerate(accounts, start=1):
        account.number = number
    row = await connection.fetchrow(
        _SQL["append_decided"],
        rows.recorded_at,
        journal_table(rows.journals),
        limited_table(limited),
        unlimited_table(unlimited),
        entry_table(rows.entries),
        counter_table(rows.counters),
        opened_table(rows.opened),
        ended_table(rows.ended),
        series_table(series),
        receipt_table(rows.receipts, series),
    )
    assert row is not None, "a function with one result answers one row"
    for receipt, receipt_number in zip(rows.receipts, row["numbers"] or (), strict=True):
        receipt.number = receipt_number
    if not accounts:
        return
    for account, total, version in zip(accounts, row["totals"], row["versions"], strict=True):
        account.total_before = total
        account.version_before = version


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


class Claimed(msgspec.Struct, frozen=True):
    """What a key stands for, and the fingerprint of the request that claimed it."""

    journal_id: str
    fingerprint: str


async def find_claimed(connection: asyncpg.Connection, programme: str, principal: str, key: str) -> Claimed | None:
    """The same with the request's fingerprint."""
    row = await connection.fetchrow(_SQL["find_claim"], programme, principal, key)
    return None if row is None else Claimed(*row.values())


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
