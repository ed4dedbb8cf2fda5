"""Sales that a terminal made while it was offline: each once, in whatever order and however often they come."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from ledger.core.command import LateSale, Request
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import Outcome, fingerprint
from ledger.db.journal import find_claim, load_outcomes, show_programmes
from ledger.db.terminals import Terminal, insert_forks

NOTE_MAX = 200


def late_requests(programme: str, terminal: Terminal, sales: Sequence[LateSale]) -> list[Request]:
    """The terminal and its number are the key: no caller's own key can hold the spaces that these do."""
    return [
        Request(
            programme,
            terminal.id,
            late_key(sale.sequence),
            msgspec.structs.replace(sale, sale_max=terminal.offline_sale_max, day_max=terminal.offline_day_max),
            sent=sale,
        )
        for sale in sales
    ]


async def accepted_requests(
    connection: asyncpg.Connection, programme: str, terminal: Terminal, sales: Sequence[LateSale]
) -> list[Request]:
    """Without bounds, for somebody who answers for the programme: only what was refused for a bound before."""
    requests = []
    async with connection.transaction():
        await show_programmes(connection, [programme])
        for sale in sales:
            first = Request(programme, terminal.id, late_key(sale.sequence), sale)
            refused = await find_claim(connection, programme, terminal.id, first.key)
            outcome = None if refused is None else (await load_outcomes(connection, programme, [refused]))[refused]
            if outcome is None or outcome.refusal is None or outcome.refusal.reason != Reason.BEYOND_BOUND:
                raise Refused(Reason.NOT_OPEN, terminal=terminal.id, sequence=sale.sequence)
            requests.append(msgspec.structs.replace(first, key=f"accepted sale {sale.sequence:013d}"))
    return requests


def late_key(sequence: int) -> str:
    return f"late sale {sequence:013d}"


def is_fork(outcome: Outcome | Exception) -> bool:
    """The number has come before with another content."""
    refusal = outcome.refusal if isinstance(outcome, Outcome) else None
    return refusal is not None and refusal.reason == Reason.IDEMPOTENCY_KEY_REUSED


async def keep_forks(
    connection: asyncpg.Connection, programme: str, terminal: Terminal, forked: Sequence[Request]
) -> None:
    """For whoever looks into it; the same fork is kept once."""
    forks = []
    for request in forked:
        sale = request.sent
        assert isinstance(sale, LateSale), "what a terminal sent"
        forks.append((sale.sequence, fingerprint(request), msgspec.json.encode(sale).decode()))
    async with connection.transaction():
        await show_programmes(connection, [programme])
        await insert_forks(connection, programme, terminal.id, forks)


def refuse_future(sales: Sequence[LateSale], now: datetime) -> None:
    """A clock that runs ahead would book tomorrow's sales today."""
    for sale in sales:
        if sale.happened_at > now:
            raise Refused(Reason.NOT_DUE, happened_at=_told(sale.happened_at), now=_told(now))


def _told(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
