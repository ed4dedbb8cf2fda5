"""Why an award gave what it gave, in the words of the rulebook that was in force."""

import asyncpg
import msgspec

from ledger.core.explain import explain
from ledger.core.refusal import Reason, Refused
from ledger.core.title import Title
from ledger.core.transaction import About
from ledger.db.journal import find_trace
from ledger.db.schemes import SchemeShelf


class Explanation(msgspec.Struct, frozen=True):
    """One sentence a step, in both languages, with the rulebook's digest that they can be checked against."""

    transaction: str
    about: About
    steps: tuple[Title, ...]


async def explain_award(
    connection: asyncpg.Connection, programme: str, transaction: str, *, shelf: SchemeShelf
) -> Explanation:
    """Refuses `not_found` also for transactions that are no awards."""
    found = await find_trace(connection, programme, transaction)
    if found is None:
        raise Refused(Reason.NOT_FOUND, transaction=transaction)
    about, trace = found
    scheme = await shelf.current(connection, programme)
    compiled = scheme.rulebook_by_digest(about.rulebook or "")
    assert compiled is not None, "what an award was made by stays published for ever"
    return Explanation(transaction, about, explain(compiled, trace))
