"""A machine that asks the ledger and the model the same things and compares what they say and hold."""

from datetime import datetime, time, timedelta, timezone
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from ledger.core.command import Request
from ledger.core.transaction import Outcome
from tests.asking import command_of, last_balances, netted_moves, netted_receipt
from tests.model.books import WITH_DAYS, Policy, Where
from tests.model.ledger_model import Answer, Asked, Model
from tests.model.points import RULES
from tests.town import HOUSEHOLDS, OWNERS, set_day
from tests.town_world import ASKER, START, World

CHINA = timezone(timedelta(hours=8))
STRICT = Policy(
    base=10, suspended_below=15, least_spent=5, gift_for_each=1, gift_by_class=(("poor", 3),), fen_for_a_point=5,
    points_at_least=4,
)  # fmt: skip
SHOPS = {"mer_barber": ("haircut",), "mer_grocer": ("eggs", "greeting")}

owners = st.sampled_from((*HOUSEHOLDS * 4, "mer_barber", "mer_grocer", "hh_404"))
outlets = st.sampled_from(("out_shop", "out_shop", "out_fair", "out_404"))
items = st.sampled_from(("tissue", "tissue", "soap", "soap", "leaflet", "lantern", "moon"))
units = st.sampled_from(("points", "points", "points", "gift", "score", "service_minutes"))
amounts = st.sampled_from((1, 4, 9, 20, 35, 70, 120, 400))
few = st.integers(1, 4)
pasts = st.sampled_from((0, 0, 0, 1, 6, 13, 40, 400, -1))
rules = st.sampled_from((*RULES, "no-such-rule"))
references = st.integers(0, 40)
labels = st.sampled_from((None, None, None, 30, 5))
coins = st.sampled_from((0, 0, 0, 5, 20, 50, 7))
classes = st.sampled_from((None, None, "poor", "rich"))


