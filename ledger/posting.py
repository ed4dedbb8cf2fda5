"""The one way anything of value moves: claim keys, lock, decide in order, append."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg
import msgspec

from ledger.core import award, receive, redeem, reverse
from ledger.core.account import BUCKETED, BalanceKey, has_floor
from ledger.core.balance import BALANCE_MAX, Balance
from ledger.core.book import Book, Decision, Needs, Source
from ledger.core.command import Award, Receive, Redeem, Request, Reverse
from ledger.core.counter import CounterKey
from ledger.core.period import business_day
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.core.transaction import (
    About,
    Entry,
    Outcome,
    PostedEntry,
    Receipt,
    RefusalNote,
    fingerprint,
    is_balanced,
)
from ledger.db import journal
from ledger.db.identity import new_id
from ledger.db.schemes import SchemeShelf

_LOCK_TRIES = 3


class _Task(msgspec.Struct):
    """One request on its way through the five beats."""

    request: Request
    fingerprint: str
    journal_id: str
    needs: Needs
    same_as: "_Task | None" = None
    decision: Decision | None = None
    refusal: RefusalNote | None = None
    outcome: Outcome | None = None
    posted: list[journal.EntryRow] = []


async def post(connection: asyncpg.Connection, requests: Sequence[Request], shelf: SchemeShelf) -> list[Outcome]:
    """Outcomes in the order of the requests, inside the caller's database transaction.

    Nothing is acknowledged before the caller commits. A refusal is an outcome, claims its key and harms no neighbour.
    """
    tasks = _tasks(requests)
    sources = await _load_sources(connection, tasks)
    schemes, locked = await _lock(connection, tasks, sources, shelf)
    await _replay(connection, tasks, locked)
    books = _open_books(tasks, schemes, locked, sources)
    batch = _Batch(books)
    for task in tasks:
        if task.outcome is None and task.same_as is None:
            batch.decide(task)
    if batch.rows.journals:
        totals, versions = await journal.append(connection, batch.close())
        batch.number_open_entries(totals, versions)
    return [_outcome(task, books) for task in tasks]


def needs_of(request: Request, scheme: Scheme, sources: Mapping[str, Source]) -> Needs:
    """What must be locked; a command that is refused before any state needs nothing."""
    try:
        match request.command:
            case Award() as command:
                return award.needs(command, scheme)
            case Redeem() as command:
                return redeem.needs(command, scheme)
            case Receive() as command:
                return receive.needs(command, scheme)
            case Reverse() as command:
                return reverse.needs(command, sources.get(command.transaction))
    except Refused:
        return Needs()


def decide(request: Request, book: Book) -> Decision:
    """Pure: the verb's own file says yes or raises `Refused`."""
    match request.command:
        case Award() as command:
            return award.decide(command, book)
        case Redeem() as command:
            return redeem.decide(command, book)
        case Receive() as command:
            return receive.decide(command, book)
        case Reverse() as command:
            return reverse.decide(command, book)


def _tasks(requests: Sequence[Request]) -> list[_Task]:
    """A key twice in one batch is one task; the later request answers as the first does."""
    first: dict[tuple[str, str, str], _Task] = {}
    tasks = []
    for request in requests:
        task = _Task(request, fingerprint(request.programme, request.command), new_id("txn"), Needs())
        earlier = first.setdefault((request.programme, request.principal, request.key), task)
        if earlier is not task:
            task.same_as = earlier
        tasks.append(task)
    return tasks


async def _load_sources(connection: asyncpg.Connection, tasks: Sequence[_Task]) -> dict[str, dict[str, Source]]:
    """Transactions to be reversed never change, so they may be read before the lock."""
    wanted: dict[str, list[str]] = {}
    for task in tasks:
        if isinstance(task.request.command, Reverse):
            wanted.setdefault(task.request.programme, []).append(task.request.command.transaction)
    if wanted:
        await journal.show_programmes(connection, wanted)
    return {programme: await journal.load_sources(connection, programme, ids) for programme, ids in wanted.items()}


async def _lock(
    connection: asyncpg.Connection,
    tasks: Sequence[_Task],
    sources: Mapping[str, Mapping[str, Source]],
    shelf: SchemeShelf,
) -> tuple[dict[str, Scheme], journal.Locked]:
    """A programme that published something since we last looked is loaded anew; nothing is locked until all agree."""
    programmes = sorted({task.request.programme for task in tasks})
    for _ in range(_LOCK_TRIES):
        schemes = {programme: await shelf.scheme(connection, programme) for programme in programmes}
        for task in tasks:
            programme = task.request.programme
            task.needs = needs_of(task.request, schemes[programme], sources.get(programme, {}))
        locked = await journal.lock(
            connection,
            {programme: schemes[programme].revision for programme in programmes},
            [_claim(task) for task in tasks if task.same_as is None],
            _wanted_balances(tasks),
            _wanted_counters(tasks),
        )
        if not locked.stale:
            return schemes, locked
        for programme in locked.stale:
            shelf.forget(programme)
    raise RuntimeError("publications change faster than they can be read")


