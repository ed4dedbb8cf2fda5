"""Sales that a terminal made while it was offline: each once, in whatever order and however often they come."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from ledger.core.card import PresentedCard, Proof, Shown, digest_of
from ledger.core.command import LateSale, Request
from ledger.core.offline_bound import ACCEPTABLE
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import Outcome, fingerprint
from ledger.db.cards import find_card_shown_at
from ledger.db.households import merged_into
from ledger.db.journal import find_claimed, load_outcomes, show_programmes
from ledger.db.terminals import Terminal, insert_forks

_MERGES_MAX = 20


class LateItem(msgspec.Struct, frozen=True):
    """A sale with the card as the terminal read it, if it read one."""

    sale: LateSale
    card: PresentedCard | None = None
    document_seen: bool = False


async def late_requests(
    connection: asyncpg.Connection, programme: str, terminal: Terminal, items: Sequence[LateItem]
) -> list[Request]:
    """The terminal and its number are the key: no caller's own key can hold the spaces that these do."""
    bounds = {"sale_max": terminal.offline_sale_max, "day_max": terminal.offline_day_max}
    async with connection.transaction():
        await show_programmes(connection, [programme])
        return [await _request(connection, programme, terminal, item, **bounds) for item in items]


async def accepted_requests(
    connection: asyncpg.Connection, programme: str, terminal: Terminal, items: Sequence[LateItem], *, by: str
) -> list[Request]:
    """Without bounds, for somebody who answers for the programme: only what was refused before, with that content."""
    requests = []
    async with connection.transaction():
        await show_programmes(connection, [programme])
        for item in items:
            request = await _request(connection, programme, terminal, item, approved_by=by)
            if not await _was_refused(connection, request):
                raise Refused(Reason.NOT_OPEN, terminal=terminal.id, sequence=item.sale.sequence)
            requests.append(msgspec.structs.replace(request, key=f"accepted sale {item.sale.sequence:013d}"))
    return requests


async def _request(
    connection: asyncpg.Connection, programme: str, terminal: Terminal, item: LateItem, **more: int | str
) -> Request:
    """The fingerprint is of what was presented; whose card it was is looked for, and posting looks how it stood."""
    sent, command = item.sale, item.sale
    if item.card is not None:
        proof = Proof.DOCUMENT if item.document_seen else Proof.NUMBER
        sent = msgspec.structs.replace(sent, shown=Shown(proof=proof, digest=digest_of(item.card)))
        command = msgspec.structs.replace(sent, shown=Shown(proof=proof))
        found = await find_card_shown_at(connection, programme, item.card, item.sale.happened_at)
        if found is not None:
            proof = Proof.CARD if found.proves_possession else proof
            shown = Shown(found.id, found.member, found.helper, proof)
            command = msgspec.structs.replace(command, owner=found.owner, shown=shown)
    payer = await _survivor(connection, programme, command.owner)
    command = msgspec.structs.replace(command, owner=payer, **more)
    return Request(programme, terminal.id, late_key(sent.sequence), command, sent=sent)


async def _survivor(connection: asyncpg.Connection, programme: str, owner: str) -> str:
    """What a household took before it merged with another is owed by the one that took it in."""
    for _ in range(_MERGES_MAX):
        other = await merged_into(connection, programme, owner) if owner.startswith("hh_") else None
        if other is None:
            break
        owner = other
    return owner


async def _was_refused(connection: asyncpg.Connection, request: Request) -> bool:
    claimed = await find_claimed(connection, request.programme, request.principal, request.key)
    if claimed is None or claimed.fingerprint != fingerprint(request):
        return False
    outcome = (await load_outcomes(connection, request.programme, [claimed.journal_id]))[claimed.journal_id]
    return outcome.refusal is not None and outcome.refusal.reason in ACCEPTABLE


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
