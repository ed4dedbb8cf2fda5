"""What the commands of a batch decide, each on the state that the ones before it left, ready to be appended."""

import copy
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

import msgspec

from ledger.core.account import BUCKETED, BalanceKey, has_floor
from ledger.core.balance import AMOUNT_MAX, BALANCE_MAX, Balance
from ledger.core.book import Book, Decision, Needs
from ledger.core.command import Command, Group, LateSale, Request
from ledger.core.counter import CounterKey
from ledger.core.late_sale import about_late
from ledger.core.refusal import Reason, Refused
from ledger.core.till import at_till, is_receipted, refuse_at_till
from ledger.core.transaction import About, Entry, OpenItem, Outcome, RefusalNote, is_balanced
from ledger.core.verbs import VERBS
from ledger.db.journal_row import (
    Account,
    Append,
    CounterRow,
    EndedRow,
    EntryRow,
    JournalRow,
    Locked,
    OpenedRow,
    ProgrammeBalance,
    ProgrammeCounter,
    ReceiptRow,
)


class Part(msgspec.Struct):
    """One command of a task with its own transaction id; a group has several, all else has one."""

    command: Command
    journal_id: str
    decision: Decision | None = None
    receipt: ReceiptRow | None = None
    posted: list[EntryRow] = []


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

    balances: list[tuple[Balance, Balance]]
    used: dict[CounterKey, int]
    open_items: dict[str, OpenItem]
    accounts: dict[ProgrammeBalance, Account]
    counted: dict[ProgrammeCounter, None]
    lengths: tuple[int, ...]


def decide(command: Command, principal: str, book: Book) -> Decision:
    """Pure: the verb's own file says yes or raises `Refused`."""
    book.principal = principal
    till = book.tills.get(principal)
    if till is not None:
        refuse_at_till(command, till, principal)
    decision = VERBS[type(command)].decide(command, book)
    if till is not None:
        decision = at_till(decision, till, principal)
    if book.has_closed:
        _refuse_closed(decision, book)
    if _refuse_overflow(decision, book) > AMOUNT_MAX:
        decision = msgspec.structs.replace(decision, entries=tuple(_cut(decision.entries)))
    is_empty = not decision.entries and decision.may_move_nothing
    assert is_empty or is_balanced(decision.entries), "a verb decided entries that do not add to zero"
    return decision


class Batch:
    """Gathers what the commands of a batch decided, each on the state that the ones before it left."""

    def __init__(self, books: dict[str, Book], locked: Locked) -> None:
        assert locked.now is not None, "a lock that is not stale says when"
        self.books = books
        self.rows = Append(locked.now)
        self._locked = locked
        self._accounts: dict[ProgrammeBalance, Account] = {}
        self._counted: dict[ProgrammeCounter, None] = {}

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
            self._take_receipt(task, part, part.decision)

    def close(self) -> Append:
        """The final state of everything touched."""
        self.rows.accounts = [*self._accounts.values()]
        for programme, counter in self._counted:
            used = self.books[programme].used[counter]
            self.rows.counters.append(CounterRow(self._locked.counters[programme, counter].place, used))
        return self.rows

    def _take_receipt(self, task: Task, part: Part, decision: Decision) -> None:
        """What goes over an outlet's counter, or comes back, gets a number when it is appended."""
        if is_receipted(decision):
            about = decision.about
            part.receipt = ReceiptRow(task.request.programme, about.outlet or "", len(self.rows.journals), about.shift)
            self.rows.receipts.append(part.receipt)

    def _apply(self, task: Task, part: Part, decision: Decision, book: Book) -> None:
        part.posted = []
        journal = len(self.rows.journals) + 1
        for entry in decision.entries:
            account = self._account(task.request.programme, entry, book)
            balance = account.balance
            balance.change(entry.amount, entry.expires_on, has_buckets=entry.purse in BUCKETED)
            is_below = account.is_limited and balance.total < 0 and entry.purse != "debt"
            assert not is_below, "a verb let a purse fall below its floor"
            part.posted.append(
                EntryRow(account, journal, entry.amount, entry.expires_on, balance.version, balance.total)
            )
        self.rows.entries += part.posted
        for key, number in decision.counts:
            book.used[key] = max(0, book.used.get(key, 0) + number)
            self._counted[task.request.programme, key] = None
        self._open_and_end(task.request.programme, part, decision, book)

    def _open_and_end(self, programme: str, part: Part, decision: Decision, book: Book) -> None:
        if decision.opens is not None:
            book.open_items[part.journal_id] = decision.opens
            row = OpenedRow(programme, part.journal_id, decision.opens.kind, decision.opens.due_on)
            self.rows.opened.append(row)
        if decision.ends is not None:
            item = book.open_items[decision.ends]
            ended = msgspec.structs.replace(
                item, ended_by=part.journal_id, ended_kind=decision.kind, ended_on=book.today
            )
            book.open_items[decision.ends] = ended
            self.rows.ended.append(EndedRow(programme, decision.ends, part.journal_id, decision.kind, book.today))

    def _account(self, programme: str, entry: Entry, book: Book) -> Account:
        key = BalanceKey(entry.owner, entry.purse, entry.unit)
        account = self._accounts.get((programme, key))
        if account is None:
            is_limited = has_floor(entry.owner, entry.purse)
            balance = book.balances[key] if is_limited else Balance(0, 0, [], [])
            self._accounts[programme, key] = account = Account(programme, key, balance, is_limited)
        return account

    def _mark(self, task: Task, book: Book) -> _Mark:
        """A group touches only what it asked for and purses without a floor, so only that is copied."""
        keys = (*task.needs.balances, *task.needs.companions)
        balances = [book.balances[key] for key in keys if key in book.balances]
        balances += [account.balance for account in self._accounts.values() if not account.is_limited]
        return _Mark(
            balances=[(balance, copy.deepcopy(balance)) for balance in balances],
            used={key: book.used[key] for key in task.needs.counters if key in book.used},
            open_items=dict(book.open_items),
            accounts=dict(self._accounts),
            counted=dict(self._counted),
            lengths=tuple(len(rows) for rows in self._lists()),
        )

    def _return_to(self, mark: _Mark | None, book: Book) -> None:
        if mark is None:
            return
        for balance, before in mark.balances:
            balance.return_to(before)
        book.used.update(mark.used)
        book.open_items = mark.open_items
        self._accounts = mark.accounts
        self._counted = mark.counted
        for rows, length in zip(self._lists(), mark.lengths, strict=True):
            del rows[length:]

    def _lists(self) -> tuple[list[Any], ...]:
        rows = self.rows
        return (rows.journals, rows.entries, rows.opened, rows.ended, rows.receipts)


