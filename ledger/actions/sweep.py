"""Sweeps: what a day brings by itself. Bounded pages, keys made of subject and day, so a kill costs nothing."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date, timedelta

import asyncpg
import msgspec

from ledger.core.command import Activate, Command, Expire, Request, SpendUnit, Void
from ledger.core.period import business_day
from ledger.core.refusal import Reason
from ledger.core.transaction import Outcome
from ledger.db import periods, sweeps
from ledger.db.journal import show_programmes
from ledger.db.schemes import SchemeShelf
from ledger.posting import post

PAGE = 200
PRINCIPAL = "system:sweep"

# Somebody else was faster, or there is nothing left to do: both are what a second run meets.
_EXPECTED = frozenset({Reason.NOT_OPEN, Reason.NOTHING_TO_POST})


class Swept(msgspec.Struct):
    """How many of each a sweep posted; `refused` lists transactions or owners and why, for the operator."""

    activated: int = 0
    released: int = 0
    expired: int = 0
    refused: list[tuple[str, str]] = []


async def sweep(connection: asyncpg.Connection, programme: str, shelf: SchemeShelf) -> Swept:
    """Activates what has been under notice long enough, releases holds past their day, expires what has lapsed."""
    scheme = await shelf.scheme(connection, programme)
    today = business_day(await periods.read_clock(connection), scheme.policy.time_zone)
    swept = Swept()
    async for page in _due_pages(connection, programme, today):
        commands = [(f"end:{item.journal_id}:{today}", _end_of(item)) for item in page]
        for item, outcome in zip(page, await _post_page(connection, programme, commands, shelf), strict=True):
            if _is_posted(swept, item.journal_id, outcome):
                swept.activated += item.kind == "pending"
                swept.released += item.kind == "hold"
    waited_for = today - timedelta(days=scheme.policy.offline_days)
    async for lapsed in _lapsed_pages(connection, programme, waited_for):
        commands = [(f"expire:{owner}:{unit}:{today}", Expire(owner, unit)) for owner, unit in lapsed]
        outcomes = await _post_page(connection, programme, commands, shelf)
        swept.expired += sum(_is_posted(swept, owner, out) for (owner, _), out in zip(lapsed, outcomes, strict=True))
    return swept


def _end_of(item: sweeps.DueItem) -> Command:
    return Activate(item.journal_id) if item.kind == "pending" else Void(item.journal_id, "timeout")


def _is_posted(swept: Swept, subject: str, outcome: Outcome) -> bool:
    if outcome.refusal is not None and outcome.refusal.reason not in _EXPECTED:
        swept.refused.append((subject, outcome.refusal.reason))
    return outcome.receipt is not None and not outcome.is_replayed


async def _post_page(
    connection: asyncpg.Connection, programme: str, commands: Iterable[tuple[str, Command]], shelf: SchemeShelf
) -> list[Outcome]:
    requests = [Request(programme, PRINCIPAL, f"job:{key}", command) for key, command in commands]
    async with connection.transaction():
        return await post(connection, requests, shelf)


async def _due_pages(
    connection: asyncpg.Connection, programme: str, today: date
) -> AsyncIterator[Sequence[sweeps.DueItem]]:
    """Each page is read after the one before it was committed; the cursor goes on past what was refused."""
    after = ""
    while True:
        async with connection.transaction():
            await show_programmes(connection, [programme])
            page = await sweeps.due_items(connection, programme, today, after, PAGE)
        if not page:
            return
        yield page
        after = page[-1].journal_id


async def _lapsed_pages(
    connection: asyncpg.Connection, programme: str, before: date
) -> AsyncIterator[Sequence[tuple[str, SpendUnit]]]:
    after: tuple[str, str] = ("", "")
    while True:
        async with connection.transaction():
            await show_programmes(connection, [programme])
            page = await sweeps.lapsed_balances(connection, programme, before, after, PAGE)
        if not page:
            return
        yield page
        after = page[-1]
