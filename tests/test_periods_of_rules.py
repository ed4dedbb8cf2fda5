"""Corrections of a rulebook, rankings, streaks and resets: posted as one named batch, once, and taken back as one."""

from datetime import date

from ledger.actions.evaluate import post_dividend, post_rank, post_reset, post_streak
from ledger.actions.post_batch import reverse_batch
from ledger.actions.publish import publish_rulebook
from ledger.actions.rerate import rerate, simulate
from ledger.core.baseline import PeriodReset
from ledger.core.cap import Cap
from ledger.core.compiled import Compiled, compile_rulebook
from ledger.core.period import Span
from ledger.core.rank import Rank
from ledger.core.rulebook import Give, Rule, Rulebook
from ledger.core.streak import Streak
from ledger.core.unit import RuleUnit
from ledger.core.value import FixedValue
from tests.test_verbs import done
from tests.village import BOTH, DAY, SWEEPS_A_MONTH, Village, gift, haircut, programme_of, sweep

BY = "person:chief"
MONTH = (date(2026, 9, 1), date(2026, 9, 30))


def corrected(points: int, *, times: int = SWEEPS_A_MONTH) -> Rulebook:
    rules = (
        Rule(
            id="sweep",
            title=BOTH,
            category="clean",
            gives=(Give(value=FixedValue(points)),),
            caps=(Cap(per=Span.MONTH, times=times),),
        ),
        Rule(id="plenty", title=BOTH, category="clean", gives=(Give(value=FixedValue(100)),)),
    )
    rank = Rank(id="best", title=BOTH, category="clean", per=Span.MONTH, top=(50, 30))
    streak = Streak(id="steady", title=BOTH, category="clean", per=Span.MONTH, periods=2, rules=("sweep",), amount=7)
    return Rulebook(
        rulebook=f"fix-{points}-{times}",
        title=BOTH,
        from_=date(2026, 1, 1),
        categories={"clean": BOTH},
        rules=rules,
        ranks=(rank,),
        streaks=(streak,),
    )


async def publish(village: Village, book: Rulebook) -> Compiled:
    await publish_rulebook(village.connection, village.slug, book, by=BY)
    return compile_rulebook(book, programme_of(village.slug))


async def test_a_simulation_shows_gains_and_losses_and_posts_nothing(village: Village) -> None:
    await village.post(("a", sweep()), ("b", sweep()), ("c", sweep("hh_2")))
    draft = compile_rulebook(corrected(8), programme_of(village.slug))
    simulation, _ = await simulate(village.connection, village.slug, draft, *MONTH)
    assert {gain.owner: (gain.before, gain.after) for gain in simulation.gains} == {"hh_1": (10, 16), "hh_2": (5, 8)}
    assert await village.total("hh_1") == 10


async def test_a_correction_posts_only_the_differences_and_only_once(village: Village) -> None:
    await village.post(("a", sweep()), ("b", sweep()), ("c", sweep("hh_2")), ("d", gift("hh_3")))
    compiled = await publish(village, corrected(8))
    result = await rerate(village.connection, village.slug, compiled, *MONTH, village.shelf, principal=BY)
    assert (result.posted, result.refused) == (3, [])
    assert [await village.total(owner) for owner in ("hh_1", "hh_2", "hh_3")] == [16, 8, 100]
    again = await rerate(village.connection, village.slug, compiled, *MONTH, village.shelf, principal=BY)
    assert (again.posted, again.refused) == (0, [])
    back = await publish(village, corrected(2))
    await rerate(village.connection, village.slug, back, *MONTH, village.shelf, principal=BY)
    assert [await village.total(owner) for owner in ("hh_1", "hh_2")] == [4, 2]


async def test_points_that_a_correction_takes_back_after_they_were_spent_are_owed(village: Village) -> None:
    await village.post(*((f"s{n}", sweep()) for n in range(4)))
    await done(village, "cut", haircut())
    compiled = await publish(village, corrected(3))
    await rerate(village.connection, village.slug, compiled, *MONTH, village.shelf, principal=BY)
    assert (await village.total("hh_1"), await village.total("hh_1", "debt")) == (0, -8)


