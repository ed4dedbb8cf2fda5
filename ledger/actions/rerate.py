"""Simulate a rulebook on what has been awarded, and after its publication post only the differences."""

from collections.abc import Iterator
from datetime import date

import asyncpg

from ledger.actions.post_batch import BatchResult, post_batch
from ledger.core.command import Request, Rerate
from ledger.core.compiled import Compiled
from ledger.core.counter import CounterKey
from ledger.core.simulate import Change, Simulation, replay, rerate_key
from ledger.db.journal import show_programmes
from ledger.db.past import PastAward, past_awards
from ledger.db.schemes import SchemeShelf


async def simulate(
    connection: asyncpg.Connection, programme: str, draft: Compiled, first: date, last: date
) -> tuple[Simulation, tuple[PastAward, ...]]:
    """Who would gain and lose if activities between two days were scored by the draft; nothing is posted."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        awards = await past_awards(connection, programme, first, last)
    return replay(draft, [award.past for award in awards]), awards


async def rerate(
    connection: asyncpg.Connection,
    programme: str,
    compiled: Compiled,
    first: date,
    last: date,
    shelf: SchemeShelf,
    *,
    principal: str,
) -> BatchResult:
    """Posts the differences as one named batch; run twice, it finds nothing left to do."""
    simulation, awards = await simulate(connection, programme, compiled, first, last)
    earlier = {award.past.activity: award.reratings for award in awards}
    batch = f"rerate:{compiled.digest[:16]}:{first}:{last}"
    result = BatchResult()
    requests = _requests(programme, principal, batch, compiled.digest, simulation.changes, earlier)
    async for so_far in post_batch(connection, requests, shelf):
        result = so_far
    return result


def _requests(
    programme: str,
    principal: str,
    batch: str,
    digest: str,
    changes: tuple[Change, ...],
    earlier: dict[str, int],
) -> Iterator[Request]:
    for change in changes:
        command = Rerate(
            change.activity,
            digest,
            dict(change.differences),
            tuple(_count(key, number) for key, number in change.counts),
            earlier[change.activity],
        )
        key = f"{rerate_key(digest, change.activity)}:{earlier[change.activity]}"
        yield Request(programme, principal, key, command, batch=batch)


def _count(key: CounterKey, number: int) -> tuple[str, str, str, int]:
    return (key.counter, key.subject, key.period, number)
