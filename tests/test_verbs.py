"""Each verb against a real database: what moves, what is refused, and that it ends once."""

from datetime import UTC, date, datetime, timedelta

from ledger.actions.reverse_by_key import reverse_by_key
from ledger.core.command import (
    Activate,
    Adjust,
    Award,
    Cancel,
    CancelPending,
    Capture,
    Command,
    Count,
    Deduct,
    Donate,
    Expire,
    Hold,
    LateSale,
    Line,
    Move,
    Open,
    Refund,
    RefundLine,
    Request,
    Reset,
    Return,
    Reverse,
    Settle,
    Share,
    Split,
    TakenLine,
    Transfer,
    Void,
    WriteOff,
)
from ledger.core.refusal import Reason
from ledger.core.transaction import Outcome, Receipt
from tests.test_posting import reasons
from tests.village import DAY, TODAY, Village, gift, haircut, noticed, receive, redeem

SOON = TODAY + timedelta(days=30)


async def done(village: Village, key: str, command: Command) -> Receipt:
    """The receipt of a command that must be posted."""
    [outcome] = await village.post((key, command))
    assert outcome.receipt is not None, outcome.refusal
    return outcome.receipt


async def refused(village: Village, key: str, command: Command) -> tuple[str, dict[str, object]]:
    """Reason and numbers of a command that must be refused."""
    [outcome] = await village.post((key, command))
    assert outcome.refusal is not None, outcome.receipt
    return outcome.refusal.reason, dict(outcome.refusal.numbers)


def hold(quantity: int = 1, *, until: date = SOON) -> Hold:
    return Hold("hh_1", (Line("tissue", quantity),), outlet="out_shop", until=until)


async def test_a_hold_sets_points_and_goods_aside(village: Village) -> None:
    await village.post(("earn", gift()), ("stock", receive(5)))
    await done(village, "hold", hold(2))
    assert (await village.total("hh_1"), await village.total("hh_1", "held")) == (40, 60)
    assert await village.total("out_shop", "reserved", "item:tissue") == 2
    assert await refused(village, "more", hold(2)) == (
        Reason.INSUFFICIENT_POINTS,
        {"required": 60, "available": 40, "missing": 20},
    )


async def test_a_part_is_captured_and_the_rest_released_in_one_transaction(village: Village) -> None:
    await village.post(("earn", gift()), ("stock", receive(5)))
    held = await done(village, "hold", hold(3))
    await done(village, "take", Capture(held.transaction, (TakenLine("tissue", 2),)))
    assert (await village.total("hh_1"), await village.total("hh_1", "held")) == (40, 0)
    assert await village.total("out_shop", "stock", "item:tissue") == 3
    assert await village.total("out_shop", "reserved", "item:tissue") == 0
    assert await village.total("programme", "redeemed", "points") == 60


async def test_a_hold_ends_exactly_once(village: Village) -> None:
    await village.post(("earn", gift()), ("stock", receive(5)))
    held = await done(village, "hold", hold())
    outcomes = await village.post(*((f"end{n}", Void(held.transaction)) for n in range(3)))
    assert reasons(outcomes) == {"posted": 1, Reason.NOT_OPEN: 2}
    assert (await refused(village, "late", Capture(held.transaction)))[0] == Reason.NOT_OPEN
    assert await village.total("hh_1") == 100


async def test_more_than_was_held_cannot_be_captured(village: Village) -> None:
    await village.post(("earn", gift()), ("stock", receive(5)))
    held = await done(village, "hold", hold(1))
    answer = await refused(village, "take", Capture(held.transaction, (TakenLine("tissue", 2),)))
    assert answer == (Reason.MORE_THAN_THERE_WAS, {"item": "tissue", "required": 2, "left": 1})


async def test_a_timeout_waits_for_its_day(village: Village) -> None:
    await village.post(("earn", gift()), ("stock", receive(5)))
    held = await done(village, "hold", hold())
    reason, numbers = await refused(village, "early", Void(held.transaction, "timeout"))
    assert (reason, numbers["due_on"]) == (Reason.NOT_DUE, (SOON + timedelta(days=1)).isoformat())
    assert (await refused(village, "past", hold(until=DAY)))[0] == Reason.NOT_DUE


