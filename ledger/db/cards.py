"""Cards as stored, each with its whole life; of a code only the hash."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg
import msgspec

from ledger.core.card import Card, CardStanding, CardState, Carrier, Helper, PresentedCard, code_hash, require_active
from ledger.core.refusal import Reason, Refused
from ledger.db.statements import load_statements

_SQL = load_statements("cards")
_ALL = 10_000


class NewCard(msgspec.Struct, frozen=True):
    """As issued: what never changes in a card's life."""

    id: str
    owner: str
    carrier: Carrier
    member: str | None = None
    helper: str | None = None
    number: str | None = None
    nfc_number: str | None = None
    replaces: str | None = None


class StoredCard(msgspec.Struct, frozen=True):
    """A card with its history: each state is passed once."""

    id: str
    owner: str
    member: str | None
    helper: str | None
    carrier: Carrier
    number: str | None
    nfc_number: str | None
    replaces: str | None
    printings: int
    state: CardState
    issued_by: str
    issued_at: datetime
    activated_at: datetime | None
    blocked_at: datetime | None
    blocked_for: str | None
    replaced_at: datetime | None
    replaced_by: str | None

    @property
    def as_issued(self) -> NewCard:
        return msgspec.convert(self, NewCard, from_attributes=True)


async def insert_cards(connection: asyncpg.Connection, programme: str, cards: Sequence[NewCard], *, by: str) -> None:
    """Does nothing for an id that is there; a number that another card has violates `card_number_once` or its like."""
    await connection.execute(_SQL["insert_cards"], programme, msgspec.json.encode(cards).decode(), by)


async def find_card(connection: asyncpg.Connection, programme: str, id: str) -> StoredCard | None:
    found = await read_cards(connection, programme, [id])
    return found[0] if found else None


async def read_cards(connection: asyncpg.Connection, programme: str, ids: Sequence[str]) -> list[StoredCard]:
    """As far as they are there, by id."""
    return [
        _stored(row) for row in await connection.fetch(_SQL["read_cards"], programme, list(ids), None, "", len(ids))
    ]


async def cards_of(
    connection: asyncpg.Connection, programme: str, owner: str, *, after: str = "", limit: int = _ALL
) -> list[StoredCard]:
    """Oldest first, history included."""
    return [_stored(row) for row in await connection.fetch(_SQL["read_cards"], programme, None, owner, after, limit)]


async def find_cards(connection: asyncpg.Connection, programme: str, ids: Sequence[str]) -> set[str]:
    """Which of these there are."""
    return {row["id"] for row in await connection.fetch(_SQL["find_cards"], programme, list(ids))}


async def numbers_in_use(connection: asyncpg.Connection, programme: str, wanted: Sequence[NewCard]) -> set[str]:
    """Of the numbers on these cards, passbooks' and chips', those that a card in use has."""
    numbers = [card.number for card in wanted if card.number is not None]
    chips = [card.nfc_number for card in wanted if card.nfc_number is not None]
    rows = await connection.fetch(_SQL["numbers_in_use"], programme, numbers, chips)
    return {number for row in rows for number in row.values() if number is not None}


async def lock_cards(connection: asyncpg.Connection, programme: str, ids: Sequence[str]) -> list[StoredCard]:
    """As they are once nobody else is changing them."""
    await connection.execute(_SQL["lock_cards"], programme, list(ids))
    return await read_cards(connection, programme, ids)


async def find_presented_card(connection: asyncpg.Connection, programme: str, presented: PresentedCard) -> Card:
    """Refuses in this order: no such card, pending, blocked, replaced, a helper whose time is over."""
    hashed = None if presented.code is None else code_hash(presented.code)
    row = await connection.fetchrow(_SQL["find_presented"], programme, hashed, presented.nfc_number, presented.number)
    if row is None:
        raise Refused(Reason.CARD_UNKNOWN)
    require_active(CardState(row["state"]), row["id"], row["replaced_by"], is_helper_gone=row["is_helper_gone"])
    return _shown(row, presented)


async def find_card_shown_at(
    connection: asyncpg.Connection, programme: str, presented: PresentedCard, at: datetime
) -> Card | None:
    """Whatever has become of it: how it stood then is for posting to look at, under its lock."""
    hashed = None if presented.code is None else code_hash(presented.code)
    wanted = (hashed, presented.nfc_number, presented.number)
    row = await connection.fetchrow(_SQL["find_shown_at"], programme, *wanted, at)
    return None if row is None else _shown(row, presented)


def _shown(row: asyncpg.Record, presented: PresentedCard) -> Card:
    helper = None
    if row["helper"] is not None:
        helper = Helper(row["helper"], row["member"], row["per_day"], row["per_spend"])
    return Card(
        id=row["id"],
        owner=row["owner"],
        carrier=Carrier(row["carrier"]),
        proves_possession=presented.code is not None,
        member=row["member"],
        helper=helper,
    )


async def share_card(connection: asyncpg.Connection, programme: str, id: str) -> None:
    """Until the end of this database transaction nobody blocks the card; refuses one that has just been blocked."""
    state = await connection.fetchval(_SQL["share_card"], programme, id)
    if state is None:
        raise Refused(Reason.CARD_UNKNOWN)
    require_active(CardState(state), id, None, is_helper_gone=False)


async def share_cards(
    connection: asyncpg.Connection, wanted: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], CardStanding]:
    """The same for (programme, card) pairs: as they stand once whoever was changing them is done."""
    rows = await connection.fetch(
        _SQL["share_cards"], [programme for programme, _ in wanted], [card for _, card in wanted]
    )
    return {(row["programme"], row["id"]): _standing(row) for row in rows}


async def print_cards(connection: asyncpg.Connection, programme: str, hashes: Mapping[str, bytes]) -> None:
    """What was printed before is worth nothing from now on."""
    await connection.execute(_SQL["print_cards"], programme, list(hashes), list(hashes.values()))


async def activate_card(connection: asyncpg.Connection, programme: str, id: str, *, by: str) -> None:
    await connection.execute(_SQL["activate_card"], programme, id, by)


async def block_cards(
    connection: asyncpg.Connection, programme: str, ids: Sequence[str], *, by: str, why: str | None
) -> None:
    """Those that can still be used or handed out; the others stay as they are."""
    await connection.execute(_SQL["block_cards"], programme, list(ids), by, why)


async def mark_replaced(connection: asyncpg.Connection, programme: str, id: str, *, by: str) -> None:
    """Before its successor is inserted, which may take over its number."""
    await connection.execute(_SQL["mark_replaced"], programme, id, by)


def _standing(row: asyncpg.Record) -> CardStanding:
    return CardStanding(
        CardState(row["state"]),
        row["is_helper_gone"],
        row["activated_at"],
        row["blocked_at"],
        row["replaced_at"],
        row["helper_ended_at"],
    )


def _stored(row: asyncpg.Record) -> StoredCard:
    return msgspec.convert(dict(row), StoredCard)
