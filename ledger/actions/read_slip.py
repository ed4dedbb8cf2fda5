"""A receipt as people read it: made of the transaction alone, so it says the same whenever it is printed."""

import asyncpg

from ledger.actions.open_owner import read_register
from ledger.core.account import POINTS
from ledger.core.heading import KINDS
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.core.slip import Lapse, Slip, SlipLine
from ledger.core.title import Title
from ledger.core.transaction import About, PostedEntry, Receipt, SoldLine
from ledger.db.journal import load_outcomes
from ledger.db.receipts import next_to_lapse
from ledger.db.shifts import find_shift


async def read_slip(connection: asyncpg.Connection, scheme: Scheme, transaction: str) -> Slip:
    """Refuses what is not there, and what was refused."""
    found = (await load_outcomes(connection, scheme.slug, [transaction])).get(transaction)
    if found is None or found.receipt is None:
        raise Refused(Reason.NOT_FOUND, transaction=transaction)
    return await slip_of(connection, scheme, found.receipt)


async def slip_of(connection: asyncpg.Connection, scheme: Scheme, receipt: Receipt) -> Slip:
    """The names are those of today's catalogue and register."""
    about = receipt.about
    points = [entry for entry in receipt.entries if _is_holders(entry, about, POINTS)]
    gift = [entry for entry in receipt.entries if _is_holders(entry, about, "gift")]
    last = max(points, key=lambda entry: entry.account_version, default=None)
    shift = None if about.shift is None else await find_shift(connection, scheme.slug, about.shift)
    return Slip(
        transaction=receipt.transaction,
        kind=receipt.kind,
        what=KINDS.get(receipt.kind, Title(receipt.kind, receipt.kind)),
        programme=scheme.policy.title,
        number=about.number,
        outlet=about.outlet,
        place=_place(scheme, about),
        recorded_at=receipt.recorded_at,
        happened_on=receipt.happened_on,
        lines=tuple(_line(scheme, about, line) for line in about.lines),
        points=-sum(entry.amount for entry in points) + _owed(receipt),
        gift=-sum(entry.amount for entry in gift),
        fen=sum(entry.amount for entry in receipt.entries if entry.purse == "till"),
        before=None if last is None else last.balance_after - sum(entry.amount for entry in points),
        after=None if last is None else last.balance_after,
        owed=_owed(receipt),
        next_expiry=await _next_expiry(connection, scheme, receipt, last),
        terminal=about.terminal,
        shift=about.shift,
        served_by=None if shift is None else shift.served_by,
        card=about.card,
        acted_by=about.acted_by,
        acted_name=await _masked_name(connection, scheme, about),
        follows=about.follows or about.reverses,
    )


async def _next_expiry(
    connection: asyncpg.Connection, scheme: Scheme, receipt: Receipt, last: PostedEntry | None
) -> Lapse | None:
    if last is None:
        return None
    found = await next_to_lapse(
        connection, scheme.slug, last.owner, version=last.account_version, on=receipt.effective_on
    )
    return None if found is None else Lapse(found[1], found[0])


async def _masked_name(connection: asyncpg.Connection, scheme: Scheme, about: About) -> str | None:
    if about.acted_by is None:
        return None
    who = (await read_register(connection, scheme.slug, [about.acted_by])).get(about.acted_by)
    return None if who is None else who.masked_name


def _is_holders(entry: PostedEntry, about: About, unit: str) -> bool:
    return (entry.owner, entry.purse, entry.unit) == (about.owner, "main", unit)


def _owed(receipt: Receipt) -> int:
    """What a late sale left unpaid."""
    return -sum(entry.amount for entry in receipt.entries if entry.purse == "debt" and entry.unit == POINTS)


def _place(scheme: Scheme, about: About) -> Title:
    found = next((one.title for one in scheme.policy.outlets if f"out_{one.id}" == about.outlet), None)
    return found or scheme.policy.title


def _line(scheme: Scheme, about: About, line: SoldLine) -> SlipLine:
    known = scheme.offers.get((about.merchant or "", line.item)) if line.offer else scheme.items.get(line.item)
    title = Title(line.item, line.item) if known is None else known.title
    return SlipLine(line.item, title, line.quantity, line.points, line.fen)
