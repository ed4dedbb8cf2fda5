"""Register a device at an outlet, once however often it is asked for; block it at once, also under a race."""

import asyncpg
import msgspec

from ledger.actions.run_shift import load_terminal
from ledger.core.refusal import Reason, Refused
from ledger.db.journal import show_programmes
from ledger.db.owners import find_owner
from ledger.db.periods import read_clock
from ledger.db.terminals import Terminal, find_terminal, insert_terminal, set_state, take_terminal


async def register_terminal(
    connection: asyncpg.Connection,
    programme: str,
    id: str,
    *,
    outlet: str,
    label: str,
    bounds: tuple[int, int],
    by: str,
) -> tuple[Terminal, bool]:
    """The terminal and whether it is new. Refuses in this order: find the outlet, another one under the same key."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        found = await find_owner(connection, programme, outlet)
        if found is None or found["kind"] != "outlet":
            raise Refused(Reason.NOT_FOUND, owner=outlet)
        before = await find_terminal(connection, programme, id)
        wanted = Terminal(id, outlet, label, *bounds, "active", by, await read_clock(connection))
        await insert_terminal(connection, programme, wanted)
        made = await load_terminal(connection, programme, id)
        same = msgspec.structs.replace(wanted, state=made.state, registered_at=made.registered_at)
        if same != made:
            raise Refused(Reason.REFERENCE_TAKEN, reference=id, owner=made.outlet)
        return made, before is None


async def block_terminal(connection: asyncpg.Connection, programme: str, id: str, state: str) -> Terminal:
    """Waits for those who are posting at it; who comes later finds it as it is now."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        await take_terminal(connection, programme, id)
        await load_terminal(connection, programme, id)
        await set_state(connection, programme, id, state)
        return await load_terminal(connection, programme, id)