def _claim(task: _Task) -> journal.Claim:
    request = task.request
    return journal.Claim(request.programme, request.principal, request.key, task.fingerprint, task.journal_id)


def _wanted_balances(tasks: Sequence[_Task]) -> list[journal.WantedBalance]:
    wanted: dict[tuple[str, BalanceKey], bool] = {}
    for task in tasks:
        for key in task.needs.companions:
            wanted.setdefault((task.request.programme, key), False)
        for key in task.needs.balances:
            wanted[task.request.programme, key] = True
    return [journal.WantedBalance(programme, *key, is_new) for (programme, key), is_new in sorted(wanted.items())]


def _wanted_counters(tasks: Sequence[_Task]) -> list[journal.WantedCounter]:
    wanted = {(task.request.programme, key) for task in tasks for key in task.needs.counters}
    return [journal.WantedCounter(programme, key.counter, key.subject, key.period) for programme, key in sorted(wanted)]


async def _replay(connection: asyncpg.Connection, tasks: Sequence[_Task], locked: journal.Locked) -> None:
    """Keys seen before answer as they did, unless the request under the key is another one."""
    held = {(claim.programme, claim.principal, claim.key): claim for claim in locked.claims or ()}
    if not held:
        return
    seen: dict[str, list[_Task]] = {}
    for task in tasks:
        request = task.request
        claim = held.get((request.programme, request.principal, request.key))
        if claim is None:
            continue
        if claim.fingerprint != task.fingerprint:
            task.outcome = _key_reused(request)
        else:
            task.journal_id = claim.journal_id
            task.same_as = None
            seen.setdefault(request.programme, []).append(task)
    for programme, replayed in seen.items():
        outcomes = await journal.load_outcomes(connection, programme, [task.journal_id for task in replayed])
        for task in replayed:
            task.outcome = outcomes[task.journal_id]


def _key_reused(request: Request) -> Outcome:
    note = RefusalNote(Reason.IDEMPOTENCY_KEY_REUSED, {"key": request.key})
    return Outcome(None, None, note)


def _open_books(
    tasks: Sequence[_Task],
    schemes: Mapping[str, Scheme],
    locked: journal.Locked,
    sources: Mapping[str, dict[str, Source]],
) -> dict[str, Book]:
    assert locked.now is not None, "a lock that is not stale says when"
    books = {
        programme: Book(
            scheme, locked.now, business_day(locked.now, scheme.policy.time_zone), {}, {}, sources.get(programme, {})
        )
        for programme, scheme in schemes.items()
    }
    for row in locked.balances or ():
        books[row.programme].balances[BalanceKey(row.owner, row.purse, row.unit)] = Balance(
            row.total, row.account_version, row.bucket_days, row.bucket_amounts, row.is_closed
        )
    for count in locked.counters or ():
        books[count.programme].used[CounterKey(count.counter, count.subject, count.period)] = count.used
    return books


