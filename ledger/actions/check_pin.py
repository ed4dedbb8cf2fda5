"""PINs of cards: set, and tried. A guess is counted, and committed, before the slow hash is begun."""

from collections.abc import Mapping
from datetime import timedelta

import asyncpg

from ledger.actions.slow_hash import SlowHash
from ledger.core.pin import is_easy_to_guess, is_pin
from ledger.core.refusal import Reason, Refused
from ledger.db.guesses import lock_guesses, write_guesses
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
        await _forget_guesses(connection, slow, programme, card)


async def remove_pin(connection: asyncpg.Connection, slow: SlowHash, programme: str, card: str) -> None:
    """Of a card that is no longer in use."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        await delete_pin(connection, programme, card)
        await _forget_guesses(connection, slow, programme, card)


async def check_pin(
    connection: asyncpg.Connection, slow: SlowHash, programme: str, card: str, pin: str, address: str
) -> None:
    """Returns if it is the card's PIN; otherwise refused as `pin_wrong`, `pin_locked` or `pin_not_set`.

    `address` is the terminal where there is one, else where the request comes from: five wrong PINs at one card or
    from one address in fifteen minutes are the end, whoever asks and however many at once.
    Not to be called within a database transaction: a guess must stay counted whatever becomes of it.
    """
    assert not connection.is_in_transaction(), "a guess that is rolled back is not counted"
    subjects = {"card": f"card\0{programme}\0{card}", "address": f"address\0{address}"}
    blinded = {name: slow.blind(subject) for name, subject in subjects.items()}
    left = await _count_guess(connection, blinded)
    stored = await _load_pin(connection, programme, card)
    is_kept = stored is not None and stored.pepper == slow.pepper_name
    digest = stored.digest if stored is not None and is_kept else None
    if await slow.matches(digest, _subject(programme, card), pin if is_pin(pin) else ""):
        await _take_back(connection, blinded)
    elif is_kept:
        raise Refused(Reason.PIN_WRONG, tries_left=left, minutes=_minutes(WINDOW.total_seconds()))
    else:
        raise Refused(Reason.PIN_NOT_SET, card=card)


async def _count_guess(connection: asyncpg.Connection, subjects: Mapping[str, str]) -> int:
    """How many are left after this one."""
    async with connection.transaction():
        guesses = await lock_guesses(connection, list(subjects.values()), WINDOW)
        for name, subject in subjects.items():
            if seconds := guesses[subject].seconds_until_room(GUESSES_MAX, WINDOW):
                raise Refused(Reason.PIN_LOCKED, locked=name, minutes=_minutes(seconds), guesses_max=GUESSES_MAX)
        for subject in subjects.values():
            await write_guesses(connection, subject, [*guesses[subject].guessed_at, guesses[subject].now])
    return GUESSES_MAX - 1 - max(len(guesses[subject].guessed_at) for subject in subjects.values())


async def _take_back(connection: asyncpg.Connection, subjects: Mapping[str, str]) -> None:
    """All guesses at the card; of the address only this one, or a card of one's own would give new tries at others."""
    async with connection.transaction():
        guesses = await lock_guesses(connection, list(subjects.values()), WINDOW)
        await write_guesses(connection, subjects["card"], [])
        await write_guesses(connection, subjects["address"], guesses[subjects["address"]].guessed_at[:-1])


async def _load_pin(connection: asyncpg.Connection, programme: str, card: str) -> StoredPin | None:
    async with connection.transaction(readonly=True):
        await show_programmes(connection, [programme])
        return await find_pin(connection, programme, card)


async def _forget_guesses(connection: asyncpg.Connection, slow: SlowHash, programme: str, card: str) -> None:
    subject = slow.blind(f"card\0{programme}\0{card}")
    await lock_guesses(connection, [subject], WINDOW)
    await write_guesses(connection, subject, [])


def _subject(programme: str, card: str) -> str:
    return f"pin\0{programme}\0{card}"


def _minutes(seconds: float) -> int:
    return max(1, -int(-seconds // 60))