async def test_a_correction_is_taken_back_as_one(village: Village) -> None:
    await village.post(("a", sweep()), ("c", sweep("hh_2")))
    compiled = await publish(village, corrected(8))
    await rerate(village.connection, village.slug, compiled, *MONTH, village.shelf, principal=BY)
    name = f"rerate:{compiled.digest[:16]}:{MONTH[0]}:{MONTH[1]}"
    result = await reverse_batch(village.connection, village.slug, name, village.shelf, principal=BY)
    assert (result.posted, result.refused) == (2, [])
    assert [await village.total(owner) for owner in ("hh_1", "hh_2")] == [5, 5]
    again = await reverse_batch(village.connection, village.slug, name, village.shelf, principal=BY)
    assert (again.posted, again.refused) == (0, [])


async def test_the_best_of_a_month_get_their_bonus_once(village: Village) -> None:
    compiled = await publish(village, corrected(5))
    await village.post(
        ("a", gift("hh_2")), ("b", sweep("hh_1")), ("c", sweep("hh_3")), ("d", sweep("hh_3", day=date(2026, 8, 1)))
    )
    for posted in (3, 0):
        result = await post_rank(village.connection, compiled, "best", DAY, village.shelf, principal=BY)
        assert (result.posted, result.refused) == (posted, [])
    assert [await village.total(owner) for owner in ("hh_1", "hh_2", "hh_3")] == [35, 150, 40]
    await reverse_batch(village.connection, village.slug, "rank:best:2026-09", village.shelf, principal=BY)
    assert [await village.total(owner) for owner in ("hh_1", "hh_2", "hh_3")] == [5, 100, 10]


async def test_months_in_a_row_bring_a_bonus(village: Village) -> None:
    compiled = await publish(village, corrected(5))
    await village.post(("a", sweep("hh_1", day=date(2026, 8, 3))), ("b", sweep("hh_1")), ("c", sweep("hh_2")))
    result = await post_streak(village.connection, compiled, "steady", DAY, village.shelf, principal=BY)
    assert (result.posted, result.refused) == (1, [])
    assert [await village.total(owner) for owner in ("hh_1", "hh_2")] == [17, 5]


async def test_a_year_end_reset_keeps_the_carry_and_is_taken_back_as_one(village: Village) -> None:
    compiled = await publish(village, corrected(5))
    await village.post(("a", gift("hh_1")), ("b", gift("hh_1")), ("c", sweep("hh_2")))
    reset = PeriodReset(RuleUnit.POINTS, Span.YEAR, to=70, carry=50)
    for posted in (2, 0):
        result = await post_reset(village.connection, compiled, reset, DAY, village.shelf, principal=BY)
        assert (result.posted, result.refused) == (posted, [])
    assert [await village.total(owner) for owner in ("hh_1", "hh_2")] == [120, 70]
    await reverse_batch(village.connection, village.slug, "reset:points:2026", village.shelf, principal=BY)
    assert [await village.total(owner) for owner in ("hh_1", "hh_2")] == [200, 5]


async def test_a_dividend_pays_out_the_pool_to_the_last_fen_and_is_taken_back_as_one(village: Village) -> None:
    compiled = await publish(village, corrected(5))
    await village.post(("a", gift("hh_1")), ("b", gift("hh_2")), ("c", gift("hh_3")), ("d", haircut("hh_3")))
    for posted in (3, 0):
        result = await post_dividend(village.connection, compiled, 10_000, DAY, village.shelf, principal=BY)
        assert (result.posted, result.refused) == (posted, [])
    parts = [await village.total(owner, "main", "cash") for owner in ("hh_1", "hh_2", "hh_3")]
    assert parts == [3334, 3333, 3333]
    await reverse_batch(village.connection, village.slug, "dividend:10000:2026", village.shelf, principal=BY)
    assert await village.total("programme", "fund", "cash") == 0