def _refuse_closed(decision: Decision, book: Book) -> None:
    """An account is closed when it is empty and stays so, whatever verb would move it, also one that ends or undoes."""
    for entry in decision.entries:
        balance = book.balances.get(BalanceKey(entry.owner, entry.purse, entry.unit))
        if balance is not None and balance.is_closed:
            raise Refused(Reason.ACCOUNT_CLOSED, owner=entry.owner, purse=entry.purse)


def _refuse_overflow(decision: Decision, book: Book) -> int:
    """The largest amount, if every balance can bear its part."""
    largest = 0
    for entry in decision.entries:
        largest = max(largest, abs(entry.amount))
        if entry.amount < 0:
            continue
        balance = book.balances.get(BalanceKey(entry.owner, entry.purse, entry.unit))
        if balance is not None and balance.total + entry.amount > BALANCE_MAX:
            raise Refused(Reason.AMOUNT_TOO_LARGE, required=balance.total + entry.amount, limit=BALANCE_MAX)
    return largest


def _cut(entries: Iterable[Entry]) -> Iterator[Entry]:
    """A bucket may hold more than one entry may move: it goes in as many as it takes, some 9,000 at the very most."""
    for entry in entries:
        sign, left = (1 if entry.amount > 0 else -1), abs(entry.amount)
        while left > 0:
            yield msgspec.structs.replace(entry, amount=sign * min(left, AMOUNT_MAX))
            left -= AMOUNT_MAX


def effective_day(request: Request, book: Book) -> date:
    """The business day of the books: today, or the asked day if its period is open, else the first open day."""
    wanted = book.today if request.effective_on is None else min(request.effective_on, book.today)
    return wanted if book.closed_through is None else max(wanted, book.closed_through + timedelta(days=1))


def happened_day(request: Request, decision: Decision) -> date | None:
    """The day of the fact itself, kept whatever day the books take."""
    return decision.happened_on or request.effective_on


def _posted_row(task: Task, part: Part, decision: Decision, book: Book) -> JournalRow:
    return JournalRow(
        programme=task.request.programme,
        id=part.journal_id,
        kind=decision.kind,
        principal=task.request.principal,
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
    about = decision.about
    if len(task.parts) > 1 and part is task.parts[0]:
        about = msgspec.structs.replace(about, members=tuple(part.journal_id for part in task.parts))
    if part.receipt is not None and part.receipt.number:
        about = msgspec.structs.replace(about, number=part.receipt.number)
    return about


def _about_refused(command: Command | Group) -> About:
    """Goods have gone with a late sale, so whoever looks into its refusal must find it."""
    return about_late(command) if isinstance(command, LateSale) else About()


def _refused_row(task: Task, book: Book) -> JournalRow:
    return JournalRow(
        programme=task.request.programme,
        id=task.journal_id,
        kind=str(type(task.request.command).__struct_config__.tag),
        principal=task.request.principal,
        effective_on=effective_day(task.request, book),
        happened_on=task.request.effective_on,
        entry_count=0,
        about=_about_refused(task.request.command),
        refusal=task.refusal,
        trace=None,
        counts=None,
        facts=None,
        batch=task.request.batch,
    )
