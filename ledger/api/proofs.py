"""Proofs: how far the log of a programme goes, that a transaction stands in it, and that it only ever grew."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Response

from ledger.actions.prove_sealed import Consistency, Inclusion, prove_consistency, prove_inclusion
from ledger.core.balance import BALANCE_MAX
from ledger.core.refusal import Reason, Refused
from ledger.db.journal import load_sources
from ledger.db.seals import find_checkpoint
from ledger.hall.answer import answer
from ledger.hall.call import Call

_P = "/v1/programmes/{programme:str}"

Size = Annotated[int, QueryParameter(ge=1, le=BALANCE_MAX)]


class CheckpointView(msgspec.Struct, frozen=True):
    """So many lines are sealed, under this root; the note is what is printed and signed (C2SP tlog-checkpoint)."""

    size: int
    root: bytes
    note: str
    sealed_at: datetime


@get(f"{_P}/checkpoints/latest")
async def latest_checkpoint(call: NamedDependency[Call]) -> Response[CheckpointView]:
    """What is to be kept outside: every later log must begin with this one."""
    async with call.desk.reading(call.programme) as connection:
        found = await find_checkpoint(connection, call.programme)
    if found is None:
        raise Refused(Reason.NOT_FOUND, checkpoint="latest")
    return answer(CheckpointView(found.size, found.root, found.note, found.sealed_at))


@get(f"{_P}/checkpoints/consistency")
async def consistency(
    call: NamedDependency[Call],
    older: Size,
    newer: Annotated[int | None, QueryParameter(ge=1, le=BALANCE_MAX)] = None,
) -> Response[Consistency]:
    """That the log of the older checkpoint is the beginning of the newer one's, or of the latest."""
    async with call.desk.reading(call.programme) as connection:
        return answer(await prove_consistency(connection, call.programme, older, newer))


@get(f"{_P}/transactions/{{transaction:str}}/proof")
async def proof(transaction: FromPath[str], call: NamedDependency[Call]) -> Response[Inclusion]:
    """That it stands in the log of the latest checkpoint; `not_found` until it is sealed, about a second later."""
    async with call.desk.reading(call.programme) as connection:
        found = (await load_sources(connection, call.programme, [transaction])).get(transaction)
        if found is None:
            raise Refused(Reason.NOT_FOUND, transaction=transaction)
        proven = await prove_inclusion(connection, call.programme, transaction)
    about = found.about
    await call.require_own(about.owner, about.outlet, about.merchant, transaction=transaction)
    return answer(proven)