class _Batch:
    """Gathers what the commands of a batch decided, each on the state that the ones before it left."""

    def __init__(self, books: dict[str, Book]) -> None:
        self.books = books
        self.rows = journal.Append([], [], [], [], [], [])
        self._slots: dict[tuple[str, BalanceKey], list[int]] = {}  # slot, delta, entries
        self._counted: dict[tuple[str, CounterKey], None] = {}
        self._open: list[tuple[_Task, int, journal.EntryRow]] = []

    def decide(self, task: _Task) -> None:
        book = self.books[task.request.programme]
        try:
            task.decision = decision = decide(task.request, book)
            _refuse_overflow(decision, book)
        except Refused as refused:
            task.decision = None
            task.refusal = RefusalNote(refused.reason, refused.numbers)
            self.rows.journals.append(_refused_row(task, book))
            return
        assert is_balanced(decision.entries), "a verb decided entries that do not add to zero"
        self._apply(task, decision, book)
        self.rows.journals.append(_posted_row(task, decision, book))

    def close(self) -> journal.Append:
        """The final state of everything touched."""
        for programme, book in self.books.items():
            for key, balance in book.balances.items():
                if balance.is_changed:
                    self.rows.balances.append(
                        journal.BalanceRow(
                            programme, *key, balance.total, balance.version, balance.days, balance.amounts
                        )
                    )
        for (programme, key), (slot, delta, entries) in self._slots.items():
            self.rows.open_deltas.append(journal.OpenDelta(slot, programme, *key, delta, entries))
        for programme, counter in self._counted:
            used = self.books[programme].used[counter]
            row = journal.CounterRow(programme, counter.counter, counter.subject, counter.period, used)
            self.rows.counters.append(row)
        return self.rows

    def number_open_entries(self, totals: Sequence[int], versions: Sequence[int]) -> None:
        """Receipts show what the append learnt about accounts that nobody had locked."""
        for task, line, row in self._open:
            task.posted[line] = msgspec.structs.replace(
                row,
                account_version=versions[row.slot - 1] + row.account_version,
                balance_after=totals[row.slot - 1] + row.balance_after,
            )

    def _apply(self, task: _Task, decision: Decision, book: Book) -> None:
        task.posted = []
        for line, entry in enumerate(decision.entries):
            if has_floor(entry.owner, entry.purse):
                row = self._change_limited(task, line, entry, book)
                self.rows.entries.append(row)
            else:
                row = self._change_open(task, line, entry)
                self.rows.open_entries.append(row)
                self._open.append((task, line, row))
            task.posted.append(row)
        for key, number in decision.counts:
            book.used[key] = max(0, book.used[key] + number)
            self._counted[task.request.programme, key] = None

    def _change_limited(self, task: _Task, line: int, entry: Entry, book: Book) -> journal.EntryRow:
        balance = book.balances[BalanceKey(entry.owner, entry.purse, entry.unit)]
        balance.change(entry.amount, entry.expires_on, has_buckets=entry.purse in BUCKETED)
        assert balance.total >= 0 or entry.purse == "debt", "a verb let a purse fall below its floor"
        return _entry_row(task, line, entry, balance.version, balance.total, 0)

    def _change_open(self, task: _Task, line: int, entry: Entry) -> journal.EntryRow:
        key = (task.request.programme, BalanceKey(entry.owner, entry.purse, entry.unit))
        state = self._slots.setdefault(key, [len(self._slots) + 1, 0, 0])
        state[1] += entry.amount
        state[2] += 1
        return _entry_row(task, line, entry, state[2], state[1], state[0])


def _refuse_overflow(decision: Decision, book: Book) -> None:
    for entry in decision.entries:
        balance = book.balances.get(BalanceKey(entry.owner, entry.purse, entry.unit))
        if balance is not None and balance.total + entry.amount > BALANCE_MAX:
            raise Refused(Reason.AMOUNT_TOO_LARGE, required=balance.total + entry.amount, limit=BALANCE_MAX)


def _entry_row(task: _Task, line: int, entry: Entry, version: int, after: int, slot: int) -> journal.EntryRow:
    return journal.EntryRow(
        task.request.programme,
        entry.owner,
        entry.purse,
        entry.unit,
        version,
        task.journal_id,
        line,
        entry.expires_on,
        entry.amount,
        after,
        slot,
    )


def _posted_row(task: _Task, decision: Decision, book: Book) -> journal.JournalRow:
    return journal.JournalRow(
        programme=task.request.programme,
        id=task.journal_id,
        kind=decision.kind,
        principal=task.request.principal,
        recorded_at=book.now,
        effective_on=book.today,
        happened_on=decision.happened_on,
        entry_count=len(decision.entries),
        about=decision.about,
        refusal=None,
        trace=decision.trace,
        counts=[(key.counter, key.subject, key.period, number) for key, number in decision.counts] or None,
    )


def _refused_row(task: _Task, book: Book) -> journal.JournalRow:
    return journal.JournalRow(
        programme=task.request.programme,
        id=task.journal_id,
        kind=type(task.request.command).__name__.lower(),
        principal=task.request.principal,
        recorded_at=book.now,
        effective_on=book.today,
        happened_on=None,
        entry_count=0,
        about=About(),
        refusal=task.refusal,
        trace=None,
        counts=None,
    )


def _outcome(task: _Task, books: Mapping[str, Book]) -> Outcome:
    if task.outcome is not None:
        return task.outcome
    if task.same_as is not None:
        if task.same_as.fingerprint != task.fingerprint:
            return _key_reused(task.request)
        return msgspec.structs.replace(_outcome(task.same_as, books), is_replayed=True)
    book = books[task.request.programme]
    if task.decision is None:
        return Outcome(task.journal_id, None, task.refusal)
    return Outcome(task.journal_id, _receipt(task, task.decision, book.now, book), None)


def _receipt(task: _Task, decision: Decision, now: datetime, book: Book) -> Receipt:
    return Receipt(
        transaction=task.journal_id,
        programme=task.request.programme,
        kind=decision.kind,
        recorded_at=now,
        effective_on=book.today,
        happened_on=decision.happened_on,
        about=decision.about,
        entries=tuple(
            PostedEntry(
                row.owner, row.purse, row.unit, row.amount, row.expires_on, row.account_version, row.balance_after
            )
            for row in task.posted
        ),
    )
