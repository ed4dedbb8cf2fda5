"""Signing in: a person by user name and password, a resident by card and PIN; both get an opaque session."""

from datetime import timedelta

import asyncpg
import msgspec

from ledger.actions.check_pin import check_pin
from ledger.actions.count_guess import Allowance, count_guess, forget_guesses, take_back_guess
from ledger.actions.session_token import hash_secret, new_token, split_session_token
from ledger.actions.slow_hash import SlowHash
from ledger.core.card import Card, PresentedCard
from ledger.core.password import LENGTH_MIN, is_weak
from ledger.core.refusal import Reason, Refused
from ledger.db.cards import find_presented_card
from ledger.db.identity import new_id
from ledger.db.journal import show_programmes
from ledger.db.nodes import find_programme_nodes
from ledger.db.sessions import NewSession, Session, end_sessions, insert_session, renew_session
from ledger.db.staff import Staff, StaffRole, find_staff, set_password

ATTEMPTS_AT_ONCE = 5
DAY = timedelta(days=1)
DELAY_MAX = timedelta(hours=1)
FROM_ADDRESS_MAX = 20
FROM_ADDRESS_WINDOW = timedelta(minutes=15)

STAFF_IDLE_SECONDS = 30 * 60
STAFF_SECONDS_MAX = 12 * 3_600
RESIDENT_IDLE_SECONDS = 15 * 60
RESIDENT_SECONDS_MAX = 2 * 3_600
OVERLAP_SECONDS = 30
DEVICE_LENGTH = 120


class SignedIn(msgspec.Struct, frozen=True):
    """The token is told once; the roles are those one may change to."""

    session: str
    token: str
    principal: str
    role: str
    roles: tuple[StaffRole, ...] = ()


