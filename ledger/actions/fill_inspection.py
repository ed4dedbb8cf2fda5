"""Inspection sheets: opened with a line for each household, filled by inspectors and raters, begun and taken back."""

from collections.abc import Mapping, Sequence
from datetime import date

import asyncpg
import msgspec

from ledger.core.activity import Found
from ledger.core.compiled import recipient_kind
from ledger.core.fact import FactType, refuse_unknown_facts
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.db import inspections
from ledger.db.identity import derived_id
from ledger.db.inspections import Asked, Inspection
from ledger.db.journal import show_programmes
from ledger.db.schemes import SchemeShelf


class NewInspection(msgspec.Struct, frozen=True):
    """By which rule, of which day, and of which area; without one, of the whole programme."""

    rule: str
    title: str
    happened_on: date
    area: str | None = None


class Opened(msgspec.Struct, frozen=True):
    """`is_new` is false when the same key had opened the very same sheet before."""

    inspection: Inspection
    is_new: bool


async def open_inspection(
    connection: asyncpg.Connection, programme: str, new: NewInspection, *, principal: str, key: str, shelf: SchemeShelf
) -> Opened:
    """Refuses in this order: key, day, rule, area."""
    id = derived_id("ins", programme, principal, key)
    scheme = await shelf.current(connection, programme)
    holder = _holder(scheme, new)
    sheet = Asked(id=id, rule=new.rule, title=new.title, area=new.area, happened_on=new.happened_on, by=principal)
    async with connection.transaction():
        await show_programmes(connection, [programme])
        is_new = await inspections.insert_inspection(connection, programme, sheet, holder=holder)
        found = await inspections.find_inspection(connection, programme, id)
    assert found is not None, "what was just inserted, by us or by a twin, is there"
    if (found.rule, found.title, found.area, found.happened_on) != (new.rule, new.title, new.area, new.happened_on):
        raise Refused(Reason.IDEMPOTENCY_KEY_REUSED, key=key)
    return Opened(found, is_new)


async def fill_inspection(
    connection: asyncpg.Connection, programme: str, id: str, found: Mapping[str, Found], *, shelf: SchemeShelf
) -> Inspection:
    """What was found, by the household's id or number. Refuses: find it, state, a household not on it, its facts."""
    async with connection.transaction():
        sheet = await _lock_open(connection, programme, id)
        compiled = (await shelf.current(connection, programme)).rulebook_on(sheet.happened_on)
        owners = await _owners(connection, programme, id, list(found))
        for one in found.values():
            refuse_unknown_facts(compiled.facts, one.on(sheet.happened_on))
        by_owner = {owners[name]: one for name, one in found.items()}
        await inspections.fill_lines(connection, programme, id, by_owner)
        return sheet


async def mark_inspection(
    connection: asyncpg.Connection,
    programme: str,
    id: str,
    fact: str,
    rater: str,
    marks: Mapping[str, int],
    *,
    shelf: SchemeShelf,
) -> Inspection:
    """One rater's marks of one fact. Refuses as filling does."""
    async with connection.transaction():
        sheet = await _lock_open(connection, programme, id)
        known = (await shelf.current(connection, programme)).rulebook_on(sheet.happened_on).facts.get(fact)
        if known is None or known.type is not FactType.RATING:
            raise Refused(Reason.UNKNOWN_FACT, fact=fact, type=None if known is None else known.type.value)
        owners = await _owners(connection, programme, id, list(marks))
        by_owner = {owners[name]: mark for name, mark in marks.items()}
        await inspections.put_marks(connection, programme, id, fact, rater, by_owner)
        return sheet


async def begin_posting(connection: asyncpg.Connection, programme: str, id: str, *, principal: str) -> Inspection:
    """From now on it is posted in the background; asked again when it was posted, what was refused is tried again."""
    async with connection.transaction():
        sheet = await _lock(connection, programme, id)
        if sheet.state == "posted":
            await inspections.reopen_refused(connection, programme, id)
        if sheet.state in ("open", "posted"):
            attempt = sheet.attempt + (sheet.state == "posted")
            await inspections.move_inspection(connection, programme, id, "posting", by=principal, attempt=attempt)
        elif sheet.state != "posting":
            raise Refused(Reason.SHEET_CLOSED, inspection=id, state=sheet.state)
        return await _lock(connection, programme, id)


async def begin_reversing(connection: asyncpg.Connection, programme: str, id: str, *, principal: str) -> Inspection:
    """From now on all that it posted is reversed in the background, each household once."""
    async with connection.transaction():
        sheet = await _lock(connection, programme, id)
        if sheet.state in ("posting", "posted"):
            await inspections.move_inspection(
                connection, programme, id, "reversing", by=principal, attempt=sheet.attempt
            )
        elif sheet.state == "open":
            raise Refused(Reason.SHEET_CLOSED, inspection=id, state=sheet.state)
        return await _lock(connection, programme, id)


def _holder(scheme: Scheme, new: NewInspection) -> str:
    """Whose lines there are: those who receive by the rule."""
    compiled = scheme.rulebook_on(new.happened_on)
    kind = recipient_kind(compiled, new.rule)
    if kind is None:
        raise Refused(Reason.UNKNOWN_RULE, rule=new.rule)
    areas = scheme.policy.choices("areas")
    if new.area is not None and areas and new.area not in areas:
        raise Refused(Reason.UNKNOWN_CHOICE, fact="area", choice=new.area, choices=list(areas)[:20])
    return scheme.policy.account_holder.value if kind.value == "holder" else kind.value


async def _owners(connection: asyncpg.Connection, programme: str, id: str, names: Sequence[str]) -> dict[str, str]:
    owners = await inspections.find_lines(connection, programme, id, names)
    for name in names:
        if name not in owners:
            raise Refused(Reason.NOT_FOUND, owner=name)
    return owners


async def _lock_open(connection: asyncpg.Connection, programme: str, id: str) -> Inspection:
    sheet = await _lock(connection, programme, id)
    if sheet.state != "open":
        raise Refused(Reason.SHEET_CLOSED, inspection=id, state=sheet.state)
    return sheet


async def _lock(connection: asyncpg.Connection, programme: str, id: str) -> Inspection:
    await show_programmes(connection, [programme])
    sheet = await inspections.lock_inspection(connection, programme, id)
    if sheet is None:
        raise Refused(Reason.NOT_FOUND, inspection=id)
    return sheet
