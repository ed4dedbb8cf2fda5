"""What changes many balances at once: simulations, reratings, rankings, streaks, resets, and taking a batch back."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter, RawBody
from litestar.response import Response

from ledger.actions.evaluate import post_dividend, post_rank, post_reset, post_streak
from ledger.actions.post_batch import BatchResult, reverse_batch
from ledger.actions.read_rules import read_rulebook
from ledger.actions.rerate import rerate, simulate
from ledger.api.document import read_sent
from ledger.core.command import Amount
from ledger.core.compiled import Compiled, compile_rulebook
from ledger.core.refusal import Reason, Refused
from ledger.core.simulate import Gain
from ledger.core.title import Slug
from ledger.db import publications
from ledger.hall.answer import answer
from ledger.hall.call import Call, IdempotencyKey

_P = "/v1/programmes/{programme:str}"


class SimulationView(msgspec.Struct, frozen=True):
    """Nothing was posted. `changes` are awards that would come out differently, `refused` would not be."""

    activities: int
    changes: int
    refused: int
    gains: tuple[Gain, ...]


class Correction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A published rulebook and the days of the activities to put right."""

    rulebook: Slug
    first: date
    last: date


class Evaluation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ranking or streak of the rulebook by its id, the reset of a unit, or a dividend, for the period of the day.

    A dividend names its pool; its id is free.
    """

    kind: Literal["rank", "streak", "reset", "dividend"]
    id: Slug
    day: date
    pool_fen: Amount | None = None

    def __post_init__(self) -> None:
        if (self.kind == "dividend") != (self.pool_fen is not None):
            raise ValueError("dividend 须写 pool_fen / a dividend, and nothing else, names its pool_fen")


class BatchName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As the batch was posted: `rank:best:2026-09`."""

    batch: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[!-~]+$(?!\n)")]


class RefusedLine(msgspec.Struct, frozen=True):
    """A line of a batch by its key, and the reason word."""

    key: str
    reason: str


class BatchView(msgspec.Struct, frozen=True):
    """How many were posted now, how many had been before, and which were refused and why."""

    posted: int
    replayed: int
    refused: tuple[RefusedLine, ...]


@post(f"{_P}/simulations", status_code=200)
async def simulation(
    body: RawBody,
    call: NamedDependency[Call],
    first: Annotated[date, QueryParameter()],
    last: Annotated[date, QueryParameter()],
) -> Response[SimulationView]:
    """A draft rulebook on past activities: who would gain and who would lose."""
    policy = (await call.scheme()).policy
    async with call.desk.reading(call.programme) as connection:
        events = await publications.find_events(connection, call.programme)
    draft = compile_rulebook(await read_sent(call, read_rulebook, body, policy, "rulebook.yaml", events), policy)
    async with call.desk.connection() as connection:
        result, _ = await simulate(connection, call.programme, draft, first, last)
    refused = sum(change.refused is not None for change in result.changes)
    return answer(SimulationView(result.activities, len(result.changes), refused, result.gains))


@post(f"{_P}/reratings", status_code=200)
async def rerating(data: JSONBody[Correction], key: IdempotencyKey, call: NamedDependency[Call]) -> Response[BatchView]:
    """Posts only the differences, as one batch; asked again, under whatever key, there is nothing left to post."""
    scheme = await call.scheme()
    compiled = _published(scheme.rulebooks, data.rulebook)
    async with call.desk.connection() as connection:
        result = await rerate(
            connection, scheme.slug, compiled, data.first, data.last, call.desk.shelf, principal=call.principal
        )
    return _view(result)


@post(f"{_P}/evaluations", status_code=200)
async def evaluation(
    data: JSONBody[Evaluation], key: IdempotencyKey, call: NamedDependency[Call]
) -> Response[BatchView]:
    """A period's ranking, streak or reset, posted once however often it is asked for."""
    scheme = await call.scheme()
    compiled = scheme.rulebook_on(data.day)
    shelf, principal = call.desk.shelf, call.principal
    async with call.desk.connection() as connection:
        if data.kind == "rank":
            return _view(await post_rank(connection, compiled, data.id, data.day, shelf, principal=principal))
        if data.kind == "streak":
            return _view(await post_streak(connection, compiled, data.id, data.day, shelf, principal=principal))
        if data.pool_fen is not None:
            pool = data.pool_fen
            return _view(await post_dividend(connection, compiled, pool, data.day, shelf, principal=principal))
        for reset in scheme.policy.resets:
            if reset.unit.value == data.id.replace("-", "_"):
                return _view(await post_reset(connection, compiled, reset, data.day, shelf, principal=principal))
    raise Refused(Reason.UNKNOWN_RULE, rule=data.id)


@post(f"{_P}/batch-reversals", status_code=200)
async def undo_batch(
    data: JSONBody[BatchName], key: IdempotencyKey, call: NamedDependency[Call]
) -> Response[BatchView]:
    """All that was posted under the name is reversed, each by a transaction of its own; asked twice, once."""
    scheme = await call.scheme()
    async with call.desk.connection() as connection:
        result = await reverse_batch(connection, scheme.slug, data.batch, call.desk.shelf, principal=call.principal)
    return _view(result)


def _published(rulebooks: tuple[Compiled, ...], version: str) -> Compiled:
    for compiled in rulebooks:
        if compiled.rulebook.rulebook == version:
            return compiled
    raise Refused(Reason.NOT_FOUND, rulebook=version)


def _view(result: BatchResult) -> Response[BatchView]:
    refused = tuple(RefusedLine(key, reason) for key, reason in result.refused)
    return answer(BatchView(result.posted, result.replayed, refused))
