"""Publish what bears on the cover of the points: at once, or, where it leaves too little, with a second signature."""

from datetime import date

import asyncpg
import msgspec

from ledger.actions.measure_cover import Held, cover_of, least_cover, promised_points, read_held
from ledger.actions.publish import Published, publish_catalogue, publish_rulebook, refuse_unknown_donations
from ledger.core.cover import Cover, breaks_limit, share_written
from ledger.core.item import Catalogue
from ledger.core.period import business_day
from ledger.core.ratio import fraction, written
from ledger.core.refusal import Number, Reason, Refused
from ledger.core.rulebook import Rulebook, digest
from ledger.core.scheme import Scheme
from ledger.db import asked_publications
from ledger.db.asked_publications import AskedPublication
from ledger.db.identity import new_id
from ledger.db.journal import show_programmes
from ledger.db.periods import read_clock
from ledger.db.schemes import SchemeShelf, find_published, lock_programme

Document = Catalogue | Rulebook

_KINDS: dict[str, type[Document]] = {"catalogue": Catalogue, "rulebook": Rulebook}


async def publish_covered(
    connection: asyncpg.Connection, programme: str, document: Document, shelf: SchemeShelf, *, by: str
) -> Published | AskedPublication:
    """What was published before, or leaves enough, is published; otherwise it is kept as asked, with the numbers."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        # Twins wait here, so that the second finds what the first has asked for.
        await lock_programme(connection, programme)
        if isinstance(document, Catalogue):
            await refuse_unknown_donations(connection, programme, document)
        scheme = await shelf.current(connection, programme)
        numbers = None
        if scheme.policy.cover is not None and not await _is_published(connection, programme, document):
            today = business_day(await read_clock(connection), scheme.policy.time_zone)
            numbers = await _shortage(connection, scheme, document, today)
        if numbers is None:
            return await _publish(connection, programme, document, by=by)
        kind, named = _kind(document), digest(document)
        id = await asked_publications.find_waiting(connection, programme, kind, named)
        if id is None:
            id = new_id("pub")
            body = msgspec.json.encode(document, order="sorted").decode()
            await asked_publications.insert_asked(connection, programme, id, kind, named, body, numbers, by=by)
        asked = await asked_publications.find_asked(connection, programme, id)
        assert asked is not None, "it is there, now or from before"
        return asked


async def sign_publication(connection: asyncpg.Connection, programme: str, id: str, *, by: str) -> AskedPublication:
    """Publishes it as it was asked for, in the asker's name. Refuses: find it, one's own, decided otherwise."""
    async with connection.transaction():
        asked = await _lock(connection, programme, id)
        if asked.asked_by == by:
            raise Refused(Reason.SECOND_APPROVER_NEEDED, asked_by=by)
        if asked.state == "published":
            return asked
        if asked.state != "waiting":
            raise Refused(Reason.WRONG_STEP, publication=id, state=asked.state, expected="waiting")
        document = msgspec.json.decode(asked.body, type=_KINDS[asked.kind])
        published = await _publish(connection, programme, document, by=asked.asked_by)
        await asked_publications.decide_asked(connection, programme, id, "published", by=by, version=published.version)
        return await _lock(connection, programme, id)


async def decline_publication(connection: asyncpg.Connection, programme: str, id: str, *, by: str) -> AskedPublication:
    """By anybody who may sign, also by whoever asked: then it is withdrawn."""
    async with connection.transaction():
        asked = await _lock(connection, programme, id)
        if asked.state == "declined":
            return asked
        if asked.state != "waiting":
            raise Refused(Reason.WRONG_STEP, publication=id, state=asked.state, expected="waiting")
        await asked_publications.decide_asked(connection, programme, id, "declined", by=by, version=None)
        return await _lock(connection, programme, id)


async def _shortage(
    connection: asyncpg.Connection, scheme: Scheme, document: Document, today: date
) -> dict[str, Number] | None:
    """The numbers of a publication that breaks the limit; None for one that does not."""
    policy = scheme.policy
    held: Held = await read_held(connection, scheme.slug)
    before = cover_of(held, scheme.items, policy, today)
    if isinstance(document, Catalogue):
        before = least_cover(held, scheme.items, policy, today)
        after = least_cover(held, {item.id: item for item in document.items}, policy, today)
    else:
        promised = await promised_points(connection, scheme, document, today)
        after = cover_of(held, scheme.items, policy, today, promised=promised)
    if policy.cover is None or not breaks_limit(policy.cover, before, after):
        return None
    return {
        "cover_before": share_written(before), "cover_after": share_written(after),
        "least": written(fraction(policy.cover.least)), **_told(after),
    }  # fmt: skip


def _told(cover: Cover) -> dict[str, Number]:
    return {
        "outstanding": cover.outstanding, "claims": cover.claims, "promised": cover.promised, "stock": cover.stock,
        "fund": cover.fund,
    }  # fmt: skip


async def _is_published(connection: asyncpg.Connection, programme: str, document: Document) -> bool:
    """The very same again changes nothing; a frozen version with other contents is refused by the publishing itself."""
    version = document.rulebook if isinstance(document, Rulebook) else None
    before = await find_published(connection, programme, _kind(document), version)
    return before is not None and (version is not None or before["digest"] == digest(document))


async def _publish(connection: asyncpg.Connection, programme: str, document: Document, *, by: str) -> Published:
    if isinstance(document, Catalogue):
        return await publish_catalogue(connection, programme, document, by=by)
    return await publish_rulebook(connection, programme, document, by=by)


def _kind(document: Document) -> str:
    return "catalogue" if isinstance(document, Catalogue) else "rulebook"


async def _lock(connection: asyncpg.Connection, programme: str, id: str) -> AskedPublication:
    await show_programmes(connection, [programme])
    asked = await asked_publications.lock_asked(connection, programme, id)
    if asked is None:
        raise Refused(Reason.NOT_FOUND, publication=id)
    return asked
