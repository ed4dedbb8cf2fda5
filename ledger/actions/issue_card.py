"""A card's life: issued once, printed while it is pending, activated when handed over, blocked at once, replaced."""

import secrets
from collections.abc import Sequence

import asyncpg
import msgspec

from ledger.core.card import CODE_LENGTH, CardState, Carrier, code_hash, code_of
from ledger.core.refusal import Reason, Refused
from ledger.db import cards
from ledger.db.appointments import find_in_office
from ledger.db.cards import NewCard, StoredCard
from ledger.db.identity import derived_id
from ledger.db.journal import show_programmes
from ledger.db.owners import find_owner
from ledger.db.sessions import end_sessions_of_card

CODE_BITS = 5 * CODE_LENGTH
_NUMBERS = {"card_number_once": "number", "card_nfc_number_once": "nfc_number"}


class Printed(msgspec.Struct, frozen=True):
    """A card with the code that is shown this once."""

    card: StoredCard
    code: str


class Issued(msgspec.Struct, frozen=True):
    """`is_new` is false when the same call issued it before."""

    card: StoredCard
    is_new: bool


async def issue_card(connection: asyncpg.Connection, programme: str, new: NewCard, *, by: str, key: str) -> Issued:
    """Refuses in this order: the key for another card, people who are not there, a stranger, a number in use."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        before = await cards.find_card(connection, programme, new.id)
        if before is not None:
            _require_same(before, new, key)
            return Issued(before, is_new=False)
        new = await _with_helper(connection, programme, new)
        await _insert(connection, programme, new, by=by)
        card = await _load(connection, programme, new.id)
        _require_same(card, new, key)
        return Issued(card, is_new=True)


async def print_cards(connection: asyncpg.Connection, programme: str, ids: Sequence[str]) -> list[Printed]:
    """New codes for pending cards, in the order asked for; what was printed of them before is void.

    Refuses in this order: a card that is not there, one that has left the pending state with a code.
    """
    async with connection.transaction():
        await show_programmes(connection, [programme])
        found = {card.id: card for card in await cards.lock_cards(connection, programme, ids)}
        for id in ids:
            if id not in found:
                raise Refused(Reason.NOT_FOUND, card=id)
            _require_printable(found[id])
        # Nothing is refused below this line.
        codes = {id: code_of(secrets.randbits(CODE_BITS)) for id in ids}
        await cards.print_cards(connection, programme, {id: code_hash(code) for id, code in codes.items()})
        printed = {card.id: card for card in await cards.read_cards(connection, programme, ids)}
        return [Printed(printed[id], codes[id]) for id in ids]


async def activate_card(connection: asyncpg.Connection, programme: str, id: str, *, by: str) -> StoredCard:
    """When it is handed over; an active card stays as it is."""
    async with connection.transaction():
        card = await _lock(connection, programme, id)
        if card.state is CardState.BLOCKED:
            raise Refused(Reason.CARD_BLOCKED, card=id)
        if card.state is CardState.REPLACED:
            raise Refused(Reason.CARD_REPLACED, card=id, replaced_by=card.replaced_by)
        if card.state is CardState.PENDING:
            await cards.activate_card(connection, programme, id, by=by)
        return await _load(connection, programme, id)


async def block_card(
    connection: asyncpg.Connection, programme: str, id: str, *, by: str, why: str | None
) -> StoredCard:
    """From its commit on no till takes the card. A blocked card stays as it is, also one that was replaced."""
    async with connection.transaction():
        await _lock(connection, programme, id)
        await cards.block_cards(connection, programme, [id], by=by, why=why)
        await end_sessions_of_card(connection, programme, id)
        return await _load(connection, programme, id)


async def replace_card(
    connection: asyncpg.Connection,
    programme: str,
    id: str,
    *,
    carrier: Carrier | None,
    nfc_number: str | None,
    by: str,
    key: str,
) -> Issued:
    """The old card ends in the database transaction in which the new one is issued, and hands on its number.

    Refuses in this order: a card that is not there, one that another call has replaced, a number in use.
    """
    successor = derived_id("crd", programme, by, key, id)
    async with connection.transaction():
        old = await _lock(connection, programme, id)
        new = NewCard(
            successor, old.owner, carrier or old.carrier, old.member, old.helper, old.number, nfc_number, replaces=id
        )
        if old.state is CardState.REPLACED:
            if old.replaced_by != successor:
                raise Refused(Reason.CARD_REPLACED, card=id, replaced_by=old.replaced_by)
            before = await _load(connection, programme, successor)
            _require_same(before, new, key)
            return Issued(before, is_new=False)
        await cards.mark_replaced(connection, programme, id, by=by)
        await end_sessions_of_card(connection, programme, id)
        await _insert(connection, programme, new, by=by)
        return Issued(await _load(connection, programme, successor), is_new=True)


async def _with_helper(connection: asyncpg.Connection, programme: str, new: NewCard) -> NewCard:
    """A card in the hands of somebody outside the household is a helper's card, and needs an appointment."""
    owner = await find_owner(connection, programme, new.owner)
    if owner is None or owner["kind"] not in ("household", "member"):
        raise Refused(Reason.NOT_FOUND, owner=new.owner)
    if new.member is None or new.member == new.owner:
        return new
    member = await find_owner(connection, programme, new.member)
    if member is None:
        raise Refused(Reason.NOT_FOUND, owner=new.member)
    helper = await find_in_office(connection, programme, new.owner, new.member)
    if helper is None and member["household"] != new.owner:
        raise Refused(Reason.NOT_A_HELPER, owner=new.owner, member=new.member)
    return msgspec.structs.replace(new, helper=helper)


async def _insert(connection: asyncpg.Connection, programme: str, new: NewCard, *, by: str) -> None:
    try:
        async with connection.transaction():
            await cards.insert_cards(connection, programme, [new], by=by)
    except asyncpg.UniqueViolationError as error:
        field = _NUMBERS.get(error.constraint_name or "")
        if field is None:
            raise
        raise Refused(Reason.NUMBER_TAKEN, number=getattr(new, field)) from error


async def _lock(connection: asyncpg.Connection, programme: str, id: str) -> StoredCard:
    await show_programmes(connection, [programme])
    found = await cards.lock_cards(connection, programme, [id])
    if not found:
        raise Refused(Reason.NOT_FOUND, card=id)
    return found[0]


async def _load(connection: asyncpg.Connection, programme: str, id: str) -> StoredCard:
    card = await cards.find_card(connection, programme, id)
    assert card is not None, "cards are never removed"
    return card


def _require_printable(card: StoredCard) -> None:
    if card.state is CardState.BLOCKED:
        raise Refused(Reason.CARD_BLOCKED, card=card.id)
    if card.state is CardState.REPLACED:
        raise Refused(Reason.CARD_REPLACED, card=card.id, replaced_by=card.replaced_by)
    if card.state is CardState.ACTIVE:
        raise Refused(Reason.CARD_IN_USE, card=card.id)


def _require_same(before: StoredCard, new: NewCard, key: str) -> None:
    """Who helps may have changed since; what was sent may not."""
    if msgspec.structs.replace(before.as_issued, helper=None) != msgspec.structs.replace(new, helper=None):
        raise Refused(Reason.IDEMPOTENCY_KEY_REUSED, key=key)
