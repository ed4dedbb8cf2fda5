"""The one way anything of value moves: claim keys, lock, decide in order, append."""

from collections.abc import Mapping, Sequence
from datetime import date

import asyncpg
import msgspec

from ledger.batch import Batch, Part, Task, about_of, effective_day, happened_day
from ledger.core.book import Book, Decision, Needs, Prior, Source, Till
from ledger.core.card import CardStanding
from ledger.core.command import Command, FollowUp, Group, Hold, LateSale, Redeem, Request
from ledger.core.period import business_day
from ledger.core.present import is_limited
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.core.till import is_terminal
from ledger.core.transaction import (
    Outcome,
    PostedEntry,
    Receipt,
    RefusalNote,
    fingerprint,
)
from ledger.core.verbs import VERBS
from ledger.db import journal
from ledger.db.cards import share_cards
from ledger.db.identity import new_id
from ledger.db.journal_row import Append, Claim, EntryRow, Locked, ProgrammeBalance, ProgrammeCounter, ProgrammeItem
from ledger.db.schemes import SchemeShelf

_LOCK_TRIES = 3


class Decided(msgspec.Struct, frozen=True):
    """A batch whose every command has its decision, on rows that stay locked until it is appended and committed."""

    tasks: Sequence[Task]
    books: Mapping[str, Book]
    rows: Append | None


async def post(connection: asyncpg.Connection, requests: Sequence[Request], shelf: SchemeShelf) -> list[Outcome]:
    """Outcomes in the order of the requests, inside the caller's database transaction.

    Nothing is acknowledged before the caller commits. A refusal is an outcome, claims its key and harms no neighbour.
    """
    return await append(connection, await decide_all(connection, requests, shelf))


async def decide_all(connection: asyncpg.Connection, requests: Sequence[Request], shelf: SchemeShelf) -> Decided:
    """The first half: keys are claimed and rows locked, and nothing that moves is written yet."""
    tasks = _tasks(requests)
    sources = await _load_sources(connection, tasks)
    tills = await _lock_tills(connection, tasks)
    shown = await _share_cards(connection, tasks)
    schemes, days, locked = await _lock(connection, tasks, sources, shelf)
    await _replay(connection, tasks, locked)
    books = _open_books(schemes, days, locked, sources)
    for (programme, card), standing in shown.items():
        books[programme].cards = {**books[programme].cards, card: standing}
    for (programme, terminal), till in tills.items():
        books[programme].tills = {**books[programme].tills, terminal: till}
    batch = Batch(books, locked)
    for task in tasks:
        if task.outcome is None and task.same_as is None:
            batch.decide(task)
    return Decided(tasks, books, batch.close() if batch.rows.journals else None)


async def append(connection: asyncpg.Connection, decided: Decided) -> list[Outcome]:
    """The second half. Only here are rows locked that every batch of a programme wants: its purses without a floor."""
    if decided.rows is not None:
        await journal.append(connection, decided.rows)
    return [_outcome(task, decided.books) for task in decided.tasks]


def needs_of(request: Request, prior: Prior) -> Needs:
    """What must be locked; a command that is refused before any state needs nothing."""
    wanted = [_command_needs(command, prior) for command in commands_of(request)]
    if len(wanted) == 1:
        return wanted[0]
    return Needs(
        balances=tuple(dict.fromkeys(key for needs in wanted for key in needs.balances)),
        companions=tuple(dict.fromkeys(key for needs in wanted for key in needs.companions)),
        counters=tuple(dict.fromkeys(key for needs in wanted for key in needs.counters)),
        open_items=tuple(dict.fromkeys(opened for needs in wanted for opened in needs.open_items)),
        depends_on_day=any(needs.depends_on_day for needs in wanted),
    )


def commands_of(request: Request) -> tuple[Command, ...]:
    """A group's commands in order, or the one there is."""
    return request.command.commands if isinstance(request.command, Group) else (request.command,)


def _command_needs(command: Command, prior: Prior) -> Needs:
    try:
        return VERBS[type(command)].needs(command, prior)
    except Refused:
        return Needs()


def _tasks(requests: Sequence[Request]) -> list[Task]:
    """A key twice in one batch is one task; the later request answers as the first does."""
    first: dict[tuple[str, str, str], Task] = {}
    tasks = []
    for request in requests:
        parts = [Part(command, new_id("txn")) for command in commands_of(request)]
        task = Task(request, fingerprint(request), parts[0].journal_id, Needs(), parts)
        earlier = first.setdefault((request.programme, request.principal, request.key), task)
        if earlier is not task:
            task.same_as = earlier
        tasks.append(task)
    return tasks