async def sign_in_staff(
    connection: asyncpg.Connection,
    slow: SlowHash,
    *,
    user_name: str,
    password: str,
    address: str,
    device: str,
    role: str | None = None,
) -> SignedIn:
    """In the role named, else in the one that was granted first. An unknown name takes as long as a known one."""
    by_name = _by_name(user_name)
    from_address = _from_address(address)
    counted = await count_guess(connection, slow, [by_name, from_address])
    if counted.locked is not None:
        raise Refused(Reason.SIGN_IN_LOCKED, locked=counted.locked, minutes=-(-counted.seconds // 60))
    staff = await find_staff(connection, user_name=user_name)
    if not await is_password(slow, staff, password) or staff is None or staff.is_blocked:
        raise Refused(Reason.SIGN_IN_WRONG)
    await take_back_guess(connection, slow, by_name, from_address)
    chosen = _choose(staff.roles, role)
    new, token = _new_session(device, STAFF_IDLE_SECONDS, STAFF_SECONDS_MAX)
    await insert_session(connection, msgspec.structs.replace(new, staff=staff.id, staff_role=chosen.id))
    return SignedIn(new.id, token, staff.id, chosen.role, staff.roles)


async def sign_in_resident(
    connection: asyncpg.Connection,
    slow: SlowHash,
    *,
    programme: str,
    presented: PresentedCard,
    pin: str,
    address: str,
    device: str,
) -> SignedIn:
    """For the owner of a card in use, with its PIN; whether it is the card or the PIN that is wrong is not told.

    A helper's card pays at a counter within limits; it does not open somebody else's account.
    """
    nodes = await find_programme_nodes(connection, programme)
    card = await _find_card(connection, programme, presented) if nodes else None
    # A card that is not there is counted and tried as one that is.
    named = f"none-{slow.blind(repr(presented))}" if card is None else card.id
    try:
        await check_pin(connection, slow, programme, named, pin, address)
    except Refused as refused:
        if refused.reason is Reason.PIN_LOCKED:
            raise
        raise Refused(Reason.SIGN_IN_WRONG) from refused
    assert card is not None, "nobody has set a PIN for a card that is not there"
    new, token = _new_session(device, RESIDENT_IDLE_SECONDS, RESIDENT_SECONDS_MAX)
    whole = msgspec.structs.replace(new, node=nodes[0], programme=programme, owner=card.owner, card=card.id)
    await insert_session(connection, whole)
    return SignedIn(new.id, token, card.owner, "resident")


async def renew(connection: asyncpg.Connection, session: Session, token: str, *, role: StaffRole | None = None) -> str:
    """A new token for the same session, perhaps in another role; refused for a token that is no longer the newest."""
    parts = split_session_token(token)
    assert parts is not None, "the session was found by this token"
    renewed, secret_hash = new_token(session.id)
    is_newest = await renew_session(
        connection,
        session.id,
        old=hash_secret(parts[1]),
        new=secret_hash,
        overlap_seconds=OVERLAP_SECONDS,
        role=None if role is None else role.id,
    )
    if not is_newest:
        raise Refused(Reason.SESSION_RENEWED)
    return renewed


async def change_role(connection: asyncpg.Connection, session: Session, token: str, role: str) -> str:
    """A new token, for what another role may do; the old one ends its overlap in the new role too."""
    staff = None if session.staff is None else await find_staff(connection, id=session.staff)
    if staff is None:
        raise Refused(Reason.NOT_FOUND, role=role)
    return await renew(connection, session, token, role=_choose(staff.roles, role))


async def change_password(
    connection: asyncpg.Connection, slow: SlowHash, session: Session, *, old: str, new: str, address: str
) -> None:
    """Ends all other sessions. The old password is guessed under the same count as at the door."""
    staff = None if session.staff is None else await find_staff(connection, id=session.staff)
    if staff is None:
        raise Refused(Reason.SIGN_IN_WRONG)
    counted = await count_guess(connection, slow, [_by_name(staff.user_name), _from_address(address)])
    if counted.locked is not None:
        raise Refused(Reason.SIGN_IN_LOCKED, locked=counted.locked, minutes=-(-counted.seconds // 60))
    if not await is_password(slow, staff, old):
        raise Refused(Reason.SIGN_IN_WRONG)
    await take_back_guess(connection, slow, _by_name(staff.user_name), _from_address(address))
    await give_password(connection, slow, staff, new, but=session.id)


async def give_password(
    connection: asyncpg.Connection, slow: SlowHash, staff: Staff, password: str, *, but: str | None = None
) -> None:
    """Whoever signed in under the old one is signed out, the session `but` left alone."""
    digest = await digest_password(slow, staff.id, staff.user_name, password)
    async with connection.transaction():
        await set_password(connection, staff.id, digest, slow.pepper_name)
        await forget_guesses(connection, slow, _by_name(staff.user_name).subject)
        await end_sessions(connection, staff.id, None, but=but)


async def digest_password(slow: SlowHash, staff: str, user_name: str, password: str) -> str:
    if is_weak(password, user_name):
        raise Refused(Reason.PASSWORD_WEAK, length_min=LENGTH_MIN)
    return await slow.digest(f"password\0{staff}", password)


async def _find_card(connection: asyncpg.Connection, programme: str, presented: PresentedCard) -> Card | None:
    async with connection.transaction(readonly=True):
        await show_programmes(connection, [programme])
        try:
            card = await find_presented_card(connection, programme, presented)
        except Refused:
            return None
    return card if card.helper is None else None


async def is_password(slow: SlowHash, staff: Staff | None, password: str) -> bool:
    is_kept = staff is not None and staff.pepper == slow.pepper_name
    digest = staff.digest if staff is not None and is_kept else None
    return await slow.matches(digest, f"password\0{staff.id if staff is not None else ''}", password)


def _new_session(device: str, idle_seconds: int, seconds_max: int) -> tuple[NewSession, str]:
    id = new_id("ses")
    token, secret_hash = new_token(id)
    kept = "".join(letter for letter in device if letter.isprintable())[:DEVICE_LENGTH]
    return NewSession(id, secret_hash, kept, idle_seconds, seconds_max), token


def _choose(roles: tuple[StaffRole, ...], wanted: str | None) -> StaffRole:
    for role in roles:
        if wanted is None or role.id == wanted:
            return role
    if wanted is not None:
        raise Refused(Reason.NOT_FOUND, role=wanted)
    raise Refused(Reason.NO_ROLE)


def _by_name(user_name: str) -> Allowance:
    return Allowance("user_name", f"staff\0{user_name}", ATTEMPTS_AT_ONCE, DAY, DELAY_MAX)


def _from_address(address: str) -> Allowance:
    return Allowance("address", f"staff-address\0{address}", FROM_ADDRESS_MAX, FROM_ADDRESS_WINDOW)
