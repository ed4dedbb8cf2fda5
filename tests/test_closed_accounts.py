"""An account is closed when it is empty, and nothing moves on it any more, whichever verb or door tries."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg
import pytest

from ledger.actions.check import check_ledger
from ledger.actions.erase_person import erase_person
from ledger.actions.reshape_household import merge_households
from ledger.core.activity import Facts
from ledger.core.command import (
    Activate,
    Adjust,
    Award,
    CancelPending,
    Capture,
    Command,
    Deduct,
    Expire,
    Hold,
    LateSale,
    Line,
    Open,
    Refund,
    Request,
    Reset,
    Reverse,
    Share,
    Split,
    Transfer,
    Void,
)
from ledger.core.effect import BanEarning
from ledger.core.household import Merge
from ledger.core.period import Span
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import Outcome
from ledger.db.files import FileShelf
from ledger.db.journal import show_programmes
from ledger.db.past import earned_under_rules, main_balances
from ledger.db.service_role import connect
from ledger.posting import post
from tests.test_effects import by, publish, rule
from tests.test_verbs import done, refused
from tests.village import DAY, Village, gift, noticed, receive, redeem, sweep

CLOSED = Reason.ACCOUNT_CLOSED
FAR = date(2030, 1, 1)


async def merge(village: Village, key: str = "merge", connection: asyncpg.Connection | None = None) -> Outcome:
    request = Request(village.slug, "system:test", key, Merge("hh_1", "hh_2", "wedding"))
    return await merge_households(connection or village.connection, request, village.shelf)


@asynccontextmanager
async def connections(village: Village, number: int) -> AsyncIterator[list[asyncpg.Connection]]:
    opened = [await connect(village.database.url) for _ in range(number)]
    yield opened
    for connection in opened:
        await connection.close()


async def broken(village: Village) -> list[tuple[str, tuple[str, ...]]]:
    admin = await connect(village.database.admin_url)
    found = [(line.line, tuple(line.examples)) for line in await check_ledger(admin) if line.broken]
    await admin.close()
    return found


async def versions(village: Village) -> list[tuple[str, int, int]]:
    rows = await village.rows(
        "SELECT owner || purse || unit AS place, total, account_version FROM balance"
        " WHERE owner = 'hh_1' AND account_version > 0 ORDER BY 1"
    )
    return [(row["place"], row["total"], row["account_version"]) for row in rows]


async def test_no_verb_moves_anything_on_a_closed_account(village: Village) -> None:
    earned = await done(village, "earn", gift())
    await done(village, "more", gift())
    await done(village, "goods", receive(50))
    sold = await done(village, "sell", redeem())
    fined = await done(village, "fine", Deduct("hh_1", 30, "debt", "x"))
    given = await done(village, "give", Transfer("hh_1", "hh_2", 5, "x"))
    assert (await merge(village)).receipt is not None
    before = await versions(village)
    tissue = (Line("tissue"),)
    tries: list[Command] = [
        gift(), sweep(), noticed(), Adjust("hh_1", 5, "x"), Open("hh_1", 5), Expire("hh_1"), Reset("hh_1", 10),
        Deduct("hh_1", 5, "debt", "x"), Transfer("hh_1", "hh_2", 1, "x"), Transfer("hh_2", "hh_1", 1, "x"),
        Split(10, (Share("hh_2", 1), Share("hh_1", 1))), redeem(), Hold("hh_1", tissue, outlet="out_shop", until=FAR),
        Refund(sold.transaction), Reverse(sold.transaction), Reverse(fined.transaction), Reverse(given.transaction),
        Reverse(earned.transaction), Reverse(earned.transaction, 3),
    ]  # fmt: skip
    for number, command in enumerate(tries):
        assert (await refused(village, f"try-{number}", command))[0] == CLOSED, command
    assert await versions(village) == before
    assert await broken(village) == []


async def test_what_was_handed_over_to_a_closed_account_is_borne_by_the_programme(village: Village) -> None:
    await done(village, "earn", gift())
    assert (await merge(village)).receipt is not None
    sale = LateSale(
        "hh_1", (Line("tissue"),), outlet="out_shop", happened_at=datetime.now(UTC), terminal="trm_1", sequence=1
    )
    receipt = await done(village, "late", sale)
    assert receipt.about.shortfall == 30
    assert (await village.total("hh_1", "debt"), await village.total("programme", "offline_shortfall")) == (0, -30)
    assert await broken(village) == []


async def test_an_account_with_a_reservation_is_not_closed(village: Village) -> None:
    await done(village, "earn", gift())
    held = await done(village, "hold", Hold("hh_1", (Line("haircut"),), merchant="mer_barber", until=FAR))
    answer = await merge(village)
    assert answer.refusal is not None and answer.refusal.reason == Reason.STILL_OPEN
    await done(village, "free", Void(held.transaction))
    assert (await merge(village, "again")).receipt is not None


async def test_what_waits_on_an_account_that_somebody_closed_by_force_stays_where_it_is(village: Village) -> None:
    """Neither the service nor anybody can close it; the check would find it, and no verb makes it worse."""
    await done(village, "earn", gift())
    await done(village, "goods", receive())
    under_notice = await done(village, "notice", noticed())
    held = await done(village, "hold", Hold("hh_1", (Line("tissue"),), outlet="out_shop", until=FAR))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as error:
        async with village.connection.transaction():
            await show_programmes(village.connection, [village.slug])
            await village.connection.execute("UPDATE account SET is_closed = TRUE WHERE owner = 'hh_1'")
    assert error.value.constraint_name == "account_closes_empty"
    await village.rows("ALTER TABLE account DISABLE TRIGGER account_closes_once")
    await village.rows("UPDATE account SET is_closed = TRUE WHERE owner = 'hh_1'")
    await village.rows("ALTER TABLE account ENABLE TRIGGER account_closes_once")
    await village.let_days_pass(9)
    for number, command in enumerate(
        (
            Activate(under_notice.transaction), CancelPending(under_notice.transaction),
            Reverse(under_notice.transaction), Capture(held.transaction), Void(held.transaction),
        )
    ):  # fmt: skip
        assert (await refused(village, f"try-{number}", command))[0] == CLOSED, command
    found = dict(await broken(village))
    assert any("hh_1 main points is closed and holds 70" in line for line in found["I6"])


async def test_a_closed_account_is_never_opened_again(village: Village) -> None:
    assert (await merge(village)).receipt is not None
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as error:
        async with village.connection.transaction():
            await show_programmes(village.connection, [village.slug])
            await village.connection.execute("UPDATE account SET is_closed = FALSE WHERE owner = 'hh_1'")
    assert error.value.constraint_name == "account_stays_closed"


async def test_a_ban_meets_somebody_who_is_there(village: Village) -> None:
    await publish(village, rule("ban", effects=(BanEarning(Span.YEAR),)))
    banned = await done(village, "ban", by("ban"))
    nobody = Award("ban", "hh_404", Facts(happened_on=DAY))
    assert (await refused(village, "nobody", nobody))[0] == Reason.NOT_FOUND
    assert (await merge(village)).receipt is not None
    assert (await refused(village, "again", by("ban")))[0] == CLOSED
    assert (await refused(village, "undo", Reverse(banned.transaction)))[0] == CLOSED


async def test_a_merge_takes_along_money_and_every_other_unit(village: Village) -> None:
    await done(village, "cash", Split(101, (Share("hh_1", 1), Share("hh_2", 1))))
    await done(village, "hours", Open("hh_1", 45, "service_minutes"))
    await done(village, "fine", Deduct("hh_1", 7, "debt", "x", "score"))
    assert (await merge(village)).receipt is not None
    assert await village.total("hh_2", "main", "cash") == 101
    assert await village.total("hh_2", "main", "service_minutes") == 45
    assert await village.total("hh_2", "debt", "score") == -7
    assert await broken(village) == []


async def test_what_a_household_earned_counts_for_the_one_it_merged_into(village: Village) -> None:
    """A dividend or a bonus for a closed account would be refused, and its share would stay in the pool."""
    await village.post(("a", gift()), ("b", sweep("hh_2")), ("c", sweep("hh_3")))
    assert (await merge(village)).receipt is not None
    second = Request(village.slug, "system:test", "second", Merge("hh_2", "hh_3", "wedding"))
    assert (await merge_households(village.connection, second, village.shelf)).receipt is not None
    async with village.connection.transaction():
        await show_programmes(village.connection, [village.slug])
        earned = await earned_under_rules(
            village.connection, village.slug, date(2026, 1, 1), date(2026, 12, 31), (), "points"
        )
        balances = await main_balances(village.connection, village.slug, "points")
    assert {owner: sum(days.values()) for owner, days in earned.items()} == {"hh_3": 110}
    assert {owner: total for owner, total in balances.items() if owner.startswith("hh_")} == {"hh_3": 110}


FIRST = (Open("mbr_1", 5), Deduct("mbr_2", 5, "debt", "x"), Open("mbr_3", 5, "score"))


async def test_who_gets_a_first_point_meanwhile_is_not_erased(village: Village, tmp_path: Path) -> None:
    """Of purses that never held anything there was no row to wait for: both saw nothing, and both went on."""
    async with connections(village, 2) as (one, two):
        for command in FIRST:
            await village.open(command.owner)
            async with one.transaction():
                request = Request(village.slug, "system:test", command.owner, command)
                [posted] = await post(one, [request], village.shelf)
                erasing = asyncio.create_task(
                    erase_person(two, village.slug, command.owner, FileShelf(tmp_path), by="system:test")
                )
                await asyncio.sleep(0.2)
            assert posted.receipt is not None
            with pytest.raises(Refused) as told:
                await erasing
            assert told.value.reason == Reason.STILL_HOLDING
    assert await broken(village) == []


async def test_a_first_point_for_somebody_who_is_being_erased_is_refused(village: Village, tmp_path: Path) -> None:
    async with connections(village, 2) as (one, two):
        for command in FIRST:
            await village.open(command.owner)
            async with two.transaction():
                await erase_person(two, village.slug, command.owner, FileShelf(tmp_path), by="system:test")
                posting = asyncio.create_task(village.post((command.owner, command), connection=one))
                await asyncio.sleep(0.2)
                assert not posting.done()
            [outcome] = await posting
            assert outcome.refusal is not None and outcome.refusal.reason == CLOSED
    assert await broken(village) == []


async def test_a_first_point_in_a_new_unit_is_before_the_merge_or_refused(village: Village) -> None:
    """The household has never held cash, so the merge found no purse of it to lock."""
    async with connections(village, 2) as (one, two):
        async with one.transaction():
            request = Request(village.slug, "system:test", "first", Open("hh_1", 7, "cash"))
            [posted] = await post(one, [request], village.shelf)
            merging = asyncio.create_task(merge(village, connection=two))
            await asyncio.wait({merging}, timeout=1.5)
        merged = await merging
    assert posted.receipt is not None and merged.receipt is not None
    assert (await village.total("hh_1", "main", "cash"), await village.total("hh_2", "main", "cash")) == (0, 7)
    assert await broken(village) == []


async def test_a_merge_and_everything_else_at_once_leave_nothing_behind(village: Village) -> None:
    """Awards, fines, holds and refunds of the household that leaves: each is before the merge or is refused."""
    await village.post(("a", gift()), ("b", gift()), ("goods", receive(50)))
    sold = await done(village, "sell", redeem())
    commands: list[Command] = [
        gift(), redeem(), Deduct("hh_1", 500, "debt", "x"), Refund(sold.transaction), Open("hh_1", 3, "score"),
        Reset("hh_1", 10), Transfer("hh_3", "hh_1", 1, "x"), Open("hh_1", 7, "cash"),
    ]  # fmt: skip
    async with connections(village, len(commands) + 1) as opened:
        merging = asyncio.create_task(merge(village, connection=opened[-1]))
        answers = await asyncio.gather(
            *(
                village.post((f"k{number}", command), connection=connection)
                for number, (command, connection) in enumerate(zip(commands, opened, strict=False))
            )
        )
        merged = await merging
    assert merged.receipt is not None, merged.refusal
    reasons = {answer.refusal.reason for [answer] in answers if answer.refusal is not None}
    assert reasons <= {CLOSED, Reason.INSUFFICIENT_POINTS, Reason.NOTHING_TO_POST}
    assert [total for _, total, _ in await versions(village) if total] == []
    assert await broken(village) == []
