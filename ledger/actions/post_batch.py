"""Post many commands under one name, cut by time, safe to kill and run again; and take all of a name back."""

import time
from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import islice

import asyncpg
import msgspec

from ledger.core.command import Request, Reverse
from ledger.core.refusal import Reason
from ledger.core.transaction import Outcome
from ledger.db.journal import show_programmes
from ledger.db.past import batch_members
from ledger.db.schemes import SchemeShelf
from ledger.posting import post

CHUNK_SECONDS = 0.1
CHUNK_FIRST, CHUNK_MAX = 64, 1_000


class BatchResult(msgspec.Struct):
    """How a batch went; `refused` names each key with its reason."""

    posted: int = 0
    replayed: int = 0
    refused: list[tuple[str, str]] = []

    def add(self, requests: Sequence[Request], outcomes: Sequence[Outcome]) -> None:
        for request, outcome in zip(requests, outcomes, strict=True):
            if outcome.refusal is not None:
                self.refused.append((request.key, outcome.refusal.reason))
            elif outcome.is_replayed:
                self.replayed += 1
            else:
                self.posted += 1


async def post_batch(
    connection: asyncpg.Connection, requests: Iterable[Request], shelf: SchemeShelf
) -> AsyncIterator[BatchResult]:
    """Yields the result so far after each chunk's commit; a chunk is as large as a tenth of a second holds."""
    result = BatchResult()
    waiting = iter(requests)
    size = CHUNK_FIRST
    while chunk := list(islice(waiting, size)):
        began = time.perf_counter()
        async with connection.transaction():
            outcomes = await post(connection, chunk, shelf)
        result.add(chunk, outcomes)
        yield result
        fitting = int(CHUNK_SECONDS * len(chunk) / max(time.perf_counter() - began, 1e-6))
        size = max(1, min(CHUNK_MAX, 2 * size, fitting))


async def reverse_batch(
    connection: asyncpg.Connection, programme: str, batch: str, shelf: SchemeShelf, *, principal: str
) -> BatchResult:
    """Reverses every transaction of a batch; what was reversed before counts as replayed."""
    result = BatchResult()
    after = ""
    while True:
        async with connection.transaction():
            await show_programmes(connection, [programme])
            page = await batch_members(connection, programme, batch, after, CHUNK_MAX)
        if not page:
            return result
        requests = [
            Request(programme, principal, f"reverse-batch:{batch}:{id}", Reverse(id), batch=batch) for id in page
        ]
        async for chunk in post_batch(connection, requests, shelf):
            so_far = chunk
        before = [key for key, reason in so_far.refused if reason == Reason.ALREADY_REVERSED]
        result.posted += so_far.posted
        result.replayed += so_far.replayed + len(before)
        result.refused += [(key, reason) for key, reason in so_far.refused if key not in before]
        after = page[-1]
