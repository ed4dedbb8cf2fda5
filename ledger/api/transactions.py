"""Transactions: what was posted, why an award gave what it gave, and how it is undone."""

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Response

from ledger.actions.explain_award import Explanation, explain_award
from ledger.core.command import Amount, Reverse
from ledger.core.refusal import Reason, Refused
from ledger.core.title import Note
from ledger.core.transaction import Receipt, RefusalNote
from ledger.db.journal import load_outcomes
from ledger.hall.answer import answer
from ledger.hall.call import Call, IdempotencyKey
from ledger.hall.submit import DryRun, submit

_P = "/v1/programmes/{programme:str}"


class RefusedTransaction(msgspec.Struct, frozen=True):
    """A command that was refused: it moved nothing, and its key will answer this for ever."""

    transaction: str
    programme: str
    refusal: RefusalNote


class Undo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why, and for an award how much of it; without an amount the whole transaction."""

    note: Note | None = None
    amount: Amount | None = None


@get(f"{_P}/transactions/{{transaction:str}}")
async def transaction(
    transaction: FromPath[str], call: NamedDependency[Call]
) -> Response[Receipt | RefusedTransaction]:
    """The receipt as it was answered, or the refusal."""
    async with call.desk.reading(call.programme) as connection:
        found = (await load_outcomes(connection, call.programme, [transaction])).get(transaction)
    if found is None:
        raise Refused(Reason.NOT_FOUND, transaction=transaction)
    if found.receipt is None:
        await call.require_own(transaction=transaction)
        assert found.refusal is not None, "an outcome is a receipt or a refusal"
        return answer(RefusedTransaction(transaction, call.programme, found.refusal))
    about = found.receipt.about
    await call.require_own(about.owner, about.outlet, about.merchant, transaction=transaction)
    return answer(found.receipt)


@get(f"{_P}/awards/{{transaction:str}}/explain")
async def explain(transaction: FromPath[str], call: NamedDependency[Call]) -> Response[Explanation]:
    """The steps from the activity to the points, in Chinese and in English."""
    async with call.desk.reading(call.programme) as connection:
        told = await explain_award(connection, call.programme, transaction, shelf=call.desk.shelf)
    await call.require_own(told.about.owner, transaction=transaction)
    return answer(told)


@post(f"{_P}/transactions/{{transaction:str}}/reverse")
async def reverse(
    transaction: FromPath[str],
    data: JSONBody[Undo],
    key: IdempotencyKey,
    call: NamedDependency[Call],
    dry_run: DryRun = False,
) -> Response[Receipt]:
    """Undoes it by a new transaction that names it; what has been spent meanwhile is owed."""
    return await submit(call, key, Reverse(transaction, data.amount, data.note), dry_run=dry_run)
