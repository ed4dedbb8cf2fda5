"""What is personal goes when the programme's retention is over: piece by piece, so that a kill costs nothing."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import asyncpg
import msgspec

from ledger.actions.erase_person import remove_files, require_empty
from ledger.core.programme import Retention
from ledger.core.refusal import Refused
from ledger.db import persons, retention
from ledger.db.audit_events import NewEvent, write_events
from ledger.db.files import FileShelf
from ledger.db.journal import show_programmes
from ledger.db.merchants import erase_contact
from ledger.db.schemes import SchemeShelf

PRINCIPAL = "system:retention"
VERB = "retention"
PIECE = 500
PIECES_MAX = 200  # of one kind in one run; the next run goes on
PAGES_SEEN_MAX = 20

_Look = Callable[[asyncpg.Connection, str, int, int], Awaitable[list[str]]]


class Kept(msgspec.Struct):
    """How much went in one run."""

    persons: int = 0
    contacts: int = 0
    pictures: int = 0
    reasons: int = 0
    files: int = 0


class Outdated(msgspec.Struct, frozen=True):
    """What a run would take away now: people one page of families long, of the rest as many as are counted."""

    persons: tuple[str, ...]
    contacts: tuple[str, ...]
    pictures: int
    reasons: int
    next_family: str | None


async def find_outdated(
    connection: asyncpg.Connection, programme: str, setting: Retention, *, after: str, limit: int, counted_max: int
) -> Outdated:
    """Looks and takes nothing; the caller has opened one view of the programme."""

    async def look(find: _Look, months: int | None, most: int) -> list[str]:
        return [] if months is None else await find(connection, programme, months, most)

    quiet: list[str] = []
    page: list[retention.Family] = []
    for _ in range(PAGES_SEEN_MAX if setting.persons_months is not None else 0):
        assert setting.persons_months is not None, "without it nobody is looked for"
        page = await retention.list_families(connection, programme, setting.persons_months, after=after)
        for family in page:
            after = family.root
            quiet += family.owners if family.is_quiet else []
            if len(quiet) >= limit:
                break
        if not page or len(quiet) >= limit:
            break
    return Outdated(
        persons=tuple(quiet),
        contacts=tuple(await look(retention.list_left_shops, setting.persons_months, limit)),
        pictures=len(await look(retention.list_old_evidence, setting.evidence_months, counted_max)),
        reasons=len(await look(retention.list_old_reasons, setting.reasons_months, counted_max)),
        next_family=after if page else None,
    )


async def keep_retention(connection: asyncpg.Connection, programme: str, shelf: SchemeShelf, files: FileShelf) -> Kept:
    """Each piece with its event in a database transaction of its own; files of what went before a kill go as well."""
    setting = (await shelf.scheme(connection, programme)).policy.retention
    kept = Kept()
    if setting.persons_months is not None:
        kept.persons = await _forget_families(connection, programme, setting.persons_months)
        kept.contacts = await _forget_contacts(connection, programme, setting.persons_months)
    if setting.evidence_months is not None:
        looked, months = retention.list_old_evidence, setting.evidence_months
        async for piece in _pieces(connection, programme, looked, months, retention.remove_evidence, "pictures"):
            kept.pictures += piece
    if setting.reasons_months is not None:
        looked, months = retention.list_old_reasons, setting.reasons_months
        async for piece in _pieces(connection, programme, looked, months, retention.empty_reasons, "reasons"):
            kept.reasons += piece
    for _ in range(PIECES_MAX):
        removed = await remove_files(connection, programme, files)
        kept.files += removed
        if removed == 0:
            break
    return kept


async def _forget_families(connection: asyncpg.Connection, programme: str, months: int) -> int:
    forgotten, after = 0, ""
    for _ in range(PIECES_MAX):
        async with connection.transaction(readonly=True):
            await show_programmes(connection, [programme])
            page = await retention.list_families(connection, programme, months, after=after)
        if not page:
            break
        after = page[-1].root
        for family in page:
            if family.is_quiet:
                forgotten += await _forget_family(connection, programme, months, family)
    return forgotten


async def _forget_family(connection: asyncpg.Connection, programme: str, months: int, family: retention.Family) -> int:
    """All of them or nobody; looked at again when nothing can be posted any more."""
    try:
        async with connection.transaction():
            await show_programmes(connection, [programme])
            for owner in sorted(family.owners):
                await require_empty(connection, programme, owner)
            if await retention.list_families(connection, programme, months, only=family.root) != [family]:
                return 0
            for owner in family.owners:
                await persons.erase(connection, programme, owner, by=PRINCIPAL)
                await _tell(connection, programme, {"owner": owner})
    except Refused:  # Something was booked since it was looked at: it is alive.
        return 0
    return len(family.owners)


async def _forget_contacts(connection: asyncpg.Connection, programme: str, months: int) -> int:
    async with connection.transaction():
        await show_programmes(connection, [programme])
        left = await retention.list_left_shops(connection, programme, months, PIECE)
        for merchant in left:
            await erase_contact(connection, programme, merchant)
            await _tell(connection, programme, {"merchant": merchant})
    return len(left)


async def _pieces(
    connection: asyncpg.Connection,
    programme: str,
    look: _Look,
    months: int,
    take: Callable[[asyncpg.Connection, str, list[str]], Awaitable[None]],
    name: str,
) -> AsyncIterator[int]:
    for _ in range(PIECES_MAX):
        async with connection.transaction():
            await show_programmes(connection, [programme])
            piece = await look(connection, programme, months, PIECE)
            if piece:
                await take(connection, programme, piece)
                await _tell(connection, programme, {name: str(len(piece)), "first": piece[0], "last": piece[-1]})
        if not piece:
            return
        yield len(piece)


async def _tell(connection: asyncpg.Connection, programme: str, about: Mapping[str, str]) -> None:
    """For auditors, in the same database transaction."""
    event = NewEvent(
        programme=programme,
        node=None,
        principal=PRINCIPAL,
        key=None,
        address="-",
        verb=VERB,
        about=about,
        status=200,
        code=None,
    )
    await write_events(connection, [event])