async def _load_sources(connection: asyncpg.Connection, tasks: Sequence[Task]) -> dict[str, dict[str, Source]]:
    """Transactions that commands follow never change, so they may be read before the lock."""
    wanted: dict[str, list[str]] = {}
    for task in tasks:
        followed = [part.command.transaction for part in task.parts if isinstance(part.command, FollowUp)]
        if followed:
            wanted.setdefault(task.request.programme, []).extend(followed)
    if wanted:
        await journal.show_programmes(connection, wanted)
    return {programme: await journal.load_sources(connection, programme, ids) for programme, ids in wanted.items()}


async def _lock_tills(connection: asyncpg.Connection, tasks: Sequence[Task]) -> dict[tuple[str, str], Till]:
    """Before everything else that is locked; closing a shift takes these locks in the same place."""
    wanted = {(task.request.programme, task.request.principal) for task in tasks if is_terminal(task.request.principal)}
    return await journal.lock_terminals(connection, sorted(wanted)) if wanted else {}


async def _share_cards(connection: asyncpg.Connection, tasks: Sequence[Task]) -> dict[tuple[str, str], CardStanding]:
    """Whoever blocks a card waits until what it pays is committed; who comes later sees that it was blocked."""
    wanted = {
        (task.request.programme, part.command.shown.card)
        for task in tasks
        for part in task.parts
        if isinstance(part.command, Redeem | Hold | LateSale) and part.command.shown is not None
    }
    if not wanted:
        return {}
    await journal.show_programmes(connection, sorted({programme for programme, _ in wanted}))
    return await share_cards(connection, sorted(wanted))


async def _lock(
    connection: asyncpg.Connection,
    tasks: Sequence[Task],
    sources: Mapping[str, Mapping[str, Source]],
    shelf: SchemeShelf,
) -> tuple[dict[str, Scheme], dict[str, date], Locked]:
    """A programme that published something since we last looked is loaded anew; nothing is locked until all agree."""
    programmes = sorted({task.request.programme for task in tasks})
    dated = {task.request.programme for task in tasks for part in task.parts if is_limited(part.command)}
    for _ in range(_LOCK_TRIES):
        schemes = {programme: await shelf.scheme(connection, programme) for programme in programmes}
        days = {slug: business_day(shelf.now(), scheme.policy.time_zone) for slug, scheme in schemes.items()}
        for task in tasks:
            programme = task.request.programme
            task.needs = needs_of(task.request, Prior(schemes[programme], sources.get(programme, {}), days[programme]))
        locked = await journal.lock(
            connection,
            {programme: schemes[programme].revision for programme in programmes},
            sorted((_claim(task) for task in tasks if task.same_as is None), key=_claimed_key),
            _wanted_balances(tasks, schemes),
            _wanted_counters(tasks),
            _wanted_open_items(tasks),
            _wanted_days(tasks, schemes, days, dated),
        )
        if locked.stale is None:
            return schemes, days, locked
        for programme in locked.stale:
            shelf.forget(programme)
        assert locked.now is not None, "the lock call always tells the time"
        shelf.set_clock(locked.now)
    raise RuntimeError("publications change faster than they can be read")


def _claim(task: Task) -> Claim:
    request = task.request
    return Claim(request.programme, request.principal, request.key, task.fingerprint, task.journal_id)


def _claimed_key(claim: Claim) -> tuple[str, str, str]:
    """Two batches of the same keys claim them in the same order, whatever the order of their requests."""
    return claim.programme, claim.principal, claim.key


def _wanted_balances(tasks: Sequence[Task], schemes: Mapping[str, Scheme]) -> dict[ProgrammeBalance, bool]:
    """In the order in which everybody locks, debts last; true where a missing row is made: not for unknown goods."""
    wanted: dict[ProgrammeBalance, bool] = {}
    for task in tasks:
        for key in task.needs.companions:
            wanted.setdefault((task.request.programme, key), False)
        for key in task.needs.balances:
            wanted[task.request.programme, key] = schemes[task.request.programme].knows_unit(key.unit)
    debts = {key: wanted.pop(key) for key in [key for key in wanted if key[1].purse == "debt"]}
    return dict([*sorted(wanted.items()), *sorted(debts.items())])


