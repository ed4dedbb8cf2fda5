"""Post a sheet as one named batch in chunks cut by time, or take it back: killed anywhere, it goes on where it was."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence

import asyncpg
import msgspec

from ledger.actions.dry_run import tried
from ledger.actions.fill_requests import fill_requests
from ledger.actions.post_batch import CHUNK_FIRST, CHUNK_MAX, CHUNK_SECONDS
from ledger.core.activity import Found
from ledger.core.command import Award, Request, Reverse
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import Outcome, RefusalNote
from ledger.db import inspections
from ledger.db.identity import new_id
from ledger.db.inspections import Ended, Inspection
from ledger.db.journal import show_programmes
from ledger.db.schemes import SchemeShelf
from ledger.posting import post

PREVIEW_MAX = 200


class Previewed(msgspec.Struct, frozen=True):
    """What a line would bring now, by unit; or why it would be refused."""

    owner: str
    amounts: Mapping[str, int]
    refused: str | None


async def work_inspection(
    connection: asyncpg.Connection, programme: str, id: str, shelf: SchemeShelf
) -> AsyncIterator[int]:
    """Yields how many lines each chunk ended, after its commit. Several may work on one sheet at the same time.

    A chunk posts its lines and writes down what became of them in one database transaction, so a kill undoes both.
    """
    size = CHUNK_FIRST
    while True:  # Ends when a chunk finds no line that nobody else holds.
        began = time.perf_counter()
        await shelf.current(connection, programme)
        async with connection.transaction():
            await show_programmes(connection, [programme])
            sheet = await inspections.share_inspection(connection, programme, id)
            if sheet is None or sheet.state not in ("posting", "reversing"):
                return
            if sheet.state == "posting":
                ended = await _post_chunk(connection, programme, sheet, size, shelf)
            else:
                ended = await _reverse_chunk(connection, programme, sheet, size, shelf)
        if not ended:
            await _end_if_done(connection, programme, id)
            return
        yield ended
        fitting = int(CHUNK_SECONDS * ended / max(time.perf_counter() - began, 1e-6))
        size = max(1, min(CHUNK_MAX, 2 * size, fitting))


async def _end_if_done(connection: asyncpg.Connection, programme: str, id: str) -> None:
    """The lock waits for chunks of others; what they did is seen by the statement after it."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        await inspections.lock_inspection(connection, programme, id)
        await inspections.end_if_done(connection, programme, id)


async def preview_inspection(
    connection: asyncpg.Connection, programme: str, id: str, shelf: SchemeShelf, *, after: str, limit: int
) -> tuple[list[Previewed], str | None]:
    """One page of lines by the very code that posts, each as if posted now; nothing is kept. And where to go on."""
    await shelf.current(connection, programme)

    async def attempt() -> tuple[list[Previewed], str | None]:
        await show_programmes(connection, [programme])
        sheet = await inspections.find_inspection(connection, programme, id)
        if sheet is None:
            raise Refused(Reason.NOT_FOUND, inspection=id)
        page = await inspections.read_lines(connection, programme, id, after=after, limit=min(limit, PREVIEW_MAX))
        lines = [(line.owner, line.facts) for line in page if line.facts is not None]
        outcomes = await _try_lines(connection, programme, sheet, lines, shelf, prefix=new_id("dry"))
        told = [_previewed(owner, outcome) for (owner, _), outcome in zip(lines, outcomes, strict=True)]
        return told, page[-1].owner if len(page) == min(limit, PREVIEW_MAX) else None

    return await tried(connection, attempt)


def _previewed(owner: str, outcome: Outcome) -> Previewed:
    if outcome.receipt is None:
        assert outcome.refusal is not None, "what is not posted is refused"
        return Previewed(owner, {}, outcome.refusal.reason)
    amounts: dict[str, int] = {}
    for entry in outcome.receipt.entries:
        if entry.owner == owner:
            amounts[entry.unit] = amounts.get(entry.unit, 0) + entry.amount
    return Previewed(owner, amounts, None)


async def _post_chunk(
    connection: asyncpg.Connection, programme: str, sheet: Inspection, size: int, shelf: SchemeShelf
) -> int:
    lines = await inspections.take_filled(connection, programme, sheet.id, size)
    if not lines:
        return 0
    prefix = f"{sheet.id}:{sheet.attempt}"
    outcomes = await _try_lines(connection, programme, sheet, lines, shelf, prefix=prefix)
    ended = [_ended(owner, outcome) for (owner, _), outcome in zip(lines, outcomes, strict=True)]
    await inspections.end_lines(connection, programme, sheet.id, ended)
    return len(ended)


async def _try_lines(
    connection: asyncpg.Connection,
    programme: str,
    sheet: Inspection,
    lines: Sequence[tuple[str, Found]],
    shelf: SchemeShelf,
    *,
    prefix: str,
) -> list[Outcome]:
    """The key names the sheet, the attempt and the household: each is posted once, whoever works on it."""
    principal = sheet.posted_by or sheet.opened_by
    requests = [
        Request(programme, principal, f"{prefix}:{owner}", _award(sheet, owner, found), batch=sheet.batch)
        for owner, found in lines
    ]
    scheme = await shelf.scheme(connection, programme)
    filled = await fill_requests(connection, scheme, requests)
    ready = [request for request in filled if not isinstance(request, Refused)]
    posted = iter(await post(connection, ready, shelf) if ready else [])
    return [_refused(one) if isinstance(one, Refused) else next(posted) for one in filled]


def _refused(refused: Refused) -> Outcome:
    return Outcome(None, None, RefusalNote(refused.reason, refused.numbers))


def _award(sheet: Inspection, owner: str, found: Found) -> Award:
    return Award(sheet.rule, owner, found.on(sheet.happened_on))


def _ended(owner: str, outcome: Outcome) -> Ended:
    if outcome.receipt is not None:
        return Ended(owner, "posted", None, outcome.receipt.transaction)
    assert outcome.refusal is not None, "what is not posted is refused"
    return Ended(owner, "refused", outcome.refusal.reason)


async def _reverse_chunk(
    connection: asyncpg.Connection, programme: str, sheet: Inspection, size: int, shelf: SchemeShelf
) -> int:
    lines = await inspections.take_posted(connection, programme, sheet.id, size)
    if not lines:
        return 0
    principal = sheet.posted_by or sheet.opened_by
    requests = [
        Request(programme, principal, f"reverse-batch:{sheet.batch}:{id}", Reverse(id), batch=sheet.batch)
        for _, id in lines
    ]
    outcomes = await post(connection, requests, shelf)
    ended = [_taken_back(owner, outcome) for (owner, _), outcome in zip(lines, outcomes, strict=True)]
    await inspections.end_lines(connection, programme, sheet.id, ended)
    return len(ended)


def _taken_back(owner: str, outcome: Outcome) -> Ended:
    """What somebody reversed before is reversed."""
    if outcome.receipt is not None or (outcome.refusal and outcome.refusal.reason == Reason.ALREADY_REVERSED):
        return Ended(owner, "reversed")
    assert outcome.refusal is not None, "what is not posted is refused"
    return Ended(owner, "kept", outcome.refusal.reason)
