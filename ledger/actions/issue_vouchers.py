"""A voucher series: issued, printed while pending, handed out when active; each voucher is paid in once or voided."""

import secrets
from collections.abc import Sequence

import asyncpg
import msgspec

from ledger.core.command import Request
from ledger.core.paper import (
    CHECK_LENGTH,
    VOUCHERS,
    PayVoucher,
    check_hash,
    check_letters,
    split_code,
    voucher_label,
)
from ledger.core.period import business_day
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import Outcome
from ledger.db import vouchers
from ledger.db.journal import is_claimed, show_programmes
from ledger.db.owners import open_programme_accounts
from ledger.db.schemes import SchemeShelf
from ledger.db.vouchers import Series, Voucher
from ledger.posting import post


class PrintedVoucher(msgspec.Struct, frozen=True):
    """With the check letters that are shown this once."""

    label: str
    code: str


async def issue_series(connection: asyncpg.Connection, programme: str, new: Series, *, key: str) -> tuple[Series, bool]:
    """The series and whether it is new; refuses in this order: the key for another, a name that is taken."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        before = await vouchers.find_series(connection, programme, new.id)
        if before is None:
            await open_programme_accounts(connection, programme, [VOUCHERS])
            try:
                async with connection.transaction():
                    await vouchers.insert_series(connection, programme, new)
            except asyncpg.UniqueViolationError as error:
                other = await vouchers.find_series_by_name(connection, programme, new.name)
                owner = None if other is None else other.id
                raise Refused(Reason.REFERENCE_TAKEN, reference=new.name, owner=owner) from error
        series = await _load(connection, programme, new.id)
        wanted = (new.name, new.points, new.count, new.valid_until)
        if (series.name, series.points, series.count, series.valid_until) != wanted:
            raise Refused(Reason.IDEMPOTENCY_KEY_REUSED, key=key)
        return series, before is None


async def print_series(connection: asyncpg.Connection, programme: str, id: str) -> tuple[Series, list[PrintedVoucher]]:
    """All its vouchers with new check letters; sheets printed before are void. Refused once it is active."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        series = await _lock(connection, programme, id)
        if series.activated_at is not None:
            raise Refused(Reason.SERIES_IN_USE, series=series.name)
        # Nothing is refused below this line.
        printed, hashes = [], {}
        for number in range(1, series.count + 1):
            label = voucher_label(series.name, number)
            check = check_letters(secrets.randbits(5 * CHECK_LENGTH))
            hashes[number] = check_hash(programme, label, check)
            printed.append(PrintedVoucher(label, f"{label}-{check}"))
        await vouchers.print_vouchers(connection, programme, id, hashes)
        return await _load(connection, programme, id), printed


async def activate_series(connection: asyncpg.Connection, programme: str, id: str, *, by: str) -> Series:
    """From now on they may be paid in; an active series stays as it is."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        await _lock(connection, programme, id)
        await vouchers.activate_series(connection, programme, id, by=by)
        return await _load(connection, programme, id)


async def void_vouchers(
    connection: asyncpg.Connection, programme: str, id: str, numbers: Sequence[int], *, by: str, why: str
) -> None:
    """Those that are void already stay so. Refuses in this order: find all, one that was paid in."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        series = await _load(connection, programme, id)
        found = await vouchers.lock_vouchers(connection, programme, id, numbers)
        for number in numbers:
            label = voucher_label(series.name, number)
            if number not in found:
                raise Refused(Reason.VOUCHER_UNKNOWN, voucher=label)
            if found[number].state == "redeemed":
                raise Refused(Reason.VOUCHER_REDEEMED, voucher=label, transaction=found[number].journal_id)
        # Nothing is refused below this line.
        await vouchers.void_vouchers(connection, programme, id, numbers, by=by, why=why)


async def pay_voucher(
    connection: asyncpg.Connection, programme: str, code: str, owner: str, shelf: SchemeShelf, *, by: str, key: str
) -> Outcome:
    """Inside the caller's database transaction, which a dry run rolls back.

    Refuses in this order: unknown, replay, not handed out, paid in before, void, past its day, then as a credit.
    """
    await show_programmes(connection, [programme])
    name, number, check = split_code(code)
    label = voucher_label(name, number)
    series = await vouchers.find_series_by_name(connection, programme, name)
    found = None
    if series is not None:
        found = (await vouchers.lock_vouchers(connection, programme, series.id, [number])).get(number)
    if series is None or found is None or found.check_hash != check_hash(programme, label, check):
        raise Refused(Reason.VOUCHER_UNKNOWN, voucher=label)
    if not await is_claimed(connection, programme, by, key):
        await _require_good(connection, programme, series, found, label, shelf)
    command = PayVoucher(owner, series.points, label)
    [outcome] = await post(connection, [Request(programme, by, key, command)], shelf)
    if outcome.receipt is not None and not outcome.is_replayed:
        journal_id = outcome.receipt.transaction
        await vouchers.mark_redeemed(
            connection, programme, series.id, number, owner=owner, journal_id=journal_id, by=by
        )
    return outcome


async def _require_good(
    connection: asyncpg.Connection, programme: str, series: Series, found: Voucher, label: str, shelf: SchemeShelf
) -> None:
    if series.activated_at is None:
        raise Refused(Reason.VOUCHER_PENDING, voucher=label)
    if found.state == "redeemed":
        raise Refused(Reason.VOUCHER_REDEEMED, voucher=label, transaction=found.journal_id)
    if found.state == "void":
        raise Refused(Reason.VOUCHER_VOID, voucher=label)
    scheme = await shelf.current(connection, programme)
    today = business_day(shelf.now(), scheme.policy.time_zone)
    if series.valid_until is not None and today > series.valid_until:
        raise Refused(Reason.VOUCHER_LAPSED, voucher=label, valid_until=series.valid_until.isoformat())


async def _lock(connection: asyncpg.Connection, programme: str, id: str) -> Series:
    series = await vouchers.lock_series(connection, programme, id)
    if series is None:
        raise Refused(Reason.NOT_FOUND, series=id)
    return series


async def _load(connection: asyncpg.Connection, programme: str, id: str) -> Series:
    series = await vouchers.find_series(connection, programme, id)
    if series is None:
        raise Refused(Reason.NOT_FOUND, series=id)
    return series
