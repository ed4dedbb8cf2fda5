"""Forget a person: once, when nothing is left on the accounts; the ledger keeps its sums and its seals."""

import asyncio

import asyncpg
import msgspec

from ledger.actions.open_owner import load_holder
from ledger.core.refusal import Reason, Refused
from ledger.db import persons
from ledger.db.files import FileShelf
from ledger.db.journal import show_programmes
from ledger.db.persons import Erasure


class Erased(msgspec.Struct, frozen=True):
    """`is_new` is false when it had been done before."""

    erasure: Erasure
    is_new: bool


async def erase_person(
    connection: asyncpg.Connection, programme: str, owner: str, files: FileShelf, *, by: str
) -> Erased:
    """Refuses somebody who is not there, and whoever has or owes something; files go when all else is committed."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        await load_holder(connection, programme, owner)
        await require_empty(connection, programme, owner)
        # From here on nothing is refused.
        is_new = await persons.erase(connection, programme, owner, by=by)
        erasure = await persons.find_erasure(connection, programme, owner)
    assert erasure is not None, "it was made by this call or an earlier one"
    await remove_files(connection, programme, files)
    return Erased(erasure, is_new)


async def remove_files(connection: asyncpg.Connection, programme: str, files: FileShelf) -> int:
    """Those whose evidence was removed; what a kill leaves over, the next call takes."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        removed = await persons.list_removed(connection, programme)
        for _, sha256, is_shared in removed:
            if not is_shared:
                await asyncio.to_thread(files.remove, sha256)
        await persons.mark_gone(connection, programme, [id for id, _, _ in removed])
    return len(removed)


async def require_empty(connection: asyncpg.Connection, programme: str, owner: str) -> None:
    """Locks the purses, so that nothing is posted until the database transaction ends."""
    left: dict[str, int] = {}
    for purse, total in await persons.lock_balances(connection, programme, owner):
        left[purse] = left.get(purse, 0) + total
    if any(left.values()):
        raise Refused(
            Reason.STILL_HOLDING,
            owner=owner,
            main=left.get("main", 0),
            debt=left.get("debt", 0),
            pending=left.get("pending", 0),
            held=left.get("held", 0),
        )
