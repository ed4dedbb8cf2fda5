"""Declare who reviews, as whom: without it nobody approves what a rule wants reviewed."""

import asyncpg

from ledger.core.refusal import Reason, Refused
from ledger.db import reviews
from ledger.db.journal import show_programmes
from ledger.db.owners import find_owners
from ledger.db.reviews import Declared


async def declare_reviewer(connection: asyncpg.Connection, programme: str, declared: Declared, *, by: str) -> Declared:
    """Refuses a member or kin that nobody knows."""
    named = [*declared.kin, *([] if declared.member is None else [declared.member])]
    async with connection.transaction():
        await show_programmes(connection, [programme])
        known = await find_owners(connection, programme, named)
        for owner in named:
            if owner not in known:
                raise Refused(Reason.NOT_FOUND, owner=owner)
        await reviews.declare_reviewer(connection, programme, declared, by=by)
        found = await reviews.find_reviewer(connection, programme, declared.principal)
    assert found is not None, "it was just declared"
    return found