async def test_a_refund_by_line_never_gives_back_more_than_was_paid(village: Village) -> None:
    await village.post(("earn", gift()), ("stock", receive(5)))
    sold = await done(village, "buy", redeem(quantity=3))
    one = RefundLine("tissue", 1, "restock")
    outcomes = await village.post(*((f"back{n}", Refund(sold.transaction, (one,))) for n in range(4)))
    assert reasons(outcomes) == {"posted": 3, Reason.MORE_THAN_THERE_WAS: 1}
    assert await village.total("hh_1") == 100
    assert await village.total("out_shop", "stock", "item:tissue") == 5
    assert (await refused(village, "undo", Reverse(sold.transaction)))[0] == Reason.ALREADY_REVERSED


async def test_a_broken_piece_that_comes_back_is_written_off(village: Village) -> None:
    await village.post(("earn", gift()), ("stock", receive(5)))
    sold = await done(village, "buy", redeem(quantity=2))
    await done(village, "back", Refund(sold.transaction, goods="write_off"))
    assert await village.total("out_shop", "stock", "item:tissue") == 3
    assert await village.total("programme", "written_off", "item:tissue") == 2
    assert await village.total("hh_1") == 100


async def test_a_reversed_sale_is_not_refunded(village: Village) -> None:
    await village.post(("earn", gift()))
    sold = await done(village, "buy", haircut())
    await done(village, "undo", Reverse(sold.transaction))
    assert (await refused(village, "back", Refund(sold.transaction)))[0] == Reason.ALREADY_REVERSED
    assert await village.total("mer_barber", "claims") == 0


async def test_a_capture_is_refunded_to_the_buckets_it_was_held_from(village: Village) -> None:
    await village.post(("old", Open("hh_1", 20, expires_on=SOON)), ("earn", gift()), ("stock", receive(5)))
    held = await done(village, "hold", hold(2))
    taken = await done(village, "take", Capture(held.transaction, (TakenLine("tissue", 1),)))
    back = await done(village, "back", Refund(taken.transaction))
    assert await village.total("hh_1") == 120
    restored = [(entry.expires_on, entry.amount) for entry in back.entries if entry.purse == "main"]
    assert sorted(amount for _, amount in restored) == [10, 20]
    assert (SOON, 20) in restored


async def test_points_under_notice_wait_and_are_activated_once(village: Village) -> None:
    award = await done(village, "earn", noticed())
    assert (await village.total("hh_1"), await village.total("hh_1", "pending")) == (0, 10)
    assert (await refused(village, "early", Activate(award.transaction)))[0] == Reason.NOT_DUE
    await village.let_days_pass(8)
    outcomes = await village.post(*((f"go{n}", Activate(award.transaction)) for n in range(3)))
    assert reasons(outcomes) == {"posted": 1, Reason.NOT_OPEN: 2}
    assert (await village.total("hh_1"), await village.total("hh_1", "pending")) == (10, 0)


async def test_an_objection_gives_points_and_cap_back(village: Village) -> None:
    award = await done(village, "earn", noticed())
    assert (await refused(village, "again", noticed()))[0] == Reason.LIMIT_REACHED
    await done(village, "object", CancelPending(award.transaction))
    assert await village.total("hh_1", "pending") == 0
    await done(village, "anew", noticed())


async def test_an_activated_award_is_taken_back_from_the_bucket_it_went_to(village: Village) -> None:
    award = await done(village, "earn", noticed())
    await village.let_days_pass(8)
    await done(village, "go", Activate(award.transaction))
    back = await done(village, "undo", Reverse(award.transaction))
    assert await village.total("hh_1") == 0
    assert [entry.amount for entry in back.entries if entry.purse == "main"] == [-10]


async def test_an_award_under_notice_can_be_reversed_and_ends_by_it(village: Village) -> None:
    award = await done(village, "earn", noticed())
    await done(village, "undo", Reverse(award.transaction))
    await village.let_days_pass(8)
    assert (await refused(village, "go", Activate(award.transaction)))[0] == Reason.NOT_OPEN


async def test_an_award_is_reversed_in_parts_that_never_exceed_it(village: Village) -> None:
    award = await done(village, "earn", gift())
    await done(village, "p1", Reverse(award.transaction, 60))
    answer = await refused(village, "p2", Reverse(award.transaction, 60))
    assert answer[0] == Reason.MORE_THAN_THERE_WAS
    assert answer[1]["left"] == 40
    await done(village, "p3", Reverse(award.transaction))
    assert await village.total("hh_1") == 0
    assert (await refused(village, "p4", Reverse(award.transaction)))[0] == Reason.ALREADY_REVERSED


