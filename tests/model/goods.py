"""What the verbs should do to goods: sales, holds, refunds, stock."""

from collections import Counter
from datetime import date, timedelta

from tests.model.books import OURS, Move, No, Posted, Where, skip_and_take
from tests.model.points import Points

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

    def redeem(self, owner: str, outlet: str | None, merchant: str | None, lines: Lines) -> Posted:
        sold, points = self._sale(owner, outlet, merchant, lines)
        paid = self.pay(Where(owner, "main", "points"), points)
        moves = [*paid, Move(_taker(merchant), points)] if points else []
        for item, pieces in _pieces(sold).items() if outlet else ():
            moves += [Move(_shelf(outlet, item), -pieces), Move(_gone(item), pieces)]
        if not moves:
            raise No("nothing_to_post")
        return Posted("redeem", self.today, moves, owner=owner, outlet=outlet, merchant=merchant, lines=sold, paid=paid)

    def _sale(
        self, owner: str, outlet: str | None, merchant: str | None, lines: Lines
    ) -> tuple[list[tuple[str, int, int]], int]:
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
        points = sum(line[2] for line in sold)
        self._must_afford(Where(owner, "main", "points"), points)
        for item, pieces in _pieces(sold).items() if outlet else ():
            self._must_stand_there(outlet, item, pieces)
        return sold, points

    def _price(self, item: str) -> int:
        prices = [price for since, price in PRICES.get(item, ()) if since <= self.today]
        if not prices:
            raise No("unknown_item", item=item)
        return prices[-1]

    def _must_stand_there(self, outlet: str | None, item: str, pieces: int) -> None:
        self.must_have(outlet or "", "outlet")
        left = self.total(_shelf(outlet, item))
        if pieces > left:
            raise No("out_of_stock", item=item, required=pieces, left=left)

    def hold(self, owner: str, outlet: str | None, merchant: str | None, lines: Lines, until: date) -> Posted:
        if until < self.today:
            raise No("not_due", until=until.isoformat())
        sold, points = self._sale(owner, outlet, merchant, lines)
        paid = self.pay(Where(owner, "main", "points"), points)
        moves = [*paid, *(Move(Where(owner, "held", "points"), -part.amount, part.day) for part in paid)]
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
        paid = skip_and_take(hold.paid, 0, points)
        moves = [Move(Where(hold.owner, "held", "points"), part.amount, part.day) for part in hold.paid]
        moves += [Move(_taker(hold.merchant), points)] if points else []
        moves += self._released(hold, skip_and_take(hold.paid, points, -sum(part.amount for part in hold.paid)))
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
            lines=taken, paid=paid,
        )  # fmt: skip

    def _released(self, hold: Posted, parts: list[Move]) -> list[Move]:
        return [Move(Where(hold.owner, "main", "points"), -part.amount, self.graced(part.day)) for part in parts]

    def void(self, of: int | None, reason: str) -> Posted:
        hold = self.open_one(of, "hold")
        assert hold.due is not None
        if reason == "timeout" and self.today < hold.due:
            raise No("not_due", due_on=hold.due.isoformat())
        hold.ended = reason
        moves = [Move(Where(hold.owner, "held", "points"), part.amount, part.day) for part in hold.paid]
        moves += self._released(hold, hold.paid)
        for item, pieces in _pieces(hold.lines).items() if hold.outlet else ():
            moves += [Move(_shelf(hold.outlet, item, "reserved"), -pieces), Move(_shelf(hold.outlet, item), pieces)]
        return Posted(reason, self.today, moves, owner=hold.owner)

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
        moves = [Move(_taker(sale.merchant), -points)] if points else []
        moves += self._released(sale, skip_and_take(sale.paid[::-1], sale.points_back, points))
        for item, pieces, goes in lines if sale.outlet else ():
            back = _shelf(sale.outlet, item) if goes == "restock" else Where(OURS, "written_off", f"item:{item}")
            moves += [Move(_gone(item), -pieces), Move(back, pieces)]
        if not moves:
            raise No("nothing_to_post")
        sale.points_back += points
        sale.pieces_back.update({item: sum(line[1] for line in lines if line[0] == item) for item, _, _ in lines})
        return Posted("refund", self.today, moves, owner=sale.owner)

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


def _taker(merchant: str | None) -> Where:
    return Where(merchant, "claims", "points") if merchant else Where(OURS, "redeemed", "points")


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