class TownMachine(RuleBasedStateMachine):
    """Asks both, one command or several at once, and compares what they say."""

    world: ClassVar[World]

    @initialize(is_strict=st.booleans(), riches=st.lists(st.sampled_from((4, 20, 35, 120)), max_size=4))
    def open(self, is_strict: bool, riches: list[int]) -> None:
        """Some towns begin with points of several days and full shelves, so that much can be spent."""
        self.slug = next(self.world.slugs)
        self.world.run(self.world.open(self.slug, is_strict=is_strict))
        self.model = Model(OWNERS, START, STRICT if is_strict else None)
        self.backdate: int | None = None
        self.ids: list[str] = []
        self.asked: list[tuple[str, Asked]] = []
        self.waiting: list[tuple[str, Asked]] = []
        self.grouped: list[Asked] = []
        self.gather = 1
        self.group = 0
        for place, amount in enumerate(riches):
            for household in HOUSEHOLDS:
                self.earn(household, [amount], 3 + 40 * place)
            self.receive("out_shop", ("tissue", "soap", "leaflet", "soap")[place], 9, "supplier")

    def ask(self, verb: str, /, **arguments: Any) -> None:
        """Under a new key, at once or with those that are gathered."""
        asked = Asked(verb, arguments)
        if self.group and verb != "cancel":
            self.grouped.append(asked)
            if len(self.grouped) < self.group:
                return
            asked, self.group = Asked("group", {"parts": tuple(self.grouped)}), 0
            self.grouped = []
        if self.backdate is not None:
            asked = asked._replace(booked_on=self.model.today - timedelta(days=self.backdate))
            self.backdate = None
        self.put(f"key-{len(self.asked)}", asked)

    def put(self, key: str, asked: Asked) -> None:
        self.asked.append((key, asked))
        self.waiting.append((key, asked))
        if len(self.waiting) >= self.gather:
            self.send()

    def send(self) -> None:
        waiting, self.waiting, self.gather = self.waiting, [], 1
        if not waiting:
            return
        self.world.steps += len(waiting)
        requests = [
            Request(self.slug, ASKER, key, command_of(asked, self.ids), effective_on=asked.booked_on)
            for key, asked in waiting
        ]
        outcomes = self.world.run(self.world.post(requests))
        for (key, asked), outcome in zip(waiting, outcomes, strict=True):
            is_new = key not in self.model.answers
            self.compare(asked, self.model.ask(key, asked), outcome, is_new=is_new)

    def compare(self, asked: Asked, answer: Answer, outcome: Outcome, *, is_new: bool) -> None:
        if answer.word:
            assert outcome.refusal is not None, (asked, answer)
            assert outcome.refusal.reason == answer.word, (asked, answer, outcome.refusal)
            assert answer.numbers.items() <= outcome.refusal.numbers.items(), (asked, answer, outcome.refusal)
            return
        assert outcome.receipt is not None, (asked, outcome.refusal)
        receipts = outcome.members or (outcome.receipt,)
        assert outcome.is_replayed != is_new
        if is_new:
            self.ids += [receipt.transaction for receipt in receipts]
        assert [self.ids[number] for number in answer.posted] == [receipt.transaction for receipt in receipts]
        for number, receipt in zip(answer.posted, receipts, strict=True):
            moved, expected = netted_receipt(receipt), netted_moves(self.model.posted[number].moves)
            assert moved == expected, (asked, set(moved.items()) ^ set(expected.items()))
            posted = self.model.posted[number]
            assert (receipt.effective_on, receipt.happened_on) == (posted.booked_on, posted.happened_on), asked
        if is_new:
            balances = last_balances(receipts[-1])
            assert balances == {where: self.model.total(where) for where in balances}, asked

    def refer(self, reference: int, *verbs: str) -> int | None:
        """Mostly a late one of those verbs, often of a closed account, sometimes any transaction, sometimes none."""
        if reference == 0:
            return None
        known = self.model.posted[: len(self.ids)]
        fitting = [number for number, posted in enumerate(known) if posted.verb in verbs or reference == 1]
        if reference > 20 and self.model.closed:
            fitting = [number for number in fitting if known[number].owner in self.model.closed] or fitting
        return fitting[-1 - reference % len(fitting)] if fitting else None

    def teardown(self) -> None:
        if not hasattr(self, "model"):
            return
        self.send()
        balances, counters = self.world.run(self.world.stored(self.slug))
        stored = {}
        for row in balances:
            days = dict(zip(row["bucket_days"], row["bucket_amounts"], strict=True))
            where = Where(row["owner"], row["purse"], row["unit"])
            stored[where] = days if row["purse"] in WITH_DAYS else row["total"]
        expected = {
            where: days if where.purse in WITH_DAYS else sum(days.values())
            for where, days in self.model.balances().items()
        }
        assert stored == expected
        used = {(row["counter"], row["subject"], row["period"]): row["used"] for row in counters}
        assert used == {counter: number for counter, number in self.model.used.items() if number}

    # How things are asked, and when.

    @rule(days=st.sampled_from((1, 1, 2, 5, 21, 45, 100)))
    def let_days_pass(self, days: int) -> None:
        self.send()
        self.model.today += timedelta(days=days)
        self.world.run(set_day(self.world.connection, self.model.today))

    @rule(days=st.sampled_from((-1, 0, 1, 1, 3, 30)))
    def close_the_books(self, days: int) -> None:
        self.send()
        through = self.model.today - timedelta(days=days)
        assert self.world.run(self.world.close_books(self.slug, through)) == self.model.close_books(through)

    @rule(owner=st.sampled_from(HOUSEHOLDS), is_emptied=st.booleans())
    def close_an_account(self, owner: str, is_emptied: bool) -> None:
        """One of them in each town may be emptied and closed; the others are hardly ever empty."""
        self.send()
        if is_emptied and owner == HOUSEHOLDS[-1]:
            for unit in ("points", "gift", "score", "service_minutes", "cash"):
                self.ask("reset", owner=owner, unit=unit, base=0)
                self.ask("expire", owner=owner, unit=unit)
            self.send()
        assert self.world.run(self.world.close_account(self.slug, owner)) == self.model.close_account(owner)

    @rule(days=st.sampled_from((-2, 0, 1, 4, 40)))
    def book_to_another_day(self, days: int) -> None:
        self.backdate = days

    @rule(size=st.integers(2, 6))
    def gather_a_batch(self, size: int) -> None:
        self.send()
        self.gather = size

    @rule(size=st.integers(1, 4))
    def begin_a_group(self, size: int) -> None:
        self.group = size

    @rule(number=st.integers(0, 200), at_once=st.booleans())
    def ask_again(self, number: int, at_once: bool) -> None:
        if self.asked:
            key, asked = self.asked[-1 - number % len(self.asked)]
            if at_once:
                self.send()
            self.put(key, asked)

    @rule(number=st.integers(0, 200), other=st.integers(0, 200))
    def ask_something_else_under_the_same_key(self, number: int, other: int) -> None:
        if self.asked:
            self.put(self.asked[number % len(self.asked)][0], self.asked[other % len(self.asked)][1])

    @rule(is_late=st.booleans())
    def cancel(self, is_late: bool) -> None:
        if is_late and self.asked:
            self.put(self.asked[-1][0], Asked("cancel", {}))
        else:
            self.ask("cancel")

    # What is asked.

    @rule(name=rules, owner=owners, past=pasts, photos=st.integers(0, 2))
    def award(self, name: str, owner: str, past: int, photos: int) -> None:
        self.ask("award", rule=name, to=owner, on=self.model.today - timedelta(days=past), photos=photos)

    @rule(name=rules, number=st.integers(0, 3))
    def award_the_right_one(self, name: str, number: int) -> None:
        for_merchant = name in RULES and RULES[name].for_merchant
        owner = "mer_barber" if for_merchant else HOUSEHOLDS[number % 3]
        self.ask("award", rule=name, to=owner, on=self.model.today, photos=1)

    @rule(reference=references)
    def activate(self, reference: int) -> None:
        self.ask("activate", of=self.refer(reference, "award", "donate"))

    @rule(reference=references)
    def cancel_pending(self, reference: int) -> None:
        self.ask("cancel_pending", of=self.refer(reference, "award", "donate"))

    @rule(owner=owners, unit=units, amount=amounts, shortage=st.sampled_from(("debt", "take_what_is_there")))
    def deduct(self, owner: str, unit: str, amount: int, shortage: str) -> None:
        self.ask("deduct", owner=owner, unit=unit, amount=amount, shortage=shortage)

    @rule(owner=owners, to=owners, unit=units, amount=amounts)
    def transfer(self, owner: str, to: str, unit: str, amount: int) -> None:
        self.ask("transfer", owner=owner, to=to, unit=unit, amount=amount)

    @rule(
        owner=owners, unit=units, amount=amounts, sign=st.sampled_from((1, 1, -1, 0)),
        approver=st.sampled_from((None, ASKER, "person:chief")),
    )  # fmt: skip
    def adjust(self, owner: str, unit: str, amount: int, sign: int, approver: str | None) -> None:
        self.ask("adjust", owner=owner, unit=unit, amount=sign * amount, approver=approver, asker=ASKER)

    @rule(owner=owners, unit=units, amount=amounts, days=st.sampled_from((None, None, -1, 0, 3, 30, 300)))
    def open_balance(self, owner: str, unit: str, amount: int, days: int | None) -> None:
        until = None if days is None else self.model.today + timedelta(days=days)
        self.ask("open", owner=owner, unit=unit, amount=amount, until=until)

    @rule(
        owner=st.sampled_from(HOUSEHOLDS), several=st.lists(amounts, min_size=1, max_size=3),
        days=st.sampled_from((0, 4, 30)),
    )  # fmt: skip
    def earn(self, owner: str, several: list[int], days: int) -> None:
        """Each into a bucket of its own, the nearest first."""
        for place, amount in enumerate(several):
            until = self.model.today + timedelta(days=days + 10 * place)
            self.ask("open", owner=owner, unit="points", amount=amount, until=until)

    @rule(owner=st.sampled_from(HOUSEHOLDS), part=st.integers(1, 8))
    def spend(self, owner: str, part: int) -> None:
        """Eighths of what there is."""
        self.send()
        amount = self.model.spendable(Where(owner, "main", "points")) * part // 8
        if amount:
            self.ask("deduct", owner=owner, unit="points", amount=amount, shortage="debt")

    @rule(owner=owners, unit=units)
    def expire(self, owner: str, unit: str) -> None:
        self.ask("expire", owner=owner, unit=unit)

    @rule(owner=owners, unit=units, base=st.sampled_from((0, 0, 50, 100)))
    def reset(self, owner: str, unit: str, base: int) -> None:
        self.ask("reset", owner=owner, unit=unit, base=base)

    @rule(
        merchant=st.sampled_from(("mer_barber", "mer_grocer", "mer_404")), points=amounts, part=st.integers(0, 4),
        fen=st.sampled_from((0, 95)),
    )  # fmt: skip
    def settle(self, merchant: str, points: int, part: int, fen: int) -> None:
        self.ask("settle", merchant=merchant, points=points, part=part, out_of=3, fen=fen)

    @rule(
        pool=amounts, unit=st.sampled_from(("cash", "points")),
        shares=st.lists(st.tuples(owners, st.integers(1, 7)), min_size=1, max_size=4),
    )  # fmt: skip
    def split(self, pool: int, unit: str, shares: list[tuple[str, int]]) -> None:
        self.ask("split", pool=pool, unit=unit, shares=tuple(shares))

    @rule(
        owner=owners, outlet=outlets, lines=st.lists(st.tuples(items, few, labels), min_size=1, max_size=3),
        fen=coins, kind=classes,
    )  # fmt: skip
    def redeem(
        self, owner: str, outlet: str, lines: list[tuple[str, int, int | None]], fen: int, kind: str | None
    ) -> None:
        self.ask("redeem", owner=owner, outlet=outlet, merchant=None, lines=tuple(lines), fen=fen, kind=kind)

    @rule(
        owner=owners, shop=st.sampled_from((*SHOPS, "mer_404")), pieces=few, number=st.integers(0, 2), fen=coins,
        kind=classes,
    )  # fmt: skip
    def redeem_at_a_shop(self, owner: str, shop: str, pieces: int, number: int, fen: int, kind: str | None) -> None:
        lines = (self.offer(shop, number, pieces),)
        self.ask("redeem", owner=owner, outlet=None, merchant=shop, lines=lines, fen=fen, kind=kind)

    @rule(
        owner=owners, outlet=outlets, days=pasts, is_shop=st.booleans(),
        lines=st.lists(st.tuples(items, few, labels), min_size=1, max_size=3),
    )  # fmt: skip
    def late_sale(
        self, owner: str, outlet: str, days: int, is_shop: bool, lines: list[tuple[str, int, int | None]]
    ) -> None:
        """Also of offers, and of what an unknown shop says it has handed over."""
        shop = "mer_404" if outlet == "out_404" else "mer_grocer"
        if is_shop:
            lines = [("eggs" if item == "soap" else "greeting", pieces, label) for item, pieces, label in lines]
        noon = datetime.combine(self.model.today - timedelta(days=days), time(12), CHINA)
        place = {"outlet": None, "merchant": shop} if is_shop else {"outlet": outlet, "merchant": None}
        self.ask("late_sale", owner=owner, **place, lines=tuple(lines), at=noon)

    @rule(owner=owners, unit=units, amount=amounts, past=pasts, number=st.integers(0, 9))
    def bonus(self, owner: str, unit: str, amount: int, past: int, number: int) -> None:
        on = self.model.today - timedelta(days=past)
        self.ask("bonus", owner=owner, unit=unit, amount=amount, on=on, is_known=number > 0)

    @rule(reference=references, unit=units, amount=amounts, sign=st.sampled_from((1, -1)), earlier=st.integers(0, 3))
    def rerate(self, reference: int, unit: str, amount: int, sign: int, earlier: int) -> None:
        of = self.refer(reference, "award", "donate")
        done = 0 if of is None else self.model.posted[of].reratings
        self.ask("rerate", of=of, unit=unit, difference=sign * amount, earlier=done if earlier else 1)

    def offer(self, shop: str, number: int, pieces: int) -> tuple[str, int, None]:
        offers = (*SHOPS.get(shop, ()), "nothing") if number == 2 else SHOPS.get(shop, ("nothing",))
        return offers[number % len(offers)], pieces, None

    @rule(
        owner=owners, outlet=outlets, days=st.sampled_from((0, 0, 3, 60, -1)),
        lines=st.lists(st.tuples(items, few, labels), min_size=1, max_size=3), fen=st.sampled_from((0, 0, 0, 5)),
        kind=classes,
    )  # fmt: skip
    def hold(
        self, owner: str, outlet: str, days: int, lines: list[tuple[str, int, int | None]], fen: int, kind: str | None
    ) -> None:
        until = self.model.today + timedelta(days=days)
        goods = {"outlet": outlet, "merchant": None, "lines": tuple(lines)}
        self.ask("hold", owner=owner, **goods, until=until, fen=fen, kind=kind)

    @rule(
        owner=owners, shop=st.sampled_from(tuple(SHOPS)), pieces=few, number=st.integers(0, 2), days=few, kind=classes
    )
    def hold_at_a_shop(self, owner: str, shop: str, pieces: int, number: int, days: int, kind: str | None) -> None:
        until = self.model.today + timedelta(days=days)
        offers = {"outlet": None, "merchant": shop, "lines": (self.offer(shop, number, pieces),)}
        self.ask("hold", owner=owner, **offers, until=until, fen=0, kind=kind)

    @rule(reference=references, choice=st.lists(st.tuples(items, few), max_size=2), is_fitting=st.booleans())
    def capture(self, reference: int, choice: list[tuple[str, int]], is_fitting: bool) -> None:
        of = self.refer(reference, "hold")
        if of is not None and is_fitting:
            choice = [(item, 1) for item, _, _ in self.model.posted[of].lines[:1]]
        self.ask("capture", of=of, lines=tuple(choice))

    @rule(reference=references, reason=st.sampled_from(("void", "timeout")))
    def void(self, reference: int, reason: str) -> None:
        self.ask("void", of=self.refer(reference, "hold"), reason=reason)

    @rule(reference=references, goods=st.sampled_from(("restock", "write_off")), size=st.integers(0, 2))
    def refund(self, reference: int, goods: str, size: int) -> None:
        of = self.refer(reference, "redeem", "capture")
        sold = [] if of is None else self.model.posted[of].lines
        lines = tuple((item, pieces if size == 2 else 1, goods) for item, pieces, _ in sold[:size])
        self.ask("refund", of=of, lines=lines, goods=goods)

    @rule(reference=references, amount=st.sampled_from((None, None, 1, 3, 30, 70)), is_award=st.booleans())
    def reverse(self, reference: int, amount: int | None, is_award: bool) -> None:
        verbs = ("award",) if is_award else tuple({posted.verb for posted in self.model.posted} - {"award"})
        of = self.refer(reference, *verbs)
        self.ask("reverse", of=of, amount=amount)

    @rule(outlet=outlets, item=items, pieces=st.integers(1, 9), source=st.sampled_from(("supplier", "donated")))
    def receive(self, outlet: str, item: str, pieces: int, source: str) -> None:
        self.ask("receive", outlet=outlet, item=item, pieces=pieces, source=source, fen=250 if pieces > 5 else 0)

    @rule(outlet=outlets, item=items, name=rules, owner=owners, past=pasts)
    def donate(self, outlet: str, item: str, name: str, owner: str, past: int) -> None:
        on = self.model.today - timedelta(days=past)
        self.ask("donate", outlet=outlet, item=item, pieces=1, rule=name, to=owner, on=on)

    @rule(outlet=outlets, item=items, found=st.integers(0, 9))
    def count(self, outlet: str, item: str, found: int) -> None:
        self.ask("count", outlet=outlet, item=item, found=found)

    @rule(outlet=outlets, item=items, pieces=few, verb=st.sampled_from(("write_off", "return")))
    def leave(self, outlet: str, item: str, pieces: int, verb: str) -> None:
        self.ask("leave", outlet=outlet, item=item, pieces=pieces, how=verb)

    @rule(outlet=outlets, to=outlets, item=items, pieces=few)
    def move(self, outlet: str, to: str, item: str, pieces: int) -> None:
        self.ask("move", outlet=outlet, to=to, item=item, pieces=pieces)
