"""What the commands of a batch decide, each on the state that the ones before it left, ready to be appended."""

import copy
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import msgspec

from ledger.core.account import BUCKETED, BalanceKey, has_floor
from ledger.core.balance import BALANCE_MAX, Balance
from ledger.core.book import Book, Decision, Needs
from ledger.core.command import Command, Request
from ledger.core.counter import CounterKey
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import About, Entry, OpenItem, Outcome, RefusalNote, is_balanced
from ledger.core.verbs import VERBS
from ledger.db import journal


class Part(msgspec.Struct):
    """One command of a task with its own transaction id; a group has several, all else has one."""

    command: Command
    journal_id: str
    decision: Decision | None = None
    posted: list[journal.EntryRow] = []


class Task(msgspec.Struct):
    """One request on its way through the five beats."""

    request: Request
    fingerprint: str
    journal_id: str
    needs: Needs
    parts: list[Part]
    same_as: "Task | None" = None
    is_other: bool = False
    refusal: RefusalNote | None = None
    outcome: Outcome | None = None


class _Mark(msgspec.Struct, frozen=True):
    """How everything stood before a group, for the case that one of its items is refused."""

    balances: dict[BalanceKey, Balance]
    used: dict[CounterKey, int]
    open_items: dict[str, OpenItem]
    slots: dict[tuple[str, BalanceKey], list[int]]
    counted: dict[tuple[str, CounterKey], None]
    lengths: tuple[int, ...]


def decide(command: Command, principal: str, book: Book) -> Decision:
    """Pure: the verb's own file says yes or raises `Refused`."""
    book.principal = principal
    decision = VERBS[type(command)].decide(command, book)
    _refuse_overflow(decision, book)
    is_empty = not decision.entries and decision.may_move_nothing
    assert is_empty or is_balanced(decision.entries), "a verb decided entries that do not add to zero"
    return decision


class Batch:
    """Gathers what the commands of a batch decided, each on the state that the ones before it left."""

    def __init__(self, books: dict[str, Book]) -> None:
        self.books = books
        self.rows = journal.Append([], [], [], [], [], [], [], [])
        self._slots: dict[tuple[str, BalanceKey], list[int]] = {}  # slot, delta, entries
        self._counted: dict[tuple[str, CounterKey], None] = {}
        self._open: list[tuple[Part, int, journal.EntryRow]] = []

    def decide(self, task: Task) -> None:
        """All parts or none: the first refusal undoes the parts before it and is journalled once."""
        book = self.books[task.request.programme]
        mark = self._mark(task, book) if len(task.parts) > 1 else None
        for place, part in enumerate(task.parts):
            try:
                part.decision = decide(part.command, task.request.principal, book)
            except Refused as refused:
                numbers = refused.numbers if mark is None else {**refused.numbers, "item": place}
                task.refusal = RefusalNote(refused.reason, numbers)
                self._return_to(mark, book)
                self.rows.journals.append(_refused_row(task, book))
                return
            self._apply(task, part, part.decision, book)
            self.rows.journals.append(_posted_row(task, part, part.decision, book))

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
        for part, line, row in self._open:
            part.posted[line] = msgspec.structs.replace(
                row,
                account_version=versions[row.slot - 1] + row.account_version,
                balance_after=totals[row.slot - 1] + row.balance_after,
            )

    def _apply(self, task: Task, part: Part, decision: Decision, book: Book) -> None:
        part.posted = []
        for line, entry in enumerate(decision.entries):
            if has_floor(entry.owner, entry.purse):
                row = self._change_limited(task, part, line, entry, book)
                self.rows.entries.append(row)
            else:
                row = self._change_open(task, part, line, entry)
                self.rows.open_entries.append(row)
                self._open.append((part, line, row))
            part.posted.append(row)
        for key, number in decision.counts:
            book.used[key] = max(0, book.used.get(key, 0) + number)
            self._counted[task.request.programme, key] = None
        self._open_and_end(task.request.programme, part, decision, book)

    def _open_and_end(self, programme: str, part: Part, decision: Decision, book: Book) -> None:
        if decision.opens is not None:
            book.open_items[part.journal_id] = decision.opens
            row = journal.OpenedRow(programme, part.journal_id, decision.opens.kind, decision.opens.due_on)
            self.rows.opened.append(row)
        if decision.ends is not None:
            item = book.open_items[decision.ends]
            ended = msgspec.structs.replace(
                item, ended_by=part.journal_id, ended_kind=decision.kind, ended_on=book.today
            )
            book.open_items[decision.ends] = ended
            self.rows.ended.append(
                journal.EndedRow(programme, decision.ends, part.journal_id, decision.kind, book.today)
            )

    def _mark(self, task: Task, book: Book) -> _Mark:
        """A group touches only what it asked for, so only that is copied."""
        keys = (*task.needs.balances, *task.needs.companions)
        return _Mark(
            balances={key: copy.deepcopy(book.balances[key]) for key in keys if key in book.balances},
            used={key: book.used[key] for key in task.needs.counters if key in book.used},
            open_items=dict(book.open_items),
            slots={key: list(state) for key, state in self._slots.items()},
            counted=dict(self._counted),
            lengths=tuple(len(rows) for rows in self._lists()),
        )

    def _return_to(self, mark: _Mark | None, book: Book) -> None:
        if mark is None:
            return
        book.balances.update(mark.balances)
        book.used.update(mark.used)
        book.open_items = mark.open_items
        self._slots = mark.slots
        self._counted = mark.counted
        for rows, length in zip(self._lists(), mark.lengths, strict=True):
            del rows[length:]

    def _lists(self) -> tuple[list[Any], ...]:
        rows = self.rows
        return (rows.journals, rows.entries, rows.open_entries, rows.opened, rows.ended, self._open)

    def _change_limited(self, task: Task, part: Part, line: int, entry: Entry, book: Book) -> journal.EntryRow:
        balance = book.balances[BalanceKey(entry.owner, entry.purse, entry.unit)]
        balance.change(entry.amount, entry.expires_on, has_buckets=entry.purse in BUCKETED)
        assert balance.total >= 0 or entry.purse == "debt", "a verb let a purse fall below its floor"
        return _entry_row(task, part, line, entry, balance.version, balance.total, 0)

    def _change_open(self, task: Task, part: Part, line: int, entry: Entry) -> journal.EntryRow:
        key = (task.request.programme, BalanceKey(entry.owner, entry.purse, entry.unit))
        state = self._slots.setdefault(key, [len(self._slots) + 1, 0, 0])
        state[1] += entry.amount
        state[2] += 1
        return _entry_row(task, part, line, entry, state[2], state[1], state[0])