async def test_a_penalty_takes_what_is_there_or_leaves_debt(village: Village) -> None:
    await village.post(("earn", gift()))
    await done(village, "fine", Deduct("hh_1", 130, "take_what_is_there", "littering"))
    assert (await village.total("hh_1"), await village.total("hh_1", "debt")) == (0, 0)
    await done(village, "owed", Deduct("hh_1", 130, "debt", "littering"))
    assert await village.total("hh_1", "debt") == -130
    assert (await refused(village, "none", Deduct("hh_1", 1, "take_what_is_there", "x")))[0] == Reason.NOTHING_TO_POST


async def test_a_transfer_keeps_the_days_and_repays_debt_first(village: Village) -> None:
    await village.post(("old", Open("hh_1", 50, expires_on=SOON)), ("owe", Deduct("hh_2", 20, "debt", "x")))
    moved = await done(village, "move", Transfer("hh_1", "hh_2", 50, "household split"))
    assert (await village.total("hh_2"), await village.total("hh_2", "debt")) == (30, 0)
    assert [e.expires_on for e in moved.entries if e.owner == "hh_2" and e.purse == "main"] == [SOON]
    assert (await refused(village, "same", Transfer("hh_2", "hh_2", 1, "x")))[0] == Reason.NOTHING_TO_POST


async def test_a_large_adjustment_needs_a_second_person(village: Village) -> None:
    await done(village, "small", Adjust("hh_1", 100, "miscounted"))
    for approver in (None, "system:test"):
        answer = await refused(village, f"large{approver}", Adjust("hh_1", -101, "x", approved_by=approver))
        assert answer == (Reason.SECOND_APPROVER_NEEDED, {"amount": -101, "limit": 100})
    assert (await refused(village, "too much", Adjust("hh_1", -101, "x", approved_by="person:chief")))[
        0
    ] == Reason.INSUFFICIENT_POINTS
    await done(village, "down", Adjust("hh_1", -100, "x"))
    assert await village.total("hh_1") == 0


async def test_a_day_that_has_passed_is_gone_before_and_after_the_sweep(village: Village) -> None:
    await village.post(("old", Open("hh_1", 50, expires_on=SOON)), ("stock", receive(5)))
    assert (await refused(village, "none", Expire("hh_1")))[0] == Reason.NOTHING_TO_POST
    await village.let_days_pass(31)
    assert (await refused(village, "buy", redeem()))[1]["available"] == 0
    await done(village, "sweep", Expire("hh_1"))
    assert (await village.total("hh_1"), await village.total("programme", "expired")) == (0, 50)
    assert (await refused(village, "twice", Expire("hh_1")))[0] == Reason.NOTHING_TO_POST


async def test_a_refund_after_its_day_gets_grace(village: Village) -> None:
    await village.post(("old", Open("hh_1", 50, expires_on=SOON)), ("stock", receive(5)))
    sold = await done(village, "buy", redeem())
    await village.let_days_pass(31)
    back = await done(village, "back", Refund(sold.transaction))
    [entry] = [entry for entry in back.entries if entry.purse == "main"]
    assert entry.expires_on > SOON + timedelta(days=1)


async def test_a_reset_brings_a_unit_to_its_base_and_forgives_debt(village: Village) -> None:
    await village.post(("a", gift("hh_1")), ("b", Deduct("hh_2", 20, "debt", "x")))
    for owner in ("hh_1", "hh_2"):
        await done(village, f"reset {owner}", Reset(owner, 70))
        assert (await village.total(owner), await village.total(owner, "debt")) == (70, 0)
    assert (await refused(village, "again", Reset("hh_1", 70)))[0] == Reason.NOTHING_TO_POST


async def test_a_settlement_pays_claims_less_an_exact_commission(village: Village) -> None:
    await village.post(("earn", gift()), ("cut", haircut()))
    await done(village, "pay", Settle("mer_barber", 20, 1, 30, fen=1900))
    assert await village.total("mer_barber", "claims") == 0
    assert await village.total("programme", "settled") == 20
    assert await village.total("programme", "cash_outside", "cash") == 1900
    assert (await refused(village, "who", Settle("mer_nobody", 20)))[0] == Reason.NOT_FOUND


async def test_a_pool_is_divided_to_the_last_fen(village: Village) -> None:
    shares = tuple(Share(owner, weight) for owner, weight in (("hh_1", 1), ("hh_2", 1), ("hh_3", 1)))
    await done(village, "split", Split(100, shares))
    parts = [await village.total(owner, "main", "cash") for owner in ("hh_1", "hh_2", "hh_3")]
    assert parts == [34, 33, 33]


