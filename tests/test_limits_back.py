"""What a reservation used of limits comes back when it is released: by a model, and when everything happens at once."""

import asyncio
import random
from datetime import UTC, date, datetime

import msgspec

from ledger.actions.check import check_ledger
from ledger.actions.publish import publish_catalogue, publish_programme
from ledger.core.cap import Cap
from ledger.core.command import Capture, Command, Hold, Line, Open, Redeem, TakenLine, Void
from ledger.core.period import Span, business_day
from ledger.core.refusal import Reason
from ledger.core.spending import Spending
from ledger.core.transaction import Outcome
from ledger.db.service_role import connect
from tests.village import CATALOGUE, Village, programme_of, receive

TISSUES, POINTS, TIMES = 14, 450, 20
PRICE = {"tissue": 30, "soap": 5}
SEED, STEPS = 20260914, 120


async def limited(village: Village) -> None:
    """A month: so many redemptions, so many points, so many packs of tissue."""
    limits = (Cap(per=Span.MONTH, times=TIMES), Cap(per=Span.MONTH, points=POINTS))
    policy = programme_of(village.slug, Spending(limits=limits))
    await publish_programme(village.connection, policy, node="nod_1", by="system:test")
    tissue, soap = CATALOGUE.items
    tissue = msgspec.structs.replace(tissue, limits=(Cap(per=Span.MONTH, times=TISSUES),))
    catalogue = msgspec.structs.replace(CATALOGUE, items=(tissue, soap))
    await publish_catalogue(village.connection, village.slug, catalogue, by="system:test")
    await village.post(
        ("tissue", receive(9_999)), ("soap", receive(9_999, item="soap")), ("earn", Open("hh_1", 99_999))
    )


class Model:
    """What is used of the three limits, kept by the plainest arithmetic."""

    def __init__(self) -> None:
        self.times = self.points = self.tissues = 0

    def fits(self, pieces: dict[str, int]) -> bool:
        points = sum(PRICE[item] * quantity for item, quantity in pieces.items())
        tissues = self.tissues + pieces.get("tissue", 0)
        return self.times < TIMES and self.points + points <= POINTS and tissues <= TISSUES

    def use(self, pieces: dict[str, int], sign: int = 1, *, times: int = 1) -> None:
        self.times += sign * times
        self.points += sign * sum(PRICE[item] * quantity for item, quantity in pieces.items())
        self.tissues += sign * pieces.get("tissue", 0)


def sale(pieces: dict[str, int], *, held: bool) -> Command:
    lines = tuple(Line(item, quantity) for item, quantity in pieces.items())
    if held:
        return Hold("hh_1", lines, outlet="out_shop", until=date(2099, 1, 1))
    return Redeem("hh_1", lines, outlet="out_shop")


async def test_limits_are_used_as_a_model_says(village: Village) -> None:
    await limited(village)
    model, draw = Model(), random.Random(SEED)
    open_holds: list[tuple[str, dict[str, int]]] = []
    refused = ended = 0
    for step in range(STEPS):
        if open_holds and draw.random() < 0.6:
            transaction, pieces = open_holds.pop(draw.randrange(len(open_holds)))
            taken = {} if draw.random() < 0.75 else {item: draw.randint(1, have) for item, have in pieces.items()}
            lines = tuple(TakenLine(item, quantity) for item, quantity in taken.items())
            command: Command = Capture(transaction, lines) if taken else Void(transaction)
            [outcome] = await village.post((f"end {step}", command))
            assert outcome.receipt is not None, outcome.refusal
            left = {item: have - taken.get(item, 0) for item, have in pieces.items()}
            model.use(left, -1, times=0 if taken else 1)
            ended += 1
        else:
            pieces = {item: draw.randint(1, 2) for item in draw.sample(list(PRICE), draw.randint(1, 2))}
            held = draw.random() < 0.97
            [outcome] = await village.post((f"ask {step}", sale(pieces, held=held)))
            assert (outcome.receipt is not None) == model.fits(pieces), (step, outcome.refusal)
            if outcome.receipt is None:
                refused += 1
                continue
            model.use(pieces)
            if held:
                open_holds.append((outcome.transaction or "", pieces))
    assert refused > 5 and ended > 20, "a walk that meets no limit shows nothing"
    assert await used(village) == {"times": model.times, "points": model.points, "tissue": model.tissues}
    await hold_true(village)


async def test_void_and_capture_and_the_next_sale_at_once_never_pass_the_limit(village: Village) -> None:
    """All that may be taken is held; whoever wants one gets it only once the hold was let go."""
    await limited(village)
    await village.post(("most", sale({"tissue": TISSUES - 5}, held=False)))
    connections = [await connect(village.database.url) for _ in range(6)]
    for turn in range(10):
        [held] = await village.post((f"hold {turn}", sale({"tissue": 5}, held=True)))
        transaction = held.transaction or ""
        wanted: list[Command] = [Void(transaction), Capture(transaction), *[sale({"tissue": 1}, held=True)] * 4]
        batches = await asyncio.gather(
            *(
                village.post((f"{turn} {place}", command), connection=connection)
                for place, (command, connection) in enumerate(zip(wanted, connections, strict=True))
            )
        )
        outcomes: list[Outcome] = [batch[0] for batch in batches]
        ends = [outcome for outcome in outcomes[:2] if outcome.receipt is not None]
        assert len(ends) == 1
        sold = [outcome for outcome in outcomes[2:] if outcome.receipt is not None]
        assert (await used(village))["tissue"] <= TISSUES
        if outcomes[1].receipt is not None:
            assert not sold, "what was taken gave nothing back"
            break
        for number, outcome in enumerate(sold):
            await village.post((f"free {turn} {number}", Void(outcome.transaction or "")))
        reasons = {outcome.refusal.reason for outcome in outcomes[2:] if outcome.refusal is not None}
        assert reasons <= {Reason.LIMIT_REACHED}
    for connection in connections:
        await connection.close()
    await hold_true(village)


async def test_a_reservation_that_lapsed_gives_its_limits_back(village: Village) -> None:
    await limited(village)
    hold = Hold(
        "hh_1",
        (Line("tissue", TISSUES - 1),),
        outlet="out_shop",
        until=business_day(datetime.now(UTC), "Asia/Shanghai"),
    )
    [held] = await village.post(("hold", hold))
    assert held.receipt is not None
    await village.let_days_pass(2)
    [gone] = await village.post(("timeout", Void(held.transaction or "", "timeout")))
    assert gone.receipt is not None
    assert await used(village) == {"times": 0, "points": 0, "tissue": 0}


async def hold_true(village: Village) -> None:
    """Counters recounted from the journal among them."""
    admin = await connect(village.database.admin_url)
    assert [finding for finding in await check_ledger(admin) if finding.broken] == []
    await admin.close()


async def used(village: Village) -> dict[str, int]:
    rows = await village.rows("SELECT counter, used FROM counter WHERE subject = 'hh_1' AND counter NOT LIKE 'grace%'")
    told = {"times": 0, "points": 0, "tissue": 0}
    for row in rows:
        word = "tissue" if row["counter"].startswith("item:") else row["counter"].rsplit("/", 1)[-1]
        told[word] += row["used"]
    return told