def _refuse_overflow(decision: Decision, book: Book) -> None:
    for entry in decision.entries:
        balance = book.balances.get(BalanceKey(entry.owner, entry.purse, entry.unit))
        if balance is not None and balance.total + entry.amount > BALANCE_MAX:
            raise Refused(Reason.AMOUNT_TOO_LARGE, required=balance.total + entry.amount, limit=BALANCE_MAX)


def _entry_row(
    task: Task, part: Part, line: int, entry: Entry, version: int, after: int, slot: int
) -> journal.EntryRow:
    return journal.EntryRow(
        task.request.programme,
        entry.owner,
        entry.purse,
        entry.unit,
        version,
        part.journal_id,
        line,
        entry.expires_on,
        entry.amount,
        after,
        slot,
    )


def effective_day(request: Request, book: Book) -> date:
    """The business day of the books: today, or the asked day if its period is open, else the first open day."""
    wanted = book.today if request.effective_on is None else min(request.effective_on, book.today)
    return wanted if book.closed_through is None else max(wanted, book.closed_through + timedelta(days=1))


def happened_day(request: Request, decision: Decision) -> date | None:
    """The day of the fact itself, kept whatever day the books take."""
    return decision.happened_on or request.effective_on


def _posted_row(task: Task, part: Part, decision: Decision, book: Book) -> journal.JournalRow:
    return journal.JournalRow(
        programme=task.request.programme,
        id=part.journal_id,
        kind=decision.kind,
        principal=task.request.principal,
        recorded_at=book.now,
        effective_on=effective_day(task.request, book),
        happened_on=happened_day(task.request, decision),
        entry_count=len(decision.entries),
        about=about_of(task, part, decision),
        refusal=None,
        trace=decision.trace,
        counts=[(key.counter, key.subject, key.period, number) for key, number in decision.counts] or None,
        facts=decision.facts,
        batch=task.request.batch,
    )


def about_of(task: Task, part: Part, decision: Decision) -> About:
    """The first of a group names its members, so that the group's one key leads to all of them."""
    if len(task.parts) > 1 and part is task.parts[0]:
        return msgspec.structs.replace(decision.about, members=tuple(part.journal_id for part in task.parts))
    return decision.about


def _refused_row(task: Task, book: Book) -> journal.JournalRow:
    return journal.JournalRow(
        programme=task.request.programme,
        id=task.journal_id,
        kind=str(type(task.request.command).__struct_config__.tag),
        principal=task.request.principal,
        recorded_at=book.now,
        effective_on=effective_day(task.request, book),
        happened_on=task.request.effective_on,
        entry_count=0,
        about=About(),
        refusal=task.refusal,
        trace=None,
        counts=None,
        facts=None,
        batch=task.request.batch,
    )
