"""A programme's budget: what all together may issue in a period, exact when everybody comes at once."""

import asyncio
from datetime import date

import msgspec

from ledger.actions.publish import publish_programme
from ledger.core.cap import Budget, Over
from ledger.core.command import Reverse
from ledger.core.period import Span
from ledger.core.refusal import Reason
from ledger.db.service_role import connect
from tests.test_posting import reasons
from tests.test_verbs import done, refused
from tests.village import HOUSEHOLDS, Village, gift, programme_of


async def give(village: Village, points: int, over: Over) -> None:
    budget = Budget(per=Span.MONTH, points=points, over=over)
    policy = msgspec.structs.replace(programme_of(village.slug), budgets=(budget,))
    await publish_programme(village.connection, policy, node="nod_1", by="system:test")


async def test_eight_at_once_issue_exactly_the_budget(village: Village) -> None:
    await give(village, 300, Over.REFUSE)
    connections = [await connect(village.database.url) for _ in range(8)]
    batches = await asyncio.gather(
        *(
            village.post((f"k{n}", gift(HOUSEHOLDS[n % 3])), connection=connection)
            for n, connection in enumerate(connections)
        )
    )
    for connection in connections:
        await connection.close()
    assert reasons([batch[0] for batch in batches]) == {"posted": 3, Reason.LIMIT_REACHED: 5}


async def test_a_budget_is_cut_given_back_and_new_in_the_next_month(village: Village) -> None:
    await give(village, 150, Over.CUT)
    first = await done(village, "a", gift())
    await done(village, "b", gift("hh_2"))
    assert await village.total("hh_2") == 50
    assert (await refused(village, "c", gift("hh_3")))[0] == Reason.LIMIT_REACHED
    await done(village, "undo", Reverse(first.transaction))
    await done(village, "d", gift("hh_3"))
    await done(village, "e", gift("hh_3", day=date(2026, 10, 1)))
    assert await village.total("hh_3") == 200
