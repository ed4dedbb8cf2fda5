"""Proofs of the audit log: how far it goes, that an event stands in it, and that it only ever grew.

Each programme has such a log, and one is of what belongs to none: people, keys, sessions.
"""

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from ledger.actions.prove_sealed import Consistency, Inclusion, prove_consistency, prove_inclusion
from ledger.api.proofs import CheckpointView, Size
from ledger.core.balance import BALANCE_MAX
from ledger.core.log_kind import LogKind
from ledger.core.refusal import Reason, Refused
from ledger.db.audit_events import NO_PROGRAMME, find_event_node
from ledger.db.seals import find_checkpoint
from ledger.hall.answer import answer
from ledger.hall.call import Call

_P = "/v1/programmes/{programme:str}"

LaterSize = Annotated[int | None, QueryParameter(ge=1, le=BALANCE_MAX)]


@get("/v1/audit-checkpoints/latest")
async def latest_outside(call: NamedDependency[Call]) -> Response[CheckpointView]:
    """How far the log goes of what belongs to no programme; to be kept outside, as that of a programme."""
    return await _latest(call, NO_PROGRAMME)


@get("/v1/audit-checkpoints/consistency")
async def consistency_outside(
    call: NamedDependency[Call], older: Size, newer: LaterSize = None
) -> Response[Consistency]:
    """That the log of the older checkpoint is the beginning of the newer one's, or of the latest."""
    return await _consistency(call, NO_PROGRAMME, older, newer)


@get("/v1/audit-events/{event:str}/proof")
async def proof_outside(event: FromPath[str], call: NamedDependency[Call]) -> Response[Inclusion]:
    """That an event by a caller of one's node or below stands in the log; `not_found` until it is sealed."""
    assert call.caller is not None, "the table gives this route to roles only"
    async with call.desk.reading(NO_PROGRAMME) as connection:
        node = await find_event_node(connection, NO_PROGRAMME, event)
    if node is None or not await call.desk.may_reach_node(call.caller, node):
        raise Refused(Reason.NOT_FOUND, event=event)
    return await _proof(call, NO_PROGRAMME, event)


@get(f"{_P}/audit-checkpoints/latest")
async def latest_inside(call: NamedDependency[Call]) -> Response[CheckpointView]:
    """So many audit events of the programme are sealed: every later log must begin with these."""
    return await _latest(call, call.programme)


@get(f"{_P}/audit-checkpoints/consistency")
async def consistency_inside(
    call: NamedDependency[Call], older: Size, newer: LaterSize = None
) -> Response[Consistency]:
    """That the log of the older checkpoint is the beginning of the newer one's, or of the latest."""
    return await _consistency(call, call.programme, older, newer)


@get(f"{_P}/audit-events/{{event:str}}/proof")
async def proof_inside(event: FromPath[str], call: NamedDependency[Call]) -> Response[Inclusion]:
    """That it stands in the log of the latest checkpoint; `not_found` until it is sealed, about a second later."""
    return await _proof(call, call.programme, event)


async def _latest(call: Call, programme: str) -> Response[CheckpointView]:
    async with call.desk.reading(programme) as connection:
        found = await find_checkpoint(connection, programme, kind=LogKind.AUDIT)
    if found is None:
        raise Refused(Reason.NOT_FOUND, checkpoint="latest")
    return answer(CheckpointView(found.size, found.root, found.note, found.sealed_at))


async def _consistency(call: Call, programme: str, older: int, newer: int | None) -> Response[Consistency]:
    async with call.desk.reading(programme) as connection:
        return answer(await prove_consistency(connection, programme, older, newer, LogKind.AUDIT))


async def _proof(call: Call, programme: str, event: str) -> Response[Inclusion]:
    async with call.desk.reading(programme) as connection:
        return answer(await prove_inclusion(connection, programme, event, LogKind.AUDIT))
