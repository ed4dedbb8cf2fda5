"""What the commands of a batch decide, each on the state that the ones before it left, ready to be appended."""

from collections.abc import Sequence

import msgspec

from ledger.core.account import BUCKETED, BalanceKey, has_floor
from ledger.core.balance import BALANCE_MAX
from ledger.core.book import Book, Decision, Needs
from ledger.core.command import Request
from ledger.core.counter import CounterKey
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import About, Entry, Outcome, RefusalNote, is_balanced
from ledger.core.verbs import VERBS
from ledger.db import journal


class Task(msgspec.Struct):
    """One request on its way through the five beats."""

    request: Request
    fingerprint: str
    journal_id: str
    needs: Needs
    same_as: "Task | None" = None
    is_other: bool = False
    decision: Decision | None = None
    refusal: RefusalNote | None = None
    outcome: Outcome | None = None
    posted: list[journal.EntryRow] = []


def decide(request: Request, book: Book) -> Decision:
    """Pure: the verb's own file says yes or raises `Refused`."""
    book.principal = request.principal
    return VERBS[type(request.command)].decide(request.command, book)


class Batch:
    """Gathers what the commands of a batch decided, each on the state that the ones before it left."""

    def __init__(self, books: dict[str, Book]) -> None:
        self.books = books
        self.rows = journal.Append([], [], [], [], [], [], [], [])
        self._slots: dict[tuple[str, BalanceKey], list[int]] = {}  # slot, delta, entries
        self._counted: dict[tuple[str, CounterKey], None] = {}
        self._open: list[tuple[Task, int, journal.EntryRow]] = []

    def decide(self, task: Task) -> None:
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

    def _apply(self, task: Task, decision: Decision, book: Book) -> None:
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
            book.used[key] = max(0, book.used.get(key, 0) + number)
            self._counted[task.request.programme, key] = None
        self._open_and_end(task, decision, book)

    def _open_and_end(self, task: Task, decision: Decision, book: Book) -> None:
        programme = task.request.programme
        if decision.opens is not None:
            book.open_items[task.journal_id] = decision.opens
            row = journal.OpenedRow(programme, task.journal_id, decision.opens.kind, decision.opens.due_on)
            self.rows.opened.append(row)
        if decision.ends is not None:
            item = book.open_items[decision.ends]
            ended = msgspec.structs.replace(
                item, ended_by=task.journal_id, ended_kind=decision.kind, ended_on=book.today
            )
            book.open_items[decision.ends] = ended
            self.rows.ended.append(
                journal.EndedRow(programme, decision.ends, task.journal_id, decision.kind, book.today)
            )

    def _change_limited(self, task: Task, line: int, entry: Entry, book: Book) -> journal.EntryRow:
        balance = book.balances[BalanceKey(entry.owner, entry.purse, entry.unit)]
        balance.change(entry.amount, entry.expires_on, has_buckets=entry.purse in BUCKETED)
        assert balance.total >= 0 or entry.purse == "debt", "a verb let a purse fall below its floor"
        return _entry_row(task, line, entry, balance.version, balance.total, 0)

    def _change_open(self, task: Task, line: int, entry: Entry) -> journal.EntryRow:
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


def _entry_row(task: Task, line: int, entry: Entry, version: int, after: int, slot: int) -> journal.EntryRow:
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


def _posted_row(task: Task, decision: Decision, book: Book) -> journal.JournalRow:
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


def _refused_row(task: Task, book: Book) -> journal.JournalRow:
    return journal.JournalRow(
        programme=task.request.programme,
        id=task.journal_id,
        kind=str(type(task.request.command).__struct_config__.tag),
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
