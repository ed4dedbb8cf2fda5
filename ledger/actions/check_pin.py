"""PINs of cards: set, and tried. A guess is counted, and committed, before the slow hash is begun."""

from datetime import timedelta

import asyncpg

from ledger.actions.count_guess import Allowance, count_guess, forget_guesses, take_back_guess
from ledger.actions.slow_hash import SlowHash
from ledger.core.pin import is_easy_to_guess, is_pin
from ledger.core.refusal import Reason, Refused
from ledger.db.journal import show_programmes
from ledger.db.pins import StoredPin, delete_pin, find_pin, upsert_pin

GUESSES_MAX = 5
WINDOW = timedelta(minutes=15)


async def set_pin(
    connection: asyncpg.Connection, slow: SlowHash, programme: str, card: str, pin: str, *, by: str
) -> None:
    """Replaces an earlier one, and forgets what was guessed at it; `by` is the principal who sets it."""
    if not is_pin(pin) or is_easy_to_guess(pin):
        raise Refused(Reason.PIN_TOO_EASY)
    digest = await slow.digest(_subject(programme, card), pin)
    async with connection.transaction():
        await show_programmes(connection, [programme])
        await upsert_pin(connection, programme, card, StoredPin(digest, slow.pepper_name), by=by)
        await forget_guesses(connection, slow, _at_card(programme, card).subject)


async def remove_pin(connection: asyncpg.Connection, slow: SlowHash, programme: str, card: str) -> None:
    """Of a card that is no longer in use."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        await delete_pin(connection, programme, card)
        await forget_guesses(connection, slow, _at_card(programme, card).subject)


async def check_pin(
    connection: asyncpg.Connection, slow: SlowHash, programme: str, card: str, pin: str, address: str
) -> None:
    """Returns if it is the card's PIN; otherwise refused as `pin_wrong`, `pin_locked` or `pin_not_set`.

    `address` is the terminal where there is one, else where the request comes from: five wrong PINs at one card or
    from one address in fifteen minutes are the end, whoever asks and however many at once.
    Not to be called within a database transaction: a guess must stay counted whatever becomes of it.
    """
    at_card = _at_card(programme, card)
    from_address = Allowance("address", f"address\0{address}", GUESSES_MAX, WINDOW)
    counted = await count_guess(connection, slow, [at_card, from_address])
    if counted.locked is not None:
        minutes = -(-counted.seconds // 60)
        raise Refused(Reason.PIN_LOCKED, locked=counted.locked, minutes=minutes, guesses_max=GUESSES_MAX)
    stored = await _load_pin(connection, programme, card)
    is_kept = stored is not None and stored.pepper == slow.pepper_name
    digest = stored.digest if stored is not None and is_kept else None
    if await slow.matches(digest, _subject(programme, card), pin if is_pin(pin) else ""):
        await take_back_guess(connection, slow, at_card, from_address)
    elif is_kept:
        raise Refused(Reason.PIN_WRONG, tries_left=counted.left, minutes=int(WINDOW.total_seconds()) // 60)
    else:
        raise Refused(Reason.PIN_NOT_SET, card=card)


async def _load_pin(connection: asyncpg.Connection, programme: str, card: str) -> StoredPin | None:
    async with connection.transaction(readonly=True):
        await show_programmes(connection, [programme])
        return await find_pin(connection, programme, card)


def _at_card(programme: str, card: str) -> Allowance:
    return Allowance("card", f"card\0{programme}\0{card}", GUESSES_MAX, WINDOW)


def _subject(programme: str, card: str) -> str:
    return f"pin\0{programme}\0{card}"
