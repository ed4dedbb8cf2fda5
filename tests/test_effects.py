"""What rules do beside giving: penalties, vetoes, bans, remainders, the pool."""

from datetime import date

from ledger.actions.check import check_ledger
from ledger.actions.publish import publish_rulebook
from ledger.core.activity import Facts
from ledger.core.cap import Cap, Over
from ledger.core.command import Award, Line, Redeem, Reverse
from ledger.core.effect import BanEarning, BanRedeeming, GainHonour, LoseHonour, ZeroBalance
from ledger.core.measured import PerUnit, Remainder
from ledger.core.period import Span
from ledger.core.refusal import Reason
from ledger.core.rulebook import Give, Rule, Rulebook, Take, WhenShort
from ledger.core.unit import RuleUnit
from ledger.core.value import FixedValue
from ledger.db.journal import show_programmes
from ledger.db.owners import honours_of
from ledger.db.service_role import connect
from tests.test_verbs import done, refused
from tests.village import BOTH, DAY, Village, gift, receive, redeem


def rule(id: str, **words: object) -> Rule:
    return Rule(id=id, title=BOTH, category="clean", **words)  # type: ignore[arg-type]


async def publish(village: Village, *rules: Rule) -> None:
    plenty = rule("plenty", gives=(Give(value=FixedValue(100)),))
    book = Rulebook(
        rulebook="2026-02", title=BOTH, from_=date(2026, 2, 1), categories={"clean": BOTH}, rules=(plenty, *rules)
    )
    await publish_rulebook(village.connection, village.slug, book, by="system:test")


def by(rule_id: str, **quantities: int) -> Award:
    return Award(rule_id, "hh_1", Facts(happened_on=DAY, quantities=quantities))


async def test_a_penalty_by_a_rule_takes_what_is_there_or_leaves_debt(village: Village) -> None:
    await publish(
        village,
        rule("litter", takes=(Take(value=FixedValue(130)),)),
        rule("fine", takes=(Take(value=FixedValue(30), when_short=WhenShort.DEBT),)),
    )
    await done(village, "earn", gift())
    receipt = await done(village, "litter", by("litter"))
    assert [entry.amount for entry in receipt.entries] == [-100, 100]
    await done(village, "fine", by("fine"))
    assert await village.total("hh_1", "debt") == -30
    await done(village, "undo", Reverse(receipt.transaction))
    assert await village.total("hh_1") == 100


async def test_one_litter_sets_the_balance_to_zero_and_bans_are_lifted_by_reversal(village: Village) -> None:
    effects = (ZeroBalance(), BanRedeeming(Span.YEAR, later=1), BanEarning(Span.YEAR))
    await publish(village, rule("veto", effects=effects))
    await done(village, "earn", gift())
    vetoed = await done(village, "veto", by("veto"))
    assert await village.total("hh_1") == 0
    assert (await refused(village, "work", by("plenty")))[0] == Reason.RIGHTS_SUSPENDED
    cut = Redeem("hh_1", (Line("haircut"),), merchant="mer_barber")
    assert (await refused(village, "buy", cut))[0] == Reason.RIGHTS_SUSPENDED
    await done(village, "undo", Reverse(vetoed.transaction))
    await done(village, "buy again", cut)


async def test_an_award_may_move_nothing_and_still_be_one(village: Village) -> None:
    per = PerUnit(of="pieces", each=35, amount=1, remainder=Remainder.CARRY)
    await publish(village, rule("bottles", gives=(Give(value=per),)))
    first = await done(village, "a", by("bottles", pieces=20))
    assert first.entries == ()
    second = await done(village, "b", by("bottles", pieces=20))
    assert [entry.amount for entry in second.entries if entry.owner == "hh_1"] == [1]


async def test_hours_above_the_limit_go_to_the_pool(village: Village) -> None:
    per = PerUnit(of="minutes", each=1, amount=1)
    cap = Cap(per=Span.EVER, minutes=100, over=Over.POOL)
    await publish(village, rule("serve", gives=(Give(value=per, unit=RuleUnit.SERVICE_MINUTES),), caps=(cap,)))
    await done(village, "long", by("serve", minutes=130))
    assert await village.total("hh_1", "main", "service_minutes") == 100
    assert await village.total("programme", "donated", "service_minutes") == 30


async def test_an_award_that_moved_nothing_can_be_reversed_once(village: Village) -> None:
    await publish(village, rule("ban", effects=(BanEarning(Span.YEAR),)))
    banned = await done(village, "ban", by("ban"))
    assert banned.entries == ()
    await done(village, "undo", Reverse(banned.transaction))
    assert (await refused(village, "twice", Reverse(banned.transaction)))[0] == Reason.ALREADY_REVERSED
    await done(village, "work", by("plenty"))


async def test_a_fine_repaid_meanwhile_comes_back_as_points_when_it_is_undone(village: Village) -> None:
    await publish(village, rule("fine", takes=(Take(value=FixedValue(30), when_short=WhenShort.DEBT),)))
    fined = await done(village, "fine", by("fine"))
    await done(village, "earn", by("plenty"))
    assert (await village.total("hh_1"), await village.total("hh_1", "debt")) == (70, 0)
    await done(village, "undo", Reverse(fined.transaction))
    assert (await village.total("hh_1"), await village.total("hh_1", "debt")) == (100, 0)


async def test_points_go_to_the_holder_and_not_before_the_day(village: Village) -> None:
    await village.open("mbr_1")
    assert (await refused(village, "member", gift("mbr_1")))[0] == Reason.WRONG_HOLDER
    assert (await refused(village, "shop", gift("mer_barber")))[0] == Reason.WRONG_HOLDER
    assert (await refused(village, "early", gift(day=date(2999, 1, 1))))[0] == Reason.NOT_DUE


async def test_a_station_that_takes_donations_hands_nothing_out(village: Village) -> None:
    await village.post(("earn", gift()), ("stock", receive(1, outlet="out_station")))
    answer = await refused(village, "buy", redeem(outlet="out_station"))
    assert answer == (Reason.OUTLET_CLOSED, {"outlet": "out_station"})


async def test_honours_are_won_and_lost_once_and_reversals_undo_both(village: Village) -> None:
    await publish(
        village,
        rule("plaque", gives=(Give(value=FixedValue(50)),), effects=(GainHonour("clean-house"),)),
        rule("dirty", effects=(LoseHonour("clean-house"),)),
    )
    assert await honours(village) == ()
    await done(village, "nothing to lose", by("dirty"))
    won = await done(village, "won", by("plaque"))
    [again] = await village.post(("won", by("plaque")))
    assert (again.is_replayed, await honours(village)) == (True, ("clean-house",))
    lost = await done(village, "lost", by("dirty"))
    assert await honours(village) == ()
    await done(village, "not lost", Reverse(lost.transaction))
    assert await honours(village) == ("clean-house",)
    await done(village, "part", Reverse(won.transaction, 20))
    assert await honours(village) == ("clean-house",)
    await done(village, "not won", Reverse(won.transaction))
    assert await honours(village) == ()
    admin = await connect(village.database.admin_url)
    assert [finding for finding in await check_ledger(admin) if finding.broken] == []
    await admin.close()


async def honours(village: Village) -> tuple[str, ...]:
    async with village.connection.transaction():
        await show_programmes(village.connection, [village.slug])
        return await honours_of(village.connection, village.slug, "hh_1")
