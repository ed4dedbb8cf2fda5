"""What the verbs should do to goods: sales, holds, refunds, stock."""

from collections import Counter
from datetime import date, datetime, timedelta

from tests.model.books import OURS, Move, No, Posted, Where, skip_and_take
from tests.model.points import FIRST_DAY, HOLDERS, Points

PRICES = {  # from a day on
    "tissue": ((date(2026, 1, 1), 30), (date(2026, 11, 1), 35)),
    "soap": ((date(2026, 1, 1), 5),),
    "leaflet": ((date(2026, 1, 1), 0),),
    "lantern": ((date(2027, 1, 15), 8),),
}
OFFERS = {("mer_barber", "haircut"): 20, ("mer_grocer", "eggs"): 12, ("mer_grocer", "greeting"): 0}

Line = tuple[str, int, int | None]  # item, pieces, the price on the label
Lines = tuple[Line, ...]


class Goods(Points):
    """Each method decides one verb: a transaction, or No."""

    def redeem(
        self, owner: str, outlet: str | None, merchant: str | None, lines: Lines, fen: int = 0, kind: str | None = None
    ) -> Posted:
        sold, paid = self._sale(owner, outlet, merchant, lines, fen, kind)
        moves = [move for part in paid for move in (part, Move(_taker(merchant, part.where.unit), -part.amount))]
        if fen and outlet:
            moves += [Move(Where(OURS, "cash_outside", "cash"), -fen), Move(Where(outlet, "till", "cash"), fen)]
        for item, pieces in _pieces(sold).items() if outlet else ():
            moves += [Move(_shelf(outlet, item), -pieces), Move(_gone(item), pieces)]
        if not moves:
            raise No("nothing_to_post")
        return Posted(
            "redeem", self.today, moves, owner=owner, outlet=outlet, merchant=merchant, lines=sold, paid=paid, fen=fen
        )

    def _sale(
        self, owner: str, outlet: str | None, merchant: str | None, lines: Lines, fen: int, kind: str | None
    ) -> tuple[list[tuple[str, int, int]], list[Move]]:
        """The lines at today's prices and the buckets that pay, gift points first."""
        sold = []
        for item, pieces, label in lines:
            price = self._price(item) if outlet else OFFERS.get((merchant or "", item))
            if price is None:
                raise No("unknown_offer", offer=item)
            if label is not None and label != price:
                raise No("label_changed", label=label, price=price)
            sold.append((item, pieces, pieces * price))
        self.must_have(owner, "household", "merchant")
        if outlet:
            self.must_have(outlet, "outlet")
        gift, points = self._tender(owner, sum(line[2] for line in sold), fen, kind)
        for item, pieces in _pieces(sold).items() if outlet else ():
            self._must_stand_there(outlet, item, pieces)
        paid = self.pay(Where(owner, "main", "gift"), gift) if gift else []
        return sold, [*paid, *self.pay(Where(owner, "main", "points"), points)]

    def _tender(self, owner: str, price: int, fen: int, kind: str | None) -> tuple[int, int]:
        """Gift points and points that pay, where money pays the rest."""
        policy, there = self.policy, self.spendable(Where(owner, "main", "points"))
        if there < policy.suspended_below:
            raise No("rights_suspended", missing=policy.suspended_below - there)
        if price < policy.least_spent:
            raise No("below_least", required=policy.least_spent)
        each = policy.fen_for_a_point
        most = 0 if each is None else max(0, price - policy.points_at_least)
        if fen and (each is None or fen % each or fen > most * each):
            raise No("cash_not_accepted", fen=fen)
        left = price - (fen // each if each else 0)
        free = max(0, there - policy.base)
        gift = free_gift = 0
        if policy.gift_for_each is not None:
            ratio = dict(policy.gift_by_class).get(kind or "", policy.gift_for_each)
            free_gift = min(self.spendable(Where(owner, "main", "gift")), free * ratio)
            gift = min(free_gift, left * ratio // (ratio + 1))
        if left - gift > free:
            raise No("insufficient_points", required=left, available=free + free_gift)
        return gift, left - gift

    def late_sale(self, owner: str, outlet: str | None, merchant: str | None, lines: Lines, at: datetime) -> Posted:
        """What was handed over was handed over: the books follow, and owe or find what they did not know."""
        on = min(at.date(), self.today)
        sold = [
            (item, pieces, pieces * self._shown(item, label, outlet, merchant, on)) for item, pieces, label in lines
        ]
        if merchant:
            self.must_have(merchant, "merchant")
        points, main = sum(line[2] for line in sold), Where(owner, "main", "points")
        known = self.kinds.get(owner) in HOLDERS and owner not in self.closed
        moves = self.pay(main, min(points, self.spendable(main, on)), on) if known else []
        missing = points + sum(move.amount for move in moves)
        debtor = main._replace(purse="debt") if known else Where(OURS, "offline_shortfall", "points")
        moves += [Move(debtor, -missing), Move(_taker(merchant), points)]
        for item, pieces in _pieces(sold).items() if outlet else ():
            self.must_have(outlet or "", "outlet")
            found = max(0, pieces - self.total(_shelf(outlet, item)))
            moves += [Move(Where(OURS, "counted", f"item:{item}"), -found), Move(_shelf(outlet, item), found - pieces)]
            moves.append(Move(_gone(item), pieces))
        moves = [move for move in moves if move.amount]
        return Posted("late_sale", self.today, moves, owner=owner, outlet=outlet, lines=sold, happened_on=on)

    def _shown(self, item: str, label: int | None, outlet: str | None, merchant: str | None, on: date) -> int:
        if outlet and item not in PRICES:
            raise No("unknown_item", item=item)
        if label is not None:
            return label
        price = self._price(item, on) if outlet else OFFERS.get((merchant or "", item))
        if price is None or on < FIRST_DAY:
            raise No("unknown_offer", offer=item)
        return price

    def _price(self, item: str, on: date | None = None) -> int:
        prices = [price for since, price in PRICES.get(item, ()) if since <= (on or self.today)]
        if not prices:
            raise No("unknown_item", item=item)
        return prices[-1]

    def _must_stand_there(self, outlet: str | None, item: str, pieces: int) -> None:
        self.must_have(outlet or "", "outlet")
        left = self.total(_shelf(outlet, item))
        if pieces > left:
            raise No("out_of_stock", item=item, required=pieces, left=left)

    def hold(
        self,
        owner: str,
        outlet: str | None,
        merchant: str | None,
        lines: Lines,
        until: date,
        fen: int = 0,
        kind: str | None = None,
    ) -> Posted:
        if until < self.today:
            raise No("not_due", until=until.isoformat())
        if fen:
            raise No("cash_not_accepted", fen=fen)
        sold, paid = self._sale(owner, outlet, merchant, lines, 0, kind)
        moves = [*paid, *(Move(part.where._replace(purse="held"), -part.amount, part.day) for part in paid)]
        for item, pieces in _pieces(sold).items() if outlet else ():
            moves += [Move(_shelf(outlet, item), -pieces), Move(_shelf(outlet, item, "reserved"), pieces)]
        if not moves:
            raise No("nothing_to_post")
        due = until + timedelta(days=1)
        return Posted(
            "hold", self.today, moves, owner=owner, outlet=outlet, merchant=merchant, lines=sold, paid=paid, due=due
        )

    def capture(self, of: int | None, lines: tuple[tuple[str, int], ...]) -> Posted:
        hold = self.open_one(of, "hold")
        held, prices = _pieces(hold.lines), _prices(hold)
        taken = list(hold.lines)
        if lines:
            taken = [(item, pieces, pieces * prices.get(item, 0)) for item, pieces in lines]
            for item, pieces in _pieces(taken).items():
                if pieces > held[item]:
                    raise No("more_than_there_was", item=item, required=pieces, left=held[item])
        points = sum(line[2] for line in taken)
        earned_first = sorted(hold.paid, key=lambda part: part.where.unit != "points")
        paid = skip_and_take(earned_first, 0, points)
        counted: dict[tuple[str, str, str], int] = {}
        moves = [Move(part.where._replace(purse="held"), part.amount, part.day) for part in hold.paid]
        moves += [Move(_taker(hold.merchant, part.where.unit), -part.amount) for part in paid]
        moves += self._freed(skip_and_take(earned_first, points, -sum(part.amount for part in hold.paid)), counted)
        sold = _pieces(taken)
        for item, pieces in held.items() if hold.outlet else ():
            moves += [
                Move(_shelf(hold.outlet, item, "reserved"), -pieces),
                Move(_gone(item), sold[item]),
                Move(_shelf(hold.outlet, item), pieces - sold[item]),
            ]
        hold.ended = "capture"
        moves = [move for move in moves if move.amount]
        return Posted(
            "capture", self.today, moves, owner=hold.owner, outlet=hold.outlet, merchant=hold.merchant,
            lines=taken, paid=paid, counted=counted,
        )  # fmt: skip

    def _freed(self, parts: list[Move], counted: dict[tuple[str, str, str], int]) -> list[Move]:
        """Back to where they were held from; late ones once into a later day, and the second time nowhere."""
        moves = []
        for where, amount, day in (part._replace(amount=-part.amount) for part in parts):
            if day >= self.today:
                moves.append(Move(where, amount, day))
                continue
            before, later = _grace(where, day), _grace(where, self.graced(day))
            again = min(amount, max(0, self.used[before] + counted.get(before, 0)))
            moves += [Move(Where(OURS, "expired", where.unit), again), Move(where, amount - again, self.graced(day))]
            counted[before] = counted.get(before, 0) - again
            counted[later] = counted.get(later, 0) + amount - again
        return [move for move in moves if move.amount]

    def void(self, of: int | None, reason: str) -> Posted:
        hold = self.open_one(of, "hold")
        assert hold.due is not None
        if reason == "timeout" and self.today < hold.due:
            raise No("not_due", due_on=hold.due.isoformat())
        hold.ended = reason
        counted: dict[tuple[str, str, str], int] = {}
        moves = [Move(part.where._replace(purse="held"), part.amount, part.day) for part in hold.paid]
        moves += self._freed(hold.paid, counted)
        for item, pieces in _pieces(hold.lines).items() if hold.outlet else ():
            moves += [Move(_shelf(hold.outlet, item, "reserved"), -pieces), Move(_shelf(hold.outlet, item), pieces)]
        return Posted(reason, self.today, moves, owner=hold.owner, counted=counted)

    def refund(self, of: int | None, lines: tuple[tuple[str, int, str], ...], goods: str) -> Posted:
        sale = self.following(of, "redeem", "capture")
        if sale.undone:
            raise No("already_reversed")
        left = _pieces(sale.lines)
        left.subtract(sale.pieces_back)
        lines = lines or tuple((item, pieces, goods) for item, pieces in left.items() if pieces)
        if not lines:
            raise No("more_than_there_was", left=0)
        for item, pieces, _ in lines:
            if pieces > left[item]:
                raise No("more_than_there_was", item=item, required=pieces, left=left[item])
            left[item] -= pieces
        prices = _prices(sale)
        points = sum(prices[item] * pieces for item, pieces, _ in lines)
        moves = self._money_back(sale, points)
        for item, pieces, goes in lines if sale.outlet else ():
            back = _shelf(sale.outlet, item) if goes == "restock" else Where(OURS, "written_off", f"item:{item}")
            moves += [Move(_gone(item), -pieces), Move(back, pieces)]
        if not moves:
            raise No("nothing_to_post")
        self.must_be_open(moves)
        sale.points_back += points
        sale.pieces_back.update({item: sum(line[1] for line in lines if line[0] == item) for item, _, _ in lines})
        return Posted("refund", self.today, moves, owner=sale.owner)

    def _money_back(self, sale: Posted, points: int) -> list[Move]:
        """After the share of the price that comes back: points, gift points and money as they paid."""
        price, whole = sum(line[2] for line in sale.lines) or 1, -sum(part.amount for part in sale.paid)
        before, after = sale.points_back, sale.points_back + points
        start, end = whole * before // price, whole * after // price
        moves = []
        for part in skip_and_take(sale.paid[::-1], start, end - start):
            moves.append(Move(_taker(sale.merchant, part.where.unit), part.amount))
            moves.append(Move(part.where._replace(purse="main"), -part.amount, self.graced(part.day)))
        fen = sale.fen * after // price - sale.fen * before // price
        if fen and sale.outlet:
            moves += [Move(Where(sale.outlet, "till", "cash"), -fen), Move(Where(OURS, "cash_outside", "cash"), fen)]
        return moves

    def receive(self, outlet: str, item: str, pieces: int, source: str, fen: int) -> Posted:
        self._must_have_shelf(outlet, item)
        moves = [Move(_shelf(outlet, item), pieces), Move(Where(OURS, source, f"item:{item}"), -pieces)]
        if fen:
            moves += [Move(Where(OURS, "fund", "cash"), -fen), Move(Where(OURS, "supplier", "cash"), fen)]
        return Posted("receive", self.today, moves, outlet=outlet)

    def donate(self, outlet: str, item: str, pieces: int, rule: str, to: str, on: date) -> Posted:
        if item in PRICES:
            self.in_force(on)
        self._must_have_shelf(outlet, item)
        gift = self.award(rule, to, on, photos=9)
        gift.moves += [Move(_shelf(outlet, item), pieces), Move(Where(OURS, "donated", f"item:{item}"), -pieces)]
        gift.verb, gift.outlet = "donate", outlet
        return gift

    def count(self, outlet: str, item: str, found: int) -> Posted:
        self._must_have_shelf(outlet, item)
        more = found - self.total(_shelf(outlet, item))
        if not more:
            raise No("nothing_to_post", counted=found)
        moves = [Move(_shelf(outlet, item), more), Move(Where(OURS, "counted", f"item:{item}"), -more)]
        return Posted("count", self.today, moves, outlet=outlet)

    def leave(self, outlet: str, item: str, pieces: int, how: str) -> Posted:
        """Written off, or returned to the supplier."""
        self._must_have_shelf(outlet, item)
        self._must_stand_there(outlet, item, pieces)
        purse = {"write_off": "written_off", "return": "supplier"}[how]
        moves = [Move(_shelf(outlet, item), -pieces), Move(Where(OURS, purse, f"item:{item}"), pieces)]
        return Posted(how, self.today, moves, outlet=outlet)

    def move(self, outlet: str, to: str, item: str, pieces: int) -> Posted:
        self._must_have_shelf(to, item)
        if outlet == to:
            raise No("nothing_to_post")
        self._must_stand_there(outlet, item, pieces)
        return Posted("move", self.today, [Move(_shelf(outlet, item), -pieces), Move(_shelf(to, item), pieces)])

    def _must_have_shelf(self, outlet: str, item: str) -> None:
        if item not in PRICES:
            raise No("unknown_item", item=item)
        self.must_have(outlet, "outlet")


def _taker(merchant: str | None, unit: str = "points") -> Where:
    return Where(merchant, "claims", unit) if merchant else Where(OURS, "redeemed", unit)


def _grace(where: Where, day: date) -> tuple[str, str, str]:
    return f"grace/{where.unit}", where.owner, day.isoformat()


def _shelf(outlet: str | None, item: str, purse: str = "stock") -> Where:
    return Where(outlet or "", purse, f"item:{item}")


def _gone(item: str) -> Where:
    return Where(OURS, "redeemed", f"item:{item}")


def _pieces(lines: list[tuple[str, int, int]]) -> Counter[str]:
    pieces: Counter[str] = Counter()
    for item, number, _ in lines:
        pieces[item] += number
    return pieces


def _prices(sale: Posted) -> dict[str, int]:
    return {item: points // pieces for item, pieces, points in sale.lines}