def _wanted_days(
    tasks: Sequence[Task], schemes: Mapping[str, Scheme], days: Mapping[str, date], dated: set[str]
) -> list[tuple[str, date]]:
    """The business days to be confirmed, where counters were named by them."""
    dependent = dated | {task.request.programme for task in tasks if task.needs.depends_on_day}
    return sorted(
        {
            (scheme.policy.time_zone, days[slug])
            for slug, scheme in schemes.items()
            if slug in dependent or scheme.counts_sales_by_day
        }
    )


def _wanted_counters(tasks: Sequence[Task]) -> list[ProgrammeCounter]:
    return sorted({(task.request.programme, key) for task in tasks for key in task.needs.counters})


def _wanted_open_items(tasks: Sequence[Task]) -> list[ProgrammeItem]:
    return sorted({(task.request.programme, opened) for task in tasks for opened in task.needs.open_items})


async def _replay(connection: asyncpg.Connection, tasks: Sequence[Task], locked: Locked) -> None:
    """Keys seen before answer as they did, unless the request under the key is another one."""
    held = {(claim.programme, claim.principal, claim.key): claim for claim in locked.claims}
    if not held:
        return
    seen: dict[str, list[Task]] = {}
    for task in tasks:
        request = task.request
        claim = held.get((request.programme, request.principal, request.key))
        if claim is None:
            continue
        task.same_as = None
        task.is_other = claim.fingerprint != task.fingerprint
        task.journal_id = claim.journal_id
        seen.setdefault(request.programme, []).append(task)
    for programme, replayed in seen.items():
        outcomes = await journal.load_outcomes(connection, programme, [task.journal_id for task in replayed])
        for task in replayed:
            outcome = outcomes[task.journal_id]
            task.outcome = _key_reused(task.request) if task.is_other and not _is_cancelled(outcome) else outcome


def _is_cancelled(outcome: Outcome) -> bool:
    """A late original under a cancelled key is told so, though the request under the key was the cancellation."""
    return outcome.refusal is not None and outcome.refusal.reason == Reason.CANCELLED_BEFORE_ARRIVAL


def _key_reused(request: Request) -> Outcome:
    note = RefusalNote(Reason.IDEMPOTENCY_KEY_REUSED, {"key": request.key})
    return Outcome(None, None, note)


def _open_books(
    schemes: Mapping[str, Scheme],
    days: Mapping[str, date],
    locked: Locked,
    sources: Mapping[str, dict[str, Source]],
) -> dict[str, Book]:
    assert locked.now is not None, "a lock that is not stale says when"
    books = {
        programme: Book(
            scheme,
            locked.now,
            business_day(locked.now, scheme.policy.time_zone),
            {},
            {},
            sources.get(programme, {}),
            {},
            limits_on=days[programme],
        )
        for programme, scheme in schemes.items()
    }
    for (programme, key), balance in locked.balances.items():
        books[programme].balances[key] = balance
        if balance.is_closed:
            books[programme].has_closed = True
    for (programme, counter), found in locked.counters.items():
        books[programme].used[counter] = found.used
    for (programme, opened), item in locked.open_items.items():
        books[programme].open_items[opened] = item
    for programme, day in locked.closed_through.items():
        books[programme].closed_through = day
    return books


def _outcome(task: Task, books: Mapping[str, Book]) -> Outcome:
    if task.outcome is not None:
        return task.outcome
    if task.same_as is not None:
        first = _outcome(task.same_as, books)
        if task.same_as.fingerprint != task.fingerprint and not _is_cancelled(first):
            return _key_reused(task.request)
        return msgspec.structs.replace(first, is_replayed=True)
    book = books[task.request.programme]
    if task.refusal is not None:
        return Outcome(task.journal_id, None, task.refusal)
    receipts = tuple(_receipt(task, part, part.decision, book) for part in task.parts if part.decision is not None)
    return Outcome(task.journal_id, receipts[0], None, members=receipts if len(receipts) > 1 else ())


def _receipt(task: Task, part: Part, decision: Decision, book: Book) -> Receipt:
    return Receipt(
        transaction=part.journal_id,
        programme=task.request.programme,
        kind=decision.kind,
        recorded_at=book.now,
        effective_on=effective_day(task.request, book),
        happened_on=happened_day(task.request, decision),
        about=about_of(task, part, decision),
        entries=tuple(_posted(row) for row in part.posted),
    )


def _posted(row: EntryRow) -> PostedEntry:
    """A purse without a floor has counted from 0 so far."""
    account = row.account
    version, after = row.version, row.balance_after
    if not account.is_limited:
        version, after = version + account.version_before, after + account.total_before
    return PostedEntry(*account.key, row.amount, row.expires_on, version, after)
