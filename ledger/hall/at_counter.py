"""A sale at a counter, by the account or by a card that is shown there: how every door makes a request of it."""

from collections.abc import Callable

import msgspec

from ledger.actions.check_pin import check_pin
from ledger.core.card import Card, PresentedCard, Proof, Shown, digest_of
from ledger.core.command import Hold, Redeem, Request
from ledger.db.cards import find_presented_card
from ledger.db.journal import is_claimed, show_programmes
from ledger.hall.access import Role
from ledger.hall.call import Call
from ledger.hall.fault import Fault, Faulty

Made = Callable[[str, Shown | None], Redeem | Hold]
"""A command for the account and the card that were found."""


class AtCounter(msgspec.Struct, frozen=True):
    """What the counter saw beside the goods: a card, perhaps with its PIN, or with a document that the cashier saw."""

    card: PresentedCard
    pin: str | None = None
    document_seen: bool = False


async def sale_request(call: Call, key: str, owner: str | None, seen: AtCounter | None, made: Made) -> Request:
    """Refuses in this order: replay (posting answers it), the card, its PIN; all else is posting's.

    The fingerprint is of what was presented: the same call is the same call also when the card was blocked since.
    """
    if seen is None:
        return Request(call.programme, call.principal, key, made(owner or "", None))
    _require_may_see(call, seen)
    proof = Proof.DOCUMENT if seen.document_seen else Proof.NUMBER
    sent = made("", Shown(proof=proof, digest=digest_of(seen.card)))
    async with call.desk.connection() as connection:
        async with connection.transaction():
            await show_programmes(connection, [call.programme])
            if await is_claimed(connection, call.programme, call.principal, key):
                return Request(call.programme, call.principal, key, sent, sent=sent)
            found = await find_presented_card(connection, call.programme, seen.card)
        call.desk.rates.cards.take(f"{call.programme} {found.id}")
        if seen.pin is not None:
            await check_pin(
                connection, call.desk.slow_hash, call.programme, found.id, seen.pin, f"principal {call.principal}"
            )
    command = made(found.owner, shown_of(found, seen))
    return Request(call.programme, call.principal, key, command, sent=sent)


async def quoted_sale(call: Call, owner: str | None, seen: AtCounter | None, made: Made) -> Redeem | Hold:
    """For a look at the price: a PIN is not tried, and is taken as right."""
    if seen is None:
        return made(owner or "", None)
    async with call.desk.reading(call.programme) as connection:
        found = await find_presented_card(connection, call.programme, seen.card)
    return made(found.owner, shown_of(found, seen))


def shown_of(found: Card, seen: AtCounter) -> Shown:
    """What posting is told of it."""
    proof = Proof.CARD if found.proves_possession else Proof.NUMBER
    if seen.pin is not None:
        proof = Proof.PIN
    elif seen.document_seen and proof is Proof.NUMBER:
        proof = Proof.DOCUMENT
    return Shown(found.id, found.member, found.helper, proof)


def _require_may_see(call: Call, seen: AtCounter) -> None:
    """A shop is no office: it may not vouch for a document."""
    role = None if call.caller is None else call.caller.role
    if seen.document_seen and role not in (Role.CASHIER, Role.OPERATOR, Role.ADMIN):
        raise Faulty(Fault.FORBIDDEN, numbers={"role": str(role), "verb": "document_seen"})