async def test_stock_goes_where_it_is_sent_and_never_below_zero(village: Village) -> None:
    await done(village, "in", receive(10))
    await done(village, "move", Move("out_shop", "out_fair", "tissue", 3))
    await done(village, "rot", WriteOff("out_fair", "tissue", 1, "wet"))
    await done(village, "back", Return("out_shop", "tissue", 2))
    await done(village, "count", Count("out_shop", "tissue", 4, "one missing"))
    assert await village.total("out_shop", "stock", "item:tissue") == 4
    assert await village.total("out_fair", "stock", "item:tissue") == 2
    assert (await refused(village, "same", Count("out_shop", "tissue", 4, "x")))[0] == Reason.NOTHING_TO_POST
    too_many: list[tuple[str, Command]] = [
        ("m", Move("out_fair", "out_shop", "tissue", 3)),
        ("w", WriteOff("out_fair", "tissue", 3, "x")),
        ("r", Return("out_fair", "tissue", 3)),
    ]
    outcomes: list[Outcome] = await village.post(*too_many)
    assert reasons(outcomes) == {Reason.OUT_OF_STOCK: 3}


async def test_a_donation_is_goods_and_points_in_one_transaction(village: Village) -> None:
    award = gift("hh_2")
    receipt = await done(village, "coat", Donate("out_fair", "soap", award, 1))
    assert await village.total("hh_2") == 100
    assert await village.total("out_fair", "stock", "item:soap") == 1
    assert receipt.about.rule == "plenty"
    bad = Donate("out_fair", "soap", Award("nothing", "hh_2", award.facts))
    assert (await refused(village, "bad", bad))[0] == Reason.UNKNOWN_RULE
    assert await village.total("out_fair", "stock", "item:soap") == 1


async def test_a_key_cancelled_before_its_call_arrives_stays_cancelled(village: Village) -> None:
    assert (await refused(village, "lost", Cancel()))[0] == Reason.CANCELLED_BEFORE_ARRIVAL
    assert (await refused(village, "lost", gift()))[0] == Reason.CANCELLED_BEFORE_ARRIVAL
    await done(village, "came", gift())
    assert (await refused(village, "came", Cancel()))[0] == Reason.IDEMPOTENCY_KEY_REUSED
    assert await village.total("hh_1") == 100


async def test_a_lost_call_is_undone_or_kept_from_ever_arriving(village: Village) -> None:
    [earned] = await village.post(("came", gift()))
    came = Request(village.slug, "system:test", "came", gift())
    async with village.connection.transaction():
        undone = await reverse_by_key(village.connection, came, "undo", village.shelf)
    assert undone.receipt is not None
    assert undone.receipt.about.reverses == earned.transaction
    never = Request(village.slug, "system:test", "never", gift())
    async with village.connection.transaction():
        cancelled = await reverse_by_key(village.connection, never, "undo2", village.shelf)
    assert cancelled.refusal is not None
    assert cancelled.refusal.reason == Reason.CANCELLED_BEFORE_ARRIVAL
    assert (await refused(village, "never", gift()))[0] == Reason.CANCELLED_BEFORE_ARRIVAL
    assert await village.total("hh_1") == 0


def late(owner: str = "hh_1", quantity: int = 1, **line: int) -> LateSale:
    return LateSale(
        owner,
        (Line("tissue", quantity, **line),),
        outlet="out_shop",
        happened_at=datetime.now(UTC) - timedelta(hours=3),
        terminal="terminal:counter-1",
        sequence=7,
    )


async def test_a_sale_handed_over_offline_is_never_refused(village: Village) -> None:
    await village.post(("earn", gift()), ("stock", receive(1)))
    await done(village, "fine", late())
    assert (await village.total("hh_1"), await village.total("out_shop", "stock", "item:tissue")) == (70, 0)
    short = await done(village, "short", late(quantity=3))
    assert short.about.shortfall == 20
    assert (await village.total("hh_1"), await village.total("hh_1", "debt")) == (0, -20)
    assert await village.total("programme", "counted", "item:tissue") == -3
    nobody = await done(village, "nobody", late("hh_404"))
    assert nobody.about.shortfall == 30
    assert await village.total("programme", "offline_shortfall") == -30


async def test_the_label_that_was_shown_offline_counts(village: Village) -> None:
    await village.post(("earn", gift()), ("stock", receive(1)))
    sold = await done(village, "old label", late(label_points=25))
    assert sold.about.lines[0].points == 25


async def test_a_late_sale_is_undone_with_its_debt_and_its_difference(village: Village) -> None:
    sold = await done(village, "late", late())
    await done(village, "undo", Reverse(sold.transaction))
    assert (await village.total("hh_1"), await village.total("hh_1", "debt")) == (0, 0)
    assert await village.total("out_shop", "stock", "item:tissue") == 0
